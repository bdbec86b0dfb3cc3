//! Decompression of members, piece by piece, straight to where the bytes are needed.

use flate2::{Decompress, FlushDecompress, Status};

use super::Source;
use super::error::damaged;
use crate::Result;

/// This many compressed bytes are taken from the source at once.
const INPUT: u64 = 32 << 10;

/// Decompresses one member after the other.
#[derive(Debug)]
pub(super) struct Inflater {
    stream: Decompress,
    /// The last compressed bytes that were taken from the source, and how many of them were used.
    input: Vec<u8>,
    used: usize,
    /// Where the compressed bytes after these are, and where the last of them ends.
    next: u64,
    end: u64,
    /// Whether the compressed data said that it ends.
    has_ended: bool,
}

impl Inflater {
    pub(super) fn new() -> Inflater {
        Inflater {
            stream: Decompress::new(false),
            input: Vec::new(),
            used: 0,
            next: 0,
            end: 0,
            has_ended: false,
        }
    }

    /// Go on with the data that is at these bytes of the source.
    pub(super) fn start(&mut self, start: u64, size: u64) {
        self.stream.reset(false);
        self.input.clear();
        self.used = 0;
        self.next = start;
        self.end = start + size;
        self.has_ended = false;
    }

    /// Fill `out` with the next bytes of the member `name`.
    ///
    /// # Errors
    /// If there are not so many, if they are damaged, or if the source can not be read.
    pub(super) fn read_exact_into(
        &mut self,
        name: &str,
        source: &mut Source<'_>,
        mut out: &mut [u8],
    ) -> Result<()> {
        while !out.is_empty() {
            let written = self.step(name, source, out)?;
            out = &mut out[written..];
            if self.has_ended && !out.is_empty() {
                let reason = format!("its compressed data ends {} bytes too early", out.len());
                return Err(damaged(name, reason));
            }
        }
        Ok(())
    }

    /// Check that what was read is all that there is of the member `name`.
    ///
    /// # Errors
    /// If it is not, or if the source can not be read.
    pub(super) fn finish(&mut self, name: &str, source: &mut Source<'_>) -> Result<()> {
        while !self.has_ended {
            if self.step(name, source, &mut [0])? > 0 {
                return Err(damaged(
                    name,
                    "its compressed data gives more bytes than the directory says",
                ));
            }
        }
        match self.end - self.next + (self.input.len() - self.used) as u64 {
            0 => Ok(()),
            rest => Err(damaged(
                name,
                format!("{rest} bytes follow the end of its compressed data"),
            )),
        }
    }

    /// Decompress some bytes, and give the number of those that were written to `out`.
    fn step(&mut self, name: &str, source: &mut Source<'_>, out: &mut [u8]) -> Result<usize> {
        if self.used == self.input.len() && self.next < self.end {
            let length = (self.end - self.next).min(INPUT);
            self.input.resize(length as usize, 0);
            self.used = 0;
            source.read_exact_at(self.next, &mut self.input)?;
            self.next += length;
        }
        let input = &self.input[self.used..];
        let before = (self.stream.total_in(), self.stream.total_out());
        let status = self
            .stream
            .decompress(input, out, FlushDecompress::None)
            .map_err(|error| damaged(name, error))?;
        let used = (self.stream.total_in() - before.0) as usize;
        let written = (self.stream.total_out() - before.1) as usize;
        if status == Status::StreamEnd {
            self.has_ended = true;
        } else if used == 0 && written == 0 {
            return Err(damaged(name, "its compressed data is incomplete"));
        }
        self.used += used;
        Ok(written)
    }
}
