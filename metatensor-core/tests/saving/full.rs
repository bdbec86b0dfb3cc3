//! Disks that are full, files that may not grow, and folders that can not be written to, for those who write block by block.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use metatensor_core::{FileAlignment, MapWriter, TensorMap, merge_files};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::child::{command, run};
use crate::growing::{add_next, check, create};
use crate::objects::{Kind, Object};
use crate::system::{self, NOBODY, become_nobody, is_administrator, names};

/// Tries everything that needs more space than there is: `path` has three blocks, and `large` more than fits.
fn write_what_does_not_fit(path: &Path, large: &Path) {
    let folder = path.parent().unwrap();
    let expected = names(folder);
    let before = fs::read(path).unwrap();
    let refused = |error: metatensor_core::Error| {
        let error = error.to_string();
        assert!(error.starts_with("io error: "), "{error}");
        assert!(error.contains(&format!("'{}'", path.display())), "{error}");
        assert_eq!(check(&TensorMap::load(path).unwrap()), 3);
        assert_eq!(names(folder), expected);
        assert!(fs::read(path).unwrap() == before);
    };
    let until_full = |mut writer: MapWriter| {
        let error = (0..1000).find_map(|_| add_next(&mut writer).err()).unwrap();
        // what failed can not be finished
        drop(writer);
        error
    };
    // files that are not there yet, and that are
    let new = folder.join("new.mts");
    let error = until_full(MapWriter::create(&new, &["number"]).unwrap()).to_string();
    assert!(error.contains("new.mts'"), "{error}");
    refused(until_full(MapWriter::create(path, &["number"]).unwrap()));
    for _ in 0..3 {
        refused(until_full(MapWriter::append(path).unwrap()));
    }
    refused(merge_files(&[large], path, FileAlignment::Aligned).unwrap_err());
    refused(Object::new(Kind::Map, 1, 1 << 18).save(path).unwrap_err());

    // and what does fit still does
    let mut writer = MapWriter::append(path).unwrap();
    add_next(&mut writer).unwrap();
    writer.finish().unwrap();
    assert_eq!(check(&TensorMap::load(path).unwrap()), 4);
    assert_eq!(names(folder), expected);
}

pub(crate) fn write_beyond_a_limit(path: &Path) {
    system::ignore(libc::SIGXFSZ);
    let large = path.with_file_name("large");
    create(&large, 40);
    create(path, 3);
    let limit = Rlimit {
        current: Some(256 << 10),
        maximum: None,
    };
    setrlimit(Resource::Fsize, limit).unwrap();
    write_what_does_not_fit(path, &large);
}

#[test]
fn files_that_may_not_grow_stay_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    run(&mut command(
        "write beyond a limit",
        &folder.path().join("file.mts"),
    ));
}

pub(crate) fn fill_a_disk(path: &Path) {
    let folder = path.parent().unwrap();
    if !system::mount_memory(folder, "size=512k") {
        println!("there are no rights to mount a disk");
        return;
    }
    // outside of the disk
    let other = tempfile::tempdir().unwrap();
    let large = other.path().join("large");
    create(&large, 40);
    create(path, 3);
    write_what_does_not_fit(path, &large);
    system::unmount(folder);
}

#[test]
fn a_full_disk_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&mut command("fill a disk", &folder.path().join("file.mts")));
    if is_administrator() {
        println!("{output}");
    }
}

pub(crate) fn write_in_a_folder_of_others(path: &Path) {
    become_nobody();
    let before = fs::read(path).unwrap();
    let mut writer = MapWriter::append(path).unwrap();
    let error = add_next(&mut writer).unwrap_err().to_string();
    assert!(error.contains("Permission denied"), "{error}");
    assert!(error.contains(&format!("'{}'", path.display())), "{error}");
    drop(writer);
    assert!(fs::read(path).unwrap() == before);

    let new = path.with_file_name("new.mts");
    MapWriter::create(&new, &["number"]).unwrap_err();
    // as by a save, what can only be overwritten is
    create(path, 4);
    assert_eq!(check(&TensorMap::load(path).unwrap()), 4);
    merge_files(&[path], path, FileAlignment::Packed).unwrap();
    assert_eq!(check(&TensorMap::load(path).unwrap()), 4);
    assert_eq!(names(path.parent().unwrap()), ["file.mts"]);
}

#[test]
fn nothing_is_appended_where_there_can_be_no_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.mts");
    create(&path, 3);
    let temporary = tempfile::tempdir().unwrap();
    if is_administrator() {
        for path in [path.as_path(), temporary.path()] {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    fs::set_permissions(&folder, Permissions::from_mode(0o555)).unwrap();
    let mut process = command("write in a folder of others", &path);
    run(process.env("TMPDIR", temporary.path()));
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    assert!(names(temporary.path()).is_empty());
}

pub(crate) fn append_without_locks(path: &Path) {
    create(path, 3);
    let before = fs::read(path).unwrap();
    system::forbid([system::call(libc::SYS_flock, rustix::io::Errno::NOLCK)]);
    let error = MapWriter::append(path).unwrap_err().to_string();
    let reason = "it can not be locked, so that others could change it at the same time";
    assert!(error.contains(reason), "{error}");
    assert!(fs::read(path).unwrap() == before);
}

#[test]
fn nothing_is_appended_where_there_are_no_locks() {
    let folder = tempfile::tempdir().unwrap();
    run(&mut command(
        "append without locks",
        &folder.path().join("file.mts"),
    ));
}
