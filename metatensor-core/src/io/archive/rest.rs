//! What is read of a member only to be checked.

use super::Member;
use super::member::{LARGE, PIECE};
use crate::Result;
use crate::threads::{for_each, rows_per_piece};

impl Member<'_, '_> {
    /// Read everything that is left and forget it, after `inspect` has seen all bytes, in any pieces and order: the checksum
    /// is compared.
    ///
    /// # Errors
    /// Those of `inspect`, or as for [`Member::read_exact_into`].
    pub(crate) fn check_rest(
        &mut self,
        scratch: &mut Vec<u8>,
        inspect: impl Fn(&[u8]) -> Result<(), String> + Sync,
    ) -> Result<()> {
        if self.remaining() >= LARGE as u64 && self.can_be_shared() {
            return self.check_in_parts(inspect);
        }
        while self.remaining() > 0 {
            scratch.resize(self.remaining().min(PIECE as u64) as usize, 0);
            self.read_exact_into(scratch)?;
            inspect(scratch).map_err(|error| self.bad(error))?;
        }
        Ok(())
    }

    fn check_in_parts(
        &mut self,
        inspect: impl Fn(&[u8]) -> Result<(), String> + Sync,
    ) -> Result<()> {
        let length = self.remaining() as usize;
        // read and summed up
        let work = length.saturating_mul(2);
        let step = rows_per_piece(length, work);
        self.read_in_parts(length, |parts| {
            for_each(work, 0..length.div_ceil(step), |i| {
                let range = i * step..length.min((i + 1) * step);
                let mut part = parts.from(range.start);
                let mut bytes = vec![0; range.len().min(PIECE)];
                let mut left = range.len();
                while left > 0 {
                    bytes.truncate(left);
                    part.read_exact_into(&mut bytes)?;
                    inspect(&bytes).map_err(|error| parts.bad(error))?;
                    left -= bytes.len();
                }
                part.finish();
                Ok(())
            })
        })
    }
}
