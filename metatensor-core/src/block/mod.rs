//! Blocks: an array with labels on each axis, and its gradients.

use std::fmt;
use std::sync::{Arc, OnceLock};

use ndarray::ArrayViewD;
use smallvec::SmallVec;

use crate::display::GradientDisplay;
use crate::names::Names;
use crate::{ArrayRef, DType, Device, Element, Error, Labels, Result, View};

mod axes;
mod block_mut;
mod copy;
pub(crate) mod gradient_names;
mod sample_map;
#[cfg(test)]
mod tests;

pub use block_mut::BlockMut;
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

#[derive(Clone)]
struct Gradients {
    parameters: Names,
    list: SmallVec<[Gradient; 1]>,
}

static NO_GRADIENTS: Gradients = Gradients::none();

impl Gradients {
    const fn none() -> Gradients {
        Gradients {
            parameters: Names::new(),
            list: SmallVec::new_const(),
        }
    }
}

/// One gradient and the link between its rows and those of the values.
#[derive(Clone)]
struct Gradient {
    /// In a box: adding another gradient does not move it.
    block: Box<TensorBlock>,
    map: OnceLock<Arc<GradientMap>>,
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

    /// Adds `gradient`, the derivatives of the values with respect to `parameter`.
    ///
    /// The name can be any text that can be the name of a folder in a file: it is not empty, not `.` nor `..`, and has
    /// no `/` and no control characters in it.
    ///
    /// # Errors
    ///
    /// If `parameter` can not be a name, or is too long for files, where members can have names of 65535 bytes at most.
    ///
    /// If there is a gradient with respect to this parameter already, or if `gradient` does not fit:
    ///
    /// - the first dimension of its samples must be `"sample"`, a position in our samples;
    /// - the last of its components must be our components, its properties our properties;
    /// - its array must have the same data type, and be of the same kind and on the same device as
    ///   ours.
    pub fn add_gradient(
        &mut self,
        parameter: &str,
        gradient: impl Into<Box<TensorBlock>>,
    ) -> Result<()> {
        self.add_boxed_gradient(parameter, gradient.into())
    }

    fn add_boxed_gradient(&mut self, parameter: &str, gradient: Box<TensorBlock>) -> Result<()> {
        gradient_names::check(parameter)?;
        self.check_gradient(parameter, &gradient)
            .map_err(|error| error.context(format!("can not add the gradient '{parameter}'")))?;
        let gradients = self
            .gradients
            .get_or_insert_with(|| Box::new(Gradients::none()));
        gradients.parameters.push(parameter)?;
        gradients.list.push(Gradient {
            block: gradient,
            map: OnceLock::new(),
        });
        Ok(())
    }

    fn check_gradient(&self, parameter: &str, gradient: &TensorBlock) -> Result<()> {
        if self.has_gradient(parameter) {
            return Err(Error::invalid("this block already has one"));
        }
        gradient_names::check_length(parameter, gradient)?;
        let same = |what: &str, ours: &dyn fmt::Display, theirs: &dyn fmt::Display, same: bool| {
            if same {
                return Ok(());
            }
            Err(Error::invalid(format!(
                "it must have the {what} of the values, {ours}, not {theirs}"
            )))
        };
        let (ours, theirs) = (self.dtype, gradient.dtype);
        same("data type", &ours, &theirs, ours == theirs)?;
        let (ours, theirs) = (self.device, gradient.device);
        same("device", &ours, &theirs, ours == theirs)?;
        let (ours, theirs) = (self.values.origin()?, gradient.values.origin()?);
        if ours != theirs {
            let name =
                |origin: crate::Origin| origin.name().unwrap_or_else(|_| origin.id().to_string());
            same("data origin", &name(ours), &name(theirs), false)?;
        }
        if gradient.properties != self.properties {
            return Err(Error::invalid(
                "it must have the same properties as the values, in the same order",
            ));
        }
        let extra = gradient.components.len().checked_sub(self.components.len());
        if extra.is_none_or(|extra| gradient.components[extra..] != self.components[..]) {
            return Err(Error::invalid(
                "the last of its components must be the components of the values",
            ));
        }
        sample_map::check(&gradient.samples, self.samples.count())
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

    /// Parameters of all gradients, in the order in which they were added.
    pub fn gradients_list(&self) -> &Names {
        &self.all_gradients().parameters
    }

    fn all_gradients(&self) -> &Gradients {
        self.gradients.as_deref().unwrap_or(&NO_GRADIENTS)
    }

    #[inline]
    pub(crate) fn has_gradients(&self) -> bool {
        self.gradients.is_some()
    }

    /// Whether there is a gradient with respect to `parameter`.
    pub fn has_gradient(&self, parameter: &str) -> bool {
        self.gradients_list().contains(parameter)
    }

    /// The gradient with respect to `parameter`.
    ///
    /// # Errors
    ///
    /// If there is no such gradient.
    pub fn gradient(&self, parameter: &str) -> Result<&TensorBlock> {
        Ok(&self.find_gradient(parameter)?.block)
    }

    /// The gradient with respect to `parameter`, to change its values.
    ///
    /// # Errors
    ///
    /// If there is no such gradient.
    pub fn gradient_mut(&mut self, parameter: &str) -> Result<BlockMut<'_>> {
        let position = self.gradient_position(parameter)?;
        match &mut self.gradients {
            Some(gradients) => Ok(BlockMut::new(&mut gradients.list[position].block)),
            None => Err(Error::Internal("the gradients are gone".into())),
        }
    }

    fn find_gradient(&self, parameter: &str) -> Result<&Gradient> {
        Ok(&self.all_gradients().list[self.gradient_position(parameter)?])
    }

    fn gradient_position(&self, parameter: &str) -> Result<usize> {
        let parameters = self.gradients_list();
        parameters.position(parameter).ok_or_else(|| {
            Error::invalid(format!(
                "there is no gradient with respect to '{parameter}' in this block, only {parameters}"
            ))
        })
    }

    /// All gradients and their parameters, in the order in which they were added.
    pub fn gradients(&self) -> impl ExactSizeIterator<Item = (&str, &TensorBlock)> {
        let Gradients { parameters, list } = self.all_gradients();
        let blocks = list.iter().map(|gradient| &*gradient.block);
        parameters.iter().zip(blocks)
    }

    /// Which rows of the gradient with respect to `parameter` belong to which sample. It is made
    /// when it is first asked for, and kept.
    ///
    /// # Errors
    ///
    /// If there is no such gradient.
    pub fn gradient_map(&self, parameter: &str) -> Result<&Arc<GradientMap>> {
        let gradient = self.find_gradient(parameter)?;
        if let Some(map) = gradient.map.get() {
            return Ok(map);
        }
        let map = GradientMap::from_samples(&gradient.block.samples, self.samples.count())?;
        Ok(gradient.map.get_or_init(|| Arc::new(map)))
    }

    /// The gradient found by following `path`, parameters separated by `/`, as text that says it is
    /// a gradient.
    ///
    /// # Errors
    ///
    /// If there is no such gradient.
    pub fn display_gradient<'a>(&'a self, path: &'a str) -> Result<impl fmt::Display + 'a> {
        let mut block = self;
        for parameter in path.split('/') {
            block = block.gradient(parameter)?;
        }
        Ok(GradientDisplay { path, block })
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
