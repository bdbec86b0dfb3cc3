//! Files that are either the old ones or completely the new ones.

use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::Destination;
use super::access::{Access, set_mode};
use super::overwrite::{Whole, elsewhere};
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
        write(destination).map_err(|error| match error {
            Error::Io { .. } => error.context(format!("could not write '{}'", path.display())),
            other => other,
        })
    };
    let refused = |error| Error::io("write", path, error);
    let (folder, name, old) = match Place::of(path).map_err(refused)? {
        Place::Stream(mut stream) => return write(Destination::Stream(&mut stream)),
        Place::File { folder, name, old } => (folder, name, old),
    };
    let beside = Folder::open(&folder).and_then(|folder| Temporary::new(folder, name.as_bytes()));
    let mut new = match beside {
        Ok(new) => new,
        Err(error) => {
            let Some(old) = old.filter(|_| is_forbidden(&error)) else {
                return Err(refused(error));
            };
            return elsewhere(&folder.join(name), write)?
                .overwrite(&old)
                .map_err(refused);
        }
    };
    write(Destination::File(&mut new.file))?;
    // without this the new name could be on the disk before the data
    new.file.sync_all().map_err(refused)?;
    let Some(old) = old else {
        set_mode(&new.file, new.usual_mode());
        return new.rename_to(&name).map_err(refused);
    };
    let access = Access::of(&old).map_err(refused)?;
    let replaced = access
        .give_to(&new.file)
        .and_then(|()| new.rename_to(&name));
    match replaced {
        // it is mounted there, or the folder only lets owners replace files
        Err(error) if is_forbidden(&error) => Whole::Named(new).overwrite(&old),
        other => other,
    }
    .map_err(refused)
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
