//! Hash of a row.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::OnceLock;

/// Numbers that are different in each process, so that nobody can prepare rows that collide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed([u64; 3]);

impl Seed {
    pub(super) fn of_process() -> Self {
        static SEED: OnceLock<Seed> = OnceLock::new();
        *SEED.get_or_init(|| {
            let state = RandomState::new();
            Seed([0u32, 1, 2].map(|i| state.hash_one(i)))
        })
    }

    /// All bits of the result depend on all of the row. Rows of different widths are not told apart.
    #[inline(always)]
    pub(super) fn hash(self, row: &[i32]) -> u64 {
        let Seed([mut hash, left, right]) = self;
        let (chunks, rest) = row.as_chunks::<4>();
        for &[a, b, c, d] in chunks {
            hash = multiply(word(a, b) ^ left, word(c, d) ^ right ^ hash);
        }
        match *rest {
            [] => hash,
            [a] => multiply(word(a, 0) ^ left, right ^ hash),
            [a, b] => multiply(word(a, b) ^ left, right ^ hash),
            [a, b, c, ..] => multiply(word(a, b) ^ left, word(c, 0) ^ right ^ hash),
        }
    }
}

#[inline(always)]
fn word(low: i32, high: i32) -> u64 {
    u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32
}

/// Both halves of the product, added bit by bit.
#[inline(always)]
fn multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}
