//! What archives are written to.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use crc32fast::Hasher;

use super::checksum;
use crate::io::file::{Destination, write_all_at};
use crate::memory::GrowingMemory;
use crate::{Error, Result, View};

/// Takes bytes one after the other. Some sinks can do more.
pub(crate) enum Sink<'a> {
    Memory(&'a mut dyn GrowingMemory),
    /// A file that is written to by nobody else, and at the end.
    File(&'a mut File),
    /// Anything else, where nobody can go back.
    Stream(&'a mut dyn Write),
}

impl<'a> From<Destination<'a>> for Sink<'a> {
    fn from(destination: Destination<'a>) -> Self {
        match destination {
            Destination::File(file) => Sink::File(file),
            Destination::Stream(stream) => Sink::Stream(stream),
        }
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Memory(memory) => memory.write(bytes),
            Sink::File(file) => file.write(bytes),
            Sink::Stream(sink) => sink.write(bytes),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Sink::Memory(memory) => memory.write_all(bytes),
            Sink::File(file) => file.write_all(bytes),
            Sink::Stream(sink) => sink.write_all(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Memory(_) => Ok(()),
            Sink::File(file) => file.flush(),
            Sink::Stream(sink) => sink.flush(),
        }
    }
}

/// What an archive can be written to.
pub(crate) trait Target: Write {
    /// Appends the elements of `view`, the last axis varying fastest, and gives the checksum of what `checked` has seen and
    /// of them. Only for targets that are no streams.
    ///
    /// # Errors
    /// If the file can not be written, which `failed` makes an error of, or if there is not enough memory.
    fn append(
        &mut self,
        view: &View<'_>,
        checked: Hasher,
        failed: impl Fn(io::Error) -> Error + Sync,
    ) -> Result<u32>;

    /// Replaces what was written `back` bytes before the end, if this is no stream.
    ///
    /// # Errors
    /// If the file can not be written.
    fn replace(&mut self, back: u64, bytes: &[u8]) -> io::Result<()>;

    /// Whether bytes can only be taken one after the other.
    fn is_stream(&self) -> bool;
}

impl Target for Sink<'_> {
    fn append(
        &mut self,
        view: &View<'_>,
        checked: Hasher,
        failed: impl Fn(io::Error) -> Error + Sync,
    ) -> Result<u32> {
        match self {
            Sink::Memory(memory) => {
                let start = memory.written().len();
                view.append_to(*memory, failed)?;
                checksum(checked, &[&memory.written()[start..]])
            }
            Sink::File(file) => file.append(view, checked, failed),
            Sink::Stream(_) => Err(Error::Internal("streams only take bytes".to_owned())),
        }
    }

    fn replace(&mut self, back: u64, bytes: &[u8]) -> io::Result<()> {
        match self {
            Sink::Memory(memory) => {
                let written = memory.written();
                let start = written.len() - back as usize;
                written[start..][..bytes.len()].copy_from_slice(bytes);
                Ok(())
            }
            Sink::File(file) => file.replace(back, bytes),
            Sink::Stream(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn is_stream(&self) -> bool {
        matches!(self, Sink::Stream(_))
    }
}

/// A file that is written to by nobody else, and at the end.
impl Target for File {
    fn append(
        &mut self,
        view: &View<'_>,
        mut checked: Hasher,
        failed: impl Fn(io::Error) -> Error + Sync,
    ) -> Result<u32> {
        let start = self.stream_position().map_err(&failed)?;
        let size = view.shape().iter().product::<usize>() * view.dtype().size();
        let sums = Mutex::new(Vec::new());
        let shared: &File = self;
        view.in_pieces(|offset, bytes| {
            let mut sum = Hasher::new();
            sum.update(bytes);
            let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
            sums.push((offset, sum));
            drop(sums);
            write_all_at(shared, bytes, start + offset as u64).map_err(&failed)
        })?;
        self.seek(SeekFrom::Start(start + size as u64))
            .map_err(failed)?;
        let mut sums = sums.into_inner().unwrap_or_else(PoisonError::into_inner);
        sums.sort_unstable_by_key(|&(offset, _)| offset);
        for (_, sum) in &sums {
            checked.combine(sum);
        }
        Ok(checked.finalize())
    }

    fn replace(&mut self, back: u64, bytes: &[u8]) -> io::Result<()> {
        let end = self.stream_position()?;
        write_all_at(self, bytes, end - back)?;
        // which some systems have moved
        self.seek(SeekFrom::Start(end)).map(|_| ())
    }

    fn is_stream(&self) -> bool {
        false
    }
}
