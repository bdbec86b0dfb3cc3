//! Files that are no maps, replaced as those of maps are.

use std::cell::Cell;
use std::io::Write;
use std::path::Path;

use super::file;
use crate::{Error, Result};

/// Saves bytes that are no map to the file at `path`, which is replaced as by [`TensorMap::save`](crate::TensorMap::save).
///
/// # Errors
///
/// If the file can not be written. Whatever was there before still is.
pub fn save_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    save_with(path, |writer| {
        let written = writer.write_all(bytes);
        written.map_err(|error| Error::io("write", path, error))
    })
}

/// The same with what `write` writes, which is the new content of the file when it gives no error.
///
/// # Errors
///
/// Those of `write`, or if the file can not be written. Whatever was there before still is.
pub fn save_with<E: From<Error>>(
    path: &Path,
    write: impl Fn(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let failed = Cell::new(None);
    let saved = file::save(path, |destination| {
        write(destination.writer()).map_err(|error| {
            failed.set(Some(error));
            Error::Internal("what should be saved could not be made".to_owned())
        })
    });
    match failed.into_inner() {
        Some(error) => Err(error),
        None => Ok(saved?),
    }
}
