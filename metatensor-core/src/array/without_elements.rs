//! Arrays of which only type, shape and device are known: labels of blocks can be checked with them.

use super::{Array, DType, DataMovement, DenseArray, Device, Dlpack, Origin, View, ViewMut};
use crate::{Error, Result};

/// An array that takes no memory, and refuses all that needs its elements.
///
/// ```
/// # use metatensor_core::internal::WithoutElements;
/// # use metatensor_core::{Array, DType, Device, Error};
/// let array = WithoutElements {
///     dtype: DType::F64,
///     shape: vec![1000, 1000],
///     device: Device::CPU,
///     refusal: || Error::unsupported("it was not computed"),
/// };
/// assert_eq!(array.shape()?, [1000, 1000]);
/// assert!(array.view().is_err());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct WithoutElements {
    /// The type that elements would have.
    pub dtype: DType,
    /// Their numbers along all axes.
    pub shape: Vec<usize>,
    /// Where they would be.
    pub device: Device,
    /// The error for whoever asks for elements.
    pub refusal: fn() -> Error,
}

impl WithoutElements {
    #[cold]
    fn refused<T>(&self) -> Result<T> {
        Err((self.refusal)())
    }
}

impl Array for WithoutElements {
    fn origin(&self) -> Result<Origin> {
        Ok(DenseArray::origin())
    }

    fn device(&self) -> Result<Device> {
        Ok(self.device)
    }

    fn dtype(&self) -> Result<DType> {
        Ok(self.dtype)
    }

    fn shape(&self) -> Result<&[usize]> {
        Ok(&self.shape)
    }

    fn view(&self) -> Result<View<'_>> {
        self.refused()
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        self.refused()
    }

    fn reshape(&mut self, _shape: &[usize]) -> Result<()> {
        self.refused()
    }

    fn swap_axes(&mut self, _first: usize, _second: usize) -> Result<()> {
        self.refused()
    }

    fn create(&self, _shape: &[usize], _fill_value: &dyn Array) -> Result<Box<dyn Array>> {
        self.refused()
    }

    fn copy(&self, device: Device) -> Result<Box<dyn Array>> {
        Ok(Box::new(WithoutElements {
            device,
            ..self.clone()
        }))
    }

    fn move_data(&mut self, _input: &dyn Array, _movements: &[DataMovement]) -> Result<()> {
        self.refused()
    }

    fn to_dlpack(&self, _device: Device) -> Result<Dlpack> {
        self.refused()
    }

    fn adopt_dlpack(&self, _tensor: Dlpack) -> Result<Box<dyn Array>> {
        self.refused()
    }
}
