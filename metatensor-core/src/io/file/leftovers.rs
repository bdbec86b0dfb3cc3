//! Files that killed processes left behind.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, Mode, OFlags, fstat, openat, statat, unlinkat};
use rustix::io::Errno;

use super::{JOURNAL_MAGIC, JOURNAL_SUFFIX, read_exact_at};

/// Names of temporary files that are looked at even if those before do not exist.
const LOOKED_AT: usize = 8;
/// What can not be locked is left over if it is older than this.
const OLD: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes the temporary files with these names that nobody will need any more: they start with `prefix`, and
/// end with a number.
pub(super) fn remove_stale(directory: &OwnedFd, prefix: &str) {
    for i in 0.. {
        let name = format!("{prefix}{i}");
        match is_stale(directory, &name) {
            Err(Errno::NOENT) if i >= LOOKED_AT => return,
            // locked until it is removed, so that nobody else takes the same one for another file
            Ok(Some(_locked)) => {
                let _ = unlinkat(directory, &name, AtFlags::empty());
            }
            Ok(None) | Err(Errno::NOENT) => {}
            // this is not about one name
            Err(_) if i >= LOOKED_AT => return,
            Err(_) => {}
        }
    }
}

/// The temporary file `name` if nobody will need it any more.
fn is_stale(directory: &OwnedFd, name: &str) -> Result<Option<Option<File>>, Errno> {
    let flags =
        OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match openat(directory, name, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::ACCESS | Errno::PERM) => {
            let stat = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
            let modified = Duration::from_secs(stat.st_mtime.max(0) as u64);
            return Ok(is_old(SystemTime::UNIX_EPOCH + modified).then_some(None));
        }
        Err(error) => return Err(error),
    };
    let Ok(metadata) = file.metadata() else {
        return Ok(None);
    };
    if !metadata.is_file() {
        return Ok(None);
    }
    match file.try_lock() {
        Ok(()) => Ok(is_called(&file, directory, name).then_some(Some(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        // a file system without locks
        Err(TryLockError::Error(_)) => {
            let is_old = metadata.modified().is_ok_and(is_old);
            Ok(is_old.then_some(None))
        }
    }
}

fn is_old(modified: SystemTime) -> bool {
    modified.elapsed().is_ok_and(|age| age > OLD)
}

/// The journal beside the file `name`, if there is one: a file that replaces this one has no use for it.
pub(super) fn journal_of(directory: &OwnedFd, name: &OsStr) -> Option<(OsString, File)> {
    let mut journal_name = name.to_owned();
    journal_name.push(JOURNAL_SUFFIX);
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(openat(directory, &journal_name, flags, Mode::empty()).ok()?);
    let mut first = [0; JOURNAL_MAGIC.len()];
    let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
    let is_journal = is_file && read_exact_at(&file, &mut first, 0).is_ok();
    (is_journal && first == *JOURNAL_MAGIC).then_some((journal_name, file))
}

/// Whether this file has this name.
pub(super) fn is_called(file: &File, directory: &OwnedFd, name: impl rustix::path::Arg) -> bool {
    let named = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW);
    fstat(file).is_ok_and(|file| {
        named.is_ok_and(|named| (named.st_dev, named.st_ino) == (file.st_dev, file.st_ino))
    })
}

/// Locks a temporary file for as long as it is open. The lock belongs to the open file: unlike a lock of the process,
/// it does not end when another descriptor of the file is closed.
///
/// # Errors
/// If somebody is about to remove the file.
pub(super) fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
        // on a file system without locks, files are left alone for a day
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}
