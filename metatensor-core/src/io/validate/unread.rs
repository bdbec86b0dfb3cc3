//! Arrays of which only shape and type are known: the labels of blocks can be checked with them.

use crate::{
    Array, DType, DataMovement, DenseArray, Device, Dlpack, Error, Origin, Result, View, ViewMut,
};

/// An array that is in a file.
#[derive(Clone, Debug)]
pub(super) struct Unread {
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
}

#[cold]
fn unread<T>() -> Result<T> {
    Err(Error::Internal("the values were not read".to_owned()))
}

impl Array for Unread {
    fn origin(&self) -> Result<Origin> {
        Ok(DenseArray::origin())
    }

    fn device(&self) -> Result<Device> {
        Ok(Device::CPU)
    }

    fn dtype(&self) -> Result<DType> {
        Ok(self.dtype)
    }

    fn shape(&self) -> Result<&[usize]> {
        Ok(&self.shape)
    }

    fn view(&self) -> Result<View<'_>> {
        unread()
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        unread()
    }

    fn reshape(&mut self, _shape: &[usize]) -> Result<()> {
        unread()
    }

    fn swap_axes(&mut self, _first: usize, _second: usize) -> Result<()> {
        unread()
    }

    fn create(&self, _shape: &[usize], _fill_value: &dyn Array) -> Result<Box<dyn Array>> {
        unread()
    }

    fn copy(&self, _device: Device) -> Result<Box<dyn Array>> {
        unread()
    }

    fn move_data(&mut self, _input: &dyn Array, _movements: &[DataMovement]) -> Result<()> {
        unread()
    }

    fn to_dlpack(&self, _device: Device) -> Result<Dlpack> {
        unread()
    }

    fn adopt_dlpack(&self, _tensor: Dlpack) -> Result<Box<dyn Array>> {
        unread()
    }
}
