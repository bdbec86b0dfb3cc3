use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use super::save;
use crate::{Error, Result};

fn put(path: &Path, content: &[u8]) -> Result<()> {
    save(path, |file| {
        file.writer()
            .write_all(content)
            .map_err(|error| Error::io("fill", path, error))
    })
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn new_and_existing_files_get_the_content_and_nothing_else_stays() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data");
    put(&path, b"first, and longer").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"first, and longer");
    put(&path, b"second").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"second");
    assert_eq!(names(directory.path()), ["data"]);
}

#[test]
fn a_failure_leaves_the_old_file_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data");
    put(&path, b"old").unwrap();
    let error = save(&path, |file| {
        file.writer().write_all(b"half of the n").unwrap();
        Err(Error::invalid("no more"))
    });
    assert_eq!(error.unwrap_err().to_string(), "invalid parameter: no more");
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(directory.path()), ["data"]);
}

#[test]
fn errors_of_the_system_name_the_path() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("missing/data");
    let error = put(&path, b"").unwrap_err();
    let expected = format!("could not write '{}'", path.display());
    assert!(
        matches!(&error, Error::Io { context, .. } if *context == expected),
        "{error}"
    );

    let error = put(directory.path(), b"").unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");

    // the device that is always full
    let error = put(Path::new("/dev/full"), b"content").unwrap_err();
    assert!(
        error.to_string().contains("could not write '/dev/full'"),
        "{error}"
    );
}

#[test]
fn permissions_are_those_of_any_new_file_or_of_the_file_before() {
    let directory = tempfile::tempdir().unwrap();
    let usual = directory.path().join("usual");
    fs::write(&usual, b"").unwrap();
    let path = directory.path().join("data");
    put(&path, b"").unwrap();
    assert_eq!(mode(&path), mode(&usual));

    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    put(&path, b"").unwrap();
    assert_eq!(mode(&path), 0o640);
}

#[test]
fn links_stay_and_what_they_point_to_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("elsewhere")).unwrap();
    let target = directory.path().join("elsewhere/target");
    let middle = directory.path().join("elsewhere/middle");
    let link = directory.path().join("link");
    symlink("target", &middle).unwrap();
    symlink("elsewhere/middle", &link).unwrap();
    for content in [b"1", b"2"] {
        // the target does not exist the first time
        put(&link, content).unwrap();
        assert_eq!(fs::read(&target).unwrap(), content);
    }
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::symlink_metadata(&middle).unwrap().is_symlink());
    assert!(!fs::symlink_metadata(&target).unwrap().is_symlink());

    let circle = directory.path().join("circle");
    symlink("circle", &circle).unwrap();
    assert!(put(&circle, b"").is_err());
}

#[test]
fn what_is_no_regular_file_is_written_to_directly() {
    let before = fs::metadata("/dev/null").unwrap();
    put(Path::new("/dev/null"), b"content").unwrap();
    let after = fs::metadata("/dev/null").unwrap();
    assert!(after.file_type().is_char_device());
    assert_eq!(before.ino(), after.ino());
}

#[test]
fn a_path_without_directory_is_in_the_current_one() {
    // a name of the greatest length still leaves room for the temporary file
    let name = format!("{}.tmp", "x".repeat(251));
    put(Path::new(&name), b"here").unwrap();
    let content = fs::read(&name);
    fs::remove_file(&name).unwrap();
    assert_eq!(content.unwrap(), b"here");
}
