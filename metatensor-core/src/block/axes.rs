//! The labels of the axes of a block.

use std::fmt;

use super::TensorBlock;
use crate::names::Names;
use crate::{Error, Labels, Result};

/// One of the axes of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Samples,
    Component(usize),
    Properties,
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Axis::Samples => f.write_str("samples"),
            Axis::Component(i) => write!(f, "component {i}"),
            Axis::Properties => f.write_str("properties"),
        }
    }
}

/// Checks that the labels of a block can go with its values.
pub(super) fn check(block: &TensorBlock) -> Result<()> {
    check_components(&block.components)?;
    check_shape(block.values.shape()?, block)
}

fn check_components(components: &[Labels]) -> Result<()> {
    let mut names = Names::new();
    for (i, component) in components.iter().enumerate() {
        if component.size() != 1 {
            return Err(Error::invalid(format!(
                "component labels must have one dimension, got {} for component {i}",
                component.names()
            )));
        }
        if component.is_empty() {
            return Err(Error::invalid(format!(
                "component labels must have entries, got none for component {i}, '{}'",
                &component.names()[0]
            )));
        }
        let name = &component.names()[0];
        if names.contains(name) {
            return Err(Error::invalid(format!(
                "components must have different names, got '{name}' twice"
            )));
        }
        names.push(name)?;
    }
    Ok(())
}

fn check_shape(
    shape: &[usize],
    TensorBlock {
        samples,
        components,
        properties,
        ..
    }: &TensorBlock,
) -> Result<()> {
    let axes = components.len() + 2;
    if shape.len() != axes {
        return Err(Error::invalid(format!(
            "expected values with {axes} axes (samples, {} components, properties), got an array of \
             shape {shape:?}",
            components.len()
        )));
    }
    let components = components
        .iter()
        .enumerate()
        .map(|(i, labels)| (Axis::Component(i), labels));
    let labels = std::iter::once((Axis::Samples, samples))
        .chain(components)
        .chain([(Axis::Properties, properties)]);
    for (number, ((axis, labels), &length)) in labels.zip(shape).enumerate() {
        if labels.count() != length {
            return Err(Error::invalid(format!(
                "axis {number} of the values has {length} entries, but there are {} entries in the \
                 labels of this axis ({axis}: {})",
                labels.count(),
                labels.names()
            )));
        }
    }
    Ok(())
}
