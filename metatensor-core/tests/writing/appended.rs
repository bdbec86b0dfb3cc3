//! Files that blocks are appended to.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use metatensor_core::{
    FileAlignment, Labels, MapFile, MapWriter, Mapping, TensorMap, recover_file,
};

use crate::make::{assert_same_block, assert_same_map};
use crate::parts::{add, block, file_of, map_of, maps, names, write};

/// The first blocks of a map.
fn first(map: &TensorMap, count: usize) -> TensorMap {
    let names: Vec<_> = map.keys().names().iter().collect();
    let rows = (0..count).map(|row| map.keys()[row].to_vec());
    let keys = Labels::from_rows(&names, rows).unwrap();
    let mut part = TensorMap::new(keys, map.blocks()[..count].to_vec()).unwrap();
    part.info_mut().clone_from(map.info());
    part
}

#[test]
fn files_that_grow_are_those_that_are_written_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let whole = folder.path().join("whole.mts");
    for map in maps() {
        write(&map, &whole).unwrap();
        let expected = fs::read(&whole).unwrap();
        for count in 0..=map.len() {
            for is_saved in [false, true] {
                let part = first(&map, count);
                match is_saved {
                    // keys come first, and the file has to be written once more
                    true => part.save(&path).unwrap(),
                    false => write(&part, &path).unwrap(),
                }
                for i in count..map.len() {
                    let mut writer = MapWriter::append(&path).unwrap();
                    assert_eq!((writer.len(), writer.info()), (i, map.info()));
                    add(&mut writer, &map, i..i + 1);
                    writer.finish().unwrap();
                }
                assert_same_map(&TensorMap::load(&path).unwrap(), &map);
                if count < map.len() || !is_saved {
                    // no dead bytes
                    assert!(fs::read(&path).unwrap() == expected);
                }
                assert_eq!(names(folder.path()), ["map.mts", "whole.mts"]);
            }
        }
    }
}

#[test]
fn info_can_change_and_nothing_does_without_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 3);
    let before = fs::read(&path).unwrap();
    MapWriter::append(&path).unwrap().finish().unwrap();
    drop(MapWriter::append(&path).unwrap());
    assert!(fs::read(&path).unwrap() == before);

    let mut expected = map_of(3);
    let long = "long ".repeat(1000);
    for text in ["me", &long, "you"] {
        let mut writer = MapWriter::append(&path).unwrap();
        writer.info_mut().insert("author".into(), text.into());
        writer.finish().unwrap();
        expected.info_mut().insert("author".into(), text.into());
        assert_same_map(&TensorMap::load(&path).unwrap(), &expected);
    }
    let mut writer = MapWriter::append(&path).unwrap();
    writer.info_mut().clear();
    writer.finish().unwrap();
    assert!(fs::read(&path).unwrap() == before);
    assert_eq!(names(folder.path()), ["map.mts"]);
}

#[test]
fn what_is_not_finished_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 3);
    let before = fs::read(&path).unwrap();
    for rows in [0, 1, 100_000] {
        let mut writer = MapWriter::append(&path).unwrap();
        writer.add(&[7], &block(7, rows)).unwrap();
        writer.add(&[8], &block(8, rows)).unwrap();
        // for everybody else, nothing has happened
        assert_eq!(names(folder.path()), ["map.mts", "map.mts.journal"]);
        assert_same_map(&TensorMap::load(&path).unwrap(), &map_of(3));
        let error = MapWriter::append(&path).unwrap_err().to_string();
        let expected = format!(
            "io error: could not write '{}': another writer is changing it",
            path.display()
        );
        assert_eq!(error, expected);
        assert_eq!(recover_file(&path).unwrap_err().to_string(), expected);
        drop(writer);
        assert!(fs::read(&path).unwrap() == before);
        assert_eq!(names(folder.path()), ["map.mts"]);
    }
}

#[test]
fn what_does_not_fit_is_refused_before_a_byte_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 3);
    let before = fs::read(&path).unwrap();
    let other = metatensor_core::TensorBlock::new(
        ndarray::arr2(&[[1.0_f32]]),
        Labels::range("sample", 1).unwrap(),
        [],
        Labels::range("property", 1).unwrap(),
    );
    let mut writer = MapWriter::append(&path).unwrap();
    for (key, block, expected) in [
        (
            3,
            &other.unwrap(),
            "block (a=3) does not have the structure of the first block: expected the data type float64, got float32",
        ),
        (
            2,
            &block(1, 1),
            "there is a block with the key (a=2) already, at position 2",
        ),
    ] {
        let error = writer.add(&[key], block).unwrap_err().to_string();
        assert_eq!(error, format!("invalid parameter: {expected}"));
        assert!(fs::read(&path).unwrap() == before);
        assert_eq!(names(folder.path()), ["map.mts"]);
    }
    add(&mut writer, &map_of(4), 3..4);
    writer.finish().unwrap();
    assert_same_map(&TensorMap::load(&path).unwrap(), &map_of(4));
}

/// A file before and after something was appended, and the journal in between.
struct Append {
    before: Vec<u8>,
    journal: Vec<u8>,
    /// Where the tail starts.
    start: usize,
    after: Vec<u8>,
}

fn append(path: &Path) -> Append {
    let before = fs::read(path).unwrap();
    let mut writer = MapWriter::append(path).unwrap();
    add(&mut writer, &map_of(5), 3..5);
    let journal = fs::read(journal_of(path)).unwrap();
    writer.finish().unwrap();
    let after = fs::read(path).unwrap();
    let start = before.iter().zip(&after).position(|(a, b)| a != b).unwrap();
    // the header of the first new member starts as that of the keys
    let start = before[..=start]
        .windows(4)
        .rposition(|bytes| bytes == b"PK\x03\x04")
        .unwrap();
    Append {
        before,
        journal,
        start,
        after,
    }
}

fn journal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".journal");
    name.into()
}

#[test]
fn a_file_that_was_appended_to_in_part_is_what_it_was_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 3);
    let all = append(&path);
    let journal = journal_of(&path);
    let (old, new) = (map_of(3), map_of(5));
    let steps = all.start..=all.after.len();
    for length in steps.filter(|length| length % 97 == 0 || length + 300 > all.after.len()) {
        fs::write(&path, &all.after[..length]).unwrap();
        fs::write(&journal, &all.journal).unwrap();
        let is_done = length == all.after.len();
        let expected = if is_done { &new } else { &old };
        assert_same_map(&TensorMap::load(&path).unwrap(), expected);

        assert!(recover_file(&path).unwrap());
        assert!(fs::read(&path).unwrap() == if is_done { &*all.after } else { &*all.before });
        assert_eq!(names(folder.path()), ["map.mts"]);
        // and without a journal, it can only be refused
        if !is_done {
            fs::write(&path, &all.after[..length]).unwrap();
            TensorMap::load(&path).unwrap_err();
        }
    }
    // the journal was there, and nothing else had happened
    fs::write(&path, &all.before).unwrap();
    fs::write(&journal, &all.journal).unwrap();
    assert_same_map(&TensorMap::load(&path).unwrap(), &old);
    assert!(recover_file(&path).unwrap());
    assert!(fs::read(&path).unwrap() == all.before);
    assert!(!recover_file(&path).unwrap());
}

#[test]
fn the_next_writer_puts_a_file_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 3);
    let all = append(&path);
    for length in [
        all.start,
        all.start + 1000,
        all.after.len() - 1,
        all.after.len(),
    ] {
        fs::write(&path, &all.after[..length]).unwrap();
        fs::write(journal_of(&path), &all.journal).unwrap();
        let mut writer = MapWriter::append(&path).unwrap();
        assert_eq!(writer.len(), if length == all.after.len() { 5 } else { 3 });
        add(&mut writer, &map_of(6), 5..6);
        writer.finish().unwrap();
        assert_eq!(names(folder.path()), ["map.mts"]);
        let loaded = TensorMap::load(&path).unwrap();
        assert_eq!(loaded.keys().position(&[5]), Some(loaded.len() - 1));
    }
}

#[test]
fn a_journal_that_can_not_be_used_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 3);
    let all = append(&path);
    let journal = journal_of(&path);
    let broken = &all.after[..all.after.len() - 1];

    // a journal of something else, which the file does not need
    let other = TensorMap::new(Labels::single(), vec![block(1, 1000)]).unwrap();
    other.save(&path).unwrap();
    fs::write(&journal, &all.journal).unwrap();
    assert_same_map(&TensorMap::load(&path).unwrap(), &other);
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(bytes.len() - 1);
    fs::write(&path, bytes).unwrap();
    let error = recover_file(&path).unwrap_err().to_string();
    assert!(
        error.contains(&format!(
            "there is the journal '{}', but of another file",
            journal.display()
        )),
        "{error}"
    );

    // one that is damaged
    for (content, reason) in [
        (&all.journal[..30], "it is too short"),
        (
            &all.journal[..all.journal.len() - 1],
            "it does not have the size that it should have",
        ),
        (
            b"my notes, which are not a journal, but longer",
            "it is something else",
        ),
    ] {
        fs::write(&path, broken).unwrap();
        fs::write(&journal, content).unwrap();
        TensorMap::load(&path).unwrap_err();
        let error = recover_file(&path).unwrap_err().to_string();
        let expected = format!(
            "the journal '{}' can not be used: {reason}",
            journal.display()
        );
        assert!(error.contains(&expected), "{error}");
        assert!(fs::read(&path).unwrap() == broken);
        assert!(fs::read(&journal).unwrap() == content);
    }

    // notes of somebody else are not removed
    fs::write(&path, &all.before).unwrap();
    TensorMap::load(&path).unwrap();
    let error = MapWriter::append(&path).unwrap_err().to_string();
    assert!(
        error.contains("is where a journal would be, but it is none"),
        "{error}"
    );
    assert!(fs::read(&journal).unwrap().starts_with(b"my notes"));
}

#[test]
fn a_file_that_was_replaced_is_not_appended_to() {
    let folder = tempfile::tempdir().unwrap();
    for count in [0, 3] {
        let path = file_of(folder.path(), count);
        let mut writer = MapWriter::append(&path).unwrap();
        add(&mut writer, &map_of(5), count as usize..5);
        map_of(2).save(&path).unwrap();
        let after = fs::read(&path).unwrap();
        let error = writer.finish().unwrap_err().to_string();
        assert!(
            error.contains("another file was put in its place"),
            "{error}"
        );
        assert!(fs::read(&path).unwrap() == after);
        assert_eq!(names(folder.path()), ["map.mts"]);
    }
}

#[test]
fn a_journal_goes_with_the_file_that_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 2);
    let journal = journal_of(&path);
    for how in 0..3 {
        // somebody appended, and died
        write(&map_of(2), &path).unwrap();
        let mut writer = MapWriter::append(&path).unwrap();
        add(&mut writer, &map_of(3), 2..3);
        let [left, kept] = [&path, &journal].map(|path| fs::read(path).unwrap());
        drop(writer);
        fs::write(&path, left).unwrap();
        fs::write(&journal, kept).unwrap();
        // the same bytes at the start
        match how {
            0 => map_of(4).save(&path).unwrap(),
            1 => write(&map_of(4), &path).unwrap(),
            _ => {
                let other = folder.path().join("other.mts");
                map_of(4).save(&other).unwrap();
                metatensor_core::merge_files(&[&other], &path, FileAlignment::Packed).unwrap();
                fs::remove_file(other).unwrap();
            }
        }
        assert_eq!(names(folder.path()), ["map.mts"]);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(
            TensorMap::load(&path).is_err(),
            "this is not what was there before"
        );
        // what is no journal stays
        fs::write(&journal, b"notes on this file").unwrap();
        map_of(2).save(&path).unwrap();
        assert_eq!(fs::read(&journal).unwrap(), b"notes on this file");
        fs::remove_file(&journal).unwrap();
    }
}

#[test]
fn what_is_no_map_can_not_be_appended_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let error = MapWriter::append(&path).unwrap_err().to_string();
    assert!(error.contains("No such file"), "{error}");
    block(1, 10).save(&path).unwrap();
    let error = MapWriter::append(&path).unwrap_err().to_string();
    assert!(error.contains("block"), "{error}");
    assert_eq!(names(folder.path()), ["map.mts"]);
}

#[cfg(unix)]
#[test]
fn links_stay_and_whoever_reads_the_file_reads_the_journal() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 3);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link.mts");
    symlink(&path, &link).unwrap();

    let mut writer = MapWriter::append(&link).unwrap();
    add(&mut writer, &map_of(4), 3..4);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&journal_of(&path)), 0o640);
    for path in [&path, &link] {
        assert_same_map(&TensorMap::load(path).unwrap(), &map_of(3));
    }
    writer.finish().unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_same_map(&TensorMap::load(&link).unwrap(), &map_of(4));
    assert_eq!(mode(&path), 0o640);
    assert_eq!(names(folder.path()), ["map.mts"]);
}

#[test]
fn files_that_are_open_stay_what_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 3);
    let mut old = map_of(3);
    let file = MapFile::open(&path).unwrap();
    let mapped = file.load_mapped(Mapping::ReadOnly).unwrap();
    let mut writer = MapWriter::append(&path).unwrap();
    writer.info_mut().insert("author".into(), "me".into());
    add(&mut writer, &map_of(8), 3..8);
    let in_between = MapFile::open(&path).unwrap();
    for i in 0..3 {
        if i == 1 {
            let mapped = in_between.load_mapped(Mapping::ReadOnly).unwrap();
            assert_same_map(&mapped, &old);
        }
        for file in [&file, &in_between] {
            assert_same_map(&file.load().unwrap(), &old);
            assert_eq!((file.len(), file.info().unwrap().len()), (3, 0));
            assert_same_block(&file.block(2).unwrap(), &old.blocks()[2]);
        }
        assert_same_map(&mapped, &old);
        if i == 0 {
            writer.finish().unwrap();
            writer = MapWriter::append(&path).unwrap();
            add(&mut writer, &map_of(9), 8..9);
        }
    }
    drop(writer);
    old = map_of(8);
    old.info_mut().insert("author".into(), "me".into());
    assert_same_map(&MapFile::open(&path).unwrap().load().unwrap(), &old);
}

#[test]
fn readers_always_find_a_state_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 1);
    let is_done = AtomicBool::new(false);
    let all = map_of(120);
    thread::scope(|scope| {
        let readers = [(); 2].map(|()| {
            scope.spawn(|| {
                let (mut last, mut loads) = (0, 0);
                while !is_done.load(Ordering::Relaxed) {
                    let loaded = TensorMap::load(&path).unwrap();
                    assert!(loaded.len() >= last);
                    last = loaded.len();
                    assert_same_map(&loaded, &first(&all, last));
                    loads += 1;
                }
                loads
            })
        });
        for i in 1..120 {
            let mut writer = MapWriter::append(&path).unwrap();
            add(&mut writer, &all, i..i + 1);
            if i % 10 == 0 {
                drop(writer);
                writer = MapWriter::append(&path).unwrap();
                add(&mut writer, &all, i..i + 1);
            }
            writer.finish().unwrap();
        }
        is_done.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
    });
    assert_same_map(&TensorMap::load(&path).unwrap(), &all);
}
