//! Collections with members that are damaged, of which others can still be loaded.

use std::sync::LazyLock;

use metatensor_core::{Collection, Labels, Limits, TensorMap};
use metatensor_operations::{Axis, DifferentKeys, JoinOptions, LoadManyOptions, join, load_many};

use super::changes::{Changed, changed, changes};
use super::choices::Choices;
use super::maps::{examples, saved};
use super::npy::npy;
use super::zip::{Member, crc32};

const CHANGES: usize = 6;

/// How the archive is changed, where the first byte of each change says what is changed: it, or a map in it.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let outside = changes(7)
        .into_iter()
        .map(|seed| [&[0], &seed[1..]].concat());
    let inside = changes(7)
        .into_iter()
        .map(|seed| [&[1, seed[0]], &seed[..]].concat());
    outside.chain(inside).chain([vec![]]).collect()
}

/// Maps with two names, bare and as numpy saves bytes, and something else.
pub(crate) fn valid() -> &'static [Member] {
    static VALID: LazyLock<Vec<Member>> = LazyLock::new(|| {
        let first_block = |map: &TensorMap| {
            let names: Vec<&str> = map.keys().names().iter().collect();
            let keys = Labels::from_rows(&names, map.keys().iter().take(1)).unwrap();
            saved(&TensorMap::new(keys, map.blocks()[..1].to_vec()).unwrap())
        };
        let [first, second] = [1, 2].map(|i| first_block(&examples()[i]));
        let wrapped = |bytes: &[u8]| {
            let mut file = npy("'|u1'", "False", &format!("({},)", bytes.len()), 0);
            file.extend(bytes);
            file
        };
        let mut members = vec![
            Member::new("0/a.mts", second.clone()),
            Member::new("1/a.mts", wrapped(&second)),
            Member::new("2/a.mts", second),
            Member::new("-7/b.mts", first),
            Member::new("5/empty.mts", saved(&examples()[0])),
            Member::new("about.txt", b"something else".to_vec()),
        ];
        members[2].is_deflated = true;
        members
    });
    &VALID
}

pub(crate) fn run(bytes: &[u8]) {
    let bytes = damaged(bytes);
    let which = crc32(&bytes);
    match Collection::from_bytes(bytes, Limits::default()) {
        Ok(collection) => check(&collection, which as usize),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// The archive with the changes that these bytes choose.
pub(crate) fn damaged(bytes: &[u8]) -> Vec<u8> {
    let mut choices = Choices::new(bytes);
    let mut collection = Changed::new(valid());
    for _ in 0..CHANGES {
        if choices.is_empty() {
            break;
        }
        if choices.below(2) == 0 {
            collection.change(&mut choices);
        } else {
            let at = choices.below(collection.members.len());
            let map = changed(&mut choices);
            if let Some(member) = collection.members.get_mut(at) {
                member.bytes = map;
            }
        }
    }
    collection.archive()
}

/// What is loaded of a collection, maps of this one of the names, is what is in its members.
fn check(collection: &Collection, which: usize) {
    let count = collection.names().count().max(1);
    let Some(name) = collection.names().nth(which % count) else {
        return assert!(collection.is_empty());
    };
    let numbers: Vec<i32> = collection.numbers(name).iter().copied().take(4).collect();
    let mut maps = Vec::new();
    for &number in &numbers {
        assert!(collection.contains(number, name));
        let loaded = collection.load(number, name);
        let place = format!("{number}/{name}.mts");
        let bytes = collection.bytes(&place);
        match (
            loaded,
            bytes.and_then(|bytes| TensorMap::load_buffer(&bytes)),
        ) {
            (Ok(map), Ok(same)) => {
                assert!(saved(&map) == saved(&same));
                maps.push(map);
            }
            (Err(error), Err(_)) => assert!(error.to_string().contains(&place), "{error}"),
            (loaded, same) => panic!("{loaded:?}, expected {same:?}"),
        }
    }
    let all = collection.load_all(name, &numbers);
    assert_eq!(all.is_ok(), maps.len() == numbers.len());
    batch(collection, name, &numbers, &maps);
}

/// A batch is what joining all of the maps gives, which do exist.
fn batch(collection: &Collection, name: &str, numbers: &[i32], maps: &[TensorMap]) {
    let batch = load_many(collection, name, numbers, LoadManyOptions::default());
    if maps.len() < numbers.len() {
        return assert!(batch.is_err());
    }
    let maps: Vec<&TensorMap> = maps.iter().collect();
    let options = JoinOptions {
        add_dimension: Some("system"),
        different_keys: DifferentKeys::Union,
        ..JoinOptions::default()
    };
    let joined = join(&maps, Axis::Samples, options);
    match (batch, joined) {
        (Ok(batch), Ok(joined)) => {
            assert_eq!(batch.len(), joined.len());
            // positions are their numbers
            if numbers.iter().zip(0..).all(|(&number, i)| number == i) {
                assert!(saved(&batch) == saved(&joined));
            }
        }
        (Err(error), Err(_)) => assert!(!error.to_string().is_empty()),
        (batch, joined) => panic!("{batch:?}, expected {joined:?}"),
    }
}
