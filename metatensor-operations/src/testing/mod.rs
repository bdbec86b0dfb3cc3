//! Blocks and maps for tests.

mod laws;
pub(crate) mod random;
pub(crate) mod series;
pub(crate) mod threads;
mod unaligned;

use std::sync::LazyLock;

use metatensor_core::internal::RowCheck;
use metatensor_core::{
    ArrayRef, DType, DataMovement, DenseArray, Device, Dlpack, Element, Error, Labels, Origin,
    Result, TensorBlock, TensorMap, View, ViewMut,
};
use ndarray::{Array, ArrayD, Axis, ShapeBuilder, Slice};

pub(crate) fn labels<const N: usize>(names: [&str; N], rows: &[[i32; N]]) -> Labels {
    Labels::new(names, rows).unwrap()
}

/// Row-major array.
pub(crate) fn array<T: Element>(shape: &[usize], elements: &[T]) -> ArrayRef {
    let array = Array::from_shape_vec(shape, elements.to_vec()).unwrap();
    DenseArray::from(array).into()
}

/// Block with samples `s`, and properties `p`, both counting from 0.
pub(crate) fn block<T: Element>(shape: [usize; 2], values: &[T]) -> TensorBlock {
    let samples = Labels::range("s", shape[0]).unwrap();
    let properties = Labels::range("p", shape[1]).unwrap();
    TensorBlock::new(array(&shape, values), &samples, &[], &properties).unwrap()
}

/// Adds a gradient without components to a block made by [`block`]: samples are `(sample, a)`.
pub(crate) fn with_gradient<T: Element>(
    mut block: TensorBlock,
    parameter: &str,
    samples: &[[i32; 2]],
    values: &[T],
) -> TensorBlock {
    let gradient = TensorBlock::new(
        array(&[samples.len(), block.properties().count()], values),
        labels(["sample", "a"], samples),
        &[],
        block.properties(),
    );
    block.add_gradient(parameter, gradient.unwrap()).unwrap();
    block
}

/// Map with these blocks, and keys `k` counting from 0.
pub(crate) fn map(blocks: Vec<TensorBlock>) -> TensorMap {
    let device = blocks.first().map_or(Device::CPU, |block| block.device());
    let keys = labels_on(&Labels::range("k", blocks.len()).unwrap(), device);
    TensorMap::new(keys, blocks).unwrap()
}

/// Elements of the values, in row-major order.
pub(crate) fn values<T: Element>(block: &TensorBlock) -> Vec<T> {
    block.to_ndarray::<T>().unwrap().iter().copied().collect()
}

/// Elements of the gradient with respect to `path`, parameters separated by `/`.
pub(crate) fn gradient<T: Element>(block: &TensorBlock, path: &str) -> Vec<T> {
    let follow = |block, parameter| TensorBlock::gradient(block, parameter).unwrap();
    values(path.split('/').fold(block, follow))
}

/// Block with two samples, two properties, and two rows of gradients, in the other order, with a
/// component of length 3.
pub(crate) fn small_block(values: [f64; 4], derivatives: [f64; 12]) -> TensorBlock {
    let mut block = block([2, 2], &values);
    let gradient = TensorBlock::new(
        array(&[2, 3, 2], &derivatives),
        labels(["sample", "a"], &[[1, 5], [0, 2]]),
        &[Labels::range("xyz", 3).unwrap()],
        block.properties(),
    );
    block.add_gradient("g", gradient.unwrap()).unwrap();
    block
}

/// Generator of test data (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Integer less than `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// Number between `low` and `high`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Block with up to two components and up to two gradients, some axes of which may be empty. The rows
/// of gradients are sparse and in no particular order. `fill` gives arrays of some shape; labels only
/// depend on `seed`.
pub(crate) fn random_block(seed: u64, mut fill: impl FnMut(&[usize]) -> ArrayRef) -> TensorBlock {
    let random = &mut Random(seed);
    let samples = Labels::range("s", random.below(5)).unwrap();
    let components: Vec<_> = (0..random.below(3))
        .map(|i| Labels::range(["c0", "c1"][i], 1 + random.below(3)).unwrap())
        .collect();
    let properties = Labels::range("p", random.below(4)).unwrap();
    let shape = |first: usize, components: &[Labels]| {
        let mut shape = vec![first];
        shape.extend(components.iter().map(Labels::count));
        shape.push(properties.count());
        shape
    };
    let values = fill(&shape(samples.count(), &components));
    let mut block = TensorBlock::new(values, &samples, &components, &properties).unwrap();

    for parameter in ["g", "h"].into_iter().take(random.below(3)) {
        let mut rows: Vec<_> = (0..samples.count() as i32)
            .flat_map(|sample| (0..3).map(move |a| [sample, a]))
            .filter(|_| random.below(2) == 0)
            .collect();
        for i in (1..rows.len()).rev() {
            rows.swap(i, random.below(i + 1));
        }
        let extra = (0..random.below(3))
            .map(|i| Labels::range(["e0", "e1"][i], 1 + random.below(3)).unwrap());
        let components: Vec<_> = extra.chain(components.iter().cloned()).collect();
        let gradient = TensorBlock::new(
            fill(&shape(rows.len(), &components)),
            labels(["sample", "a"], &rows),
            &components,
            &properties,
        );
        block.add_gradient(parameter, gradient.unwrap()).unwrap();
    }
    block
}

/// Arrays of numbers whose absolute value is between 0.5 and 2.
pub(crate) fn moderate(seed: u64) -> impl FnMut(&[usize]) -> ArrayRef {
    let mut random = Random(seed);
    move |shape| {
        Array::from_shape_simple_fn(shape, || {
            let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
            sign * random.between(0.5, 2.0)
        })
        .into()
    }
}

/// Block with the same labels and other arrays, made by `change`.
pub(crate) fn with_arrays(
    block: &TensorBlock,
    change: &mut dyn FnMut(&ArrayRef) -> ArrayRef,
) -> TensorBlock {
    let mut result = TensorBlock::new(
        change(block.values()),
        block.samples(),
        block.components(),
        block.properties(),
    )
    .unwrap();
    for (parameter, gradient) in block.gradients() {
        let gradient = with_arrays(gradient, change);
        result.add_gradient(parameter, gradient).unwrap();
    }
    result
}

/// How the elements of an array lie in memory, if not one after the other.
#[derive(Clone, Copy)]
pub(crate) enum Layout {
    Fortran,
    EverySecondProperty,
    Backwards,
    Unaligned,
}

impl Layout {
    pub(crate) const ALL: [Layout; 4] = [
        Layout::Fortran,
        Layout::EverySecondProperty,
        Layout::Backwards,
        Layout::Unaligned,
    ];
}

/// Block with the same elements in arrays with this layout.
pub(crate) fn with_layout(block: &TensorBlock, layout: Layout) -> TensorBlock {
    with_arrays(block, &mut |array| {
        let view = array.view().unwrap();
        let elements = view.typed::<f64>().unwrap();
        let shape = elements.shape();
        let (first, last) = (Axis(0), Axis(shape.len() - 1));
        let mut copy = match layout {
            Layout::Fortran => ArrayD::zeros(shape.f()),
            Layout::EverySecondProperty => {
                let mut larger = shape.to_vec();
                larger[last.0] *= 2;
                let mut larger = ArrayD::from_elem(larger, f64::NAN);
                larger.slice_axis_inplace(last, Slice::new(0, None, 2));
                larger
            }
            Layout::Backwards => {
                let mut reversed = ArrayD::zeros(shape);
                reversed.invert_axis(first);
                reversed.invert_axis(last);
                reversed
            }
            Layout::Unaligned => return unaligned::array(&view),
        };
        copy.assign(&elements);
        copy.into()
    })
}

/// Arrays of a library of somebody else, on some device.
#[derive(Debug)]
pub(crate) struct Foreign {
    pub(crate) array: DenseArray,
    pub(crate) device: Device,
}

impl Foreign {
    pub(crate) fn origin() -> Origin {
        static ORIGIN: LazyLock<Origin> = LazyLock::new(|| Origin::register("test.Foreign"));
        *ORIGIN
    }

    fn check_device(&self) -> Result<()> {
        if self.device.is_cpu() {
            return Ok(());
        }
        Err(Error::unsupported(format!("data on {}", self.device)))
    }
}

impl metatensor_core::Array for Foreign {
    fn origin(&self) -> Result<Origin> {
        Ok(Self::origin())
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
        self.check_device()?;
        Ok(self.array.view())
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        self.check_device()?;
        self.array.view_mut()
    }

    fn reshape(&mut self, shape: &[usize]) -> Result<()> {
        self.array.reshape(shape)
    }

    fn swap_axes(&mut self, first: usize, second: usize) -> Result<()> {
        self.array.swap_axes(first, second)
    }

    fn create(
        &self,
        shape: &[usize],
        fill_value: &dyn metatensor_core::Array,
    ) -> Result<Box<dyn metatensor_core::Array>> {
        let created = self.array.create(shape, fill_value)?;
        let array = DenseArray::copy_of(&created.view()?)?;
        Ok(Box::new(Foreign { array, ..*self }))
    }

    fn copy(&self, device: Device) -> Result<Box<dyn metatensor_core::Array>> {
        let array = self.array.clone();
        Ok(Box::new(Foreign { array, device }))
    }

    fn move_data(
        &mut self,
        input: &dyn metatensor_core::Array,
        movements: &[DataMovement],
    ) -> Result<()> {
        self.array.move_data(input, movements)
    }

    fn to_dlpack(&self, device: Device) -> Result<Dlpack> {
        self.array.to_dlpack(device)
    }

    /// Like some real libraries, refuses memory that can not be written to, unless it is that of labels.
    fn adopt_dlpack(&self, tensor: Dlpack) -> Result<Box<dyn metatensor_core::Array>> {
        if tensor.is_read_only() && tensor.tensor().dtype != DType::I32 {
            return Err(Error::invalid("got a read-only tensor"));
        }
        let array = DenseArray::from_dlpack(tensor)?;
        Ok(Box::new(Foreign { array, ..*self }))
    }
}

pub(crate) fn foreign_array(array: impl Into<DenseArray>, device: Device) -> ArrayRef {
    let array = array.into();
    ArrayRef::from(std::sync::Arc::new(Foreign { array, device }))
}

/// The same block with arrays of another kind on `device`, and labels on this device as well.
pub(crate) fn foreign(block: &TensorBlock, device: Device) -> TensorBlock {
    let array = DenseArray::copy_of(&block.view().unwrap()).unwrap();
    let labels = |labels: &Labels| labels_on(labels, device);
    let mut result = TensorBlock::new(
        foreign_array(array, device),
        labels(block.samples()),
        block.components().iter().map(labels).collect::<Vec<_>>(),
        labels(block.properties()),
    )
    .unwrap();
    for (parameter, gradient) in block.gradients() {
        let gradient = foreign(gradient, device);
        result.add_gradient(parameter, gradient).unwrap();
    }
    result
}

/// The same labels on `device`.
pub(crate) fn labels_on(labels: &Labels, device: Device) -> Labels {
    if device.is_cpu() {
        return labels.clone();
    }
    let array = foreign_array(labels.values().to_owned(), device);
    let names: Vec<_> = labels.names().iter().collect();
    Labels::from_storage(&names, array, RowCheck::Unique).unwrap()
}
