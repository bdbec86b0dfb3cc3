//! Gradients, and rows of gradients, that only some of several blocks have.

use metatensor_core::{Error, TensorBlock};

use super::{
    Axis, EqualMetadataOptions, NotEqual, same_dimensions, same_metadata, same_parameters,
};

/// What to do with gradients that not all arguments of an operation have, at all depths.
///
/// A derivative without a row is zero: with [`MissingGradients::ZeroRows`], results are those for the arguments that
/// [`align_gradients`](crate::align_gradients) makes, without making them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MissingGradients {
    /// They are an error.
    #[default]
    Error,
    /// A row that only some gradients have is zero in the others. All arguments must have gradients with respect to the
    /// same parameters.
    ZeroRows,
    /// The same, and a gradient that only some arguments have is zero for the others.
    Zeros,
}

/// Parameters of the gradients that at least one of the blocks has, those of the first block first.
pub(crate) fn parameters<'a>(blocks: impl IntoIterator<Item = &'a TensorBlock>) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for block in blocks {
        for parameter in block.gradients_list().iter() {
            if !all.contains(&parameter) {
                all.push(parameter);
            }
        }
    }
    all
}

/// The gradient of `block` with respect to `parameter`, if it has one.
pub(crate) fn gradient_of<'a>(block: &'a TensorBlock, parameter: &str) -> Option<&'a TensorBlock> {
    let mut gradients = block.gradients();
    gradients.find_map(|(other, gradient)| (other == parameter).then_some(gradient))
}

/// Fails if two blocks do not have the same labels in the same order, where gradients may have different rows, and
/// blocks different gradients, if `missing` allows for it.
pub(crate) fn alike(
    missing: MissingGradients,
) -> impl Fn(&TensorBlock, &TensorBlock) -> Result<(), NotEqual> {
    move |a, b| {
        if missing == MissingGradients::Error {
            return same_metadata(a, b, EqualMetadataOptions::default()).map_err(with_hint);
        }
        same_metadata(a, b, EqualMetadataOptions::only(&Axis::OF_BLOCKS))?;
        check_gradients(&[a, b], missing)
    }
}

/// Fails if gradients with respect to the same parameter do not have the same components and dimensions of samples, or
/// if only some of the blocks have them and `missing` does not allow for that.
pub(crate) fn check_gradients(
    blocks: &[&TensorBlock],
    missing: MissingGradients,
) -> Result<(), NotEqual> {
    if missing != MissingGradients::Zeros {
        for other in blocks.iter().skip(1) {
            same_parameters(blocks[0], other).map_err(with_hint)?;
        }
    }
    let components = EqualMetadataOptions::only(&[Axis::Components]);
    for parameter in parameters(blocks.iter().copied()) {
        let gradients = blocks
            .iter()
            .filter_map(|block| gradient_of(block, parameter));
        let gradients: Vec<_> = gradients.collect();
        let check = || {
            for other in &gradients[1..] {
                same_metadata(gradients[0], other, components)?;
                same_dimensions(gradients[0], other)?;
            }
            check_gradients(&gradients, missing)
        };
        check().map_err(|different| different.in_gradient(parameter))?;
    }
    Ok(())
}

/// The same error, naming the option that makes it none.
pub(crate) fn with_hint(mut different: NotEqual) -> NotEqual {
    let hint = match different.axis {
        None => "gradients that only some have can be zeros for the others",
        Some(Axis::Samples) if !different.path.is_empty() => {
            "rows that only some gradients have can be zeros in the others"
        }
        _ => return different,
    };
    if let Error::NotEqual(reason) = &mut different.reason {
        reason.push_str(&format!(" ({hint}: see the option 'missing_gradients')"));
    }
    different
}
