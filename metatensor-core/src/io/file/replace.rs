//! Files that are either the old ones or completely the new ones.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::Destination;
use super::access::{Access, set_mode};
use super::overwrite::{Whole, elsewhere, new_elsewhere};
use super::place::Place;
use super::temporary::{Folder, Temporary};
use crate::{Error, Result};

/// Lets `write` write the file at `path`, which replaces what is there when it is complete.
///
/// If anything fails, or the process dies, whatever was at `path` before is still there. A symbolic link stays, and
/// what it points to is replaced; owner, group and mode are kept as far as the system allows; other hard links of the
/// file keep the old content. What is not a regular file, and a path that means something which this process has
/// open (`/dev/stdout`), is written to directly, and may have got a part if something fails.
///
/// A file that can be written to, but neither replaced nor put beside, is overwritten. It is not complete for a
/// moment.
///
/// # Errors
/// Those of `write`, and an [`Error::Io`] naming the path when the system refuses.
pub(in crate::io) fn save(
    path: &Path,
    write: impl Fn(Destination<'_>) -> Result<()>,
) -> Result<()> {
    let write = |destination: Destination<'_>| {
        write(destination).map_err(|error| could_not_write(error, path))
    };
    let refused = |error| Error::io("write", path, error);
    match Place::of(path).map_err(refused)? {
        Place::Stream(mut stream) => write(Destination::Stream(&mut stream)),
        Place::File { folder, name, old } => {
            let mut new = match beside(&folder, &name, old.is_some()).map_err(refused)? {
                Some(new) => Whole::Named(new),
                None => {
                    let whole = elsewhere(&folder.join(&name), write)?;
                    return overwrite(whole, old).map_err(refused);
                }
            };
            write(Destination::File(new.file_mut()))?;
            replace(new, &name, old).map_err(refused)
        }
    }
}

/// What a failed write to the file at `path` says.
#[cold]
fn could_not_write(error: Error, path: &Path) -> Error {
    match error {
        Error::Io { .. } => error.context(format!("could not write '{}'", path.display())),
        other => other,
    }
}

/// A file that replaces another one when it is complete, as by [`save`], for those who write it over some time.
#[derive(Debug)]
pub(in crate::io) struct Replacement {
    path: PathBuf,
    name: OsString,
    old: Option<File>,
    new: Whole,
    is_beside: bool,
}

impl Replacement {
    /// A new file for `path`.
    ///
    /// # Errors
    /// If the path can not be written to, or is not one of a regular file.
    pub(in crate::io) fn new(path: &Path) -> Result<Self> {
        let refused = |error| Error::io("write", path, error);
        let Place::File { folder, name, old } = Place::of(path).map_err(refused)? else {
            let error = io::Error::new(
                ErrorKind::InvalidInput,
                "a file that grows piece by piece has to be a regular one, not a pipe or a device",
            );
            return Err(refused(error));
        };
        let beside = beside(&folder, &name, old.is_some()).map_err(refused)?;
        let is_beside = beside.is_some();
        let new = match beside {
            Some(new) => Whole::Named(new),
            None => new_elsewhere(&folder.join(&name)).map_err(refused)?,
        };
        Ok(Replacement {
            path: path.to_owned(),
            name,
            old,
            new,
            is_beside,
        })
    }

    /// Gives the new file a name, so that other processes can open it as well. `None` if it is not in the same folder as
    /// the old one, or in memory, where these may not find it.
    ///
    /// # Errors
    /// If the system refuses.
    pub(in crate::io) fn give_name(&mut self) -> Result<Option<String>> {
        let Whole::Named(new) = &mut self.new else {
            return Ok(None);
        };
        if !self.is_beside {
            return Ok(None);
        }
        let named = new.give_name();
        named.map_err(|error| Error::io("write", &self.path, error))?;
        Ok(new.name().map(str::to_owned))
    }

    /// Another descriptor for the file that is to be written.
    ///
    /// # Errors
    /// If the process has too many.
    pub(in crate::io) fn file(&self) -> Result<File> {
        let file = self.new.file().try_clone();
        file.map_err(|error| Error::io("write", &self.path, error))
    }

    /// What a failed write says.
    #[cold]
    pub(in crate::io) fn failed(&self, error: Error) -> Error {
        could_not_write(error, &self.path)
    }

    /// Puts the new file in the place of the old one.
    ///
    /// # Errors
    /// When the system refuses. The old file is still there, unless the error says that overwriting failed, and where
    /// the new content is.
    pub(in crate::io) fn commit(self) -> Result<()> {
        let refused = |error| Error::io("write", &self.path, error);
        if self.is_beside {
            return replace(self.new, &self.name, self.old).map_err(refused);
        }
        self.new
            .file()
            .sync_all()
            .and_then(|()| overwrite(self.new, self.old))
            .map_err(refused)
    }
}

/// A new file in the same folder, or `None` if the folder does not allow it, but `old` could be overwritten.
fn beside(folder: &Path, name: &OsString, old: bool) -> io::Result<Option<Temporary>> {
    let new = Folder::open(folder).and_then(|folder| Temporary::new(folder, name.as_bytes()));
    match new {
        Err(error) if old && is_forbidden(&error) => Ok(None),
        other => other.map(Some),
    }
}

/// Gives the complete file `new` its name.
fn replace(new: Whole, name: &OsString, old: Option<File>) -> io::Result<()> {
    let Whole::Named(mut new) = new else {
        return overwrite(new, old);
    };
    // without this the new name could be on the disk before the data
    new.file.sync_all()?;
    let Some(old) = old else {
        set_mode(&new.file, new.usual_mode());
        return new.rename_to(name);
    };
    let access = Access::of(&old)?;
    let replaced = access.give_to(&new.file).and_then(|()| new.rename_to(name));
    match replaced {
        // it is mounted there, or the folder only lets owners replace files
        Err(error) if is_forbidden(&error) => Whole::Named(new).overwrite(&old),
        other => other,
    }
}

fn overwrite(new: Whole, old: Option<File>) -> io::Result<()> {
    match old {
        Some(old) => new.overwrite(&old),
        None => Err(ErrorKind::NotFound.into()),
    }
}

/// Whether a file can still be overwritten if this is why it could not be replaced.
fn is_forbidden(error: &io::Error) -> bool {
    [
        ErrorKind::PermissionDenied,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::ResourceBusy,
    ]
    .contains(&error.kind())
}
