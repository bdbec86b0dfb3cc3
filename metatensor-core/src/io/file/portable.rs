//! Opening files and replacing them with what every system has, where the files beside this one can not be compiled: on
//! Windows. There are no pipes here, and nobody looks for what a process that died left over.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Destination, Opened};
use crate::{Error, Limits, Result};

/// Opens the regular file at `path`.
///
/// # Errors
/// If it can not be opened, or is of another kind.
pub(in crate::io) fn open(path: &Path, _limits: &Limits) -> Result<Opened> {
    let refused = |error| Error::io("open", path, error);
    let file = File::open(path).map_err(refused)?;
    let metadata = file.metadata().map_err(refused)?;
    if !metadata.is_file() {
        let error = io::Error::new(ErrorKind::InvalidInput, "not a regular file");
        return Err(refused(error));
    }
    Ok(Opened::Regular(file, metadata.len()))
}

/// Lets `write` write the file at `path`, which replaces what is there when it is complete.
///
/// # Errors
/// Those of `write`, and an [`Error::Io`] naming the path when the system refuses.
pub(in crate::io) fn save(
    path: &Path,
    write: impl Fn(Destination<'_>) -> Result<()>,
) -> Result<()> {
    let new = Replacement::new(path)?;
    write(Destination::File(&mut new.file()?)).map_err(|error| new.failed(error))?;
    new.commit()
}

/// A file that replaces another one when it is complete.
#[derive(Debug)]
pub(in crate::io) struct Replacement {
    path: PathBuf,
    temporary: PathBuf,
    file: Option<File>,
}

impl Replacement {
    /// A new file for `path`.
    ///
    /// # Errors
    /// If there can be none.
    pub(in crate::io) fn new(path: &Path) -> Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let refused = |error| Error::io("write", path, error);
        let Some(name) = path.file_name() else {
            return Err(refused(ErrorKind::InvalidInput.into()));
        };
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}.{number}.tmp", std::process::id()));
        let temporary = path.with_file_name(temporary);
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create_new(true)
            .open(&temporary)
            .map_err(refused)?;
        Ok(Replacement {
            path: path.to_owned(),
            temporary,
            file: Some(file),
        })
    }

    /// The name of the new file, which other processes can open as well.
    ///
    /// # Errors
    /// None here.
    pub(in crate::io) fn give_name(&mut self) -> Result<Option<String>> {
        let name = self.temporary.file_name().and_then(OsStr::to_str);
        Ok(name.map(str::to_owned))
    }

    /// Another descriptor for the file that is to be written.
    ///
    /// # Errors
    /// If the process has too many.
    pub(in crate::io) fn file(&self) -> Result<File> {
        let file = self.file.as_ref().ok_or_else(|| ErrorKind::NotFound.into());
        file.and_then(File::try_clone)
            .map_err(|error| Error::io("write", &self.path, error))
    }

    /// What a failed write says.
    #[cold]
    pub(in crate::io) fn failed(&self, error: Error) -> Error {
        match error {
            Error::Io { .. } => error.context(format!("could not write '{}'", self.path.display())),
            other => other,
        }
    }

    /// Puts the new file in the place of the old one.
    ///
    /// # Errors
    /// When the system refuses.
    pub(in crate::io) fn commit(mut self) -> Result<()> {
        // without this the new name could be on the disk before the data
        let synced = self.file.take().map_or(Ok(()), |file| file.sync_all());
        synced
            .and_then(|()| fs::rename(&self.temporary, &self.path))
            .map_err(|error| Error::io("write", &self.path, error))
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        self.file = None;
        let _ = fs::remove_file(&self.temporary);
    }
}

/// The path itself: links are not looked at here.
///
/// # Errors
/// None here.
pub(in crate::io) fn resolved(path: &Path) -> io::Result<PathBuf> {
    Ok(path.to_owned())
}

/// Files that are changed where they are, which needs locks that readers do not notice.
#[derive(Debug)]
pub(in crate::io) enum InPlace {}

impl InPlace {
    /// # Errors
    /// Always.
    pub(in crate::io) fn open(path: &Path, _: &OsStr) -> Result<InPlace> {
        Err(Error::io("write", path, ErrorKind::Unsupported.into()))
    }

    pub(in crate::io) fn refused(&self, _: io::Error) -> Error {
        match *self {}
    }

    pub(in crate::io) fn is_ours(&self) -> bool {
        match *self {}
    }

    pub(in crate::io) fn path(&self) -> &Path {
        match *self {}
    }

    pub(in crate::io) fn file(&self) -> &File {
        match *self {}
    }

    pub(in crate::io) fn is_there(&self) -> bool {
        match *self {}
    }

    pub(in crate::io) fn has_other_names(&self) -> io::Result<bool> {
        match *self {}
    }

    pub(in crate::io) fn open_journal(&self) -> io::Result<Option<(File, u64)>> {
        match *self {}
    }

    pub(in crate::io) fn write_journal(&mut self, _: &[u8]) -> io::Result<()> {
        match *self {}
    }

    pub(in crate::io) fn remove_journal(&mut self, _: Option<File>) -> io::Result<()> {
        match *self {}
    }
}

/// Removes the temporary files of this process where that can be done at any moment, which is not here.
///
/// ```no_run
/// metatensor_core::remove_temporaries();
/// ```
pub fn remove_temporaries() {}
