//! Blocks: an array with labels on each axis, and its gradients.

use std::fmt;

use ndarray::ArrayViewD;

use crate::{
    ArrayRef, DType, Device, Element, Error, Labels, Result, TypedView, TypedViewMut, View,
};

mod axes;
mod block_mut;
mod copy;
mod derived;
pub(crate) mod gradient_names;
mod gradients;
mod sample_map;
#[cfg(test)]
mod tests;

use axes::Axes;
pub use block_mut::BlockMut;
use derived::KnownOrigin;
use gradients::Gradients;
pub(crate) use sample_map::check as check_samples;
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
    origin: KnownOrigin,
    samples: Labels,
    components: Box<[Labels]>,
    properties: Labels,
    /// In a box, as most blocks have none: maps can have very many blocks.
    gradients: Option<Box<Gradients>>,
}

impl TensorBlock {
    /// Block without gradients.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # use ndarray::Array3;
    /// let components = [Labels::range("xyz", 3)?];
    /// let block = TensorBlock::new(
    ///     Array3::<f64>::zeros((2, 3, 1)),
    ///     Labels::range("atom", 2)?,
    ///     &components,
    ///     Labels::single(),
    /// )?;
    /// assert_eq!(block.shape(), [2, 3, 1]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `values` does not have one axis per labels, each as long as these labels, or does not know its data
    /// type; if labels are on another device; or if the labels of a component do not have exactly one
    /// dimension, have no entries, or have the same name as those of another component.
    pub fn new(
        values: impl Into<ArrayRef>,
        samples: impl Into<Labels>,
        components: impl AsRef<[Labels]>,
        properties: impl Into<Labels>,
    ) -> Result<TensorBlock> {
        let components = components.as_ref().into();
        let block = Self::unchecked(values.into(), samples.into(), components, properties.into())?;
        axes::check(&block, block.values.shape()?)?;
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
        let block = Box::new(Self::unchecked(
            values,
            samples.clone(),
            components,
            properties.clone(),
        )?);
        axes::check(&block, block.values.shape()?)?;
        Ok(block)
    }

    #[inline]
    fn unchecked(
        values: ArrayRef,
        samples: Labels,
        components: Box<[Labels]>,
        properties: Labels,
    ) -> Result<TensorBlock> {
        Ok(TensorBlock {
            dtype: values.dtype()?,
            device: values.device()?,
            origin: KnownOrigin::unknown(),
            values,
            samples,
            components,
            properties,
            gradients: None,
        })
    }

    /// The array.
    pub fn values(&self) -> &ArrayRef {
        &self.values
    }

    /// The elements, as an array of `ndarray`, without a copy.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # use ndarray::arr2;
    /// let samples = Labels::range("atom", 2)?;
    /// let block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
    /// assert_eq!(block.values_as::<f64>()?.sum(), 4.0);
    ///
    /// let values = block.values_as::<f64>()?;
    /// assert_eq!(values[[1, 0]], 3.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If elements are not of type `T` or not in main memory, as for [`TensorBlock::view`].
    pub fn values_as<T: Element>(&self) -> Result<TypedView<'_, T>> {
        self.view()?.into_typed()
    }

    /// The elements, as an array of `ndarray`, to change them. Labels and shape stay what they are.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # use ndarray::arr2;
    /// let samples = Labels::range("atom", 2)?;
    /// let mut block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
    /// *block.values_as_mut::<f64>()? *= 2.0;
    /// block.values_as_mut()?[[0, 0]] = 0.5;
    /// assert_eq!(*block.values_as::<f64>()?, arr2(&[[0.5], [6.0]]).into_dyn());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If elements are not of type `T` or not in main memory, as for [`TensorBlock::view`]; or if the array is a copy of
    /// where they are, or several elements share memory.
    pub fn values_as_mut<T: Element>(&mut self) -> Result<TypedViewMut<'_, T>> {
        let axes = Axes {
            samples: &self.samples,
            components: &self.components,
            properties: &self.properties,
            dtype: self.dtype,
        };
        let view = self.values.make_mut()?.view_mut()?;
        axes.check_unchanged(view.dtype(), view.shape())?;
        view.into_typed()
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
        Axes::of(self).check_unchanged(view.dtype(), view.shape())?;
        Ok(view)
    }

    /// Checks that all arrays still have the shapes of their labels, for those who do not look at their elements.
    pub(crate) fn check_arrays(&self) -> Result<()> {
        Axes::of(self).check_unchanged(self.dtype, self.values.shape()?)?;
        for (parameter, gradient) in self.gradients() {
            let checked = gradient.check_arrays();
            checked.map_err(|error| error.in_gradient(parameter))?;
        }
        Ok(())
    }

    /// Length of each axis of the array, which is the number of entries of its labels.
    pub fn shape(&self) -> Vec<usize> {
        Axes::of(self).lengths().collect()
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
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # use ndarray::{arr2, arr3};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let mut block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
    /// assert_eq!(block.labels(0)?.names().to_vec(), ["atom"]);
    /// assert!(block.labels(2).is_err());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
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

    /// Data type of the array, as it was when the block was made: the array is not asked again.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Device of the array and of all labels, as it was when the block was made: the array is not asked again.
    pub fn device(&self) -> Device {
        self.device
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
