//! What native arrays have in common with all others.

use super::super::layout::{Shape, Strides, element_count, is_row_major, row_major};
use super::super::movement::move_data;
use super::super::{Array, DType, DataMovement, Device, Dlpack, Origin};
use super::super::{View, ViewMut};
use super::DenseArray;
use crate::{Error, Result};

impl Array for DenseArray {
    fn origin(&self) -> Result<Origin> {
        Ok(self.origin)
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
        Ok(self.view())
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        // Memory that others may still read, or whose elements may overlap, is copied first.
        let elements = self.elements_mut();
        let was_lent = elements.lent.take().is_some();
        if elements.buffer.is_shared() || elements.buffer.is_read_only() || !self.is_row_major() {
            *self = Self::copy_of(&self.view())?;
        }
        if was_lent {
            self.lend_for_good()?;
        }
        // SAFETY: the buffer holds all of the elements, one after the other, and lives as long as
        // `self`, to which we have exclusive access.
        Ok(unsafe {
            ViewMut::from_parts(
                self.elements.data,
                self.dtype,
                Shape::from_slice(&self.shape),
                Strides::from_slice(&self.elements.strides),
            )
        })
    }

    fn reshape(&mut self, shape: &[usize]) -> Result<()> {
        let (old, new) = (
            element_count(&self.shape, self.dtype)?,
            element_count(shape, self.dtype)?,
        );
        if old != new {
            return Err(Error::invalid(format!(
                "can not reshape an array from {:?} to {shape:?}: they do not have the same number \
                 of elements",
                &self.shape[..]
            )));
        }
        if !self.is_row_major() {
            *self = Self::copy_of(&self.view())?;
        }
        self.elements_mut().strides = row_major(shape);
        self.shape = Shape::from_slice(shape);
        Ok(())
    }

    fn swap_axes(&mut self, first: usize, second: usize) -> Result<()> {
        self.check_axis(first)?;
        self.check_axis(second)?;
        self.shape.swap(first, second);
        self.elements_mut().strides.swap(first, second);
        Ok(())
    }

    fn create(&self, shape: &[usize], fill_value: &dyn Array) -> Result<Box<dyn Array>> {
        Ok(Box::new(self.filled_like(shape, fill_value)?))
    }

    fn copy(&self, device: Device) -> Result<Box<dyn Array>> {
        if !device.is_cpu() {
            return Err(Error::unsupported(format!(
                "native arrays on device {device}"
            )));
        }
        Ok(Box::new(Self::copy_of(&self.view())?))
    }

    fn move_data(&mut self, input: &dyn Array, movements: &[DataMovement]) -> Result<()> {
        move_data(&mut self.view_mut()?, &input.view()?, movements)
    }

    fn to_dlpack(&self, device: Device) -> Result<Dlpack> {
        if !device.is_cpu() {
            return Err(Error::unsupported(format!(
                "native arrays on device {device}"
            )));
        }
        Ok(self.export_read_only())
    }

    fn adopt_dlpack(&self, tensor: Dlpack) -> Result<Box<dyn Array>> {
        Ok(Box::new(DenseArray::from_dlpack(tensor)?))
    }
}

impl DenseArray {
    fn is_row_major(&self) -> bool {
        is_row_major(&self.shape, &self.elements().strides)
    }

    fn check_axis(&self, axis: usize) -> Result<()> {
        if axis < self.shape.len() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "axis {axis} is out of bounds for an array with {} axes",
            self.shape.len()
        )))
    }
}
