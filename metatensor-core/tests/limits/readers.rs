//! Limits of all readers: those that can be set for one of them, and those of the process for the others.

use std::fs;
use std::path::Path;

use metatensor_core::{
    Collection, CollectionForm, CollectionWriter, FileAlignment, Limits, MapFile, MapWriter,
    Mapping, ReadAt, merge_files, validate, validate_buffer, validate_with,
};

use super::*;

/// Bytes that the caller reads.
struct Bytes(Vec<u8>);

impl ReadAt for Bytes {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
        Ok(())
    }
}

fn all_problems(problems: Vec<metatensor_core::Problem>) -> Result<()> {
    match problems.first() {
        Some(problem) => Err(Error::Serialization(problem.to_string())),
        None => Ok(()),
    }
}

/// Reads a map, and the same map in a collection, with limits of this reader.
type WithLimits = fn(&Path, &Path, Limits) -> Result<()>;

const WITH_LIMITS: &[(&str, WithLimits)] = &[
    ("MapFile::open_with", |map, _, limits| {
        MapFile::open_with(map, limits)?.load().map(drop)
    }),
    ("MapFile::open_with, block", |map, _, limits| {
        MapFile::open_with(map, limits)?.block(0).map(drop)
    }),
    ("MapFile::open_with, mapped", |map, _, limits| {
        let file = MapFile::open_with(map, limits)?;
        file.load_mapped(Mapping::ReadOnly).map(drop)
    }),
    ("MapFile::open_with, selected", |map, _, limits| {
        let file = MapFile::open_with(map, limits)?;
        file.load_selected(&Default::default()).map(drop)
    }),
    ("MapFile::from_bytes", |map, _, limits| {
        let bytes = fs::read(map).unwrap();
        MapFile::from_bytes(bytes, limits)?.load().map(drop)
    }),
    ("MapFile::from_reader", |map, _, limits| {
        let bytes = Bytes(fs::read(map).unwrap());
        let file = MapFile::from_reader("bytes", bytes, limits)?;
        file.load().map(drop)
    }),
    ("Collection::open_with", |_, collection, limits| {
        let collection = Collection::open_with(collection, limits)?;
        collection.load(0, "a").map(drop)
    }),
    ("Collection::from_bytes", |_, collection, limits| {
        let bytes = fs::read(collection).unwrap();
        let collection = Collection::from_bytes(bytes, limits)?;
        collection.load_all("a", &[0]).map(drop)
    }),
    ("Collection::from_reader", |_, collection, limits| {
        let bytes = Bytes(fs::read(collection).unwrap());
        let collection = Collection::from_reader("bytes", bytes, limits)?;
        collection.load(0, "a").map(drop)
    }),
    ("validate_with", |map, _, limits| {
        all_problems(validate_with(map, limits)?)
    }),
    ("validate_buffer", |map, _, limits| {
        all_problems(validate_buffer(&fs::read(map).unwrap(), limits))
    }),
];

/// The same for those that only know the limits of the process.
type OfProcess = fn(&Path, &Path) -> Result<()>;

const OF_PROCESS: &[(&str, OfProcess)] = &[
    ("load", |map, _| TensorMap::load(map).map(drop)),
    ("load_mapped", |map, _| {
        TensorMap::load_mapped(map, Mapping::Private).map(drop)
    }),
    ("MapFile::open", |map, _| {
        MapFile::open(map)?.load().map(drop)
    }),
    ("Collection::open", |_, collection| {
        Collection::open(collection)?.load(0, "a").map(drop)
    }),
    ("validate", |map, _| all_problems(validate(map)?)),
    ("merge_files", |map, _| {
        merge_files(&[map], map.with_extension("out"), FileAlignment::Packed)
    }),
    ("MapWriter::append", |map, _| {
        MapWriter::append(map)?.finish()
    }),
    ("CollectionWriter::append", |_, collection| {
        CollectionWriter::append(collection, CollectionForm::Bare)?.finish()
    }),
];

/// What is too little for the map, and for a collection of three like it.
const TOO_LITTLE: [(Limit, u64); 4] = [
    (Limit::Members, 2),
    (Limit::Names, 1),
    (Limit::Depth, 1),
    (Limit::InflatedBytes, 10),
];

/// Which limits a writer does not need: it does not look into the members of a collection.
fn ignores(name: &str, limit: Limit) -> bool {
    name == "CollectionWriter::append" && limit != Limit::Members
}

#[test]
fn limits_hold_for_every_reader() {
    let folder = tempfile::tempdir().unwrap();
    let [map, collection] = ["map.mts", "maps.zip"].map(|name| folder.path().join(name));
    let bytes = TensorMap::new(Labels::single(), vec![block()]).unwrap();
    let bytes = compressed(&bytes.save_buffer().unwrap());
    let members = [0, 1, 2].map(|number| (format!("{number}/a.mts"), &bytes));
    let all = archives::archive(&members, CompressionMethod::Deflated);
    let write = || {
        fs::write(&map, &bytes).unwrap();
        fs::write(&collection, &all).unwrap();
    };
    for (what, value) in TOO_LITTLE {
        let says_so = |name: &str, result: Result<()>| {
            let message = match result {
                Ok(()) => panic!("{name} does not know {what:?}"),
                Err(error) => error.to_string(),
            };
            let limit = format!("Limit::{what:?}");
            assert!(message.contains(&limit), "{name}, {what:?}: {message}");
        };
        write();
        {
            // nobody else changes the limits of the process
            let _limited = limit(what, 0);
            for (name, read) in WITH_LIMITS {
                read(&map, &collection, Limits::default()).unwrap();
                let limits = Limits::default().with(what, value);
                says_so(name, read(&map, &collection, limits));
            }
        }
        for (name, read) in OF_PROCESS {
            write();
            let _limited = limit(what, value);
            let result = read(&map, &collection);
            match ignores(name, what) {
                true => result.unwrap(),
                false => says_so(name, result),
            }
        }
    }
}
