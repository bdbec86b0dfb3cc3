//! Blocks of arrays of all kinds, on all devices.

use std::sync::Arc;

use ndarray::{Array2, arr2};

use super::*;
use crate::array::tests::foreign::{CUDA, ForeignArray, HIDDEN, labels_on};
use crate::{Array, DenseArray, Origin};

#[test]
fn gradients_are_in_the_same_kind_of_array() {
    let new = |values: ArrayRef, first: &str| {
        let on = |labels| labels_on(values.device().unwrap(), &labels);
        let (samples, properties) = (on(range(first, 2)), on(range("n", 1)));
        TensorBlock::new(values, &samples, &[], &properties).unwrap()
    };
    let array = || Array2::<f64>::zeros((2, 1));
    let mut block = new(array().into(), "s");
    let other_type = new(Array2::<f32>::zeros((2, 1)).into(), "sample");
    assert_names(
        block.add_gradient("p", other_type),
        &["data type", "float64", "float32"],
    );
    let other_device = new(ForeignArray::new(array(), CUDA).into(), "sample");
    assert_names(
        block.add_gradient("p", other_device),
        &["device", "cpu", "cuda:0"],
    );
    let other_origin = new(ForeignArray::new(array(), Device::CPU).into(), "sample");
    let result = block.add_gradient("p", other_origin);
    assert_names(result, &["data origin", "RustArray", "tests.ForeignArray"]);
    block
        .add_gradient("p", new(array().into(), "sample"))
        .unwrap();
}

#[test]
fn blocks_can_be_on_any_device() {
    let labels = |name: &str, count| labels_on(HIDDEN, &range(name, count));
    let values = || ForeignArray::new(Array2::<f64>::zeros((2, 3)), HIDDEN);
    let mut block = TensorBlock::new(values(), &labels("s", 2), &[], &labels("p", 3)).unwrap();
    let gradient = TensorBlock::new(values(), &labels("sample", 2), &[], &labels("p", 3));
    block.add_gradient("g", gradient.unwrap()).unwrap();
    assert_names(block.view(), &["ext:0"]);
    assert_names(block.gradient_map("g"), &["mapping", "ext:0"]);
}

#[test]
fn values_and_labels_are_on_the_same_device() {
    let new = |values, samples, component, properties| {
        let array = ForeignArray::new(zeros(&[2, 3, 4]), values);
        let components = [labels_on(component, &range("c", 3))];
        TensorBlock::new(
            array,
            &labels_on(samples, &range("s", 2)),
            &components,
            &labels_on(properties, &range("p", 4)),
        )
    };
    let cpu = Device::CPU;
    for device in [cpu, CUDA, HIDDEN] {
        let block = new(device, device, device, device).unwrap();
        assert_eq!(block.device(), device);
    }
    let differ = |values: Device, labels: Device, axis: &str| {
        [
            format!("values are on {values}"),
            format!("labels of the {axis} on {labels}"),
        ]
    };
    for (result, message) in [
        (new(CUDA, cpu, CUDA, CUDA), differ(CUDA, cpu, "samples")),
        (
            new(CUDA, CUDA, HIDDEN, CUDA),
            differ(CUDA, HIDDEN, "component 0"),
        ),
        (new(cpu, cpu, cpu, CUDA), differ(cpu, CUDA, "properties")),
        (new(HIDDEN, cpu, cpu, cpu), differ(HIDDEN, cpu, "samples")),
    ] {
        assert_names(result, &[&message[0], &message[1]]);
    }
    let second = Device { id: 1, ..CUDA };
    assert_names(new(CUDA, CUDA, CUDA, second), &["cuda:0", "cuda:1"]);
    let seventh = Device { id: 7, ..cpu };
    assert_names(new(seventh, cpu, cpu, cpu), &["on cpu:7", "on cpu"]);

    // Labels without entries are somewhere as well.
    let none = labels_on(CUDA, &range("s", 0));
    let values = zeros(&[0, 4]);
    assert_names(
        TensorBlock::new(values, &none, &[], &range("p", 4)),
        &["samples on cuda:0"],
    );
}

#[test]
fn data_that_does_not_fit_to_the_array_is_never_used() {
    let (samples, properties) = (range("s", 2), range("p", 3));
    let new = |data: DenseArray| {
        let array = ForeignArray::with_data(zeros(&[2, 3]), data);
        TensorBlock::new(array, &samples, &[], &properties).unwrap()
    };
    let f32s = Array2::<f32>::zeros((2, 3)).into();
    for (data, culprits) in [
        (
            zeros(&[1, 3]).into(),
            &["axis 0", "1 entries", "samples: ['s']"][..],
        ),
        (
            zeros(&[2, 4]).into(),
            &["axis 1", "4 entries", "properties: ['p']"],
        ),
        (zeros(&[3, 2]).into(), &["axis 0"]),
        (zeros(&[6]).into(), &["2 axes", "[6]"]),
        (zeros(&[2, 1, 3]).into(), &["2 axes", "[2, 1, 3]"]),
        (f32s, &["float64", "float32"]),
    ] {
        let mut block = new(data);
        assert_names(block.view(), &["does not fit its block any more"]);
        assert_names(block.view(), culprits);
        assert_names(block.to_ndarray::<f64>(), culprits);
        assert_names(block.save_buffer(), culprits);
        assert_names(block.save_buffer(), &["'values.npy'"]);
        let change = block.values_as_mut::<f64>();
        assert_names(change, culprits);
        let change = block.values_as_mut::<f32>();
        assert_names(change, culprits);
    }
}

#[test]
fn arrays_know_their_data_type() {
    let array = ForeignArray::without_dtype(zeros(&[2, 3]));
    let result = TensorBlock::new(array, &range("s", 2), &[], &range("p", 3));
    assert_names(result, &["no data type"]);
}

#[test]
fn any_kind_of_array_makes_a_block() {
    let labels = (range("s", 1), range("n", 2));
    let new = |values: ArrayRef| TensorBlock::new(values, &labels.0, &[], &labels.1).unwrap();
    let array = arr2(&[[1.0, 2.0]]);
    let boxed: Box<dyn Array> = Box::new(DenseArray::from(array.clone()));
    for block in [
        new(array.clone().into()),
        new(DenseArray::from(array.clone()).into()),
        new(boxed.into()),
        new(Arc::new(DenseArray::from(array.clone())).into()),
        new(ForeignArray::new(array.clone(), Device::CPU).into()),
    ] {
        assert_eq!(block.to_ndarray::<f64>().unwrap(), array.clone().into_dyn());
        assert_ne!(block.values().origin().unwrap(), Origin::from_id(0));
    }
}
