//! Opening files and replacing them with what every system has, where the files beside this one can not be compiled: on
//! Windows. There are no pipes here, and nobody looks for what a process that died left over.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Destination, Opened};
use crate::{Error, Result};

/// Opens the regular file at `path`.
///
/// # Errors
/// If it can not be opened, or is of another kind.
pub(in crate::io) fn open(path: &Path) -> Result<Opened> {
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
    let mut file = options
        .write(true)
        .create_new(true)
        .open(&temporary)
        .map_err(refused)?;
    let written = write(Destination::File(&mut file)).map_err(|error| match error {
        Error::Io { .. } => error.context(format!("could not write '{}'", path.display())),
        other => other,
    });
    // without this the new name could be on the disk before the data
    let written = written.and_then(|()| file.sync_all().map_err(refused));
    drop(file);
    let replaced = written.and_then(|()| fs::rename(&temporary, path).map_err(refused));
    if replaced.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    replaced
}

/// Removes the temporary files of this process where that can be done at any moment, which is not here.
///
/// ```no_run
/// metatensor_core::remove_temporaries();
/// ```
pub fn remove_temporaries() {}
