//! Files that are changed where they are, by one writer at a time, with a journal beside them.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process;

use rustix::fs::{AtFlags, Mode, OFlags, openat, unlinkat};
use rustix::io::Errno;

use super::access::Access;
use super::descriptor::{follow_links, parent};
use super::leftovers::is_called;
use super::open::open_at_once;
use super::temporary::{Folder, Temporary};
use crate::{Error, Result};

/// How often a file is opened again that was replaced in the meantime.
const ATTEMPTS: usize = 100;

/// A regular file that this process has locked, to change it.
#[derive(Debug)]
pub(in crate::io) struct InPlace {
    path: PathBuf,
    file: File,
    folder: Folder,
    name: OsString,
    journal_name: OsString,
    /// The one that was made last.
    journal: Option<File>,
    /// The one that has locked the file: a child has all of this as well.
    process: u32,
}

impl InPlace {
    /// Opens and locks the regular file at `path`. Its journal has this name, in the same folder.
    ///
    /// # Errors
    /// If it can not be opened for writing, if another writer has locked it, or if it can not be locked.
    pub(in crate::io) fn open(path: &Path, journal_name: &OsStr) -> Result<InPlace> {
        let refused = |error| Error::io("write", path, error);
        for _ in 0..ATTEMPTS {
            let (target, foreign) = follow_links(path).map_err(refused)?;
            let (Some(name), false) = (target.file_name(), foreign) else {
                return Err(refused(not_regular()));
            };
            let folder = Folder::open(parent(&target)).map_err(refused)?;
            let file = open_at_once(path, OpenOptions::new().read(true).write(true));
            let file = file.map_err(refused)?;
            if !file.metadata().map_err(refused)?.is_file() {
                return Err(refused(not_regular()));
            }
            lock(&file).map_err(refused)?;
            // what is locked may have been replaced before it was
            if is_called(&file, folder.descriptor(), name) {
                return Ok(InPlace {
                    path: path.to_owned(),
                    name: name.to_owned(),
                    file,
                    folder,
                    journal_name: journal_name.to_owned(),
                    journal: None,
                    process: process::id(),
                });
            }
        }
        Err(refused(io::Error::other("it is replaced all the time")))
    }

    /// The error that the file can not be changed for this reason.
    #[cold]
    pub(in crate::io) fn refused(&self, error: io::Error) -> Error {
        Error::io("write", &self.path, error)
    }

    /// Whether this is the process that has locked the file, and not a child of it.
    pub(in crate::io) fn is_ours(&self) -> bool {
        self.process == process::id()
    }

    pub(in crate::io) fn path(&self) -> &Path {
        &self.path
    }

    pub(in crate::io) fn file(&self) -> &File {
        &self.file
    }

    /// Whether the path still leads to this file.
    pub(in crate::io) fn is_there(&self) -> bool {
        is_called(&self.file, self.folder.descriptor(), &self.name)
    }

    /// Whether there are other hard links of this file.
    pub(in crate::io) fn has_other_names(&self) -> io::Result<bool> {
        Ok(self.file.metadata()?.nlink() > 1)
    }

    /// The journal that is there, whoever made it, and its size.
    pub(in crate::io) fn open_journal(&self) -> io::Result<Option<(File, u64)>> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match openat(
            self.folder.descriptor(),
            &self.journal_name,
            flags,
            Mode::empty(),
        ) {
            Ok(file) => {
                let file = File::from(file);
                let metadata = file.metadata()?;
                if !metadata.is_file() {
                    return Err(not_regular());
                }
                Ok(Some((file, metadata.len())))
            }
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a journal with this content, which is on the disk when this is done, and can be read by whoever may read the
    /// file. It replaces the one that is there.
    ///
    /// # Errors
    /// When the system refuses. There is no new journal then.
    pub(in crate::io) fn write_journal(&mut self, content: &[u8]) -> io::Result<()> {
        let name = self.journal_name.as_encoded_bytes();
        let mut new = Temporary::new(self.folder.try_clone()?, name)?;
        new.file.write_all(content)?;
        Access::of(&self.file)?.give_to(&new.file)?;
        new.file.sync_all()?;
        new.rename_to(&self.journal_name)?;
        self.journal = Some(new.file.try_clone()?);
        Ok(())
    }

    /// Removes the journal if it is still the one that was made here, or `other`. It may come back if the machine stops now:
    /// the file is valid without it, so that nobody would use it.
    ///
    /// # Errors
    /// When the system refuses.
    pub(in crate::io) fn remove_journal(&mut self, other: Option<File>) -> io::Result<()> {
        let folder = self.folder.descriptor();
        for journal in [self.journal.take(), other].into_iter().flatten() {
            if is_called(&journal, folder, &self.journal_name) {
                unlinkat(folder, &self.journal_name, AtFlags::empty())?;
            }
        }
        Ok(())
    }
}

impl Drop for InPlace {
    /// Children that still have the file open would have it locked.
    fn drop(&mut self) {
        if self.is_ours() {
            let _ = self.file.unlock();
        }
    }
}

/// A lock of the open file, not of the process: it ends when the file is closed, and holds for other threads as well.
fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            ErrorKind::WouldBlock,
            "another writer is changing it",
        )),
        Err(TryLockError::Error(error)) => Err(io::Error::new(
            error.kind(),
            format!(
                "it can not be locked, so that others could change it at the same time: {error}"
            ),
        )),
    }
}

fn not_regular() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "not a regular file")
}
