//! What the bytes of an input choose.

/// Reads the bytes of an input from the front. There is always a next choice: after the end, all of them are zero.
#[derive(Clone, Debug)]
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Choices(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((&first, others)) = self.0.split_first() else {
            return 0;
        };
        self.0 = others;
        first
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// One of the numbers below `count`, or 0 if there are none.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        match count {
            0 | 1 => 0,
            2..=256 => usize::from(self.byte()) % count,
            _ => usize::from(self.u16()) % count,
        }
    }

    /// The next `count` bytes, or those that are left.
    pub(crate) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (bytes, others) = self.0.split_at(count.min(self.0.len()));
        self.0 = others;
        bytes
    }
}
