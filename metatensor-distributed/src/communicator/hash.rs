//! Hashes that are the same in all processes.

use metatensor_core::Labels;

/// Hash of a sequence of numbers and bytes. It says whether ranks have the same, and stands against chance, not against
/// somebody who looks for collisions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hasher(u64);

/// Odd, and without a pattern: digits of the golden ratio and of pi.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
const OFFSET: u64 = 0x243f_6a88_85a3_08d3;

impl Default for Hasher {
    fn default() -> Hasher {
        Hasher(OFFSET)
    }
}

impl Hasher {
    #[inline]
    pub(crate) fn number(&mut self, number: u64) {
        // Both halves of the product: all bits of the sum count in all bits of the result.
        let product = u128::from((self.0 ^ number).wrapping_add(OFFSET)) * u128::from(FACTOR);
        self.0 = (product as u64) ^ (product >> 64) as u64 ^ number.rotate_left(32);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.number(u64::from_ne_bytes(*word));
        }
        for byte in rest {
            self.number(u64::from(*byte));
        }
    }

    pub(crate) fn integers(&mut self, integers: &[i32]) {
        self.number(integers.len() as u64);
        let (pairs, rest) = integers.as_chunks::<2>();
        for &[low, high] in pairs {
            let low = u64::from(low.cast_unsigned());
            self.number(low | u64::from(high.cast_unsigned()) << 32);
        }
        for integer in rest {
            self.number(u64::from(integer.cast_unsigned()));
        }
    }

    pub(crate) fn labels(&mut self, labels: &Labels) {
        for name in labels.names().iter() {
            self.bytes(name.as_bytes());
        }
        self.integers(labels.rows().values());
    }

    pub(crate) fn finish(mut self) -> u64 {
        self.number(0);
        self.0
    }
}
