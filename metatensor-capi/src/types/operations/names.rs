//! Lists of names in structures.

use std::ffi::c_char;

use metatensor_core::Result;
use metatensor_operations::GradientSelection;

use crate::ffi::{Names, Parameter, texts};

/// A list of names. Where a pointer to it can be NULL, this stands for all names.
// Only C makes these, so that the names are what the fields say.
#[repr(C)]
#[derive(Debug)]
pub struct mts_names_t {
    /// `count` NUL-terminated strings in UTF-8, can be NULL if there are none
    names: *const *const c_char,
    /// number of names
    count: usize,
}

impl<'a> Parameter for Option<&'a mts_names_t> {
    type Value = Option<Names<'a>>;

    fn checked(self, name: &str) -> Result<Self::Value> {
        let Some(list) = self else { return Ok(None) };
        // SAFETY: there are `count` strings at `names`, or NULL.
        Ok(Some(unsafe { texts(list.names, list.count, name) }?))
    }
}

/// The gradients with these names.
pub(crate) fn selection<'a>(names: &'a Option<Names<'_>>) -> GradientSelection<'a> {
    match names {
        None => GradientSelection::All,
        Some(names) if names.is_empty() => GradientSelection::None,
        Some(names) => GradientSelection::Only(names),
    }
}

/// Names of the dimensions of a new block, one for each of the axes they are made of. Those that are not given count:
/// `sample`, `component_1`, `component_2`..., `property`.
///
/// `MTS_BLOCK_NAMES_INIT` gives none, as NULL does.
#[repr(C)]
#[derive(Debug)]
pub struct mts_block_names_t {
    /// names of the dimensions of samples
    samples: mts_names_t,
    /// names of components
    components: mts_names_t,
    /// names of the dimensions of properties
    properties: mts_names_t,
    /// whether names of the dimensions of samples are given
    has_samples: bool,
    /// whether names of components are given
    has_components: bool,
    /// whether names of the dimensions of properties are given
    has_properties: bool,
}

impl<'a> Parameter for Option<&'a mts_block_names_t> {
    /// Names of samples, components and properties.
    type Value = [Option<Names<'a>>; 3];

    fn checked(self, _: &str) -> Result<Self::Value> {
        let Some(names) = self else {
            return Ok([None, None, None]);
        };
        let given = |names, has: bool, name| has.then_some(names).checked(name);
        Ok([
            given(&names.samples, names.has_samples, "samples")?,
            given(&names.components, names.has_components, "components")?,
            given(&names.properties, names.has_properties, "properties")?,
        ])
    }
}
