//! Paths that mean something which a process has open: `/dev/stdout`, `/dev/fd/N`, `/proc/self/fd/N`.

#![expect(unsafe_code, reason = "descriptors that a path names by their number")]

use std::fs::{self, File};
use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::path::{Path, PathBuf};

/// Links that are followed before the path is taken to be a loop, as the kernel does.
const MAX_LINKS: usize = 40;

/// The path that `path` stands for, which need not exist, and whether a link of the system to something that
/// another process has open is on the way.
pub(super) fn follow_links(path: &Path) -> io::Result<(PathBuf, bool)> {
    let mut path = path.to_owned();
    let mut foreign = false;
    for _ in 0..MAX_LINKS {
        let Ok(link) = fs::read_link(&path) else {
            return Ok((path, foreign));
        };
        let parent = parent(&path);
        foreign |= is_in_proc(parent);
        // an absolute link replaces the whole path
        path = parent.join(link);
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// What the links at the end of `path` lead to.
///
/// # Errors
/// If they do not end.
pub(in crate::io) fn resolved(path: &Path) -> io::Result<PathBuf> {
    Ok(follow_links(path)?.0)
}

/// The directory that `path` is in.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Where links are not what their text says.
#[cfg(target_os = "linux")]
fn is_in_proc(directory: &Path) -> bool {
    rustix::fs::statfs(directory).is_ok_and(|system| system.f_type == rustix::fs::PROC_SUPER_MAGIC)
}

#[cfg(not(target_os = "linux"))]
fn is_in_proc(_: &Path) -> bool {
    false
}

/// A duplicate of the descriptor of this process that `path` means, or a link at its end: it shares the position
/// of the original, and appends if that does. `None` if `path` is not of this kind.
pub(super) fn duplicate(path: &Path) -> Option<io::Result<File>> {
    let number = number(path)?;
    // SAFETY: only used for the next call, which fails if there is no such descriptor.
    let original = unsafe { BorrowedFd::borrow_raw(number) };
    Some(original.try_clone_to_owned().map(File::from))
}

fn number(path: &Path) -> Option<RawFd> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let name = path.file_name()?.to_str()?;
        if let Ok(number) = name.parse::<u16>()
            && is_own_directory(parent(&path))
        {
            return Some(number.into());
        }
        path = parent(&path).join(fs::read_link(&path).ok()?);
    }
    None
}

/// Whether this directory lists the descriptors of this process.
fn is_own_directory(directory: &Path) -> bool {
    let Ok(directory) = directory.canonicalize() else {
        return false;
    };
    if cfg!(target_os = "linux") {
        // of the process, or of one of its threads, which share them
        return Path::new("/proc/self").canonicalize().is_ok_and(|process| {
            directory.ends_with("fd")
                && (directory.parent() == Some(&*process)
                    || directory.starts_with(process.join("task")))
        });
    }
    directory == Path::new("/dev/fd")
}
