//! What a path to save to stands for.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::descriptor::{duplicate, follow_links, parent};
use super::open::open_at_once;
use super::stream::{PATIENCE, Stream};

/// How often it is tried to open a pipe that nobody reads from yet.
const INTERVAL: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub(super) enum Place {
    /// Something to write to as it is: a pipe, a device, or whatever a descriptor of this process is for.
    Stream(Stream),
    /// A regular file, or a new one.
    File {
        folder: PathBuf,
        name: OsString,
        /// What is there, for writing.
        old: Option<File>,
    },
}

impl Place {
    /// # Errors
    /// If `path` can not be written to, or there is no reader for a named pipe within a few seconds.
    pub(super) fn of(path: &Path) -> io::Result<Place> {
        if let Some(duplicate) = duplicate(path) {
            return Ok(Place::Stream(Stream(duplicate?)));
        }
        // opening it tells whether it may be replaced, which the rename would not ask
        let old = match open_writable(path) {
            Ok(file) if file.metadata()?.is_file() => Some(file),
            Ok(file) => return Ok(Place::Stream(Stream(file))),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let (target, foreign) = follow_links(path)?;
        if foreign {
            return Err(io::Error::other(
                "the file is what another process has open",
            ));
        }
        let bytes = target.as_os_str().as_bytes();
        let is_folder = bytes.ends_with(b"/") || bytes.ends_with(b"/.");
        match target.file_name().filter(|_| !is_folder) {
            Some(name) => Ok(Place::File {
                folder: parent(&target).to_owned(),
                name: name.to_owned(),
                old,
            }),
            None => Err(Errno::ISDIR.into()),
        }
    }
}

fn open_writable(path: &Path) -> io::Result<File> {
    let start = Instant::now();
    loop {
        match open_at_once(path, OpenOptions::new().write(true)) {
            Err(error) if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) => {
                if !fs::metadata(path)?.file_type().is_fifo() {
                    return Err(error);
                }
                if start.elapsed() > PATIENCE {
                    return Err(io::Error::new(
                        ErrorKind::TimedOut,
                        format!(
                            "nobody opened this named pipe to read it within {} seconds",
                            PATIENCE.as_secs()
                        ),
                    ));
                }
                thread::sleep(INTERVAL);
            }
            other => return other,
        }
    }
}
