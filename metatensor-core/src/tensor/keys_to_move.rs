//! Which dimensions of the keys are moved.

use crate::{Labels, Result};

/// Dimensions of the keys that move to the samples or properties: a name, a list of names, or labels, whose entries then
/// say which blocks take part.
///
/// ```
/// # use metatensor_core::{Labels, SampleOrder, TensorMap};
/// let map = TensorMap::new(Labels::empty(&["a", "b"])?, vec![])?;
/// let merged = map.keys_to_samples("a", 0.0, SampleOrder::Sorted)?;
/// assert_eq!(merged.keys().names(), ["b"]);
/// let merged = map.keys_to_samples(["a", "b"], 0.0, SampleOrder::Sorted)?;
/// assert_eq!(merged.keys().names(), ["_"]);
/// let chosen = Labels::new(["b"], [[3]])?;
/// let merged = map.keys_to_properties(&chosen, 0.0, SampleOrder::Sorted)?;
/// assert_eq!(merged.keys().names(), ["a"]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum KeysToMove<'a> {
    /// The dimensions with these names.
    Names(Vec<&'a str>),
    /// The dimensions of these labels. What their entries do is said where keys are moved; without any, only names
    /// matter.
    Labels(Labels),
}

impl KeysToMove<'_> {
    /// The same as labels, without entries if only names were given.
    ///
    /// # Errors
    ///
    /// If a name can not be one, or comes twice.
    pub(super) fn into_labels(self) -> Result<Labels> {
        match self {
            KeysToMove::Names(names) => Labels::empty(&names),
            KeysToMove::Labels(labels) => Ok(labels),
        }
    }
}

impl<'a> From<&'a str> for KeysToMove<'a> {
    fn from(name: &'a str) -> Self {
        KeysToMove::Names(vec![name])
    }
}

impl<'a, const N: usize> From<[&'a str; N]> for KeysToMove<'a> {
    fn from(names: [&'a str; N]) -> Self {
        KeysToMove::Names(names.into())
    }
}

impl<'a, const N: usize> From<&[&'a str; N]> for KeysToMove<'a> {
    fn from(names: &[&'a str; N]) -> Self {
        KeysToMove::Names(names.to_vec())
    }
}

impl<'a> From<&[&'a str]> for KeysToMove<'a> {
    fn from(names: &[&'a str]) -> Self {
        KeysToMove::Names(names.to_vec())
    }
}

impl From<Labels> for KeysToMove<'_> {
    fn from(labels: Labels) -> Self {
        KeysToMove::Labels(labels)
    }
}

impl From<&Labels> for KeysToMove<'_> {
    fn from(labels: &Labels) -> Self {
        KeysToMove::Labels(labels.clone())
    }
}
