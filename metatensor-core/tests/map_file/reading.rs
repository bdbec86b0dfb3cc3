//! Blocks, headers and labels, one by one.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use metatensor_core::{
    BlockHeader, DType, DenseArray, Error, Labels, Limit, Limits, MapFile, MapSelection, Mapping,
    ReadAt, Result, TensorBlock, TensorMap,
};

use ndarray::Array2;
use zip::CompressionMethod;

use crate::make::{Recipe, assert_same_block, assert_same_map, map};
use crate::{Counting, archive, compressed, in_memory, large, members};

fn assert_describes(header: &BlockHeader, block: &TensorBlock) {
    assert_eq!(header.dtype(), block.dtype());
    assert_eq!(header.shape(), block.shape());
    assert_eq!(&header.samples().unwrap(), block.samples());
    assert_eq!(header.components().unwrap(), block.components());
    assert_eq!(&header.properties().unwrap(), block.properties());
    assert_eq!(header.gradients_list().len(), block.gradients_list().len());
    for (parameter, gradient) in block.gradients() {
        assert_describes(&header.gradient(parameter).unwrap(), gradient);
    }
}

#[test]
fn blocks_and_headers_are_those_of_the_map() {
    for seed in 0..40 {
        let mut expected = map(&Recipe {
            dtype: [DType::F64, DType::I16, DType::C64, DType::BOOL8][seed as usize % 4],
            components: seed as usize % 3,
            gradients: seed as usize % 4,
            depth: seed as usize % 3,
            blocks: 3,
            seed,
        });
        expected.info_mut().insert("author".into(), "me".into());
        let stored = expected.save_buffer().unwrap();
        for bytes in [compressed(&stored), stored] {
            let file = in_memory(bytes).unwrap();
            assert_eq!(file.keys(), expected.keys());
            assert_eq!(&file.info().unwrap(), expected.info());
            for (i, block) in expected.blocks().iter().enumerate().rev() {
                assert_describes(&file.block_header(i).unwrap(), block);
                assert_same_block(&file.block(i).unwrap(), block);
            }
            let blocks = [2, 0, 1, 0];
            let headers = file.block_headers(blocks).unwrap();
            assert_eq!(headers.len(), blocks.len());
            for (header, block) in headers.iter().zip(blocks) {
                assert_describes(header, expected.block_by_id(block).unwrap());
            }
            assert_same_map(&file.load().unwrap(), &expected);
            let everything = MapSelection::default();
            assert_same_map(&file.load_selected(&everything).unwrap(), &expected);
        }
    }
}

#[test]
fn many_threads_read_at_once() {
    fn shared<T: Send + Sync>(_: &T) {}
    let expected = large(50);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("map.mts");
    expected.save(&path).unwrap();
    let store = Counting::new(expected.save_buffer().unwrap());
    for file in [MapFile::open(&path).unwrap(), store.open()] {
        shared(&file);
        thread::scope(|scope| {
            for thread in 0..8 {
                let (file, expected) = (&file, &expected);
                scope.spawn(move || {
                    for i in 0..20 {
                        let block = (thread + i) % 2;
                        assert_same_block(&file.block(block).unwrap(), &expected.blocks()[block]);
                    }
                });
            }
        });
    }
}

/// Several threads read their headers.
#[test]
fn headers_of_many_blocks_are_in_order_and_the_first_bad_one_is_named() {
    let properties = Labels::range("n", 1).unwrap();
    let block = |rows: usize| {
        let samples = Labels::range("atom", rows).unwrap();
        let values = Array2::from_elem((rows, 1), 0.5);
        let mut block = TensorBlock::new(values, samples, [], &properties).unwrap();
        let sample = Labels::new(["sample"], [[0]]).unwrap();
        let gradient = TensorBlock::new(Array2::from_elem((1, 1), 0.5), sample, [], &properties);
        block.add_gradient("t", gradient.unwrap()).unwrap();
        block
    };
    let blocks = (0..2000).map(|i| block(1 + i % 7)).collect();
    let expected = TensorMap::new(Labels::range("key", 2000).unwrap(), blocks).unwrap();
    let bytes = expected.save_buffer().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("map.mts");
    fs::write(&path, &bytes).unwrap();
    let store = Counting::new(bytes.clone());
    for file in [MapFile::open(&path).unwrap(), store.open()] {
        let headers = file.block_headers((0..2000).rev()).unwrap();
        assert_eq!(headers.len(), 2000);
        for (header, block) in headers.iter().zip(expected.blocks().iter().rev()) {
            assert_eq!(header.shape(), block.shape());
            assert_eq!(header.gradient("t").unwrap().shape(), [1, 1]);
        }
    }

    let mut damaged = members(&bytes);
    for (name, content) in &mut damaged {
        if ["blocks/1234/values.npy", "blocks/1700/values.npy"].contains(&name.as_str()) {
            content[0] = b'?';
        }
    }
    fs::write(&path, archive(&damaged, CompressionMethod::Stored)).unwrap();
    let file = MapFile::open(&path).unwrap();
    for _ in 0..10 {
        let error = file.block_headers(0..2000).unwrap_err().to_string();
        assert!(error.contains("'blocks/1234/values.npy'"), "{error}");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let file = in_memory(large(10).save_buffer().unwrap()).unwrap();
    for error in [
        file.block(2).unwrap_err(),
        file.block_headers([0, 2]).unwrap_err(),
        file.block_header(2).unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "invalid parameter: there is no block 2 in the buffer, which has 2 of them"
        );
    }
    let error = file.block_header(0).unwrap().gradient("x").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("there is no gradient 'x' in 'blocks/0' of the buffer"),
        "{error}"
    );
    let block = large(10).blocks()[0].save_buffer().unwrap();
    let error = in_memory(block).unwrap_err();
    assert_eq!(
        error.to_string(),
        "serialization format error: expected a tensor map in the buffer, which holds a tensor block: load it with \
         TensorBlock::load_buffer"
    );
    assert!(MapFile::open("/does/not/exist.mts").is_err());
}

#[test]
fn damage_elsewhere_is_no_reason_to_refuse_a_block() {
    let mut bytes = large(100).save_buffer().unwrap();
    let values = memchr::memmem::find(&bytes, b"blocks/1/values.npy").unwrap();
    bytes[values + 1000] ^= 1;
    let file = in_memory(bytes).unwrap();
    assert_same_block(&file.block(0).unwrap(), &large(100).blocks()[0]);
    for error in [file.block(1).unwrap_err(), file.load().unwrap_err()] {
        let error = error.to_string();
        assert!(
            error.contains("'blocks/1/values.npy' is damaged: its checksum"),
            "{error}"
        );
    }
}

#[test]
fn members_that_belong_to_nothing_are_found_by_whole_loads() {
    let mut all = members(&large(10).save_buffer().unwrap());
    let values = all[1].1.clone();
    all.push(("blocks/7/values.npy".into(), values));
    let bytes = archive(&all, zip::CompressionMethod::Stored);
    let file = in_memory(bytes.clone()).unwrap();
    assert!(file.block(0).is_ok());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("map.mts");
    std::fs::write(&path, bytes).unwrap();
    let mapped = TensorMap::load_mapped(&path, Mapping::ReadOnly);
    for result in [file.load(), mapped] {
        let error = result.unwrap_err().to_string();
        assert!(error.contains("there is no key for block 7"), "{error}");
    }
}

#[test]
fn headers_that_do_not_fit_their_labels_are_refused() {
    let mut all = members(&large(10).save_buffer().unwrap());
    let other = members(&large(11).save_buffer().unwrap());
    let (samples, other) = (
        all.iter_mut()
            .find(|(name, _)| name == "blocks/0/samples.npy")
            .unwrap(),
        other
            .iter()
            .find(|(name, _)| name == "blocks/0/samples.npy")
            .unwrap(),
    );
    samples.1.clone_from(&other.1);
    let file = in_memory(archive(&all, zip::CompressionMethod::Stored)).unwrap();
    let error = file
        .block_header(0)
        .unwrap()
        .samples()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("'blocks/0/samples.npy': axis 0 of the values has 10 entries"),
        "{error}"
    );
    let one = MapSelection {
        samples: Some(Labels::new(["atom"], [[10]]).unwrap()),
        ..MapSelection::default()
    };
    let error = file.load_selected(&one).unwrap_err().to_string();
    assert!(
        error.contains("'blocks/0/values.npy': the values are for 10 samples"),
        "{error}"
    );
}

#[test]
fn limits_can_be_those_of_one_file() {
    let bytes = large(10).save_buffer().unwrap();
    let limits = Limits::default().with(Limit::Members, 6);
    let error = MapFile::from_bytes(bytes.clone(), limits)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("7 members are more than the limit of 6"),
        "{error}"
    );
    let limits = Limits::default()
        .with(Limit::Members, 7)
        .with(Limit::InflatedBytes, 45_000);
    let file = MapFile::from_bytes(compressed(&bytes), limits).unwrap();
    assert!(file.block(0).is_ok());
    let error = file.load().unwrap_err().to_string();
    assert!(error.contains("'blocks/1/values.npy'"), "{error}");
    assert!(error.contains("Limit::InflatedBytes"), "{error}");
}

#[test]
fn arrays_of_the_caller_are_filled() {
    let expected = large(50);
    let file = in_memory(expected.save_buffer().unwrap()).unwrap();
    let made = AtomicUsize::new(0);
    let create = |shape: &[usize], dtype| {
        made.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(DenseArray::zeros(dtype, shape)?) as _)
    };
    assert_same_block(&file.block_with(1, create).unwrap(), &expected.blocks()[1]);
    assert_same_map(&file.load_with(create).unwrap(), &expected);
    let selection = MapSelection {
        samples: Some(Labels::new(["atom"], [[3]]).unwrap()),
        ..MapSelection::default()
    };
    let part = file.load_selected_with(&selection, create).unwrap();
    assert_same_map(&part, &file.load_selected(&selection).unwrap());
    assert_eq!(made.load(Ordering::Relaxed), 5);
}

/// Fails after some reads.
struct Failing(Vec<u8>, AtomicUsize);

impl ReadAt for Failing {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        if self.1.fetch_sub(1, Ordering::Relaxed) == 0 {
            return Err(Error::Callback("the store is away".into()));
        }
        bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
        Ok(())
    }
}

#[test]
fn errors_of_readers_come_back() {
    let bytes = large(10).save_buffer().unwrap();
    let mut failures = 0;
    for reads in 0..100 {
        let reader = Failing(bytes.clone(), AtomicUsize::new(reads));
        let file = MapFile::from_reader("store", reader, Limits::default());
        let Err(error) = file.and_then(|file| file.load()) else {
            break;
        };
        assert_eq!(
            error.to_string(),
            Error::Callback("the store is away".into()).to_string()
        );
        failures += 1;
    }
    assert!((3..100).contains(&failures), "{failures}");
}

/// Ask for everything that can be asked for. Whatever is wrong is an error.
fn use_all(file: &MapFile, selection: &MapSelection) {
    fn labels(header: &BlockHeader) {
        let _ = (header.samples(), header.components(), header.properties());
        for parameter in header.gradients_list() {
            if let Ok(gradient) = header.gradient(parameter) {
                labels(&gradient);
            }
        }
    }
    let _ = (file.info(), file.load_selected(selection));
    let _ = file.block_headers(0..file.len());
    let mapped = file.load_mapped(Mapping::ReadOnly);
    for i in 0..file.len() {
        if let Ok(header) = file.block_header(i) {
            labels(&header);
        }
        let _ = (file.block(i), file.block_mapped(i, Mapping::ReadOnly));
    }
    if let Ok(map) = mapped {
        for block in map.blocks() {
            let _ = block.view().unwrap().as_bytes().map(<[u8]>::to_vec);
        }
    }
}

#[test]
fn damaged_files_do_no_harm() {
    let map = map(&Recipe {
        dtype: DType::I32,
        components: 1,
        gradients: 1,
        depth: 1,
        blocks: 2,
        seed: 4,
    });
    let selection = MapSelection {
        samples: Some(Labels::new(["atom"], [[0], [1], [2]]).unwrap()),
        properties: Some(Labels::new(["n"], [[0], [2]]).unwrap()),
        keys: None,
    };
    let stored = map.save_buffer().unwrap();
    for bytes in [compressed(&stored), stored] {
        for at in (0..bytes.len()).step_by(3) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            let whole = TensorMap::load_buffer(&damaged);
            let Ok(file) = in_memory(damaged) else {
                assert!(whole.is_err(), "{at}");
                continue;
            };
            use_all(&file, &selection);
            assert_eq!(file.load().is_ok(), whole.is_ok(), "{at}");
            if whole.is_ok() {
                assert!(file.load_selected(&selection).is_ok(), "{at}");
            }
        }
        for end in (0..bytes.len()).step_by(5) {
            if let Ok(file) = in_memory(bytes[..end].to_vec()) {
                use_all(&file, &selection);
            }
        }
    }
}
