//! Parts of maps: what is selected is the same as if everything was loaded, and the part taken of it then.

use std::fmt;

use metatensor_core::{Labels, Limits, MapFile, MapSelection, Result, TensorMap};
use metatensor_operations::{Axis, slice};

use super::changes::{changed, changes};
use super::choices::Choices;
use super::maps::saved;

/// The first bytes choose what is selected, the others the archive and how it is changed.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let selections: [&[u8]; 4] = [
        &[0, 0, 0],
        &[1, 1, 0, 0, 0],
        &[0, 2, 1, 0, 7, 1, 7, 1, 1, 0, 1],
        &[1, 2, 0, 1, 8, 0, 1, 1, 1, 0, 5],
    ];
    let archives = changes(3);
    let all = selections.iter().flat_map(|selection| {
        let archives = archives.iter();
        archives.map(|archive| [selection, &archive[..]].concat())
    });
    all.collect()
}

pub(crate) fn run(bytes: &[u8]) {
    let (file, selection, map) = chosen(bytes);
    let Ok(file) = MapFile::from_bytes(file, Limits::default()) else {
        return assert!(map.is_none());
    };
    select(&file, map.as_ref(), &selection);
}

/// An archive, which part of it is selected, and the map in it if all of that can be loaded.
pub(crate) fn chosen(bytes: &[u8]) -> (Vec<u8>, MapSelection, Option<TensorMap>) {
    let mut choices = Choices::new(bytes);
    let wanted = [(); 3].map(|()| Wanted::new(&mut choices));
    let file = changed(&mut choices);
    let map = TensorMap::load_buffer(&file).ok();
    let keys_there = MapFile::from_bytes(file.clone(), Limits::default())
        .ok()
        .map(|file| file.keys().clone());
    // names are those that are there, if somebody can tell
    let block = map.as_ref().and_then(|map| map.blocks().last());
    let [keys, samples, properties] = wanted;
    let selection = MapSelection {
        keys: keys.labels(keys_there.as_ref()),
        samples: samples.labels(block.map(|block| block.samples())),
        properties: properties.labels(block.map(|block| block.properties())),
    };
    (file, selection, map)
}

/// Labels that should be selected: which names, and values.
struct Wanted {
    names: u8,
    rows: Vec<[i32; 2]>,
}

impl Wanted {
    fn new(choices: &mut Choices<'_>) -> Wanted {
        let names = choices.byte();
        let count = if names == 0 { 0 } else { choices.below(5) };
        let rows = (0..count).map(|_| [(); 2].map(|()| i32::from(choices.byte() as i8)));
        Wanted {
            names,
            rows: rows.collect(),
        }
    }

    /// Some names of these labels in some order, or others.
    fn labels(&self, like: Option<&Labels>) -> Option<Labels> {
        let there: Vec<&str> = like.map_or(vec!["s"], |like| like.names().iter().collect());
        let [first, last] = [there[0], there[there.len() - 1]];
        let names: &[&str] = match self.names % 8 {
            0 => return None,
            1 | 2 => &[first],
            3 => &[last],
            4 => &[first, last],
            5 => &[last, first],
            6 => &["other"],
            _ => &[],
        };
        let rows = self.rows.iter().map(|row| &row[..names.len()]);
        // the same name or row twice is none
        Labels::from_rows(names, rows).ok()
    }
}

/// The first dimension of the last key, sample and property of a map.
pub(crate) fn last(map: Option<&TensorMap>) -> MapSelection {
    let last = |labels: &Labels| {
        let row = labels.iter().last()?;
        let name = labels.names().iter().next()?;
        Labels::from_rows(&[name], [[row[0]]]).ok()
    };
    let block = map.and_then(|map| map.blocks().last());
    MapSelection {
        keys: map.and_then(|map| last(map.keys())),
        samples: block.and_then(|block| last(block.samples())),
        properties: block.and_then(|block| last(block.properties())),
    }
}

/// Loads this part of `file`, which is that of `map` if all of it can be loaded.
pub(crate) fn select(file: &MapFile, map: Option<&TensorMap>, selection: &MapSelection) {
    let part = file.load_selected(selection);
    let Some(map) = map else {
        return match part {
            // all that is wrong is elsewhere
            Ok(part) => drop(saved(&part)),
            Err(error) => assert!(!error.to_string().is_empty()),
        };
    };
    match (part, sliced(map, selection)) {
        (Ok(part), Ok(expected)) => {
            assert!(saved(&part) == saved(&expected), "{part:?} {expected:?}");
        }
        (Err(error), Err(_)) => assert!(!error.to_string().is_empty()),
        (part, expected) => panic!("{}, expected {}", said(part), said(expected)),
    }
}

fn said(result: Result<impl fmt::Debug>) -> String {
    match result {
        Ok(map) => format!("{map:?}"),
        Err(error) => error.to_string(),
    }
}

/// The same part, in memory.
fn sliced(map: &TensorMap, selection: &MapSelection) -> Result<TensorMap> {
    let mut part = map.clone();
    if let Some(keys) = &selection.keys {
        let numbers = map.blocks_matching(keys)?;
        let all: Vec<&[i32]> = map.keys().iter().collect();
        let rows = numbers.iter().map(|&i| all[i as usize]);
        let names: Vec<&str> = map.keys().names().iter().collect();
        let blocks = numbers.iter().map(|&i| map.blocks()[i as usize].clone());
        part = TensorMap::new(Labels::from_rows(&names, rows)?, blocks.collect())?;
    }
    if let Some(samples) = &selection.samples {
        part = slice(&part, Axis::Samples, samples)?;
    }
    if let Some(properties) = &selection.properties {
        part = slice(&part, Axis::Properties, properties)?;
    }
    *part.info_mut() = map.info().clone();
    Ok(part)
}
