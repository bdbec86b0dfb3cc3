//! Maps and blocks in a file that is mapped: the same as what is loaded, also when nobody else knows the file any more.

use std::fs;

use metatensor_core::{MapFile, Mapping, TensorBlock, TensorMap};

use super::changes::{changed, changes};
use super::choices::Choices;
use super::journal::folder;
use super::maps::saved;

/// The first byte chooses how the file is mapped.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let with = |choice: u8| {
        changes(7)
            .into_iter()
            .map(move |seed| [&[choice], &seed[..]].concat())
    };
    (0..2).flat_map(with).collect()
}

pub(crate) fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let mapping = match choices.below(2) {
        0 => Mapping::ReadOnly,
        _ => Mapping::Private,
    };
    let bytes = changed(&mut choices);
    let folder = folder();
    let path = folder.path().join("map.mts");
    fs::write(&path, &bytes).unwrap();
    let map = TensorMap::load_mapped(&path, mapping);
    let block = TensorBlock::load_mapped(&path, mapping);
    let first = MapFile::open(&path).and_then(|file| file.block_mapped(0, mapping));
    drop(folder);

    // damaged values are no error here, which are those of the file then
    match (TensorMap::load_buffer(&bytes), map) {
        (Ok(loaded), Ok(map)) => {
            assert!(saved(&map) == saved(&loaded));
            if let (Some(block), Ok(first)) = (loaded.blocks().first(), first) {
                assert!(first.save_buffer().unwrap() == block.save_buffer().unwrap());
            }
        }
        (Ok(_), Err(error)) => panic!("{error}"),
        (Err(_), Ok(map)) => drop(saved(&map)),
        (Err(_), Err(error)) => assert!(!error.to_string().is_empty()),
    }
    match (TensorBlock::load_buffer(&bytes), block) {
        (Ok(loaded), block) => {
            assert!(block.unwrap().save_buffer().unwrap() == loaded.save_buffer().unwrap());
        }
        (Err(_), Ok(block)) => drop(block.save_buffer().unwrap()),
        (Err(_), Err(error)) => assert!(!error.to_string().is_empty()),
    }
}
