//! Arrays at odd addresses.

use metatensor_core::{
    Array, ArrayRef, DType, DataMovement, DenseArray, Device, Dlpack, Error, Origin, Result, View,
    ViewMut,
};

/// An array that can only be read, whose elements start at an odd address. New arrays like this are native.
#[derive(Debug)]
struct Unaligned {
    dtype: DType,
    shape: Vec<usize>,
    /// The elements, after a byte that does not count.
    bytes: Vec<u8>,
}

/// Array with the same elements.
pub(super) fn array(view: &View<'_>) -> ArrayRef {
    let elements = DenseArray::copy_of(view).unwrap();
    let bytes = [&[0], elements.view().as_bytes().unwrap()].concat();
    assert!(bytes.as_ptr().addr().is_multiple_of(2));
    ArrayRef::from(Box::new(Unaligned {
        dtype: view.dtype(),
        shape: view.shape().to_vec(),
        bytes,
    }) as Box<dyn Array>)
}

fn only_read<T>() -> Result<T> {
    Err(Error::unsupported("changing this array"))
}

impl Array for Unaligned {
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
        View::from_bytes(self.dtype, &self.shape, &self.bytes[1..])
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        only_read()
    }

    fn reshape(&mut self, _: &[usize]) -> Result<()> {
        only_read()
    }

    fn swap_axes(&mut self, _: usize, _: usize) -> Result<()> {
        only_read()
    }

    fn create(&self, shape: &[usize], fill_value: &dyn Array) -> Result<Box<dyn Array>> {
        DenseArray::zeros(self.dtype, &[])?.create(shape, fill_value)
    }

    fn copy(&self, _: Device) -> Result<Box<dyn Array>> {
        Ok(Box::new(DenseArray::copy_of(&self.view()?)?))
    }

    fn move_data(&mut self, _: &dyn Array, _: &[DataMovement]) -> Result<()> {
        only_read()
    }

    fn to_dlpack(&self, _: Device) -> Result<Dlpack> {
        Ok(DenseArray::copy_of(&self.view()?)?.into_dlpack())
    }

    fn adopt_dlpack(&self, tensor: Dlpack) -> Result<Box<dyn Array>> {
        Ok(Box::new(DenseArray::from_dlpack(tensor)?))
    }
}
