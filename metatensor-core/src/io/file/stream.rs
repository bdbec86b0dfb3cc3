//! Pipes, devices and the like: bytes one after the other, which may take their time.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// How long somebody at the other end of a named pipe is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// Writes all bytes, also to a descriptor that somebody told not to wait.
#[derive(Debug)]
pub(super) struct Stream(pub(super) File);

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    wait(&self.0, PollFlags::OUT, None)?;
                }
                other => return other,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits until something can be read or written, or does not exist any more.
fn wait(file: &File, what: PollFlags, limit: Option<Duration>) -> io::Result<()> {
    let limit = limit.map(|limit| Timespec {
        tv_sec: limit.as_secs() as i64,
        tv_nsec: limit.subsec_nanos().into(),
    });
    loop {
        match poll(&mut [PollFd::new(file, what)], limit.as_ref()) {
            Err(Errno::INTR) => {}
            other => return Ok(other.map(|_| ())?),
        }
    }
}

/// Everything that comes out of `file`, but not much more than `limit` bytes of it. If `named`, the file is a pipe
/// that may not have been opened by its writer yet.
pub(super) fn read_to_end(file: &File, named: bool, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut is_waited_for = named;
    loop {
        let rest = limit.saturating_add(1).saturating_sub(bytes.len() as u64);
        match file.take(rest).read_to_end(&mut bytes) {
            Ok(_) if bytes.is_empty() && is_waited_for => {
                // reading from a pipe that nobody writes to ends at once
                wait(file, PollFlags::IN, Some(PATIENCE))?;
                is_waited_for = false;
            }
            Ok(_) if bytes.is_empty() && named => {
                let message = format!(
                    "nobody wrote anything to this named pipe within {} seconds",
                    PATIENCE.as_secs()
                );
                return Err(io::Error::new(ErrorKind::TimedOut, message));
            }
            Ok(_) => return Ok(bytes),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                wait(file, PollFlags::IN, None)?;
            }
            Err(error) => return Err(error),
        }
    }
}
