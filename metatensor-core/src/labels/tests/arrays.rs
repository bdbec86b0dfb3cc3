//! Labels whose values are in arrays of all kinds.

use ndarray::ShapeBuilder;

use super::*;
use crate::array::tests::foreign::HIDDEN;
use crate::{Array, DenseArray, View};

fn address(array: &dyn Array) -> *const u8 {
    array.view().unwrap().items::<4>().as_ptr().cast()
}

#[test]
fn contiguous_arrays_are_not_copied() {
    let array = arr2(&ROWS);
    let original = array.as_ptr().cast();
    let labels = Labels::from_array(&["a", "b"], array).unwrap();
    assert_eq!(labels.rows().values().as_ptr().cast(), original);
    assert_eq!(address(&**labels.array()), original);
    assert_eq!(labels.clone().rows().values().as_ptr().cast(), original);

    let own = self::labels();
    assert_eq!(address(&**own.array()), own.rows().values().as_ptr().cast());
    assert_eq!(
        own.array().origin().unwrap().name().unwrap(),
        "metatensor.Labels"
    );
}

#[test]
fn strided_arrays_are_copied() {
    let mut array = Array2::zeros((4, 2).f());
    array.assign(&arr2(&ROWS));
    let strided = DenseArray::from(array);
    assert!(!strided.view().is_contiguous());
    let labels = Labels::from_storage(&["system", "atom"], strided.into(), RowCheck::Unique);
    let labels = labels.unwrap();
    assert_eq!(labels, self::labels());
    assert!(
        !labels.array().view().unwrap().is_contiguous(),
        "the array is the one we gave"
    );
    assert_eq!(
        labels.array().view().unwrap().typed::<i32>().unwrap(),
        arr2(&ROWS).into_dyn()
    );
}

#[test]
fn nobody_can_change_the_values_of_labels() {
    let labels = Labels::from_array(&["system", "atom"], arr2(&ROWS)).unwrap();
    for labels in [labels, self::labels()] {
        let mut array = labels.array().clone();
        let mut view = array.make_mut().unwrap().view_mut().unwrap();
        view.typed_mut::<i32>().unwrap().fill(0);
        assert_eq!(labels, self::labels());

        let exported = labels.array().to_dlpack(Device::CPU).unwrap();
        let mut adopted = DenseArray::from_dlpack(exported).unwrap();
        adopted
            .view_mut()
            .unwrap()
            .typed_mut::<i32>()
            .unwrap()
            .fill(0);
        assert_eq!(labels, self::labels());
    }
}

#[test]
fn the_memory_of_labels_outlives_them() {
    let labels = self::labels();
    let exported = labels.array().to_dlpack(Device::CPU).unwrap();
    drop(labels);
    let view = View::from_dlpack(exported).unwrap();
    assert_eq!(view.as_slice::<i32>().unwrap(), Some(ROWS.as_flattened()));
}

#[test]
fn results_are_stored_like_the_first_input() {
    let foreign = |device, rows: &[[i32; 1]]| {
        let array = ForeignArray::new(arr2(rows), device);
        Labels::from_storage(&["n"], array.into(), RowCheck::Unique).unwrap()
    };
    let native = Labels::range("n", 3).unwrap();
    for device in [Device::CPU, CUDA] {
        let labels = foreign(device, &[[1], [5]]);
        let results = [
            (labels.union(&native).unwrap(), vec![1, 5, 0, 2]),
            (labels.intersection(&native).unwrap(), vec![1]),
            (labels.difference(&native).unwrap(), vec![5]),
            (native.clone().stored_like(&labels).unwrap(), vec![0, 1, 2]),
        ];
        for (result, rows) in results {
            assert_eq!(result.rows().values(), rows);
            assert_eq!(result.array().device().unwrap(), device);
            let array = result.array().downcast_ref::<ForeignArray>();
            assert_eq!(array.unwrap().shape().unwrap(), [rows.len(), 1]);
            assert_eq!(result.position(&rows[..1]), Some(0));
        }
        let union = native.union(&labels).unwrap();
        assert!(union.array().downcast_ref::<DenseArray>().is_some());
        assert!(
            labels
                .clone()
                .stored_like(&native)
                .unwrap()
                .is_same(&labels)
        );
    }
}

#[test]
fn labels_follow_arrays_to_their_device() {
    let native = Labels::new(["n"], &[[4], [2]]).unwrap();
    assert_eq!(native.device().unwrap(), Device::CPU);
    for device in [CUDA, HIDDEN] {
        let array = ForeignArray::new(arr2(&[[0.5]]), device);
        let moved = native.clone().on_device_of(&array, device).unwrap();
        assert_eq!(moved.device().unwrap(), device);
        assert_eq!(moved.array().device().unwrap(), device);
        assert_eq!(moved.rows().values(), [4, 2]);
    }
    let array = ForeignArray::new(arr2(&[[0.5]]), Device::CPU);
    assert!(
        native
            .clone()
            .on_device_of(&array, Device::CPU)
            .unwrap()
            .is_same(&native)
    );
}

fn hidden(rows: &[[i32; 1]]) -> Labels {
    let array = ForeignArray::new(arr2(rows), HIDDEN);
    Labels::from_storage(&["n"], array.into(), RowCheck::Unique).unwrap()
}

#[test]
fn labels_that_nobody_can_look_at_have_dimensions_and_a_count() {
    let labels = hidden(&[[0], [0], [7]]);
    assert_eq!((labels.size(), labels.count()), (1, 3));
    assert_eq!(labels, hidden(&[[1], [2], [3]]));
    assert_eq!(labels, Labels::range("n", 3).unwrap());
    assert_ne!(labels, Labels::range("n", 2).unwrap());
    assert_eq!(labels.describe(2), "(row 2)");
    assert_eq!(labels.to_string(), "Labels(\n    n\n)");
}

#[test]
fn operations_on_labels_that_nobody_can_look_at_are_errors() {
    let (hidden, labels) = (hidden(&[[1], [5]]), Labels::range("n", 3).unwrap());
    for (a, b) in [(&hidden, &labels), (&labels, &hidden)] {
        assert_names(a.union(b), &["union", "ext:0"]);
        assert_names(a.intersection(b), &["intersection", "ext:0"]);
        assert_names(a.difference(b), &["difference", "ext:0"]);
        assert_names(a.select(b), &["select", "ext:0"]);
    }
    assert_names(hidden.column("n"), &["ext:0"]);
    let everything = Labels::empty::<&str>(&[]).unwrap();
    assert_eq!(hidden.select(&everything).unwrap(), [0, 1]);
}

#[test]
fn the_data_of_an_array_has_the_shape_of_the_array() {
    /// Exports its elements transposed.
    #[derive(Debug)]
    struct Confused(DenseArray);

    impl Array for Confused {
        fn origin(&self) -> Result<crate::Origin> {
            self.0.origin()
        }
        fn device(&self) -> Result<Device> {
            self.0.device()
        }
        fn dtype(&self) -> Result<DType> {
            Ok(DType::I32)
        }
        fn shape(&self) -> Result<&[usize]> {
            Ok(&[3, 2])
        }
        fn view(&self) -> Result<View<'_>> {
            Ok(self.0.view())
        }
        fn view_mut(&mut self) -> Result<crate::ViewMut<'_>> {
            self.0.view_mut()
        }
        fn reshape(&mut self, shape: &[usize]) -> Result<()> {
            self.0.reshape(shape)
        }
        fn swap_axes(&mut self, first: usize, second: usize) -> Result<()> {
            self.0.swap_axes(first, second)
        }
        fn create(&self, shape: &[usize], fill_value: &dyn Array) -> Result<Box<dyn Array>> {
            self.0.create(shape, fill_value)
        }
        fn copy(&self, device: Device) -> Result<Box<dyn Array>> {
            self.0.copy(device)
        }
        fn move_data(&mut self, _: &dyn Array, _: &[crate::DataMovement]) -> Result<()> {
            Ok(())
        }
        fn to_dlpack(&self, device: Device) -> Result<crate::Dlpack> {
            self.0.to_dlpack(device)
        }
        fn adopt_dlpack(&self, tensor: crate::Dlpack) -> Result<Box<dyn Array>> {
            self.0.adopt_dlpack(tensor)
        }
    }

    let from = |array: DenseArray| {
        let array = Box::new(Confused(array)) as Box<dyn Array>;
        Labels::from_storage(&["a", "b"], array.into(), RowCheck::Unique)
    };
    let transposed = arr2(&[[1, 2, 3], [4, 5, 6]]);
    assert_names(from(transposed.clone().into()), &["[3, 2]", "[2, 3]"]);
    let small = Array2::<i32>::zeros((1, 2));
    assert_names(from(small.into()), &["[3, 2]", "[1, 2]"]);
    let other_type = Array2::<f32>::zeros((3, 2));
    assert_names(from(other_type.into()), &["int32", "float32"]);
    assert!(from(transposed.reversed_axes().into()).is_ok());
}
