//! Arrays of other libraries are only used through their own functions.

use std::sync::Mutex;

use super::*;
use metatensor_core::{
    Array, ArrayRef, DType, DataMovement, DenseArray, Device, Dlpack, Error, Origin, Result, View,
    ViewMut,
};

/// An array whose elements nobody else may look at, and a record of what was asked of all such
/// arrays in one test.
#[derive(Debug)]
struct Foreign {
    array: DenseArray,
    calls: std::sync::Arc<Mutex<Vec<&'static str>>>,
}

impl Foreign {
    fn made(&self, call: &'static str, array: Box<dyn Array>) -> Result<Box<dyn Array>> {
        self.called(call);
        let array = array.downcast_ref::<DenseArray>().unwrap().clone();
        let calls = self.calls.clone();
        Ok(Box::new(Foreign { array, calls }))
    }

    fn called(&self, call: &'static str) {
        self.calls.lock().unwrap().push(call);
    }
}

fn forbidden() -> Error {
    Error::unsupported("looking at a foreign array")
}

impl Array for Foreign {
    fn origin(&self) -> Result<Origin> {
        Ok(Origin::register("tests of merging"))
    }

    fn device(&self) -> Result<Device> {
        Ok(Device::CPU)
    }

    fn dtype(&self) -> Result<DType> {
        Ok(self.array.dtype())
    }

    fn shape(&self) -> Result<&[usize]> {
        Ok(self.array.shape())
    }

    fn view(&self) -> Result<View<'_>> {
        Err(forbidden())
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        Err(forbidden())
    }

    fn reshape(&mut self, shape: &[usize]) -> Result<()> {
        self.called("reshape");
        self.array.reshape(shape)
    }

    fn swap_axes(&mut self, first: usize, second: usize) -> Result<()> {
        self.called("swap_axes");
        self.array.swap_axes(first, second)
    }

    fn create(&self, shape: &[usize], fill_value: &dyn Array) -> Result<Box<dyn Array>> {
        let Some(Fill(fill_value)) = fill_value.downcast_ref() else {
            return Err(Error::invalid("not the fill value that was given"));
        };
        self.made("create", self.array.create(shape, fill_value)?)
    }

    fn copy(&self, device: Device) -> Result<Box<dyn Array>> {
        self.made("copy", self.array.copy(device)?)
    }

    fn move_data(&mut self, input: &dyn Array, movements: &[DataMovement]) -> Result<()> {
        self.called("move_data");
        assert!(!movements.is_empty());
        let input = input.downcast_ref::<Foreign>().unwrap();
        self.array.move_data(&input.array, movements)
    }

    fn to_dlpack(&self, _: Device) -> Result<Dlpack> {
        Err(forbidden())
    }

    fn adopt_dlpack(&self, _: Dlpack) -> Result<Box<dyn Array>> {
        Err(forbidden())
    }
}

/// A fill value that answers no question at all.
#[derive(Debug)]
struct Fill(DenseArray);

impl Array for Fill {
    fn origin(&self) -> Result<Origin> {
        Err(forbidden())
    }

    fn device(&self) -> Result<Device> {
        Err(forbidden())
    }

    fn dtype(&self) -> Result<DType> {
        Err(forbidden())
    }

    fn shape(&self) -> Result<&[usize]> {
        Err(forbidden())
    }

    fn view(&self) -> Result<View<'_>> {
        Err(forbidden())
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        Err(forbidden())
    }

    fn reshape(&mut self, _: &[usize]) -> Result<()> {
        Err(forbidden())
    }

    fn swap_axes(&mut self, _: usize, _: usize) -> Result<()> {
        Err(forbidden())
    }

    fn create(&self, _: &[usize], _: &dyn Array) -> Result<Box<dyn Array>> {
        Err(forbidden())
    }

    fn copy(&self, _: Device) -> Result<Box<dyn Array>> {
        Err(forbidden())
    }

    fn move_data(&mut self, _: &dyn Array, _: &[DataMovement]) -> Result<()> {
        Err(forbidden())
    }

    fn to_dlpack(&self, _: Device) -> Result<Dlpack> {
        Err(forbidden())
    }

    fn adopt_dlpack(&self, _: Dlpack) -> Result<Box<dyn Array>> {
        Err(forbidden())
    }
}

type Calls = std::sync::Arc<Mutex<Vec<&'static str>>>;

/// The same block with other arrays.
fn converted(block: &TensorBlock, convert: &dyn Fn(&ArrayRef) -> ArrayRef) -> TensorBlock {
    let values = convert(block.values());
    let (samples, properties) = (block.samples(), block.properties());
    let mut result = TensorBlock::new(values, samples, block.components(), properties).unwrap();
    for (parameter, gradient) in block.gradients() {
        result
            .add_gradient(parameter, converted(gradient, convert))
            .unwrap();
    }
    result
}

fn converted_map(map: &TensorMap, convert: &dyn Fn(&ArrayRef) -> ArrayRef) -> TensorMap {
    let blocks = map.blocks().iter().map(|block| converted(block, convert));
    TensorMap::new(map.keys().clone(), blocks.collect()).unwrap()
}

fn to_foreign(map: &TensorMap, calls: &Calls) -> TensorMap {
    converted_map(map, &|array| {
        let array = array.downcast_ref::<DenseArray>().unwrap().clone();
        let calls = calls.clone();
        ArrayRef::from(std::sync::Arc::new(Foreign { array, calls }))
    })
}

fn to_native(map: &TensorMap) -> TensorMap {
    converted_map(map, &|array| {
        array
            .downcast_ref::<Foreign>()
            .unwrap()
            .array
            .clone()
            .into()
    })
}

fn assert_same(a: &TensorMap, b: &TensorMap) {
    assert_eq!(a.keys(), b.keys());
    assert_eq!(elements(a), elements(b));
}

proptest! {
    #[test]
    fn foreign_arrays_are_created_and_filled_by_themselves(
        seed: u64, components in 0..3_usize, gradients in 0..3_usize,
        moved in prop::sample::select(&MOVED), order in prop::sample::select(&ORDERS),
    ) {
        let map = Random(seed).map(components, gradients);
        let calls = Calls::default();
        let foreign = to_foreign(&map, &calls);
        let moved = Labels::empty(moved).unwrap();
        let fill: &dyn Array = &Fill(DenseArray::scalar(-2.0));

        let expected = map.keys_to_samples(&moved, -2.0, order).unwrap();
        let result = foreign.keys_to_samples(&moved, fill, order).unwrap();
        assert_same(&to_native(&result), &expected);
        let expected = map.keys_to_properties(&moved, -2.0, order).unwrap();
        let result = foreign.keys_to_properties(&moved, fill, order).unwrap();
        assert_same(&to_native(&result), &expected);
        let calls = calls.lock().unwrap();
        prop_assert!(calls.iter().all(|call| ["create", "move_data"].contains(call)));
    }

    #[test]
    fn components_of_foreign_arrays_are_moved_in_copies(seed: u64, gradients in 0..3_usize) {
        let map = Random(seed).map(2, gradients);
        let calls = Calls::default();
        let foreign = to_foreign(&map, &calls);
        let expected = map.components_to_properties(&["c"]).unwrap();
        let result = foreign.components_to_properties(&["c"]).unwrap();
        assert_same(&to_native(&result), &expected);
        let calls = calls.lock().unwrap();
        let allowed = ["copy", "swap_axes", "reshape"];
        prop_assert!(calls.iter().all(|call| allowed.contains(call)));
    }
}
