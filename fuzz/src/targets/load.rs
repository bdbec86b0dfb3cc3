//! Files in memory, loaded in all ways there are.

use metatensor_core::{
    BlockHeader, Labels, Limits, MapFile, MapSelection, Mapping, TensorBlock, TensorMap,
    validate_buffer,
};
use metatensor_operations::{Axis, slice};

use super::maps::{blocks, examples, saved, use_block, use_labels, use_map};

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<_> = examples().iter().map(saved).collect();
    seeds.extend(blocks());
    seeds.push(examples()[1].keys().save_buffer().unwrap());
    seeds
}

pub(crate) fn run(bytes: &[u8]) {
    let map = TensorMap::load_buffer(bytes);
    let block = TensorBlock::load_buffer(bytes);
    let labels = Labels::load_buffer(bytes);
    let problems = validate_buffer(bytes, Limits::default());
    for problem in &problems {
        assert!(!problem.to_string().is_empty());
    }
    let loads = [map.is_ok(), block.is_ok(), labels.is_ok()];
    assert!(
        loads.into_iter().filter(|&loads| loads).count() == usize::from(problems.is_empty()),
        "{problems:?} {:?} {:?} {:?}",
        map.err(),
        block.err(),
        labels.err(),
    );
    let mapped_block = TensorBlock::load_buffer_mapped(bytes.to_vec());
    if let Ok(block) = &block {
        use_block(block);
        let mapped = mapped_block.unwrap();
        assert!(mapped.save_buffer().unwrap() == block.save_buffer().unwrap());
    }
    if let Ok(labels) = &labels {
        use_labels(labels);
    }
    if let Ok(map) = &map {
        use_map(map);
    }
    parts(bytes, map.as_ref().ok());
}

/// Reads parts of a map on their own: if all of it can be loaded, they can, and are the same.
fn parts(bytes: &[u8], map: Option<&TensorMap>) {
    let file = match MapFile::from_bytes(bytes.to_vec(), Limits::default()) {
        Ok(file) => file,
        Err(error) => {
            assert!(map.is_none(), "{error}");
            return;
        }
    };
    let info = file.info();
    let loaded = file.load();
    let mapped = file.load_mapped(Mapping::ReadOnly);
    let copied = file.load_mapped(Mapping::Private);
    let all = file.load_selected(&MapSelection::default());
    if let Some(map) = map {
        assert_eq!(&info.unwrap(), map.info());
        for same in [loaded, mapped, copied, all] {
            assert!(saved(&same.unwrap()) == saved(map));
        }
        selected(&file, map);
    }
    for i in 0..file.len().min(8) {
        let same = map.map(|map| &map.blocks()[i]);
        match (file.block_header(i), same) {
            (Ok(header), same) => headers(&header, same),
            (Err(error), None) => assert!(!error.to_string().is_empty()),
            (Err(error), Some(_)) => panic!("{error}"),
        }
        for read in [file.block(i), file.block_mapped(i, Mapping::ReadOnly)] {
            match (read, same) {
                (Ok(read), Some(block)) => {
                    assert!(read.save_buffer().unwrap() == block.save_buffer().unwrap());
                }
                (Ok(read), None) => drop(read.save_buffer().unwrap()),
                (Err(error), same) => assert!(same.is_none(), "{error}"),
            }
        }
    }
}

/// Reads the headers of a block and of its gradients, which are those of `block`.
fn headers(header: &BlockHeader, block: Option<&TensorBlock>) {
    let (samples, components) = (header.samples(), header.components());
    let properties = header.properties();
    if let Some(block) = block {
        assert_eq!(header.dtype(), block.dtype());
        assert_eq!(header.shape(), block.shape());
        assert_eq!(&samples.unwrap(), block.samples());
        assert_eq!(components.unwrap(), block.components());
        assert_eq!(&properties.unwrap(), block.properties());
    }
    for parameter in header.gradients_list().iter().take(4) {
        let gradient = block.map(|block| block.gradient(parameter).unwrap());
        match (header.gradient(parameter), gradient) {
            (Ok(header), gradient) => headers(&header, gradient),
            (Err(error), gradient) => assert!(gradient.is_none(), "{error}"),
        }
    }
}

/// Loads the blocks, samples and properties whose first dimension is that of the last entry: the same as if they were taken
/// of what is loaded.
fn selected(file: &MapFile, map: &TensorMap) {
    let last = |labels: &Labels| {
        let row = labels.iter().last()?;
        let name = labels.names().iter().next()?;
        Labels::from_rows(&[name], [[row[0]]]).ok()
    };
    let Some(block) = map.blocks().last() else {
        return;
    };
    let mut selection = MapSelection {
        samples: last(block.samples()),
        ..MapSelection::default()
    };
    let mut expected = map.clone();
    if let Some(samples) = &selection.samples {
        expected = slice(&expected, Axis::Samples, samples).unwrap();
    }
    selection.properties = last(block.properties());
    if let Some(properties) = &selection.properties {
        expected = slice(&expected, Axis::Properties, properties).unwrap();
    }
    *expected.info_mut() = map.info().clone();
    let part = file.load_selected(&selection).unwrap();
    assert!(saved(&part) == saved(&expected), "{part:?} {expected:?}");

    selection.keys = last(map.keys());
    let keys = file.load_selected(&selection).unwrap();
    let numbers = map
        .blocks_matching(selection.keys.as_ref().unwrap())
        .unwrap();
    assert_eq!(keys.len(), numbers.len());
    for (block, number) in keys.blocks().iter().zip(numbers) {
        let expected = expected.block_by_id(number as usize).unwrap();
        assert!(block.save_buffer().unwrap() == expected.save_buffer().unwrap());
    }
}
