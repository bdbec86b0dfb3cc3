//! Files in memory, loaded in all ways there are.

use super::changes::changed;
use super::choices::Choices;
use super::maps::{blocks, examples, saved, use_block, use_labels, use_map};
use super::select::{last, select};
use super::zip::crc32;
use metatensor_core::{
    BlockHeader, Labels, Limits, MapFile, MapSelection, Mapping, Problem, TensorBlock, TensorMap,
    validate_buffer,
};

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<_> = examples().iter().map(saved).collect();
    seeds.extend(blocks());
    seeds.push(examples()[1].keys().save_buffer().unwrap());
    seeds
}

/// The same with a valid archive that is changed as these bytes say.
pub(crate) fn run_changed(bytes: &[u8]) {
    run(&changed(&mut Choices::new(bytes)));
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
    let count = loads.into_iter().filter(|&loads| loads).count();
    let ours: &[&str] = match loads {
        [true, ..] => &["keys.npy", "info.json", "blocks"],
        _ => &[
            "values.npy",
            "samples.npy",
            "properties.npy",
            "components",
            "gradients",
        ],
    };
    // in members that no load reads, only validation finds what is wrong
    let is_of_others = |problem: &Problem| {
        let folder = problem
            .member
            .as_ref()
            .and_then(|member| member.split('/').next());
        folder.is_some_and(|folder| !ours.contains(&folder))
    };
    let is_right = match count {
        0 => !problems.is_empty(),
        1 => problems.iter().all(is_of_others),
        _ => false,
    };
    assert!(
        is_right,
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
    // one of many other checks, which take longer than all of these together
    let which = crc32(bytes);
    if let Ok(map) = &map {
        use_map(map, which);
    }
    parts(bytes, map.as_ref().ok(), which / 8);
}

/// Reads a map in this one of the ways there are: if it can be loaded, it can be read in all of them, and is the same.
fn parts(bytes: &[u8], map: Option<&TensorMap>, which: u32) {
    let file = match MapFile::from_bytes(bytes.to_vec(), Limits::default()) {
        Ok(file) => file,
        Err(error) => {
            assert!(map.is_none(), "{error}");
            return;
        }
    };
    let info = file.info();
    if let Some(map) = map {
        assert_eq!(&info.unwrap(), map.info());
    }
    let same = match which % 8 {
        0 => file.load(),
        1 => file.load_mapped(Mapping::ReadOnly),
        2 => file.load_mapped(Mapping::Private),
        3 => file.load_selected(&MapSelection::default()),
        4 => return select(&file, map, &last(map)),
        _ => return block(&file, map, which as usize / 8),
    };
    match (same, map) {
        (Ok(same), Some(map)) => assert!(saved(&same) == saved(map)),
        // another member is damaged
        (Ok(part), None) => drop(part.save_buffer().unwrap()),
        (Err(error), map) => {
            assert!(map.is_none(), "{error}");
            assert!(!error.to_string().is_empty());
        }
    }
}

/// Reads one of the blocks in all ways.
fn block(file: &MapFile, map: Option<&TensorMap>, which: usize) {
    if file.is_empty() {
        return;
    }
    let i = which % file.len();
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
