//! Reading messages, of which nothing is believed.

use metatensor_core::{Error, Result};

/// The rest of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Reader<'a> {
        Reader { rest: message }
    }

    /// The number of bytes that are left.
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next `count` bytes. `what` names them, for the error.
    pub(crate) fn bytes(&mut self, count: usize, what: &str) -> Result<&'a [u8]> {
        let Some((bytes, rest)) = self.rest.split_at_checked(count) else {
            return Err(Error::serialization(format!(
                "a message ends too early: {what} would take {count} bytes, but only {} are left",
                self.rest.len()
            )));
        };
        self.rest = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N, what)?);
        Ok(array)
    }

    pub(crate) fn u16(&mut self, what: &str) -> Result<u16> {
        self.array(what).map(u16::from_ne_bytes)
    }

    pub(crate) fn u32(&mut self, what: &str) -> Result<u32> {
        self.array(what).map(u32::from_ne_bytes)
    }

    pub(crate) fn u64(&mut self, what: &str) -> Result<u64> {
        self.array(what).map(u64::from_ne_bytes)
    }

    /// A number of things that take at least `size_each` bytes in the rest of the message, so that a list for as many can
    /// be made.
    pub(crate) fn count(&mut self, size_each: usize, what: &str) -> Result<usize> {
        let count = self.u64(what)?;
        let most = self.remaining() / size_each;
        usize::try_from(count)
            .ok()
            .filter(|&count| count <= most)
            .ok_or_else(|| {
                Error::serialization(format!("a message is too short for {count} {what}"))
            })
    }

    /// Checks that nothing is left.
    pub(crate) fn finish(self) -> Result<()> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(Error::serialization(format!(
                "a message has {left} bytes too many"
            ))),
        }
    }
}
