//! The labels of the axes of a block.

use std::fmt;

use super::TensorBlock;
use crate::names::Names;
use crate::{DType, Device, Error, Labels, Result};

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

/// The labels of a block, and the data type of its array.
#[derive(Clone, Copy)]
pub(super) struct Axes<'a> {
    pub(super) samples: &'a Labels,
    pub(super) components: &'a [Labels],
    pub(super) properties: &'a Labels,
    pub(super) dtype: DType,
}

impl<'a> Axes<'a> {
    pub(super) fn of(block: &'a TensorBlock) -> Self {
        Axes {
            samples: &block.samples,
            components: &block.components,
            properties: &block.properties,
            dtype: block.dtype,
        }
    }

    /// Length of each axis.
    pub(super) fn lengths(self) -> impl Iterator<Item = usize> {
        self.labels().map(|(_, labels)| labels.count())
    }

    /// Checks that an array of this type and shape is what a block was made with.
    #[inline]
    pub(super) fn check_unchanged(self, dtype: DType, shape: &[usize]) -> Result<()> {
        if dtype == self.dtype && self.have_lengths(shape) {
            return Ok(());
        }
        Err(self.changed(dtype, shape))
    }

    #[inline]
    fn have_lengths(self, shape: &[usize]) -> bool {
        let [samples, components @ .., properties] = shape else {
            return false;
        };
        let counts = self.components.iter().map(Labels::count);
        *samples == self.samples.count()
            && *properties == self.properties.count()
            && counts.eq(components.iter().copied())
    }

    #[cold]
    fn changed(self, dtype: DType, shape: &[usize]) -> Error {
        let error = match self.check_shape(shape) {
            Err(error) => error,
            Ok(()) => Error::invalid(format!("expected values of {}, got {dtype}", self.dtype)),
        };
        error.context("the array does not fit its block any more")
    }

    /// The labels of all axes, in order.
    fn labels(self) -> impl Iterator<Item = (Axis, &'a Labels)> {
        let components = self.components.iter().enumerate();
        let components = components.map(|(i, labels)| (Axis::Component(i), labels));
        std::iter::once((Axis::Samples, self.samples))
            .chain(components)
            .chain([(Axis::Properties, self.properties)])
    }

    fn check_shape(self, shape: &[usize]) -> Result<()> {
        let axes = self.components.len() + 2;
        if shape.len() != axes {
            return Err(Error::invalid(format!(
                "expected values with {axes} axes (samples, {} components, properties), got an array of \
                 shape {shape:?}",
                axes - 2
            )));
        }
        for (number, ((axis, labels), &length)) in self.labels().zip(shape).enumerate() {
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
}

/// Checks that the labels of a block can go with its values, which have this shape.
pub(super) fn check(block: &TensorBlock, shape: &[usize]) -> Result<()> {
    check_components(&block.components)?;
    Axes::of(block).check_shape(shape)?;
    check_devices(block)
}

fn check_devices(block: &TensorBlock) -> Result<()> {
    for (axis, labels) in Axes::of(block).labels() {
        let device = labels.device()?;
        if device != block.device {
            return Err(other_device(block, axis, device));
        }
    }
    Ok(())
}

#[cold]
fn other_device(block: &TensorBlock, axis: Axis, device: Device) -> Error {
    Error::invalid(format!(
        "the values and all labels of a block must be on the same device, but the values are on {} and the labels of \
         the {axis} on {device}",
        block.device
    ))
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
