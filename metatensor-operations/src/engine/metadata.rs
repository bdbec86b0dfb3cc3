//! Comparison of labels.

use metatensor_core::{Labels, TensorBlock};

use super::{Axis, NotEqual};

/// What [`equal_metadata`](crate::equal_metadata) compares, besides keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EqualMetadataOptions {
    /// Compare samples.
    pub samples: bool,
    /// Compare components.
    pub components: bool,
    /// Compare properties.
    pub properties: bool,
    /// Compare gradients: their parameters, and what is compared for values. If not, gradients are
    /// ignored.
    pub gradients: bool,
}

impl Default for EqualMetadataOptions {
    /// Everything is compared.
    fn default() -> Self {
        EqualMetadataOptions {
            gradients: true,
            ..EqualMetadataOptions::only(&Axis::OF_BLOCKS)
        }
    }
}

impl EqualMetadataOptions {
    /// Compares these axes, and no gradients.
    pub(crate) fn only(axes: &[Axis]) -> Self {
        EqualMetadataOptions {
            samples: axes.contains(&Axis::Samples),
            components: axes.contains(&Axis::Components),
            properties: axes.contains(&Axis::Properties),
            gradients: false,
        }
    }
}

/// Fails if two blocks do not have the same labels in the same order.
pub(crate) fn same_metadata(
    a: &TensorBlock,
    b: &TensorBlock,
    options: EqualMetadataOptions,
) -> Result<(), NotEqual> {
    if options.samples {
        same_labels(Axis::Samples, a.samples(), b.samples())?;
    }
    if options.components {
        let (components, others) = (a.components(), b.components());
        let (count, other_count) = (components.len(), others.len());
        if count != other_count {
            let reason = format!("numbers of components are different: {count} and {other_count}");
            return Err(NotEqual::on_axis(Axis::Components, reason));
        }
        for (component, other) in components.iter().zip(others) {
            same_labels(Axis::Components, component, other)?;
        }
    }
    if options.properties {
        same_labels(Axis::Properties, a.properties(), b.properties())?;
    }
    if !options.gradients {
        return Ok(());
    }
    same_parameters(a, b)?;
    for (parameter, gradient) in a.gradients() {
        same_metadata(gradient, b.gradient(parameter)?, options)
            .map_err(|different| different.in_gradient(parameter))?;
    }
    Ok(())
}

pub(crate) fn same_labels(axis: Axis, a: &Labels, b: &Labels) -> Result<(), NotEqual> {
    let Some(difference) = difference(a, b) else {
        return Ok(());
    };
    let reason = format!("{axis} are not the same or not in the same order: {difference}");
    Err(NotEqual::on_axis(axis, reason))
}

/// Fails if the samples of two gradients do not have the same dimensions.
pub(crate) fn same_dimensions(a: &TensorBlock, b: &TensorBlock) -> Result<(), NotEqual> {
    let (names, others) = (a.samples().names(), b.samples().names());
    if names == others {
        return Ok(());
    }
    let reason = format!("samples have different dimensions: {names} and {others}");
    Err(NotEqual::on_axis(Axis::Samples, reason))
}

/// What is different between labels: names, or the first row that is.
pub(crate) fn difference(a: &Labels, b: &Labels) -> Option<String> {
    if a == b {
        return None;
    }
    if a.names() != b.names() {
        return Some(format!("their names are {} and {}", a.names(), b.names()));
    }
    let counts = match (a.count(), b.count()) {
        (x, y) if x == y => String::new(),
        (x, y) => format!("there are {x} and {y}, "),
    };
    let first = a.iter().zip(b).position(|(row, other)| row != other);
    let row = first.unwrap_or(a.count().min(b.count()));
    let describe = |labels: &Labels| match row < labels.count() {
        true => labels.describe(row),
        false => "missing".to_owned(),
    };
    let (row_of_a, row_of_b) = (describe(a), describe(b));
    Some(format!("{counts}row {row} is {row_of_a} and {row_of_b}"))
}

pub(crate) fn same_parameters(a: &TensorBlock, b: &TensorBlock) -> Result<(), NotEqual> {
    let missing = |from: &TensorBlock, other: &TensorBlock| {
        let parameters = other.gradients_list().iter();
        let missing = parameters.filter(|parameter| !from.has_gradient(parameter));
        missing.map(|p| format!("'{p}'")).collect::<Vec<_>>()
    };
    let (first, second) = (missing(b, a), missing(a, b));
    if first.is_empty() && second.is_empty() {
        return Ok(());
    }
    let describe = |which, only: Vec<String>| {
        (!only.is_empty()).then(|| format!("only the {which} block has {}", only.join(", ")))
    };
    let details = [describe("first", first), describe("second", second)];
    let details: Vec<_> = details.into_iter().flatten().collect();
    Err(NotEqual::new(format!(
        "gradient parameters are different: {}",
        details.join(", ")
    )))
}
