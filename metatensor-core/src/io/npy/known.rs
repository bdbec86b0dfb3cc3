//! Headers that are read again and again.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Header, parse};
use crate::Result;

/// The last few headers that were read: blocks of a map tend to have the same ones.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    pub(super) known: SmallVec<[(Vec<u8>, Arc<Header>); Self::COUNT]>,
    /// The oldest of them, if there are as many as can be.
    oldest: usize,
}

impl Headers {
    pub(super) const COUNT: usize = 8;

    /// The header that `bytes` are.
    ///
    /// # Errors
    /// As for [`parse`].
    pub(crate) fn parse(&mut self, bytes: &[u8]) -> Result<Arc<Header>> {
        if let Some((_, header)) = self.known.iter().find(|known| known.0 == bytes) {
            return Ok(Arc::clone(header));
        }
        let header = Arc::new(parse(bytes)?.0);
        let new = (bytes.to_vec(), Arc::clone(&header));
        if self.known.len() < Self::COUNT {
            self.known.push(new);
        } else {
            self.known[self.oldest] = new;
            self.oldest = (self.oldest + 1) % Self::COUNT;
        }
        Ok(header)
    }
}
