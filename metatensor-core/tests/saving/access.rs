//! Who may do what with a file that was saved.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use rustix::fs::{Mode, XattrFlags, fgetxattr_query, fsetxattr};
use rustix::process::{getegid, geteuid, umask};

use crate::child::{command, run};
use crate::objects::{Kind, Object};
use crate::system::{NOBODY, forbid, is_administrator, unnamed_files};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// Saves a new file in both ways.
pub(crate) fn save_with_a_mask(folder: &Path) {
    umask(Mode::from_raw_mode(0o027));
    Object::small(Kind::Map)
        .save(folder.join("unnamed"))
        .unwrap();
    forbid([unnamed_files()]);
    Object::small(Kind::Map).save(folder.join("named")).unwrap();
}

#[test]
fn new_files_have_the_usual_mode_less_the_umask() {
    let folder = tempfile::tempdir().unwrap();
    run(&mut command("save with a mask", folder.path()));
    assert_eq!(mode(&folder.path().join("unnamed")), 0o640);
    assert_eq!(mode(&folder.path().join("named")), 0o640);
}

#[test]
fn owner_group_and_mode_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    // only administrators can give files away
    let (owner, group) = match is_administrator() {
        true => (NOBODY, NOBODY - 1),
        false => (geteuid().as_raw(), getegid().as_raw()),
    };
    for (kind, wanted) in Kind::ALL.into_iter().zip([0o600, 0o664, 0o2771]) {
        fs::write(&path, "old").unwrap();
        chown(&path, Some(owner), Some(group)).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(wanted)).unwrap();
        let object = Object::small(kind);
        object.save(&path).unwrap();
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (owner, group));
        assert_eq!(mode(&path), wanted);
        assert_eq!(fs::read(&path).unwrap(), object.bytes());
    }
}

#[test]
fn lists_of_users_are_kept() {
    const NAME: &str = "system.posix_acl_access";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "old").unwrap();
    let file = File::open(&path).unwrap();
    // version 2, and then tag, permissions and identifier of each entry: the group has nothing, user 1234 may read
    let mut list = vec![2, 0, 0, 0];
    for (tag, permissions, id) in [
        (1_u16, 6_u16, u32::MAX),
        (2, 4, 1234),
        (4, 0, u32::MAX),
        (0x10, 4, u32::MAX),
        (0x20, 0, u32::MAX),
    ] {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    fsetxattr(&file, NAME, &list, XattrFlags::empty()).unwrap();
    // what looks like the mode of the group is the most that anybody in the list can have
    assert_eq!(mode(&path), 0o640);

    Object::small(Kind::Block).save(&path).unwrap();
    let new = File::open(&path).unwrap();
    assert_ne!(
        new.metadata().unwrap().ino(),
        file.metadata().unwrap().ino()
    );
    let mut found = vec![0; fgetxattr_query(&new, NAME).unwrap()];
    rustix::fs::fgetxattr(&new, NAME, &mut found[..]).unwrap();
    assert_eq!(found, list);
    assert_eq!(mode(&path), 0o640);
}

#[test]
fn other_hard_links_keep_the_old_content() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("file"), folder.path().join("other"));
    fs::write(&path, "old").unwrap();
    fs::hard_link(&path, &other).unwrap();
    Object::small(Kind::Map).save(&path).unwrap();
    assert_eq!(fs::read(&other).unwrap(), b"old");
}
