//! Two files that are merged, one or both of which are damaged.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use metatensor_core::{
    FileAlignment, Labels, Limits, MapFile, TensorMap, merge_files, validate_buffer,
};

use super::changes::{Changed, changes};
use super::choices::Choices;
use super::journal::folder;
use super::maps::{examples, saved};
use super::zip::{Member, members};

const CHANGES: usize = 8;

/// The first byte chooses the maps and what else is to choose, the others how they are changed.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = changes(4);
    // the second of both
    seeds.extend(
        changes(4)
            .iter()
            .map(|seed| [&seed[..1], &[1], &seed[1..]].concat()),
    );
    seeds
}

/// The members of both halves of maps.
fn halves() -> &'static [[Vec<Member>; 2]] {
    static HALVES: LazyLock<[[Vec<Member>; 2]; 2]> = LazyLock::new(|| {
        [&examples()[1], &examples()[2]].map(|map| {
            let middle = map.len() / 2;
            [0..middle, middle..map.len()].map(|range| {
                let names: Vec<&str> = map.keys().names().iter().collect();
                let rows = map.keys().iter().skip(range.start).take(range.len());
                let keys = Labels::from_rows(&names, rows).unwrap();
                let mut half = TensorMap::new(keys, map.blocks()[range].to_vec()).unwrap();
                *half.info_mut() = map.info().clone();
                members(&saved(&half))
            })
        })
    });
    &*HALVES
}

pub(crate) fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let first = choices.byte();
    let alignment = match first / 2 % 2 {
        0 => FileAlignment::Aligned,
        _ => FileAlignment::Packed,
    };
    let mut files = halves()[usize::from(first % 2)]
        .each_ref()
        .map(|half| Changed::new(half));
    for _ in 0..CHANGES {
        if choices.is_empty() {
            break;
        }
        let file = &mut files[choices.below(2)];
        file.change(&mut choices);
    }
    let files = files.map(Changed::archive);
    let folder = folder();
    let [one, two, both] = ["1.mts", "2.mts", "3.mts"].map(|name| folder.path().join(name));
    fs::write(&one, &files[0]).unwrap();
    fs::write(&two, &files[1]).unwrap();

    let merged = merge_files(&[&one, &two], &both, alignment);
    let maps = files.each_ref().map(|file| TensorMap::load_buffer(file));
    match merged {
        Ok(()) => check(&both, maps.each_ref().map(|map| map.as_ref().ok())),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            let left = fs::read_dir(folder.path()).unwrap().count();
            assert_eq!(left, 2, "a merge that failed left something");
        }
    }
}

/// What was merged has the blocks of both files, if they have any.
fn check(path: &Path, maps: [Option<&TensorMap>; 2]) {
    let bytes = fs::read(path).unwrap();
    let map = TensorMap::load_buffer(&bytes);
    let problems = validate_buffer(&bytes, Limits::default());
    assert_eq!(problems.is_empty(), map.is_ok(), "{problems:?} {map:?}");
    let [Some(one), Some(two)] = maps else {
        // what is damaged stays damaged, but the keys of all blocks are there
        drop(MapFile::open(path).unwrap());
        return;
    };
    let map = map.unwrap();
    assert_eq!(map.len(), one.len() + two.len());
    let blocks = one.blocks().iter().chain(two.blocks());
    for (block, expected) in map.blocks().iter().zip(blocks) {
        assert!(block.save_buffer().unwrap() == expected.save_buffer().unwrap());
    }
}
