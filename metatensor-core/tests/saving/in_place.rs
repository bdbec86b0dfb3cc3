//! Files that can be written to, but not replaced.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use rustix::io::Errno;

use crate::child::{command, run};
use crate::objects::{Kind, Object};
use crate::system::{self, NOBODY, become_nobody, forbid, is_administrator, names};

/// A large file with two names, so that it is seen which one is written to.
fn old_file(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("file.mts");
    fs::write(&path, vec![b'x'; 100_000]).unwrap();
    fs::hard_link(&path, folder.join("other name")).unwrap();
    path
}

pub(crate) fn save_what_is_mounted(path: &Path) {
    forbid(system::renames());
    let other = path.with_file_name("other name");
    for kind in Kind::ALL {
        for size in [32, 100_000] {
            let object = Object::new(kind, 2, size);
            object.save(path).unwrap();
            assert!(fs::read(path).unwrap() == object.bytes());
            // still the same file
            assert!(fs::read(&other).unwrap() == object.bytes());
        }
    }
    // and where space can not be reserved
    forbid([system::call(libc::SYS_fallocate, Errno::OPNOTSUPP)]);
    for size in [100_000, 32, 200_000] {
        let object = Object::new(Kind::Map, 3, size);
        object.save(path).unwrap();
        assert!(fs::read(&other).unwrap() == object.bytes());
    }
    // what does not exist can not be overwritten
    let error = Object::small(Kind::Map)
        .save(path.with_file_name("new"))
        .unwrap_err();
    assert!(error.to_string().contains("new'"), "{error}");
    assert!(!error.to_string().contains(".metatensor"), "{error}");
    assert_eq!(names(path.parent().unwrap()), ["file.mts", "other name"]);
}

#[test]
fn a_file_that_can_not_be_renamed_to_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = old_file(folder.path());
    fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
    run(&mut command("save what is mounted", &path));
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o604);
}

/// Fails after the first half of the file was overwritten.
pub(crate) fn fail_halfway(path: &Path) {
    forbid(system::renames().into_iter().chain([
        system::unnamed_files(),
        system::call(libc::SYS_pwrite64, Errno::NOSPC),
    ]));
    let error = Object::small(Kind::Map).save(path).unwrap_err();
    println!("<{error}>");
}

#[test]
fn if_overwriting_fails_the_copy_is_kept_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = old_file(folder.path());
    let output = run(&mut command("fail to save what is mounted", &path));
    assert!(
        output.contains(&format!("'{}'", path.display())),
        "{output}"
    );
    let kept = names(folder.path());
    assert_eq!(kept.len(), 3, "{kept:?}");
    assert!(kept[1].starts_with("metatensor-"), "{kept:?}");
    let copy = folder.path().join(&kept[1]);
    assert!(
        output.contains(&format!("'{}'", copy.display())),
        "{output}"
    );
    assert_eq!(fs::read(&copy).unwrap(), Object::small(Kind::Map).bytes());
    // no later save removes it
    Object::new(Kind::Map, 5, 32).save(&path).unwrap();
    assert_eq!(names(folder.path()), kept);
}

pub(crate) fn find_no_space(path: &Path) {
    forbid(
        system::renames()
            .into_iter()
            .chain([system::call(libc::SYS_fallocate, Errno::NOSPC)]),
    );
    for kind in Kind::ALL {
        let error = Object::new(kind, 1, 100_000).save(path).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(&format!("'{}'", path.display())), "{error}");
        assert!(
            !error.contains(".metatensor") && !error.contains("lost"),
            "{error}"
        );
    }
}

#[test]
fn without_space_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = old_file(folder.path());
    run(&mut command("find no space", &path));
    assert!(fs::read(&path).unwrap() == [b'x'; 100_000]);
    assert_eq!(names(folder.path()), ["file.mts", "other name"]);
}

pub(crate) fn save_in_a_folder_of_others(path: &Path) {
    become_nobody();
    let new = path.with_file_name("new.mts");
    let error = Object::small(Kind::Map).save(&new).unwrap_err();
    assert!(error.to_string().contains(new.to_str().unwrap()), "{error}");
    for kind in Kind::ALL {
        let object = Object::new(kind, 1, 1000);
        object.save(path).unwrap();
        assert!(fs::read(path).unwrap() == object.bytes());
    }
}

#[test]
fn a_file_in_a_folder_that_can_not_be_written_to_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = old_file(folder.path());
    let temporary = tempfile::tempdir().unwrap();
    if is_administrator() {
        chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        chown(&temporary, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    fs::set_permissions(&folder, Permissions::from_mode(0o555)).unwrap();
    let before = fs::metadata(&path).unwrap();
    // a folder for temporary files that can be used, one that can not, and none
    for temporary in [
        temporary.path(),
        folder.path(),
        Path::new("/does/not/exist"),
    ] {
        let mut process = command("save in a folder of others", &path);
        run(process.env("TMPDIR", temporary));
        assert_eq!(names(folder.path()), ["file.mts", "other name"]);
    }
    assert!(names(temporary.path()).is_empty());
    let after = fs::metadata(&path).unwrap();
    assert_eq!(before.ino(), after.ino());
    assert_eq!(before.mode(), after.mode());
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_file_that_can_not_be_written_to_is_not_replaced_either() {
    // a program that runs can not be written to, not even by administrators
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    fs::copy("/bin/sleep", &path).unwrap();
    let running = std::process::Command::new(&path).arg("60").spawn();
    let running = crate::child::Running(running.unwrap());
    let before = File::open(&path).unwrap().metadata().unwrap().ino();
    let error = Object::small(Kind::Map).save(&path).unwrap_err();
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );
    drop(running);
    assert_eq!(fs::metadata(&path).unwrap().ino(), before);
}
