//! Blocks: an array with labels on each axis, and its gradients.

use std::fmt;

use ndarray::ArrayViewD;

use crate::{ArrayRef, DType, Device, Element, Error, Labels, Result, View};

mod axes;
mod block_mut;
mod copy;
pub(crate) mod gradient_names;
mod gradients;
mod sample_map;
#[cfg(test)]
mod tests;

pub use block_mut::BlockMut;
use gradients::Gradients;
pub use sample_map::{GradientMap, Renumbered};

/// Name of the first dimension of the samples of gradients: the row of the values that each row of
/// the gradient is a derivative of.
pub(crate) const SAMPLE: &str = "sample";

/// An n-dimensional array with [`Labels`] for each axis, and gradients of this array with respect
/// to any number of parameters.
///
/// The first axis is that of samples, the last one that of properties, and those between them are
/// components. A gradient is a block of its own, with the same properties, more components (before
/// those of the values), and its own samples: the first dimension of these is `"sample"`, the
/// position of a sample of the values. Derivatives without a row in the gradient are zero.
///
/// Clones share arrays until one of them is changed.
///
/// ```
/// # use metatensor_core::{Labels, Result, TensorBlock};
/// # use ndarray::{arr2, Array3};
/// let samples = Labels::new(["system", "atom"], &[[0, 4], [0, 5]])?;
/// let properties = Labels::range("n", 3)?;
/// let values = arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
/// let mut block = TensorBlock::new(values, &samples, &[], &properties)?;
///
/// let gradient = TensorBlock::new(
///     Array3::<f64>::zeros((1, 3, 3)),
///     &Labels::new(["sample", "atom"], &[[1, 4]])?,
///     &[Labels::range("xyz", 3)?],
///     &properties,
/// )?;
/// block.add_gradient("positions", gradient)?;
/// assert_eq!(block.gradient("positions")?.values().shape()?, [1, 3, 3]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
#[derive(Clone)]
pub struct TensorBlock {
    values: ArrayRef,
    /// What the array said of itself when the block was made.
    dtype: DType,
    device: Device,
    samples: Labels,
    components: Box<[Labels]>,
    properties: Labels,
    /// In a box, as most blocks have none: maps can have very many blocks.
    gradients: Option<Box<Gradients>>,
}

impl TensorBlock {
    /// Block without gradients.
    ///
    /// # Errors
    ///
    /// If `values` does not have one axis per labels, each as long as these labels, or does not know its data
    /// type; if labels are on another device; or if the labels of a component do not have exactly one
    /// dimension, have no entries, or have the same name as those of another component.
    pub fn new(
        values: impl Into<ArrayRef>,
        samples: &Labels,
        components: &[Labels],
        properties: &Labels,
    ) -> Result<TensorBlock> {
        let block = Self::unchecked(values.into(), samples, components.into(), properties)?;
        axes::check(&block)?;
        Ok(block)
    }

    /// As [`TensorBlock::new`], for blocks that stay where they are.
    ///
    /// # Errors
    ///
    /// As for [`TensorBlock::new`].
    #[doc(hidden)]
    #[inline]
    pub fn new_in_box(
        values: ArrayRef,
        samples: &Labels,
        components: Box<[Labels]>,
        properties: &Labels,
    ) -> Result<Box<TensorBlock>> {
        let block = Box::new(Self::unchecked(values, samples, components, properties)?);
        axes::check(&block)?;
        Ok(block)
    }

    #[inline]
    fn unchecked(
        values: ArrayRef,
        samples: &Labels,
        components: Box<[Labels]>,
        properties: &Labels,
    ) -> Result<TensorBlock> {
        Ok(TensorBlock {
            dtype: values.dtype()?,
            device: values.device()?,
            values,
            samples: samples.clone(),
            components,
            properties: properties.clone(),
            gradients: None,
        })
    }

    /// The array.
    pub fn values(&self) -> &ArrayRef {
        &self.values
    }

    /// The array, to change its elements. Labels and shape stay what they are.
    ///
    /// # Errors
    ///
    /// If elements are not of type `T` or not in main memory, as for [`TensorBlock::view`]; if the array is
    /// a copy of where they are, or several elements share memory; or if `change` fails.
    pub fn update_values<T: Element>(
        &mut self,
        change: impl FnOnce(ndarray::ArrayViewMutD<'_, T>) -> Result<()>,
    ) -> Result<()> {
        let (dtype, shape) = (self.dtype, self.shape());
        let mut view = self.values.make_mut()?.view_mut()?;
        if view.dtype() != dtype || view.shape() != shape {
            let (dtype, shape) = (view.dtype(), view.shape().to_vec());
            drop(view);
            return axes::check_unchanged(self, dtype, &shape);
        }
        change(view.typed_mut()?)
    }

    /// The elements of the array, which must be in main memory.
    ///
    /// # Errors
    ///
    /// If they are not in main memory; or if data type and shape are not what they were when the block was made, which
    /// those who have arrays of their own can change behind our back.
    #[inline]
    pub fn view(&self) -> Result<View<'_>> {
        let view = self.values.view()?;
        axes::check_unchanged(self, view.dtype(), view.shape())?;
        Ok(view)
    }

    /// Checks that all arrays still have the shapes of their labels, for those who do not look at their elements.
    pub(crate) fn check_arrays(&self) -> Result<()> {
        axes::check_unchanged(self, self.dtype, self.values.shape()?)?;
        for (parameter, gradient) in self.gradients() {
            let checked = gradient.check_arrays();
            checked.map_err(|error| error.in_gradient(parameter))?;
        }
        Ok(())
    }

    /// Length of each axis of the array, which is the number of entries of its labels.
    pub fn shape(&self) -> Vec<usize> {
        axes::lengths(self).collect()
    }

    /// A copy of the array, for `ndarray`.
    ///
    /// # Errors
    ///
    /// If elements are not of type `T` or not in main memory.
    pub fn to_ndarray<T: Element>(&self) -> Result<ndarray::ArrayD<T>> {
        let view = self.view()?;
        let elements: ArrayViewD<'_, T> = view.typed()?;
        Ok(elements.to_owned())
    }

    /// Labels of the first axis.
    pub fn samples(&self) -> &Labels {
        &self.samples
    }

    /// Labels of the axes between the first and the last.
    pub fn components(&self) -> &[Labels] {
        &self.components
    }

    /// Labels of the last axis.
    pub fn properties(&self) -> &Labels {
        &self.properties
    }

    /// Labels of the axis with this number: samples, components in order, properties.
    ///
    /// # Errors
    ///
    /// If there is no such axis.
    pub fn labels(&self, axis: usize) -> Result<&Labels> {
        let last = self.components.len() + 1;
        match axis {
            0 => Ok(&self.samples),
            _ if axis < last => Ok(&self.components[axis - 1]),
            _ if axis == last => Ok(&self.properties),
            _ => Err(Error::invalid(format!(
                "axis {axis} is out of bounds for a block with {} axes",
                last + 1
            ))),
        }
    }

    /// Data type of the array, as it was when the block was made.
    ///
    /// # Errors
    ///
    /// None: the array is not asked again.
    pub fn dtype(&self) -> Result<DType> {
        Ok(self.dtype)
    }

    /// Device of the array and of all labels, as it was when the block was made.
    ///
    /// # Errors
    ///
    /// None: the array is not asked again.
    pub fn device(&self) -> Result<Device> {
        Ok(self.device)
    }

    /// The array, samples, components and properties, and then gradients with their parameters.
    pub fn into_parts(self) -> BlockParts {
        let parameters: Vec<_> = self.gradients_list().iter().map(str::to_owned).collect();
        let gradients = self.gradients.into_iter().flat_map(|all| all.list);
        let gradients = gradients.map(|gradient| *gradient.block);
        BlockParts {
            values: self.values,
            samples: self.samples,
            components: self.components.into_vec(),
            properties: self.properties,
            gradients: parameters.into_iter().zip(gradients).collect(),
        }
    }
}

/// Everything a [`TensorBlock`] is made of.
#[derive(Clone, Debug)]
pub struct BlockParts {
    /// The array.
    pub values: ArrayRef,
    /// Labels of the first axis.
    pub samples: Labels,
    /// Labels of the axes between the first and the last.
    pub components: Vec<Labels>,
    /// Labels of the last axis.
    pub properties: Labels,
    /// Gradients and their parameters.
    pub gradients: Vec<(String, TensorBlock)>,
}

impl fmt::Debug for TensorBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gradients: Vec<_> = self.gradients().collect();
        f.debug_struct("TensorBlock")
            .field("values", &self.values)
            .field("samples", &self.samples)
            .field("components", &self.components)
            .field("properties", &self.properties)
            .field("gradients", &gradients)
            .finish()
    }
}
