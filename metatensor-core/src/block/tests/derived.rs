//! What arrays are asked when blocks are made of blocks.

use std::sync::{Arc, Mutex};

use ndarray::{Array2, arr2};

use super::*;
use crate::{Array, DataMovement, DenseArray, Dlpack, Origin, ViewMut};

/// What becomes of tensors that arrays are made of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Adopts {
    Memory,
    CopyAsF32,
}

/// An array that notes what it, and all that are made of it, are asked.
#[derive(Debug)]
struct Asked {
    array: DenseArray,
    adopts: Adopts,
    questions: Arc<Mutex<Vec<&'static str>>>,
}

impl Asked {
    fn new(array: Array2<f64>, adopts: Adopts) -> Asked {
        Asked {
            array: array.into(),
            adopts,
            questions: Arc::default(),
        }
    }

    fn note(&self, question: &'static str) {
        self.questions.lock().unwrap().push(question);
    }

    fn like(&self, array: DenseArray) -> Box<dyn Array> {
        Box::new(Asked {
            array,
            adopts: self.adopts,
            questions: Arc::clone(&self.questions),
        })
    }
}

impl Array for Asked {
    fn origin(&self) -> Result<Origin> {
        self.note("origin");
        Ok(Origin::register("tests.Asked"))
    }

    fn device(&self) -> Result<Device> {
        self.note("device");
        Ok(Device::CPU)
    }

    fn dtype(&self) -> Result<DType> {
        self.note("dtype");
        Ok(self.array.dtype())
    }

    fn shape(&self) -> Result<&[usize]> {
        self.note("shape");
        Ok(self.array.shape())
    }

    fn view(&self) -> Result<View<'_>> {
        Ok(self.array.view())
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        self.array.view_mut()
    }

    fn reshape(&mut self, shape: &[usize]) -> Result<()> {
        self.array.reshape(shape)
    }

    fn swap_axes(&mut self, first: usize, second: usize) -> Result<()> {
        self.array.swap_axes(first, second)
    }

    fn create(&self, shape: &[usize], fill_value: &dyn Array) -> Result<Box<dyn Array>> {
        Ok(self.like(self.array.filled_like(shape, fill_value)?))
    }

    fn copy(&self, _: Device) -> Result<Box<dyn Array>> {
        Ok(self.like(self.array.clone()))
    }

    fn move_data(&mut self, input: &dyn Array, movements: &[DataMovement]) -> Result<()> {
        self.array.move_data(input, movements)
    }

    fn to_dlpack(&self, device: Device) -> Result<Dlpack> {
        self.array.to_dlpack(device)
    }

    fn adopt_dlpack(&self, tensor: Dlpack) -> Result<Box<dyn Array>> {
        let array = DenseArray::from_dlpack(tensor)?;
        Ok(self.like(match self.adopts {
            Adopts::Memory => array,
            Adopts::CopyAsF32 => array.to_ndarray::<f64>()?.mapv(|x| x as f32).into(),
        }))
    }
}

/// A block with such an array, and what was asked since the last time that somebody wanted to know.
fn asked(adopts: Adopts) -> (TensorBlock, impl Fn() -> Vec<&'static str>) {
    let array = Asked::new(arr2(&[[1.0, 2.0], [3.0, 4.0]]), adopts);
    let questions = Arc::clone(&array.questions);
    let array: Box<dyn Array> = Box::new(array);
    let block = TensorBlock::new(array, range("s", 2), [], range("p", 2)).unwrap();
    (block, move || {
        std::mem::take(&mut *questions.lock().unwrap())
    })
}

#[test]
fn blocks_ask_their_array_once() {
    let (block, questions) = asked(Adopts::Memory);
    assert_eq!(questions(), ["dtype", "device", "shape"]);
    assert_eq!(block.origin().unwrap().name().unwrap(), "tests.Asked");
    assert_eq!(questions(), ["origin"]);
    let clone = block.clone();
    for block in [&block, &clone] {
        assert_eq!(block.origin().unwrap(), Origin::register("tests.Asked"));
        assert_eq!((block.dtype(), block.device()), (DType::F64, Device::CPU));
        assert_eq!(block.shape(), [2, 2]);
    }
    let relabeled = block.relabeled(&range("t", 2), &[], block.properties());
    let mut relabeled = relabeled.unwrap();
    assert!(relabeled.values().is_same(block.values()));
    assert_eq!(relabeled.origin().unwrap(), block.origin().unwrap());
    assert!(questions().is_empty());
    let gradient = block.relabeled(&range("sample", 2), &[], block.properties());
    relabeled.add_gradient("g", gradient.unwrap()).unwrap();
    assert!(questions().is_empty());
    // A copy could be of another shape, if the array was changed.
    relabeled.deep_copy().unwrap();
    assert_eq!(questions(), ["shape", "shape"]);
}

#[test]
fn labels_that_do_not_fit_are_refused_without_asking() {
    let (block, questions) = asked(Adopts::Memory);
    questions();
    let result = block.relabeled(&range("s", 3), &[], block.properties());
    assert_names(result, &["axis 0", "2 entries", "3 entries"]);
    let values = DenseArray::zeros(DType::F64, &[3, 2]).unwrap();
    let result = block.with_new_values(values, block.samples(), &[], block.properties());
    assert_names(result, &["axis 0", "3 entries", "2 entries"]);
    assert!(questions().is_empty());
}

#[test]
fn arrays_on_the_memory_that_they_were_made_of_are_not_asked() {
    let (block, questions) = asked(Adopts::Memory);
    block.origin().unwrap();
    questions();
    let values = || arr2(&[[0.5_f32], [1.5]]);
    let made = block.with_new_values(values().into(), block.samples(), &[], &range("q", 1));
    let made = made.unwrap();
    assert_eq!(made.to_ndarray::<f32>().unwrap(), values().into_dyn());
    assert_eq!((made.dtype(), made.device()), (DType::F32, Device::CPU));
    assert_eq!(made.origin().unwrap(), block.origin().unwrap());
    assert!(questions().is_empty());
}

#[test]
fn arrays_that_copied_what_they_were_made_of_are_asked() {
    let (block, questions) = asked(Adopts::CopyAsF32);
    questions();
    let values = arr2(&[[0.5], [1.5]]);
    let made = block.with_new_values(values.into(), block.samples(), &[], &range("q", 1));
    let made = made.unwrap();
    assert_eq!(questions(), ["dtype", "device", "shape"]);
    assert_eq!(made.dtype(), DType::F32);
    assert_eq!(made.values_as::<f32>().unwrap()[[1, 0]], 1.5);
}

#[test]
fn memory_that_others_have_does_not_tell_whether_it_is_kept() {
    let (block, questions) = asked(Adopts::CopyAsF32);
    questions();
    let values = DenseArray::from(arr2(&[[0.5], [1.5]]));
    let other = values.share().unwrap();
    let made = block.with_new_values(values, block.samples(), &[], &range("q", 1));
    assert_eq!(made.unwrap().dtype(), DType::F32);
    assert_eq!(questions(), ["dtype", "device", "shape"]);
    assert_eq!(other.to_ndarray::<f64>().unwrap().sum(), 2.0);
}
