//! Overwriting files that can not be replaced.

use std::env;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::Destination;
use super::temporary::{Folder, Temporary};
use crate::{Error, Result};

/// Data goes through memory of this size.
const PIECE: usize = 1 << 20;

/// What a file should hold, complete.
#[derive(Debug)]
pub(super) enum Whole {
    Named(Temporary),
    Memory(File),
}

/// Lets `write` write what should be at `path`, in the folder for temporary files, or else in memory.
///
/// # Errors
/// Those of `write`, or if there is no space anywhere.
pub(super) fn elsewhere(
    path: &Path,
    write: impl Fn(Destination<'_>) -> Result<()>,
) -> Result<Whole> {
    let refused = |error| Error::io("write", path, error);
    let in_folder = new_elsewhere(path).map_err(refused).and_then(|mut new| {
        write(Destination::File(new.file_mut()))?;
        // what is overwritten next is lost if the machine stops
        new.file().sync_all().map_err(refused)?;
        Ok(new)
    });
    match in_folder {
        Err(Error::Io { .. }) => {
            let mut file = in_memory().map_err(refused)?;
            write(Destination::File(&mut file))?;
            Ok(Whole::Memory(file))
        }
        other => other,
    }
}

/// A new file for what should be at `path`, in the folder for temporary files, or else in memory.
///
/// # Errors
/// If there is no place for it.
pub(super) fn new_elsewhere(path: &Path) -> io::Result<Whole> {
    let folder = Folder::open(&env::temp_dir());
    let new = folder.and_then(|folder| Temporary::new(folder, path.as_os_str().as_bytes()));
    match new {
        Ok(new) => Ok(Whole::Named(new)),
        Err(_) => Ok(Whole::Memory(in_memory()?)),
    }
}

#[cfg(target_os = "linux")]
fn in_memory() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};

    Ok(memfd_create("metatensor", MemfdFlags::CLOEXEC)?.into())
}

#[cfg(not(target_os = "linux"))]
fn in_memory() -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}

impl Whole {
    pub(super) fn file(&self) -> &File {
        match self {
            Whole::Named(new) => &new.file,
            Whole::Memory(file) => file,
        }
    }

    pub(super) fn file_mut(&mut self) -> &mut File {
        match self {
            Whole::Named(new) => &mut new.file,
            Whole::Memory(file) => file,
        }
    }

    /// Gives `target` this content, once there is space for all of it.
    ///
    /// # Errors
    /// If `target` can not be written to. If it has lost its content by then, the error says where the new one is.
    pub(super) fn overwrite(mut self, target: &File) -> io::Result<()> {
        if let Whole::Named(new) = &mut self {
            // from now on, it stays if the process is killed
            new.give_name()?;
        }
        let source = self.file();
        let size = source.metadata()?.len();
        reserve(target, size)?;
        copy(target, source, size).map_err(|error| {
            let place = match self {
                Whole::Named(new) => new.keep(),
                Whole::Memory(_) => None,
            };
            let place = match place {
                Some(place) => format!("'{}'", place.display()),
                None => "no file".to_owned(),
            };
            let message =
                format!("{error}; the old content is lost, and the new one is in {place}");
            io::Error::new(error.kind(), message)
        })
    }
}

fn copy(target: &File, source: &File, size: u64) -> io::Result<()> {
    let mut buffer = vec![0; size.min(PIECE as u64) as usize];
    let mut position = 0;
    while position < size {
        let length = (size - position).min(PIECE as u64) as usize;
        source.read_exact_at(&mut buffer[..length], position)?;
        target.write_all_at(&buffer[..length], position)?;
        position += length as u64;
    }
    target.set_len(size)?;
    target.sync_all()
}

/// Makes sure that the file system has space for `size` bytes of `target`, or leaves the file as it was.
fn reserve(target: &File, size: u64) -> io::Result<()> {
    let old = target.metadata()?.len();
    let result = match allocate(target, size) {
        Err(error) if [ErrorKind::Unsupported, ErrorKind::InvalidInput].contains(&error.kind()) => {
            // readers ignore zeros at the end
            fill_with_zeros(target, old, size)
        }
        other => other,
    };
    if result.is_err() {
        target.set_len(old)?;
    }
    result
}

#[cfg(target_os = "linux")]
fn allocate(target: &File, size: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::retry_on_intr;

    retry_on_intr(|| fallocate(target, FallocateFlags::KEEP_SIZE, 0, size))?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn allocate(_: &File, _: u64) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

fn fill_with_zeros(target: &File, mut position: u64, size: u64) -> io::Result<()> {
    let zeros = vec![0; PIECE];
    while position < size {
        let length = (size - position).min(PIECE as u64) as usize;
        target.write_all_at(&zeros[..length], position)?;
        position += length as u64;
    }
    Ok(())
}
