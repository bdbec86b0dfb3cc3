//! Journals, and what else is beside a file that blocks are appended to.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use metatensor_core::{MapFile, MapWriter, TensorMap, recover_file};

use crate::make::assert_same_map;
use crate::parts::{add, block, file_of, map_of, names, write};

fn append(path: &Path, positions: std::ops::Range<usize>) -> metatensor_core::Result<()> {
    let mut writer = MapWriter::append(path)?;
    add(&mut writer, &map_of(positions.end as i32), positions);
    writer.finish()
}

/// What the journal of the file has when blocks were added.
fn journal(path: &Path) -> Vec<u8> {
    let mut writer = MapWriter::append(path).unwrap();
    let count = writer.len();
    add(&mut writer, &map_of(count as i32 + 1), count..count + 1);
    fs::read(path.with_file_name("map.mts.journal")).unwrap()
}

#[test]
fn other_hard_links_keep_the_old_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 3);
    let other = folder.path().join("other.mts");
    fs::hard_link(&path, &other).unwrap();
    let before = fs::read(&path).unwrap();

    let mut writer = MapWriter::append(&path).unwrap();
    add(&mut writer, &map_of(4), 3..4);
    // a journal would not be beside the other one, which could be in another folder
    assert!(!names(folder.path()).contains(&"map.mts.journal".to_owned()));
    assert_same_map(&TensorMap::load(&other).unwrap(), &map_of(3));
    drop(writer);
    assert!(fs::read(&path).unwrap() == before);
    append(&path, 3..5).unwrap();
    assert!(fs::read(&other).unwrap() == before);
    assert_same_map(&TensorMap::load(&path).unwrap(), &map_of(5));

    // now they are two files, and each of them grows where it is
    for path in [&path, &other] {
        let number = fs::metadata(path).unwrap().ino();
        append(path, MapFile::open(path).unwrap().len()..6).unwrap();
        assert_eq!(fs::metadata(path).unwrap().ino(), number);
        assert_same_map(&TensorMap::load(path).unwrap(), &map_of(6));
    }
    assert_eq!(names(folder.path()), ["map.mts", "other.mts"]);
}

#[test]
fn a_file_that_others_write_to_is_left_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 3);
    let before = fs::read(&path).unwrap();
    let changes: [&dyn Fn(&File); 3] = [
        &|file| file.set_len(10).unwrap(),
        &|file| file.set_len(before.len() as u64 - 1).unwrap(),
        &|mut file| file.write_all(b"more").unwrap(),
    ];
    for change in changes {
        fs::write(&path, &before).unwrap();
        let mut writer = MapWriter::append(&path).unwrap();
        change(&File::options().append(true).open(&path).unwrap());
        let changed = fs::read(&path).unwrap();
        for _ in 0..2 {
            let error = writer.add(&[3], &block(3, 1)).unwrap_err().to_string();
            let expected = format!(
                "io error: could not write '{}': somebody else has written to it since it was opened",
                path.display()
            );
            assert_eq!(error, expected);
        }
        drop(writer);
        assert!(fs::read(&path).unwrap() == changed);
        assert_eq!(names(folder.path()), ["map.mts"]);
    }
}

#[test]
fn a_journal_that_was_not_written_to_its_end_is_not_needed() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 3);
    let journal = journal(&path);
    let beside = path.with_file_name("map.mts.journal");
    let before = fs::read(&path).unwrap();
    for length in [0, 5, 12, 30, journal.len() - 1] {
        fs::write(&beside, &journal[..length]).unwrap();
        assert_same_map(&TensorMap::load(&path).unwrap(), &map_of(3));
        assert!(recover_file(&path).unwrap());
        assert!(fs::read(&path).unwrap() == before);
        assert_eq!(names(folder.path()), ["map.mts"]);

        fs::write(&beside, &journal[..length]).unwrap();
        append(&path, 3..4).unwrap();
        assert_same_map(&TensorMap::load(&path).unwrap(), &map_of(4));
        assert_eq!(names(folder.path()), ["map.mts"]);
        fs::write(&path, &before).unwrap();
    }
}

#[test]
fn what_a_journal_is_a_link_to_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 3);
    let journal = journal(&path);
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("target");
    let beside = path.with_file_name("map.mts.journal");
    for content in [&journal[..], &journal[..20]] {
        fs::write(&target, content).unwrap();
        symlink(&target, &beside).unwrap();
        append(&path, MapFile::open(&path).unwrap().len()..5).unwrap();
        assert_same_map(&TensorMap::load(&path).unwrap(), &map_of(5));
        assert!(fs::read(&target).unwrap() == content);
        let _ = fs::remove_file(&beside);
        write(&map_of(3), &path).unwrap();
    }
    // nor is a folder of this name, or a link to nowhere
    fs::create_dir(&beside).unwrap();
    let error = append(&path, 3..4).unwrap_err().to_string();
    assert!(error.contains("map.mts.journal"), "{error}");
    assert_same_map(&TensorMap::load(&path).unwrap(), &map_of(3));
    fs::remove_dir(&beside).unwrap();
    symlink("nowhere", &beside).unwrap();
    append(&path, 3..4).unwrap();
    assert_same_map(&TensorMap::load(&path).unwrap(), &map_of(4));
}

#[test]
fn a_journal_of_more_than_there_is_memory_for_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), 3);
    let journal = journal(&path);
    let beside = path.with_file_name("map.mts.journal");
    fs::write(&beside, journal).unwrap();
    let size = 4 << 40;
    if File::options()
        .write(true)
        .open(&beside)
        .unwrap()
        .set_len(size)
        .is_err()
    {
        println!("this file system has no such files");
        return;
    }
    assert_same_map(&TensorMap::load(&path).unwrap(), &map_of(3));
    // a file that needs it
    let content = fs::read(&path).unwrap();
    fs::write(&path, &content[..content.len() - 1]).unwrap();
    TensorMap::load(&path).unwrap_err();
    let error = MapWriter::append(&path).unwrap_err().to_string();
    assert!(error.contains("map.mts.journal"), "{error}");
}
