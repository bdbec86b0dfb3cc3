//! The gradients of a block.

use std::fmt;
use std::sync::{Arc, OnceLock};

use smallvec::SmallVec;

use super::{BlockMut, GradientMap, TensorBlock, gradient_names, sample_map};
use crate::names::Names;
use crate::{Error, Result};

#[derive(Clone)]
pub(super) struct Gradients {
    pub(super) parameters: Names,
    pub(super) list: SmallVec<[Gradient; 1]>,
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
pub(super) struct Gradient {
    /// In a box: adding another gradient does not move it.
    pub(super) block: Box<TensorBlock>,
    pub(super) map: OnceLock<Arc<GradientMap>>,
}

impl TensorBlock {
    /// Adds `gradient`, the derivatives of the values with respect to `parameter`.
    ///
    /// The name can be any text that can be the name of a folder in a file: it is not empty, not `.` nor `..`, and has
    /// no `/` and no control characters in it.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # use ndarray::{arr2, arr3};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let mut block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
    /// # let rows = Labels::new(["sample"], [[1]])?;
    /// # let gradient = TensorBlock::new(arr2(&[[0.5]]), rows, [], Labels::single())?;
    /// block.add_gradient("t", gradient)?;
    /// assert!(block.has_gradient("t"));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
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
        let (ours, theirs) = (self.origin()?, gradient.origin()?);
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
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # use ndarray::{arr2, arr3};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let mut block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
    /// # let rows = Labels::new(["sample"], [[1]])?;
    /// # let gradient = TensorBlock::new(arr2(&[[0.5]]), rows, [], Labels::single())?;
    /// # block.add_gradient("t", gradient)?;
    /// assert!(block.has_gradient("t") && !block.has_gradient("positions"));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn has_gradient(&self, parameter: &str) -> bool {
        self.gradients_list().contains(parameter)
    }

    /// The gradient with respect to `parameter`.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # use ndarray::{arr2, arr3};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let mut block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
    /// # let rows = Labels::new(["sample"], [[1]])?;
    /// # let gradient = TensorBlock::new(arr2(&[[0.5]]), rows, [], Labels::single())?;
    /// # block.add_gradient("t", gradient)?;
    /// assert_eq!(block.gradient("t")?.samples().column("sample")?, [1]);
    /// assert!(block.gradient("positions").is_err());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such gradient.
    pub fn gradient(&self, parameter: &str) -> Result<&TensorBlock> {
        Ok(&self.find_gradient(parameter)?.block)
    }

    /// The gradient with respect to `parameter`, to change its values.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # use ndarray::{arr2, arr3};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let mut block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
    /// # let rows = Labels::new(["sample"], [[1]])?;
    /// # let gradient = TensorBlock::new(arr2(&[[0.5]]), rows, [], Labels::single())?;
    /// # block.add_gradient("t", gradient)?;
    /// block.gradient_mut("t")?.values_as_mut::<f64>()?.fill(2.0);
    /// assert_eq!(block.gradient("t")?.values_as::<f64>()?.sum(), 2.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
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
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # use ndarray::{arr2, arr3};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let mut block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
    /// # let rows = Labels::new(["sample"], [[1]])?;
    /// # let gradient = TensorBlock::new(arr2(&[[0.5]]), rows, [], Labels::single())?;
    /// # block.add_gradient("t", gradient)?;
    /// assert_eq!(block.gradient_map("t")?.parents(), [1]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
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
}
