//! Indices of collections that are kept in files.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use metatensor_core::{CollectionForm, CollectionWriter, DenseArray};

use super::*;

struct Files {
    _directory: tempfile::TempDir,
    path: PathBuf,
    index: PathBuf,
}

/// An archive, and where its index will be.
fn files(bytes: &[u8]) -> Files {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.zip");
    fs::write(&path, bytes).unwrap();
    Files {
        index: directory.path().join("dataset.index"),
        path,
        _directory: directory,
    }
}

impl Files {
    fn open(&self) -> Collection {
        Collection::open_indexed(&self.path, &self.index, Limits::default()).unwrap()
    }

    /// Opens the collection, and says whether the index was used as it is.
    fn is_used(&self) -> bool {
        let marked = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        fs::File::open(&self.index)
            .unwrap()
            .set_modified(marked)
            .unwrap();
        let collection = self.open();
        assert!(collection.index_problem().is_none());
        fs::metadata(&self.index).unwrap().modified().unwrap() == marked
    }
}

type Maps = [(i32, &'static str, TensorMap)];

fn check(collection: &Collection, maps: &Maps) {
    assert_eq!(collection.len(), maps.len());
    for (number, name, map) in maps {
        assert_same_map(&collection.load(*number, name).unwrap(), map);
    }
    for name in ["energy", "a name of ∂"] {
        let mut numbers: Vec<_> = maps
            .iter()
            .filter(|map| map.1 == name)
            .map(|map| map.0)
            .collect();
        numbers.sort_unstable();
        assert_eq!(collection.numbers(name), numbers);
    }
    assert_eq!(collection.bytes("README").unwrap(), b"text");
}

#[test]
fn an_index_is_kept_and_used_until_the_archive_changes() {
    let (bytes, maps) = mixed(20);
    let files = files(&bytes);
    assert!(!files.index.exists());
    check(&files.open(), &maps);
    assert!(files.is_used());
    check(&files.open(), &maps);

    // another time, with the same content
    let now = SystemTime::now() + Duration::from_secs(7);
    fs::File::open(&files.path)
        .unwrap()
        .set_modified(now)
        .unwrap();
    assert!(!files.is_used());
    assert!(files.is_used());
    // another directory of the same size, at the same time
    let mut changed = bytes.clone();
    let at = bytes.len() - 22 - 8;
    let at = (0..at)
        .rfind(|&at| changed[at..].starts_with(b"README"))
        .unwrap();
    let header = (0..at)
        .find(|&at| changed[at..].starts_with(b"README"))
        .unwrap();
    for at in [at, header] {
        changed[at..at + 6].copy_from_slice(b"readme");
    }
    fs::write(&files.path, &changed).unwrap();
    fs::File::open(&files.path)
        .unwrap()
        .set_modified(now)
        .unwrap();
    assert!(!files.is_used());
    assert_eq!(files.open().bytes("readme").unwrap(), b"text");
    assert!(files.is_used());

    // what is appended
    let mut writer = CollectionWriter::append(&files.path, CollectionForm::Bare).unwrap();
    writer.add_bytes("new", b"n").unwrap();
    // the index of what was there before is left alone
    let before = fs::read(&files.index).unwrap();
    assert_eq!(files.open().len(), maps.len());
    assert_eq!(fs::read(&files.index).unwrap(), before);
    writer.finish().unwrap();
    assert_eq!(files.open().bytes("new").unwrap(), b"n");
    assert!(files.is_used());
}

#[test]
fn an_index_that_is_damaged_is_made_again() {
    let (bytes, maps) = mixed(6);
    let files = files(&bytes);
    files.open();
    let good = fs::read(&files.index).unwrap();
    let mut random = Random(11);
    for i in 0..100 {
        let mut damaged = good.clone();
        match i % 4 {
            0 => damaged.truncate(random.below(good.len() - 12) + 12),
            1 => damaged.extend_from_slice(&[0; 8]),
            _ => {
                // not the first bytes, which say what it is
                let at = 12 + random.below(good.len() - 12);
                damaged[at] ^= 1 << random.below(8);
            }
        }
        fs::write(&files.index, damaged).unwrap();
        check(&files.open(), &maps);
        assert!(fs::read(&files.index).unwrap() == good);
    }
    fs::write(&files.index, b"").unwrap();
    check(&files.open(), &maps);
    assert!(fs::read(&files.index).unwrap() == good);
}

/// An index with other bytes, and the checksum that it should have.
fn forged(good: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    bytes[at..at + new.len()].copy_from_slice(new);
    let end = bytes.len() - 4;
    let sum = crc32fast::hash(&bytes[..end]).to_le_bytes();
    bytes[end..].copy_from_slice(&sum);
    bytes
}

#[test]
fn an_index_that_lies_does_no_harm() {
    let maps = [1, 2, 3].map(numbered);
    let saved = maps.each_ref().map(|map| map.save_buffer().unwrap());
    let bytes = stored(&[
        ("0/x.mts", &saved[0]),
        ("1/x.mts", &saved[1]),
        ("2/y.mts", &saved[2]),
    ]);
    let files = files(&bytes);
    files.open();
    let good = fs::read(&files.index).unwrap();
    let loads_right_or_not_at_all = || {
        let collection = files.open();
        for (number, name, map) in [(0, "x", 0), (1, "x", 1), (2, "y", 2)] {
            if let Ok(loaded) = collection.load(number, name) {
                assert_same_map(&loaded, &maps[map]);
            }
        }
        for name in ["0/x.mts", "1/x.mts", "2/y.mts"] {
            let _ = collection.bytes(name);
        }
    };
    // sizes and counts of anything are refused before there is memory for them
    let header = 12 + 52;
    let used = |bytes: &[u8]| {
        fs::write(&files.index, bytes).unwrap();
        files.is_used()
    };
    assert!(
        used(&forged(&good, header, &[3])),
        "this is where the count is"
    );
    for at in [header, header + 8, header + 16] {
        for number in [0, 1, u64::MAX, u64::MAX / 44, 1 << 60] {
            assert!(
                !used(&forged(&good, at, &number.to_le_bytes())),
                "{at} {number}"
            );
        }
    }
    let ends = header + 24;
    let texts = ends + 2 * 8;
    let members = texts + 2;
    let order = members + 3 * 40;
    assert_eq!(good.len(), order + 3 * 4 + 4);
    let cases: &[(usize, &[u8])] = &[
        // ends and names: not in order, beyond the end, the same twice, no UTF-8
        (ends, &[3]),
        (ends + 8, &[1]),
        (ends, &[255; 8]),
        (texts, b"y"),
        (texts, b"\xff"),
        // members: beyond the end, into the next one, not in order, of other sizes, methods, texts and numbers
        (members, &[255; 8]),
        (members + 2 * 40, &[0; 8]),
        (members + 8, &[255; 16]),
        (members + 16, &[0]),
        (members + 28, &[2]),
        (members + 32, &[254, 255, 255, 255]),
        (members + 36, &[12]),
        (members + 32, &[1]),
        // the order by names
        (order, &[3]),
        (order, &[1]),
        (order + 8, &[0]),
    ];
    for (i, (at, new)) in cases.iter().enumerate() {
        assert!(!used(&forged(&good, *at, new)), "case {i}");
        loads_right_or_not_at_all();
    }
    // what could be is found out where it is used
    let mut random = Random(3);
    for _ in 0..150 {
        let at = header + random.below(good.len() - header - 4);
        fs::write(&files.index, forged(&good, at, &[random.below(256) as u8])).unwrap();
        loads_right_or_not_at_all();
    }
    fs::write(&files.index, forged(&good, members + 24, &[1, 2, 3, 4])).unwrap();
    let text = message(files.open().load(0, "x"));
    assert!(
        text.contains("'0/x.mts' is damaged: its own header gives the checksum"),
        "{text}"
    );
}

#[test]
fn what_is_no_index_is_never_replaced() {
    let (bytes, maps) = mixed(4);
    let files = files(&bytes);
    fs::write(&files.index, b"precious").unwrap();
    let collection = files.open();
    check(&collection, &maps);
    let text = collection.index_problem().unwrap().to_string();
    assert!(
        text.contains("dataset.index' is where the index of '"),
        "{text}"
    );
    assert!(
        text.contains("would be, but it is something else"),
        "{text}"
    );
    assert_eq!(fs::read(&files.index).unwrap(), b"precious");
    // the archive itself
    let own = Collection::open_indexed(&files.path, &files.path, Limits::default()).unwrap();
    assert!(own.index_problem().is_some());
    assert_eq!(fs::read(&files.path).unwrap(), bytes);

    // where nothing can be written
    let nowhere = files.path.with_file_name("none").join("dataset.index");
    let collection = Collection::open_indexed(&files.path, &nowhere, Limits::default()).unwrap();
    check(&collection, &maps);
    let text = collection.index_problem().unwrap().to_string();
    assert!(text.contains("none/dataset.index"), "{text}");
    let folder = files.path.parent().unwrap();
    let collection = Collection::open_indexed(&files.path, folder, Limits::default()).unwrap();
    assert!(collection.index_problem().is_some());
}

#[test]
fn what_can_not_be_opened_has_no_index() {
    let map = numbered(1).save_buffer().unwrap();
    let files = files(&map);
    let open = |path: &Path| Collection::open_indexed(path, &files.index, Limits::default());
    assert!(message(open(&files.path)).contains("which holds a tensor map"));
    assert!(message(open(&files.path.with_extension("none"))).contains("dataset.none"));
    fs::write(&files.path, b"text").unwrap();
    assert!(message(open(&files.path)).contains("which is text"));
    assert!(!files.index.exists());

    let (bytes, _) = mixed(10);
    fs::write(&files.path, bytes).unwrap();
    files.open();
    let few = Limits::default().with(Limit::Members, 3);
    let text = message(Collection::open_indexed(&files.path, &files.index, few));
    assert!(text.contains("are more than the limit of 3"), "{text}");
}

#[test]
fn arrays_can_be_those_of_the_caller() {
    let (bytes, maps) = mixed(6);
    let collection = in_memory(bytes).unwrap();
    let mut made = 0;
    for (number, name, map) in &maps {
        let create = |shape: &[usize], dtype| -> Result<Box<dyn metatensor_core::Array>> {
            made += 1;
            Ok(Box::new(DenseArray::zeros(dtype, shape)?))
        };
        assert_same_map(&collection.load_with(*number, name, create).unwrap(), map);
    }
    assert!(made > maps.len());
    let failed = collection.load_all_with(maps[0].1, &[maps[0].0], |_, _| {
        Err(Error::Callback("no arrays".into()))
    });
    assert_eq!(
        message(failed),
        Error::Callback("no arrays".into()).to_string()
    );
}
