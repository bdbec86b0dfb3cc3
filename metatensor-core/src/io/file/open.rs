//! Opening files to read them.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::{Opened, descriptor, stream};
use crate::{Error, Limit, Limits, Result};

/// Opens `path`. Pipes and sockets are read to their end. A named pipe without a writer waits for one for a few
/// seconds only.
///
/// # Errors
/// If the path can not be opened or read, or is of another kind, or more than the limit comes out of a pipe.
pub(in crate::io) fn open(path: &Path, limits: &Limits) -> Result<Opened> {
    let refused = |error| Error::io("open", path, error);
    let mut opened = open_at_once(path, OpenOptions::new().read(true));
    let is_regular = |file: &File| file.metadata().is_ok_and(|metadata| metadata.is_file());
    let mut named = true;
    // Sockets, and what belongs to somebody else, can not be opened a second time.
    if !opened.as_ref().is_ok_and(is_regular)
        && let Some(duplicate) = descriptor::duplicate(path)
    {
        opened = duplicate;
        named = false;
    }
    let file = opened.map_err(refused)?;
    let metadata = file.metadata().map_err(refused)?;
    let kind = metadata.file_type();
    if kind.is_file() {
        return Ok(Opened::Regular(file, metadata.len()));
    }
    if !kind.is_fifo() && !kind.is_socket() {
        return Err(refused(io::Error::new(
            ErrorKind::InvalidInput,
            "not a regular file, a pipe or a socket",
        )));
    }
    let limit = limits.get(Limit::InflatedBytes);
    let bytes =
        stream::read_to_end(&file, named, limit).map_err(|error| Error::io("read", path, error))?;
    let place = format_args!("'{}'", path.display());
    limits.check(Limit::InflatedBytes, bytes.len() as u64, place)?;
    Ok(Opened::Read(bytes))
}

/// Opens `path` without waiting for somebody to open the other end of a pipe, and without making a terminal that
/// of this process.
pub(super) fn open_at_once(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    match options.custom_flags(flags.bits() as i32).open(path) {
        // a regular file that another machine has to give back first
        Err(error) if error.kind() == ErrorKind::WouldBlock => options.custom_flags(0).open(path),
        other => other,
    }
}
