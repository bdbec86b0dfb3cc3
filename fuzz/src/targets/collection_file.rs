//! Collections in files: with an index beside them that is damaged, and collections that are damaged when somebody appends.

use std::fs;
use std::path::PathBuf;

use metatensor_core::{
    Collection, CollectionForm, CollectionWriter, Limits, TensorMap, recover_file,
};
use tempfile::TempDir;

use super::changes::Changed;
use super::choices::Choices;
use super::collection::valid;
use super::journal::folder;
use super::maps::{examples, saved};
use super::zip::crc32;

const CHANGES: usize = 6;

/// The first byte chooses between index and appending, the others what is changed.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![vec![0], vec![1], vec![3]];
    // in the header, in the members, in the order; and with a checksum that is wrong
    for at in [14_u16, 60, 90, 100, 110, 150, 190, 250, 290, 310] {
        let [low, high] = at.to_le_bytes();
        seeds.push(vec![0, 0, low, high, 5]);
        seeds.push(vec![2, 1, low, high, 200]);
        seeds.push(vec![4, 0, low, high, 1, 0, low + 4, high, 0xff]);
    }
    for change in 0..12 {
        seeds.push(vec![1, change, 3, 9, 1, 5, 40, 2]);
        seeds.push(vec![3, change, 2, 1, 0, 3, 7]);
    }
    seeds
}

pub(crate) fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let first = choices.byte();
    match first % 2 {
        0 => index(&mut choices, first / 2 % 4 != 3),
        _ => append(&mut choices, (first / 2).is_multiple_of(2)),
    }
}

/// A collection with nothing wrong, its index, and what is in it.
struct Indexed {
    folder: TempDir,
    path: PathBuf,
    index: Vec<u8>,
    maps: Vec<(i32, String, Vec<u8>)>,
}

fn indexed() -> Indexed {
    let folder = folder();
    let [path, index] = ["maps.zip", "index"].map(|name| folder.path().join(name));
    fs::write(&path, Changed::new(valid()).archive()).unwrap();
    let collection = Collection::open_indexed(&path, &index, Limits::default()).unwrap();
    Indexed {
        index: fs::read(index).unwrap(),
        maps: maps(&collection),
        folder,
        path,
    }
}

/// All maps that can be loaded.
fn maps(collection: &Collection) -> Vec<(i32, String, Vec<u8>)> {
    let all = collection.names().flat_map(|name| {
        let numbers = collection.numbers(name).iter();
        numbers.map(move |&number| (number, name))
    });
    let load = |(number, name): (i32, &str)| {
        let map = collection.load(number, name).ok()?;
        Some((number, name.to_owned(), saved(&map)))
    };
    all.filter_map(load).collect()
}

/// Whatever the index says: what is loaded is what is in the collection, or there is an error.
fn index(choices: &mut Choices<'_>, has_checksum: bool) {
    // the folder is removed when the thread ends
    thread_local! {
        static INDEXED: Indexed = indexed();
    }
    INDEXED.with(|indexed| damaged_index(indexed, choices, has_checksum));
}

fn damaged_index(indexed: &Indexed, choices: &mut Choices<'_>, has_checksum: bool) {
    let mut index = indexed.index.clone();
    for _ in 0..CHANGES {
        if choices.is_empty() {
            break;
        }
        let what = choices.byte();
        let at = choices.below(index.len());
        match what % 8 {
            7 => index.truncate(at),
            6 => index.insert(at, choices.byte()),
            5 => drop(index.drain(at..(at + choices.below(50)).min(index.len()))),
            _ => index[at] = choices.byte(),
        }
        if index.is_empty() {
            break;
        }
    }
    if has_checksum && let Some((content, sum)) = index.split_last_chunk_mut::<4>() {
        *sum = crc32(content).to_le_bytes();
    }
    let path = indexed.folder.path().join("index");
    fs::write(&path, &index).unwrap();
    let collection = Collection::open_indexed(&indexed.path, &path, Limits::default()).unwrap();
    for loaded in maps(&collection) {
        assert!(indexed.maps.contains(&loaded), "{} {}", loaded.0, loaded.1);
    }
    if let Some(problem) = collection.index_problem() {
        assert!(!problem.to_string().is_empty());
    }
}

/// What is appended comes after what was there, or nothing is changed.
fn append(choices: &mut Choices<'_>, is_bare: bool) {
    let mut changed = Changed::new(valid());
    for _ in 0..CHANGES {
        if choices.is_empty() {
            break;
        }
        changed.change(choices);
    }
    let bytes = changed.archive();
    let folder = folder();
    let path = folder.path().join("maps.zip");
    fs::write(&path, &bytes).unwrap();
    let before = Collection::open(&path).ok();
    let form = match is_bare {
        true => CollectionForm::Bare,
        false => CollectionForm::NumpyWrapped,
    };
    let map: &TensorMap = &examples()[2];
    let appended = CollectionWriter::append(&path, form).and_then(|mut writer| {
        writer.add(99, "a", map)?;
        writer.finish()
    });
    match appended {
        Ok(()) => {
            let after = Collection::open(&path).unwrap();
            let maps_after = maps(&after);
            let new = (99, "a".to_owned(), saved(map));
            assert!(maps_after.contains(&new), "what was appended is not there");
            if let Some(before) = before {
                assert_eq!(after.len(), before.len() + 1);
                for old in maps(&before) {
                    assert!(maps_after.contains(&old), "{} {} is lost", old.0, old.1);
                }
            }
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            drop(recover_file(&path));
            let same = fs::read(&path).unwrap() == bytes;
            assert!(same, "a refused append left something");
        }
    }
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "something is left beside the collection");
}
