//! Files that are damaged, or made to do damage: an error that names the member, and nothing worse.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "io/archives.rs"]
mod archives;
#[path = "hostile/arrays.rs"]
mod arrays;
#[path = "hostile/damage.rs"]
mod damage;
#[path = "hostile/info.rs"]
mod info;
#[path = "hostile/labels.rs"]
mod labels;
#[path = "hostile/others.rs"]
mod others;
#[cfg(target_os = "linux")]
#[path = "hostile/sparse.rs"]
mod sparse;

use std::time::{Duration, Instant};

use archives::{Members, members};
use metatensor_core::{Error, Labels, TensorBlock, TensorMap};
use ndarray::{Array2, Array3};
use zip::CompressionMethod;

/// Two blocks with components and gradients.
fn good() -> TensorMap {
    let properties = Labels::range("n", 2).unwrap();
    let block = |samples: i32| {
        let rows = (0..samples).map(|i| [i, 7]);
        let samples = Labels::from_rows(&["system", "atom"], rows).unwrap();
        let component = Labels::range("m", 3).unwrap();
        let values = Array3::from_elem((samples.count(), 3, 2), 0.5);
        let mut block = TensorBlock::new(
            values,
            &samples,
            std::slice::from_ref(&component),
            &properties,
        )
        .unwrap();
        let gradient = TensorBlock::new(
            Array3::from_elem((2, 3, 2), 0.25),
            &Labels::new(["sample", "atom"], &[[0, 0], [1, 0]]).unwrap(),
            &[component],
            &properties,
        );
        block.add_gradient("positions", gradient.unwrap()).unwrap();
        block
    };
    let keys = Labels::new(["type"], &[[1], [8]]).unwrap();
    let mut map = TensorMap::new(keys, vec![block(2), block(3)]).unwrap();
    map.info_mut().insert("unit".into(), "Å".into());
    map
}

fn archive(members: &Members) -> Vec<u8> {
    archives::archive(members, CompressionMethod::Stored)
}

/// A member with this header and data.
fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
}

fn numbers(values: &[i32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// The error of loading the good map with the member `name` replaced.
fn error_with(name: &str, member: Vec<u8>) -> String {
    let mut members = members(&good().save_buffer().unwrap());
    match members.iter_mut().find(|(other, _)| other == name) {
        Some((_, bytes)) => *bytes = member,
        None => members.push((name.to_owned(), member)),
    }
    let error = TensorMap::load_buffer(&archive(&members)).unwrap_err();
    assert!(matches!(error, Error::Serialization(_)), "{error:?}");
    error.to_string()
}

fn assert_contains(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(
            message.contains(part),
            "'{message}' should contain '{part}'"
        );
    }
}

#[test]
fn time_is_linear_in_the_number_of_blocks() {
    let block = TensorBlock::new(
        Array2::<f32>::zeros((1, 1)),
        &Labels::single(),
        &[],
        &Labels::single(),
    )
    .unwrap();
    let load = |count: usize| {
        let keys = Labels::range("key", count).unwrap();
        let map = TensorMap::new(keys, vec![block.clone(); count]).unwrap();
        let buffer = map.save_buffer().unwrap();
        let time = || {
            let start = Instant::now();
            assert_eq!(TensorMap::load_buffer(&buffer).unwrap().len(), count);
            start.elapsed()
        };
        (0..3).map(|_| time()).min().unwrap_or(Duration::MAX)
    };
    let (few, many) = (load(1_000), load(30_000));
    // 900 times as much if it was quadratic; memory that was never used before is slower
    assert!(many < 300 * few, "{few:?} {many:?}");
}
