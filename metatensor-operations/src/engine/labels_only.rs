//! Blocks that have labels and a type, and no elements: what a result will be.

use metatensor_core::{
    Array, DType, DataMovement, DenseArray, Device, Dlpack, Error, Labels, Origin, Result,
    TensorBlock, View, ViewMut,
};

/// An array that takes no memory, because nothing of it is known but its type, shape and device.
#[derive(Clone, Debug)]
struct LabelsOnly {
    dtype: DType,
    shape: Vec<usize>,
    device: Device,
}

/// Block with these labels, whose array has the right type and shape, is on their device, and refuses all that needs its
/// elements.
pub(crate) fn labels_only(
    dtype: DType,
    samples: &Labels,
    components: &[Labels],
    properties: &Labels,
) -> Result<TensorBlock> {
    let mut shape = vec![samples.count()];
    shape.extend(components.iter().map(Labels::count));
    shape.push(properties.count());
    let device = samples.device()?;
    let array: Box<dyn Array> = Box::new(LabelsOnly {
        dtype,
        shape,
        device,
    });
    TensorBlock::new(array, samples, components, properties)
}

#[cold]
fn no_elements<T>() -> Result<T> {
    Err(Error::unsupported(
        "this block has labels only, and no elements: it says what a result will be",
    ))
}

impl Array for LabelsOnly {
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
        no_elements()
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        no_elements()
    }

    fn reshape(&mut self, _: &[usize]) -> Result<()> {
        no_elements()
    }

    fn swap_axes(&mut self, _: usize, _: usize) -> Result<()> {
        no_elements()
    }

    fn create(&self, _: &[usize], _: &dyn Array) -> Result<Box<dyn Array>> {
        no_elements()
    }

    fn copy(&self, device: Device) -> Result<Box<dyn Array>> {
        Ok(Box::new(LabelsOnly {
            device,
            ..self.clone()
        }))
    }

    fn move_data(&mut self, _: &dyn Array, _: &[DataMovement]) -> Result<()> {
        no_elements()
    }

    fn to_dlpack(&self, _: Device) -> Result<Dlpack> {
        no_elements()
    }

    fn adopt_dlpack(&self, _: Dlpack) -> Result<Box<dyn Array>> {
        no_elements()
    }
}
