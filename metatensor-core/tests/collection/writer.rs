//! Collections that are written, and appended to.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use metatensor_core::{CollectionForm, CollectionWriter, MapWriter, recover_file};

use super::*;

/// What is added to a collection at a time.
#[derive(Clone)]
enum Addition {
    Map(i32, &'static str, TensorMap),
    Bytes(String, Vec<u8>),
}

fn additions(random: &mut Random, count: usize) -> Vec<Addition> {
    (0..count as i32)
        .map(|number| match random.below(3) {
            0 => {
                let bytes = vec![number as u8; random.below(300)];
                Addition::Bytes(format!("{number}/notes ∂.txt"), bytes)
            }
            1 => Addition::Map(number, "energy", numbered(random.below(1000) as u64)),
            _ => Addition::Map(7 * number, "x y", numbered(random.below(1000) as u64)),
        })
        .collect()
}

fn add(writer: &mut CollectionWriter, addition: &Addition) -> Result<()> {
    match addition {
        Addition::Map(number, name, map) => writer.add(*number, name, map),
        Addition::Bytes(name, bytes) => writer.add_bytes(name, bytes),
    }
}

fn write(path: &Path, form: CollectionForm, additions: &[Addition]) {
    let mut writer = CollectionWriter::create(path, form).unwrap();
    for addition in additions {
        add(&mut writer, addition).unwrap();
    }
    writer.finish().unwrap();
}

fn check(path: &Path, additions: &[Addition]) {
    let collection = Collection::open(path).unwrap();
    let mut maps = 0;
    for addition in additions {
        match addition {
            Addition::Map(number, name, map) => {
                maps += 1;
                assert_same_map(&collection.load(*number, name).unwrap(), map);
            }
            Addition::Bytes(name, bytes) => assert_eq!(&collection.bytes(name).unwrap(), bytes),
        }
    }
    assert_eq!(collection.len(), maps);
    // and for others
    let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    assert_eq!(archive.len(), additions.len());
    for i in 0..archive.len() {
        let mut member = archive.by_index(i).unwrap();
        assert_eq!(member.data_start().unwrap() % 64, 0);
        assert_eq!(member.compression(), CompressionMethod::Stored);
        std::io::copy(&mut member, &mut std::io::sink()).unwrap();
    }
}

const FORMS: [CollectionForm; 2] = [CollectionForm::Bare, CollectionForm::NumpyWrapped];

#[test]
fn what_is_appended_is_as_if_it_was_written_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let (path, whole) = ["file", "whole"]
        .map(|name| directory.path().join(name))
        .into();
    let mut random = Random(5);
    for form in FORMS {
        for count in [0, 1, 2, 30] {
            let additions = additions(&mut random, count);
            write(&whole, form, &additions);
            write(&path, form, &[]);
            let mut added = 0;
            while added < count {
                let step = (1 + random.below(8)).min(count - added);
                let mut writer = CollectionWriter::append(&path, form).unwrap();
                assert_eq!(writer.len(), added);
                assert_eq!(writer.is_empty(), added == 0);
                for addition in &additions[added..added + step] {
                    // what fails leaves nothing
                    if let Some(before) = additions[..added].last() {
                        assert!(message(add(&mut writer, before)).contains("two archive members"));
                    }
                    add(&mut writer, addition).unwrap();
                    added += 1;
                }
                writer.finish().unwrap();
                check(&path, &additions[..added]);
            }
            assert!(fs::read(&path).unwrap() == fs::read(&whole).unwrap());
            check(&path, &additions);
            assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
        }
    }
}

#[test]
fn what_can_not_be_added_changes_no_byte() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.zip");
    let map = numbered(1);
    write(
        &path,
        CollectionForm::Bare,
        &[Addition::Map(0, "x", map.clone())],
    );
    let before = fs::read(&path).unwrap();
    let mut unsavable = numbered(2);
    unsavable.info_mut().insert("a\0".into(), String::new());
    let long = "x".repeat(70_000);

    let mut writer = CollectionWriter::append(&path, CollectionForm::Bare).unwrap();
    let cases = [
        (
            writer.add(0, "x", &map),
            "two archive members would have the name '0/x.mts'",
        ),
        (
            writer.add_bytes("0/x.mts", b""),
            "two archive members would have the name '0/x.mts'",
        ),
        (
            writer.add(-1, "x", &map),
            "there can not be a map 'x' with the number -1: numbers are at least 0, and names are not empty, and have no '/'",
        ),
        (writer.add(1, "", &map), "there can not be a map '' with"),
        (
            writer.add(1, "a/b", &map),
            "there can not be a map 'a/b' with",
        ),
        (
            writer.add(1, "a\0b", &map),
            "the name '1/a\\u{0}b.mts' contains a NUL character",
        ),
        (
            writer.add(1, &long, &map),
            "has 70006 bytes, more than 65535",
        ),
        (
            writer.add(1, "x", &unsavable),
            "'1/x.mts': info: the entry 'a\\u{0}' contains a NUL character",
        ),
        (
            writer.add_bytes("", b""),
            "expected the name of a member, got ''",
        ),
        (
            writer.add_bytes("folder/", b""),
            "expected the name of a member, got 'folder/'",
        ),
        (
            writer.add_bytes("\0", b""),
            "the name '\\u{0}' contains a NUL character",
        ),
        (writer.add_bytes(&long, b""), "more than 65535"),
    ];
    for (result, expected) in cases {
        let text = message(result);
        assert!(text.contains(expected), "{text}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    assert_eq!(writer.len(), 1);
    writer.finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn there_is_no_file_until_all_is_done() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.zip");
    let mut writer = CollectionWriter::create(&path, CollectionForm::Bare).unwrap();
    writer.add(0, "x", &numbered(0)).unwrap();
    drop(writer);
    assert!(fs::read_dir(directory.path()).unwrap().next().is_none());

    let text = message(CollectionWriter::append(&path, CollectionForm::Bare));
    assert!(text.contains("dataset.zip"), "{text}");
    let text = message(CollectionWriter::create(
        directory.path().join("no/file"),
        CollectionForm::Bare,
    ));
    assert!(text.contains("no/file"), "{text}");
    numbered(1).save(&path).unwrap();
    let text = message(CollectionWriter::append(&path, CollectionForm::Bare));
    assert!(text.contains("which holds a tensor map"), "{text}");
    write(&path, CollectionForm::Bare, &[]);
    let text = message(MapWriter::append(&path));
    assert!(text.contains("expected a tensor map in"), "{text}");
}

#[test]
fn readers_see_what_was_there_before_until_all_is_done() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.zip");
    let maps = [1, 2, 3].map(numbered);
    let first = [Addition::Map(0, "x", maps[0].clone())];
    write(&path, CollectionForm::Bare, &first);
    let opened = Collection::open(&path).unwrap();
    let before = fs::read(&path).unwrap();

    let mut writer = CollectionWriter::append(&path, CollectionForm::Bare).unwrap();
    writer.add(1, "x", &maps[1]).unwrap();
    let text = message(CollectionWriter::append(&path, CollectionForm::Bare));
    assert!(text.contains("another writer is changing it"), "{text}");
    let during = Collection::open(&path).unwrap();
    writer.add(2, "x", &maps[2]).unwrap();
    drop(writer);
    assert_eq!(fs::read(&path).unwrap(), before);

    let mut writer = CollectionWriter::append(&path, CollectionForm::Bare).unwrap();
    writer.add(1, "x", &maps[1]).unwrap();
    writer.finish().unwrap();
    for old in [opened, during] {
        assert_eq!(old.numbers("x"), [0]);
        assert_same_map(&old.load(0, "x").unwrap(), &maps[0]);
    }
    assert_eq!(Collection::open(&path).unwrap().numbers("x"), [0, 1]);
    assert!(!recover_file(&path).unwrap());
}

/// A file as a writer left it that was killed when it had added a map: with its journal.
fn killed(path: &Path) -> (Vec<u8>, Vec<u8>) {
    let mut writer = CollectionWriter::append(path, CollectionForm::Bare).unwrap();
    writer.add(100, "x", &numbered(9)).unwrap();
    writer.add(101, "x", &numbered(8)).unwrap();
    let left = [path.to_owned(), path.with_extension("zip.journal")];
    let [file, journal] = left.each_ref().map(|path| fs::read(path).unwrap());
    drop(writer);
    for (path, bytes) in left.iter().zip([&file, &journal]) {
        fs::write(path, bytes).unwrap();
    }
    (file, journal)
}

#[test]
fn a_file_is_put_back_by_its_journal_whoever_comes_next() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.zip");
    let mut random = Random(3);
    let additions = additions(&mut random, 20);
    write(&path, CollectionForm::Bare, &additions);
    let whole = fs::read(&path).unwrap();
    for time in 0..4 {
        let (left, _) = killed(&path);
        assert_ne!(left, whole);
        let reader = Collection::open(&path).unwrap();
        assert!(!reader.contains(100, "x"));
        match time {
            0 => assert!(recover_file(&path).unwrap()),
            1 => {
                let text = message(MapWriter::append(&path));
                assert!(text.contains("which is a collection of files"), "{text}");
            }
            2 => drop(CollectionWriter::append(&path, CollectionForm::Bare).unwrap()),
            _ => {
                let mut writer = CollectionWriter::append(&path, CollectionForm::Bare).unwrap();
                writer.add_bytes("new", b"text").unwrap();
                writer.finish().unwrap();
                assert_eq!(
                    Collection::open(&path).unwrap().bytes("new").unwrap(),
                    b"text"
                );
                continue;
            }
        }
        assert!(fs::read(&path).unwrap() == whole);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        check(&path, &additions);
    }
}

#[test]
fn a_file_that_is_complete_needs_no_journal() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.zip");
    let additions = [Addition::Map(0, "x", numbered(0))];
    write(&path, CollectionForm::Bare, &additions);
    let (_, journal) = killed(&path);
    recover_file(&path).unwrap();
    let mut writer = CollectionWriter::append(&path, CollectionForm::Bare).unwrap();
    writer.add(1, "x", &numbered(1)).unwrap();
    writer.finish().unwrap();
    let complete = fs::read(&path).unwrap();
    // the writer died before it could remove the journal
    for append in [false, true] {
        fs::write(path.with_extension("zip.journal"), &journal).unwrap();
        assert_eq!(Collection::open(&path).unwrap().numbers("x"), [0, 1]);
        if append {
            assert!(message(MapWriter::append(&path)).contains("a tensor map"));
        } else {
            assert!(recover_file(&path).unwrap());
        }
        assert!(fs::read(&path).unwrap() == complete);
    }
}

#[test]
fn journals_that_can_not_be_used_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.zip");
    let journal_path = path.with_extension("zip.journal");
    write(&path, CollectionForm::Bare, &additions(&mut Random(1), 12));
    let (left, journal) = killed(&path);
    let mut random = Random(8);
    for _ in 0..60 {
        let mut damaged = journal.clone();
        match random.below(3) {
            0 => damaged.truncate(random.below(damaged.len())),
            1 => damaged.extend_from_slice(b"more"),
            _ => {
                let at = random.below(damaged.len());
                damaged[at] ^= 1 << random.below(8);
            }
        }
        fs::write(&journal_path, damaged).unwrap();
        let text = message(CollectionWriter::append(&path, CollectionForm::Bare));
        assert!(
            text.contains("dataset.zip.journal' can not be used: "),
            "{text}"
        );
        assert!(Collection::open(&path).is_err());
        assert!(message(recover_file(&path)).contains("can not be used"));
        assert!(fs::read(&path).unwrap() == left);
    }
    // that of another file
    let other = directory.path().join("other.zip");
    write(&other, CollectionForm::Bare, &additions(&mut Random(2), 12));
    let (_, of_other) = killed(&other);
    fs::write(&journal_path, of_other).unwrap();
    let text = message(CollectionWriter::append(&path, CollectionForm::Bare));
    assert!(text.contains("but of another file"), "{text}");
    assert!(Collection::open(&path).is_err());
    fs::write(&journal_path, journal).unwrap();
    assert!(recover_file(&path).unwrap());
}

#[test]
fn archives_of_others_grow_where_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.zip");
    let (bytes, maps) = mixed(12);
    fs::write(&path, &bytes).unwrap();
    let mut writer = CollectionWriter::append(&path, CollectionForm::NumpyWrapped).unwrap();
    writer.add(1, "energy", &numbered(77)).unwrap();
    writer.finish().unwrap();
    let grown = fs::read(&path).unwrap();
    let directory_start = position_of(&bytes, b"PK\x01\x02");
    assert!(grown[..directory_start] == bytes[..directory_start]);
    let collection = Collection::open(&path).unwrap();
    assert_eq!(collection.len(), maps.len() + 1);
    for (number, name, map) in &maps {
        assert_same_map(&collection.load(*number, name).unwrap(), map);
    }
    assert_same_map(&collection.load(1, "energy").unwrap(), &numbered(77));
    assert_eq!(
        collection.bytes("1/energy.mts").unwrap(),
        wrapped(&numbered(77).save_buffer().unwrap())
    );
}

/// Where `needle` is for the first time.
fn position_of(bytes: &[u8], needle: &[u8]) -> usize {
    let mut found = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(needle));
    found.next().unwrap()
}

#[test]
fn archives_that_are_a_part_of_their_file_are_written_once_more() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.zip");
    let (bytes, maps) = mixed(8);
    let mut commented = bytes.clone();
    let end = commented.len() - 2;
    commented[end] = 5;
    commented.extend(b"hello");
    let cases = [
        commented,
        [b"#!/bin/sh\n", &bytes[..]].concat(),
        [&bytes[..], b"\n\n"].concat(),
        wrapped(&bytes),
    ];
    for bytes in cases {
        fs::write(&path, &bytes).unwrap();
        let mut writer = CollectionWriter::append(&path, CollectionForm::Bare).unwrap();
        assert_eq!(writer.len(), maps.len() + 1);
        writer.add_bytes("new", b"text").unwrap();
        assert_eq!(fs::read(&path).unwrap(), bytes);
        writer.finish().unwrap();
        assert!(fs::read(&path).unwrap().starts_with(b"PK\x03\x04"));
        let collection = Collection::open(&path).unwrap();
        for (number, name, map) in &maps {
            assert_same_map(&collection.load(*number, name).unwrap(), map);
        }
        assert_eq!(collection.bytes("new").unwrap(), b"text");
        assert_eq!(collection.bytes("README").unwrap(), b"text");
    }
    // what is damaged is not copied as if it was not
    let mut bytes = [b"#!/bin/sh\n", &bytes[..]].concat();
    let at = position_of(&bytes, maps[0].1.as_bytes());
    bytes[at] = b'?';
    fs::write(&path, &bytes).unwrap();
    let text = message(CollectionWriter::append(&path, CollectionForm::Bare));
    assert!(
        text.contains("is damaged: its own header calls it"),
        "{text}"
    );
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn there_can_be_more_members_than_16_bits_count() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.zip");
    let map = numbered(1);
    let mut number = 0;
    for count in [65_534, 65_536, 65_540] {
        let mut writer = match number {
            0 => CollectionWriter::create(&path, CollectionForm::Bare).unwrap(),
            _ => CollectionWriter::append(&path, CollectionForm::Bare).unwrap(),
        };
        for number in number..count {
            match number % 1000 {
                0 => writer.add(number, "x", &map).unwrap(),
                _ => writer.add_bytes(&format!("{number}/x"), b"").unwrap(),
            }
        }
        writer.finish().unwrap();
        number = count;
        let collection = Collection::open(&path).unwrap();
        assert_eq!(collection.len(), 66);
        assert_same_map(&collection.load(65_000, "x").unwrap(), &map);
        let archive = zip::ZipArchive::new(fs::File::open(&path).unwrap()).unwrap();
        assert_eq!(archive.len(), count as usize);
    }
}

/// A collection with one member of zeros, of which only the header and the directory are on the disk.
fn sparse(path: &Path, size: u64) {
    let mut crc = crc32fast::Hasher::new();
    let mut zeros = crc32fast::Hasher::new();
    zeros.update(&[0]);
    for bit in 0..=size.ilog2() {
        if size >> bit & 1 == 1 {
            crc.combine(&zeros);
        }
        let twice = zeros.clone();
        zeros.combine(&twice);
    }
    let crc = crc.finalize().to_le_bytes();
    let wide = [&[1, 0, 16, 0], &size.to_le_bytes()[..], &size.to_le_bytes()].concat();
    let common = [
        &[45, 0, 0, 0, 0, 0, 0, 0, 33, 40][..],
        &crc,
        &[255; 8],
        &[5, 0, 20, 0],
    ]
    .concat();
    let header = [b"PK\x03\x04", &common[..], b"zeros", &wide].concat();
    let record = [
        b"PK\x01\x02\x2d\x03",
        &common[..],
        &[0; 14],
        b"zeros",
        &wide,
    ]
    .concat();
    let start = header.len() as u64 + size;
    let count = [1u64.to_le_bytes(), 1u64.to_le_bytes()].concat();
    let end = [
        b"PK\x06\x06",
        &44u64.to_le_bytes()[..],
        &[45, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &count,
        &(record.len() as u64).to_le_bytes(),
        &start.to_le_bytes(),
        b"PK\x06\x07\0\0\0\0",
        &(start + record.len() as u64).to_le_bytes(),
        &[1, 0, 0, 0],
        b"PK\x05\x06\0\0\0\0\x01\0\x01\0",
        &(record.len() as u32).to_le_bytes(),
        &[255, 255, 255, 255, 0, 0],
    ]
    .concat();
    let file = fs::File::create(path).unwrap();
    file.write_all_at(&header, 0).unwrap();
    file.write_all_at(&[&record[..], &end].concat(), start)
        .unwrap();
}

#[test]
fn files_can_be_larger_than_32_bits_count() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.zip");
    for size in [u64::from(u32::MAX) - 200, 5 << 30] {
        sparse(&path, size);
        let mut writer = CollectionWriter::append(&path, CollectionForm::Bare).unwrap();
        for number in 0..3 {
            writer.add(number, "x", &numbered(number as u64)).unwrap();
        }
        writer.finish().unwrap();
        let collection = Collection::open(&path).unwrap();
        assert_eq!(collection.numbers("x"), [0, 1, 2]);
        for number in 0..3 {
            assert_same_map(
                &collection.load(number, "x").unwrap(),
                &numbered(number as u64),
            );
        }
        let mut archive = zip::ZipArchive::new(fs::File::open(&path).unwrap()).unwrap();
        assert_eq!(archive.by_name("zeros").unwrap().size(), size);
        let mut bytes = Vec::new();
        std::io::copy(&mut archive.by_name("2/x.mts").unwrap(), &mut bytes).unwrap();
        assert_same_map(&TensorMap::load_buffer(&bytes).unwrap(), &numbered(2));
    }
}
