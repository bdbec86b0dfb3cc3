//! Arrays of another kind than the native ones, which can be on other devices.

use super::*;

/// An array that says it is on some device. On the CPU, it is what it contains.
#[derive(Debug)]
pub(crate) struct ForeignArray {
    array: DenseArray,
    device: Device,
}

/// Only its owner could look at data on this device.
pub(crate) const HIDDEN: Device = Device { kind: 12, id: 0 };

/// A device whose data can be copied to the CPU.
pub(crate) const CUDA: Device = Device { kind: 2, id: 0 };

impl ForeignArray {
    pub(crate) fn new(array: impl Into<DenseArray>, device: Device) -> ForeignArray {
        let array = array.into();
        ForeignArray { array, device }
    }

    fn only_on_cpu(&self) -> Result<()> {
        if self.device.is_cpu() {
            return Ok(());
        }
        Err(Error::unsupported(format!("no data on {}", self.device)))
    }
}

impl From<ForeignArray> for ArrayRef {
    fn from(array: ForeignArray) -> ArrayRef {
        ArrayRef::from(Box::new(array) as Box<dyn Array>)
    }
}

impl Array for ForeignArray {
    fn origin(&self) -> Result<Origin> {
        Ok(Origin::register("tests.ForeignArray"))
    }

    fn device(&self) -> Result<Device> {
        Ok(self.device)
    }

    fn dtype(&self) -> Result<DType> {
        Ok(self.array.dtype())
    }

    fn shape(&self) -> Result<&[usize]> {
        Ok(self.array.shape())
    }

    fn view(&self) -> Result<View<'_>> {
        self.only_on_cpu()?;
        Ok(self.array.view())
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        self.only_on_cpu()?;
        self.array.view_mut()
    }

    fn reshape(&mut self, shape: &[usize]) -> Result<()> {
        self.array.reshape(shape)
    }

    fn swap_axes(&mut self, first: usize, second: usize) -> Result<()> {
        self.array.swap_axes(first, second)
    }

    fn create(&self, shape: &[usize], _: &dyn Array) -> Result<Box<dyn Array>> {
        let array = DenseArray::zeros(self.array.dtype(), shape)?;
        Ok(Box::new(Self::new(array, self.device)))
    }

    fn copy(&self, device: Device) -> Result<Box<dyn Array>> {
        if self.device == HIDDEN && device != HIDDEN {
            return Err(Error::unsupported("copying data that does not exist"));
        }
        Ok(Box::new(Self::new(self.array.clone(), device)))
    }

    fn move_data(&mut self, input: &dyn Array, movements: &[DataMovement]) -> Result<()> {
        self.array.move_data(input, movements)
    }

    fn to_dlpack(&self, device: Device) -> Result<Dlpack> {
        self.only_on_cpu()?;
        self.array.to_dlpack(device)
    }

    fn adopt_dlpack(&self, tensor: Dlpack) -> Result<Box<dyn Array>> {
        let array = DenseArray::from_dlpack(tensor)?;
        Ok(Box::new(Self::new(array, Device::CPU)))
    }
}
