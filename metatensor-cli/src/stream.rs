//! What can be read only once, from its start to its end: standard input and pipes.

use std::fs;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::output::Failure;

/// Whether nothing is left of standard input.
static IS_READ: AtomicBool = AtomicBool::new(false);

/// All bytes of standard input, for `-`, or of a pipe with a name, as shells make for `<(command)`. `None` for files, which can
/// be read in parts and as often as it needs.
pub(crate) fn streamed(file: &str) -> Result<Option<Vec<u8>>, Failure> {
    let bytes = match file {
        "-" if IS_READ.swap(true, Ordering::Relaxed) => {
            return Err(Failure::Error(
                "- is given twice, and standard input can be read only once".into(),
            ));
        }
        "-" => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        }
        path if is_pipe(path) => fs::read(path),
        _ => return Ok(None),
    };
    let name = match file {
        "-" => "standard input".to_owned(),
        path => format!("'{path}'"),
    };
    bytes
        .map(Some)
        .map_err(|error| Failure::Error(format!("could not read {name}: {error}")))
}

/// Whether this is read as a whole, and once.
pub(crate) fn is_streamed(file: &str) -> bool {
    file == "-" || is_pipe(file)
}

#[cfg(unix)]
fn is_pipe(path: &str) -> bool {
    use std::os::unix::fs::FileTypeExt;
    fs::metadata(path).is_ok_and(|data| data.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_: &str) -> bool {
    false
}
