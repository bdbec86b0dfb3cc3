//! Files that are either the old ones or completely the new ones.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Links that are followed before the path is taken to be a loop, as the kernel does.
const MAX_LINKS: usize = 40;

/// Let `write` fill a file that then takes the place of the one at `path`.
///
/// If anything fails, or the process dies, whatever was at `path` before is still there. A symbolic
/// link stays, and what it points to is replaced. What is not a regular file (a device, a pipe) is
/// written to directly.
///
/// # Errors
/// Those of `write`, and an [`Error::Io`] naming the path when the system refuses.
pub(crate) fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<()>,
) -> Result<()> {
    let refused = |error| Error::io("write", path, error);
    let write = |file: &mut File| {
        write(file).map_err(|error| match error {
            Error::Io { .. } => error.context(format!("could not write '{}'", path.display())),
            other => other,
        })
    };

    let target = follow_links(path).map_err(refused)?;
    // opening it tells whether it may be replaced, which the rename would not ask
    let existing = match OpenOptions::new().write(true).open(&target) {
        Ok(mut file) => {
            let metadata = file.metadata().map_err(refused)?;
            if !metadata.is_file() {
                return write(&mut file);
            }
            Some(metadata)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(refused(error)),
    };

    let directory = match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut temporary = tempfile::Builder::new()
        .prefix(".metatensor-")
        // the system takes the umask away from this
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(directory)
        .map_err(refused)?;
    write(temporary.as_file_mut())?;
    if let Some(existing) = existing {
        temporary
            .as_file()
            .set_permissions(existing.permissions())
            .map_err(refused)?;
    }
    // without this the new name could be on the disk before the data
    temporary.as_file().sync_all().map_err(refused)?;
    temporary
        .persist(&target)
        .map_err(|error| refused(error.error))?;
    Ok(())
}

/// The path that `path` stands for, which need not exist.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            // an absolute link replaces the whole path
            Ok(link) => path = path.parent().unwrap_or(Path::new("")).join(link),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

#[cfg(test)]
mod tests;
