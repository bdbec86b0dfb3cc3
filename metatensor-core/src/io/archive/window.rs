//! Reading ahead where things are small and many.

use super::reading::Reading;
use crate::Result;

/// How much is read at once from start to end.
const LARGEST: usize = 256 << 10;
/// How much is read at first where only parts are needed.
const SMALLEST: usize = 4 << 10;

/// A piece of a file that was read ahead.
#[derive(Debug)]
pub(super) struct Window {
    reading: Reading,
    start: u64,
    bytes: Vec<u8>,
    /// How much is read at once.
    length: usize,
}

impl Window {
    pub(super) fn new(reading: Reading) -> Window {
        Window {
            reading,
            start: 0,
            bytes: Vec::new(),
            length: match reading {
                Reading::Whole => LARGEST,
                Reading::Parts => SMALLEST,
            },
        }
    }

    /// Whether `out` should be read where it is.
    pub(super) fn is_large(&self, out: &[u8]) -> bool {
        out.len() >= self.length / 4
    }

    /// Copy what the window holds from `offset` on to the start of `out`, and say how much that is.
    pub(super) fn copy(&self, offset: u64, out: &mut [u8]) -> usize {
        let start = offset
            .checked_sub(self.start)
            .and_then(|start| usize::try_from(start).ok());
        let known = start.and_then(|start| self.bytes.get(start..));
        let known = known.unwrap_or(&[]);
        let length = known.len().min(out.len());
        out[..length].copy_from_slice(&known[..length]);
        length
    }

    /// Move the window to `offset`, but not beyond `limit`, and give what it holds then.
    pub(super) fn fill(
        &mut self,
        offset: u64,
        limit: u64,
        read: impl FnOnce(u64, &mut [u8]) -> Result<()>,
    ) -> Result<&[u8]> {
        if self.reading == Reading::Parts {
            let end = self.start + self.bytes.len() as u64;
            let goes_on = (end..=end + self.length as u64).contains(&offset);
            self.length = match goes_on && !self.bytes.is_empty() {
                true => LARGEST.min(2 * self.length),
                false => SMALLEST,
            };
        }
        self.start = offset;
        let length = (limit - offset).min(self.length as u64);
        self.bytes.resize(length as usize, 0);
        let result = read(offset, &mut self.bytes);
        if result.is_err() {
            self.bytes.clear();
        }
        result.map(|()| &self.bytes[..])
    }
}
