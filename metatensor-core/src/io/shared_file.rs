//! Files that several processes write, each of them a part, before they replace what is there.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::file::{Replacement, resolved, write_all_at};
use crate::{Error, Result};

/// A file that is complete before it replaces the one at its path: one process makes it, and others may write parts of it.
/// Whatever happens before [`SharedFile::commit`], what was at the path stays, and the new file goes away with this value; if the process
/// is killed, with the next save to the same path.
///
/// ```
/// use metatensor_core::internal::files::{FilePart, SharedFile};
/// # use metatensor_core::{Labels, Result, TensorMap};
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("map.mts");
/// # let content = TensorMap::new(Labels::empty(&["k"])?, vec![])?.save_buffer()?;
/// let file = SharedFile::new(&path, content.len() as u64)?;
/// let (first, second) = content.split_at(100);
/// file.part()?.write_at(first, 0)?;
/// if let Some(name) = file.name() {
///     // this is what other processes do
///     let part = FilePart::open(&path, name, content.len() as u64)?;
///     part.write_at(second, 100)?;
///     part.sync()?;
/// }
/// file.commit()?;
/// assert!(TensorMap::load(&path)?.is_empty());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
#[derive(Debug)]
pub struct SharedFile {
    path: PathBuf,
    new: Replacement,
    name: Option<String>,
}

impl SharedFile {
    /// A new file of this size for `path`.
    ///
    /// # Errors
    ///
    /// If the path can not be written to, or is not one of a regular file, or if files can not be so large.
    pub fn new(path: &Path, size: u64) -> Result<SharedFile> {
        let mut new = Replacement::new(path)?;
        let resized = new.file()?.set_len(size);
        resized.map_err(|error| Error::io("write", path, error))?;
        Ok(SharedFile {
            name: new.give_name()?,
            path: path.to_owned(),
            new,
        })
    }

    /// The name by which other processes find the file, in the folder of the path. `None` if they can not, because nobody may
    /// make files in this folder.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What this process writes to the file.
    ///
    /// # Errors
    ///
    /// If the process has too many files.
    pub fn part(&self) -> Result<FilePart> {
        Ok(FilePart {
            file: self.new.file()?,
            path: self.path.clone(),
        })
    }

    /// Puts the file, of which all parts are written and synced, in the place of the old one.
    ///
    /// # Errors
    ///
    /// When the system refuses. The old file is still there, unless the error says that overwriting failed.
    pub fn commit(self) -> Result<()> {
        self.new.commit()
    }
}

/// What a process writes to a file that others write as well.
#[derive(Debug)]
pub struct FilePart {
    file: File,
    /// What the file will be called.
    path: PathBuf,
}

impl FilePart {
    /// The file that another process made for `path`, with this name and this size.
    ///
    /// # Errors
    ///
    /// If it is not there, as when the processes do not see the same file system.
    pub fn open(path: &Path, name: &str, size: u64) -> Result<FilePart> {
        let open = || {
            let place = resolved(path)?.with_file_name(name);
            let file = OpenOptions::new().write(true).open(&place)?;
            let metadata = file.metadata()?;
            if metadata.is_file() && metadata.len() == size {
                return Ok(file);
            }
            let reason = format!("'{}' is not the file that is written", place.display());
            Err(io::Error::new(ErrorKind::InvalidInput, reason))
        };
        Ok(FilePart {
            file: open().map_err(|error| Error::io("write", path, error))?,
            path: path.to_owned(),
        })
    }

    /// Writes these bytes from `offset` on.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> Result<()> {
        let written = write_all_at(&self.file, bytes, offset);
        written.map_err(|error| Error::io("write", &self.path, error))
    }

    /// Waits until what was written is on the disk.
    ///
    /// # Errors
    ///
    /// If it can not be there.
    pub fn sync(&self) -> Result<()> {
        let synced = self.file.sync_all();
        synced.map_err(|error| Error::io("write", &self.path, error))
    }
}
