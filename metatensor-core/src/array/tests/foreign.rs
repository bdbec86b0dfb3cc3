//! Arrays of another kind than the native ones, which can be on other devices.

use super::*;
use crate::Labels;
use crate::labels::RowCheck;

/// An array that says it is on some device. On the CPU, it is what it contains.
#[derive(Debug)]
pub(crate) struct ForeignArray {
    array: DenseArray,
    device: Device,
    /// What others get to see, if this is not the array itself.
    data: Option<DenseArray>,
    has_dtype: bool,
}

/// Only its owner could look at data on this device.
pub(crate) const HIDDEN: Device = Device { kind: 12, id: 0 };

/// A device whose data can be copied to the CPU.
pub(crate) const CUDA: Device = Device { kind: 2, id: 0 };

impl ForeignArray {
    pub(crate) fn new(array: impl Into<DenseArray>, device: Device) -> ForeignArray {
        ForeignArray {
            array: array.into(),
            device,
            data: None,
            has_dtype: true,
        }
    }

    /// An array of things that are no numbers.
    pub(crate) fn without_dtype(array: impl Into<DenseArray>) -> ForeignArray {
        ForeignArray {
            has_dtype: false,
            ..Self::new(array, Device::CPU)
        }
    }

    /// An array that says it is `array`, but has other elements.
    pub(crate) fn with_data(
        array: impl Into<DenseArray>,
        data: impl Into<DenseArray>,
    ) -> ForeignArray {
        ForeignArray {
            data: Some(data.into()),
            ..Self::new(array, Device::CPU)
        }
    }

    fn data(&self) -> &DenseArray {
        self.data.as_ref().unwrap_or(&self.array)
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
        if self.has_dtype {
            return Ok(self.array.dtype());
        }
        Err(Error::invalid("no data type for objects"))
    }

    fn shape(&self) -> Result<&[usize]> {
        Ok(self.array.shape())
    }

    fn view(&self) -> Result<View<'_>> {
        self.only_on_cpu()?;
        Ok(self.data().view())
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        self.only_on_cpu()?;
        self.data.as_mut().unwrap_or(&mut self.array).view_mut()
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
        self.data().to_dlpack(device)
    }

    fn adopt_dlpack(&self, tensor: Dlpack) -> Result<Box<dyn Array>> {
        let array = DenseArray::from_dlpack(tensor)?;
        Ok(Box::new(Self::new(array, Device::CPU)))
    }
}

/// Labels with the same rows on `device`.
pub(crate) fn labels_on(device: Device, labels: &Labels) -> Labels {
    let names: Vec<_> = labels.names().iter().collect();
    let array = ForeignArray::new(labels.values().to_owned(), device);
    Labels::from_storage(&names, array.into(), RowCheck::AssumeUnique).unwrap()
}
