//! The same for all other ways to read a file, and for what they need if nothing is wrong.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use metatensor_core::{
    Collection, CollectionForm, CollectionWriter, Error, FileAlignment, Limits, MapFile,
    MapSelection, MapWriter, Mapping, ReadAt, Result, merge_files, recover_file, validate,
};
use ndarray::Array2;

use super::*;

/// A file that the caller reads.
struct File(fs::File);

impl ReadAt for File {
    fn size(&self) -> u64 {
        self.0.metadata().unwrap().len()
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.0.read_exact_at(bytes, offset).unwrap();
        Ok(())
    }
}

/// Everything that can be asked of a file that is open. Gives the first error.
fn use_all(file: &MapFile) -> Result<()> {
    let part = MapSelection {
        samples: Some(Labels::new(["a"], [[0]])?),
        properties: Some(Labels::new(["a"], [[0]])?),
        ..MapSelection::default()
    };
    let header = file.block_header(0).map(|header| {
        (
            header.samples().is_ok(),
            header.components().is_ok(),
            header.properties().is_ok(),
        )
    });
    let results = [
        file.info().map(drop),
        header.map(drop),
        file.block(0).map(drop),
        file.block_mapped(0, Mapping::Private).map(drop),
        file.load_selected(&part).map(drop),
        file.load().map(drop),
    ];
    results.into_iter().collect()
}

/// Who reads files, and whether that is all of a file.
type Reader = (&'static str, bool, fn(&Path) -> Result<()>);

const READERS: &[Reader] = &[
    ("load", true, |path| TensorMap::load(path).map(drop)),
    ("MapFile::open", true, |path| use_all(&MapFile::open(path)?)),
    ("MapFile::from_reader", true, |path| {
        let file = File(fs::File::open(path).unwrap());
        use_all(&MapFile::from_reader("a file", file, Limits::default())?)
    }),
    ("load_mapped", true, |path| {
        TensorMap::load_mapped(path, Mapping::ReadOnly).map(drop)
    }),
    ("TensorBlock::load_mapped", true, |path| {
        TensorBlock::load_mapped(path, Mapping::Private).map(drop)
    }),
    ("validate", true, |path| match validate(path)?.first() {
        Some(problem) => Err(Error::Serialization(problem.to_string())),
        None => Ok(()),
    }),
    ("merge_files", false, |path| {
        merge_files(&[path], path.with_extension("out"), FileAlignment::Aligned)
    }),
    ("MapWriter::append", false, |path| {
        MapWriter::append(path)?.finish()
    }),
    ("recover_file", false, |path| recover_file(path).map(drop)),
    ("Collection::open", false, |path| {
        let collection = Collection::open(path)?;
        collection.load(0, "a").map(drop)
    }),
    ("CollectionWriter::append", false, |path| {
        CollectionWriter::append(path, CollectionForm::Bare)?.finish()
    }),
];

/// Gives `bytes` to all readers, none of which may ask for much memory. What is claimed is an error for those who read all.
fn check_claim(bytes: &[u8], journal: Option<&[u8]>, what: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    for &(name, reads_all, read) in READERS {
        fs::write(&path, bytes).unwrap();
        if let Some(journal) = journal {
            fs::write(folder.path().join("map.mts.journal"), journal).unwrap();
        }
        let (result, peak) = with_peak(|| read(&path));
        assert!(!reads_all || result.is_err(), "{name}: {what}");
        assert!(peak < 2 << 20, "{name}: {peak} bytes for {what}");
    }
}

#[test]
fn claims_do_not_take_memory_whoever_reads() {
    let _alone = ALONE.lock();
    let one = npy("[('a', '<i4')]", "(1,)", &[0; 4]);
    let claims = [
        ("blocks/0/values.npy", "'<f8'", "(100000000, 100, 100)"),
        ("blocks/0/values.npy", "'<f8'", "(500000000, 1)"),
        ("blocks/0/values.npy", "'<f8'", "(0, 1000000000)"),
        ("keys.npy", "[('a', '<i4')]", "(1000000000,)"),
        ("blocks/0/samples.npy", "[('a', '<i4')]", "(1000000000,)"),
        ("blocks/0/properties.npy", "[('a', '<i4')]", "(1000000000,)"),
    ];
    for (claimed, descr, shape) in claims {
        for method in [
            zip::CompressionMethod::Stored,
            zip::CompressionMethod::Deflated,
        ] {
            let mut members = vec![
                ("blocks/0/values.npy", npy("'<f8'", "(1, 1)", &[0; 8])),
                ("blocks/0/samples.npy", one.clone()),
                ("blocks/0/properties.npy", one.clone()),
                ("keys.npy", one.clone()),
            ];
            for (name, bytes) in &mut members {
                if *name == claimed {
                    *bytes = npy(descr, shape, &[0; 64]);
                }
            }
            let map = archive(&members, method);
            check_claim(&map, None, &format!("{descr} {shape}"));
            let collection = archive(&[("0/a.mts", map)], method);
            check_claim(
                &collection,
                None,
                &format!("{descr} {shape} in a collection"),
            );
        }
    }
}

#[test]
fn directories_and_journals_do_not_take_memory_whoever_reads() {
    let _alone = ALONE.lock();
    let map = compressed_map(&[]);
    let end = map.len() - 22;
    for (name, at, number) in [
        ("all members that 16 bits can count", 10, &[0xfe, 0xff][..]),
        ("a directory of 4 GB", 12, &[0xfe, 0xff, 0xff, 0xff]),
        ("a directory after 4 GB", 16, &[0xfe, 0xff, 0xff, 0xff]),
    ] {
        let mut claim = map.clone();
        claim[end + at..end + at + number.len()].copy_from_slice(number);
        check_claim(&claim, None, name);
    }
    // sizes in the record of a member
    let record = map.windows(4).position(|bytes| bytes == b"PK\x01\x02");
    for (name, at) in [("stored", 20), ("whole", 24), ("position", 42)] {
        let mut claim = map.clone();
        let at = record.unwrap() + at;
        claim[at..at + 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
        check_claim(&claim, None, name);
    }
    // a journal that says that it has a large tail, or that the file is long
    for (start, size) in [(0, u64::MAX), (1 << 40, 16), (u64::MAX - 8, 16)] {
        let mut journal = b"\x89mtsjournal\x01".to_vec();
        journal.extend(u64::to_le_bytes(start));
        journal.extend(u64::to_le_bytes(size));
        journal.extend([0; 12]);
        let mut sum = crc32(&[&journal[..journal.len() - 4], &[7; 16]].concat()).to_le_bytes();
        let length = journal.len();
        journal[length - 4..].swap_with_slice(&mut sum);
        journal.extend([7; 16]);
        check_claim(
            &map[..map.len() - 30],
            Some(&journal),
            &format!("{start} {size}"),
        );
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut archive = zip::ZipArchive::new(Cursor::new(super::archive(
        &[("a", bytes.to_vec())],
        zip::CompressionMethod::Stored,
    )));
    archive.as_mut().unwrap().by_index(0).unwrap().crc32()
}

/// A saved map with one block of 16 MiB, whose labels are small.
fn large(folder: &Path) -> PathBuf {
    let labels = |count| Labels::range("a", count).unwrap();
    let values = Array2::<f64>::ones((64, SIZE / 64 / 8));
    let block = TensorBlock::new(values, labels(64), [], labels(SIZE / 64 / 8)).unwrap();
    let map = TensorMap::new(Labels::range("k", 1).unwrap(), vec![block]).unwrap();
    let path = folder.join("large.mts");
    map.save(&path).unwrap();
    path
}

const SIZE: usize = 16 << 20;

#[test]
fn what_is_not_asked_for_takes_no_memory() {
    let _alone = ALONE.lock();
    let folder = tempfile::tempdir().unwrap();
    let path = large(folder.path());
    let rows = |count| MapSelection {
        samples: Some(Labels::range("a", count).unwrap()),
        ..MapSelection::default()
    };
    let few: &[(&str, &dyn Fn())] = &[
        ("open", &|| drop(MapFile::open(&path).unwrap().info())),
        ("headers", &|| {
            let file = MapFile::open(&path).unwrap();
            assert!(file.block_header(0).unwrap().properties().is_ok());
        }),
        ("a row", &|| {
            let file = MapFile::open(&path).unwrap();
            assert_eq!(file.load_selected(&rows(1)).unwrap().len(), 1);
        }),
        ("a row for the caller", &|| {
            let file = File(fs::File::open(&path).unwrap());
            let file = MapFile::from_reader("a file", file, Limits::default()).unwrap();
            assert_eq!(file.load_selected(&rows(1)).unwrap().len(), 1);
        }),
        ("load_mapped", &|| {
            drop(TensorMap::load_mapped(&path, Mapping::ReadOnly).unwrap());
        }),
        ("validate", &|| assert!(validate(&path).unwrap().is_empty())),
        ("merge_files", &|| {
            let output = folder.path().join("merged.mts");
            merge_files(&[&path], output, FileAlignment::Aligned).unwrap();
        }),
        ("append", &|| {
            MapWriter::append(&path).unwrap().finish().unwrap()
        }),
    ];
    for (name, read) in few {
        let ((), peak) = with_peak(read);
        assert!(peak < 3 << 20, "{name}: {peak} bytes");
    }
    let ((), peak) = with_peak(|| drop(MapFile::open(&path).unwrap().load().unwrap()));
    assert!(
        (SIZE..SIZE + (4 << 20)).contains(&peak),
        "load: {peak} bytes"
    );
}
