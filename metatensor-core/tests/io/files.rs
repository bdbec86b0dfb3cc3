//! Files as a whole: where they are, what they are when something fails, how their data is aligned.

use std::io::{self, Write};

use metatensor_core::{Array, DType, DenseArray, Error, Labels, TensorBlock, TensorMap};
use ndarray::Array2;

use crate::make::{Random, assert_same_map, values};

fn block_of(values: DenseArray) -> TensorBlock {
    let labels: Vec<_> = (values.shape().iter())
        .map(|&n| Labels::range("i", n).unwrap())
        .collect();
    TensorBlock::new(values, &labels[0], &[], &labels[1]).unwrap()
}

fn map_of(values: DenseArray) -> TensorMap {
    TensorMap::new(Labels::single(), vec![block_of(values)]).unwrap()
}

fn not_a_boolean() -> TensorMap {
    let mut values = DenseArray::zeros(DType::BOOL8, &[1, 3]).unwrap();
    values.view_mut().unwrap().as_bytes_mut().unwrap()[1] = 2;
    map_of(values)
}

#[test]
fn files_can_not_hold_bfloat16_and_name_the_block_that_does() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("map.mts");
    let block = || block_of(DenseArray::zeros(DType::BF16, &[1, 2]).unwrap());
    let keys = Labels::range("k", 2).unwrap();
    let bad = TensorMap::new(keys, vec![block(), block()]).unwrap();
    let error = bad.save(&path).unwrap_err();
    assert!(matches!(error, Error::Unsupported(_)), "{error}");
    let message = error.to_string();
    assert!(
        message.contains("blocks/0/values.npy") && message.contains("bfloat16"),
        "{message}"
    );
    assert!(!path.exists());

    // A block with such a gradient has such values.
    let message = bad.blocks()[1].save(&path).unwrap_err().to_string();
    assert!(
        message.contains("values.npy") && message.contains("bfloat16"),
        "{message}"
    );
    assert!(bad.save_buffer().is_err());
}

#[test]
fn a_map_that_can_not_be_saved_leaves_the_old_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("map.mts");
    let old = map_of(Array2::from_elem((2, 2), true).into());
    old.save(&path).unwrap();

    let bad = not_a_boolean();
    let message = bad.save(&path).unwrap_err().to_string();
    assert!(message.contains("'blocks/0/values.npy'"), "{message}");
    assert!(message.contains("the byte 2"), "{message}");
    assert!(bad.blocks()[0].save(&path).is_err());
    let mut bad = old.clone();
    bad.info_mut().insert("key".into(), "a\0b".into());
    let message = bad.save(&path).unwrap_err().to_string();
    assert!(message.contains("'key' contains a NUL"), "{message}");

    assert_same_map(&TensorMap::load(&path).unwrap(), &old);
    let entries = std::fs::read_dir(directory.path()).unwrap();
    assert_eq!(entries.count(), 1);
}

#[test]
fn errors_of_the_system_name_the_path() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("not here").join("map.mts");
    let labels = Labels::range("a", 2).unwrap();
    for error in [
        labels.save(&path).unwrap_err(),
        Labels::load(&path).unwrap_err(),
        TensorMap::load(&path).unwrap_err(),
        TensorBlock::load(&path).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Io { .. }), "{error}");
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
}

#[test]
fn errors_name_the_file_and_the_member() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("block.mts");
    let block = block_of(Array2::from_elem((10, 20), 1.5).into());
    let mut bytes = block.save_buffer().unwrap();
    bytes[200] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let message = TensorBlock::load(&path).unwrap_err().to_string();
    let file = path.display();
    let start = format!("serialization format error: '{file}': 'values.npy' is damaged");
    assert!(message.starts_with(&start), "{message}");
}

#[test]
fn all_errors_of_a_file_name_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("damaged.mts");
    let name = path.display().to_string();
    let map = map_of(Array2::from_elem((2, 3), 1.5).into());
    let bytes = map.save_buffer().unwrap();
    let mut errors = 0;
    let mut check = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        for error in [
            TensorMap::load(&path).err(),
            TensorBlock::load(&path).err(),
            Labels::load(&path).err(),
        ]
        .into_iter()
        .flatten()
        {
            assert_eq!(error.to_string().matches(&name).count(), 1, "{error}");
            errors += 1;
        }
    };
    for position in (0..bytes.len()).step_by(3) {
        check(&bytes[..position]);
        let mut damaged = bytes.clone();
        damaged[position] ^= 0x41;
        check(&damaged);
    }
    assert!(errors > bytes.len() / 2);

    // what the caller does counts as well
    std::fs::write(&path, &bytes).unwrap();
    let error = TensorMap::load_with(&path, |_, _| Err(Error::unsupported("not today")));
    assert_eq!(
        error.unwrap_err().to_string(),
        format!("unsupported: '{name}': not today")
    );
}

#[test]
fn messages_are_whole_and_start_with_the_kind_of_the_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("missing.mts");
    let error = Labels::load(&path).unwrap_err();
    let Error::Io { context, cause } = &error else {
        panic!("{error}");
    };
    assert_eq!(cause.kind(), io::ErrorKind::NotFound);
    assert_eq!(error.to_string(), format!("io error: {context}: {cause}"));
    // those who print the chain of sources do not get the same words twice
    assert!(std::error::Error::source(&error).is_none());

    let error = Labels::load_buffer(b"something").unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("serialization format error: "),
        "{message}"
    );
    assert!(std::error::Error::source(&error).is_none());
}

/// Takes some bytes and then fails.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::other("no space left"));
        }
        let length = bytes.len().min(self.0);
        self.0 -= length;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_sink_that_fails_at_any_byte_is_an_error() {
    let map = map_of(Array2::from_elem((10, 20), 1.5).into());
    let size = map.save_buffer().unwrap().len();
    for space in (0..size).step_by(97) {
        let error = map.save_to(Full(space)).unwrap_err();
        assert!(error.to_string().contains("no space left"), "{error}");
    }
    map.save_to(Full(size)).unwrap();
    assert!(map.keys().save_to(Full(130)).is_err());
}

#[test]
fn large_data_is_aligned_and_small_data_is_not_moved() {
    let find = |buffer: &[u8], data: &[u8]| {
        let found = buffer.windows(32).position(|window| window == &data[..32]);
        found.unwrap()
    };
    let data = |shape: &[usize]| values(&mut Random(3), DType::U8, shape);
    // 64 KiB and one less
    for (shape, aligned) in [([256, 256], true), ([257, 255], false)] {
        let mut offsets = Vec::new();
        for width in 1..20 {
            // names of all lengths before
            let name = "n".repeat(width);
            let values = data(&shape);
            let bytes = DenseArray::copy_of(&values.view()).unwrap();
            let block = TensorBlock::new(
                values,
                &Labels::range(&name, shape[0]).unwrap(),
                &[],
                &Labels::range("p", shape[1]).unwrap(),
            )
            .unwrap();
            let keys = Labels::range(&name.repeat(9), 1).unwrap();
            let map = TensorMap::new(keys, vec![block]).unwrap();
            let buffer = map.save_buffer().unwrap();
            assert_same_map(&TensorMap::load_buffer(&buffer).unwrap(), &map);
            offsets.push(find(&buffer, bytes.view().as_bytes().unwrap()));
        }
        assert_eq!(offsets.iter().all(|offset| offset % 64 == 0), aligned);
    }
}

#[test]
fn data_of_many_pieces_comes_back_from_files_and_buffers() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("large.mts");
    for dtype in [DType::BOOL8, DType::F64] {
        let map = map_of(values(&mut Random(1), dtype, &[333, 1_111]));
        map.save(&path).unwrap();
        let buffer = map.save_buffer().unwrap();
        assert!(std::fs::read(&path).unwrap() == buffer);
        assert_same_map(&TensorMap::load(&path).unwrap(), &map);
        assert_same_map(&TensorMap::load_buffer(&buffer).unwrap(), &map);
    }
}
