//! Maps for each rank, whose elements can not be read on one of them.

use std::sync::Arc;

use metatensor_core::internal::WithoutElements;
use metatensor_core::{DType, Device, Error, Labels, TensorBlock, TensorMap};
use ndarray::Array2;

/// What happens on one rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing fails.
    Nothing,
    /// Elements are on a device that this library can not read.
    Device,
    /// Code of somebody else panics when elements are read.
    Panic,
}

/// Values of one rank: two samples of a system of its own, with a gradient row each.
pub(crate) fn map(rank: usize, fault: Fault) -> TensorMap {
    let samples = Labels::new(["system", "atom"], [[rank as i32, 0], [rank as i32, 1]]).unwrap();
    let rows = Labels::new(["sample", "atom"], [[0, 0], [1, 1]]).unwrap();
    let properties = Labels::range("n", 3).unwrap();
    let number = rank as f64 + 1.0;
    let gradient = Array2::from_elem([2, 3], 10.0 * number);
    let gradient = TensorBlock::new(gradient, &rows, &[], &properties).unwrap();
    let mut block = match fault {
        Fault::Nothing => {
            let values = Array2::from_elem([2, 3], number);
            TensorBlock::new(values, &samples, &[], &properties).unwrap()
        }
        fault => {
            let refusal = match fault {
                Fault::Panic => || -> Error { panic!("somebody else's code") },
                _ => || Error::unsupported("elements are on another device"),
            };
            let values = WithoutElements {
                dtype: DType::F64,
                shape: vec![2, 3],
                device: Device::CPU,
                refusal,
            };
            TensorBlock::new(Arc::new(values), &samples, &[], &properties).unwrap()
        }
    };
    block.add_gradient("positions", gradient).unwrap();
    TensorMap::new(Labels::single(), vec![block]).unwrap()
}
