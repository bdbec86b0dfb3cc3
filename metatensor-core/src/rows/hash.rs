//! Hash of a row.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers that are different in each process, so that nobody can prepare rows that collide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed([u64; 3]);

/// The golden ratio, which is as far from fractions as can be.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

impl Seed {
    pub(super) fn of_process() -> Self {
        // No lock: a child that was forked while another thread made this would wait forever.
        static SECRET: AtomicU64 = AtomicU64::new(0);
        let mut secret = SECRET.load(Ordering::Relaxed);
        if secret == 0 {
            let new = RandomState::new().hash_one(0) | 1;
            let first = SECRET.compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed);
            secret = first.err().unwrap_or(new);
        }
        Seed([1, 2, 3].map(|i| scrambled(secret.wrapping_add(MIX.wrapping_mul(i)))))
    }

    /// All bits of the result depend on all of the row. Rows of different widths are not told apart.
    #[inline(always)]
    pub(super) fn hash(self, row: &[i32]) -> u64 {
        let Seed([mut hash, left, right]) = self;
        let (chunks, rest) = row.as_chunks::<4>();
        for &[a, b, c, d] in chunks {
            hash = multiply(word(a, b) ^ left, word(c, d) ^ right ^ hash);
        }
        let hash = match *rest {
            [] => hash,
            [a] => multiply(word(a, 0) ^ left, right ^ hash),
            [a, b] => multiply(word(a, b) ^ left, right ^ hash),
            [a, b, c, ..] => multiply(word(a, b) ^ left, word(c, 0) ^ right ^ hash),
        };
        // One product maps regular rows to regular hashes, which is better than random ones for most seeds,
        // and for one seed in some hundreds a disaster.
        multiply(hash, MIX)
    }
}

/// A number that says nothing of `x` (the finalizer of SplitMix64: G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014).
fn scrambled(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_seed_makes_regular_rows_collide() {
        let row = |i: i32, kind: usize| match kind {
            0 => vec![i],
            1 => vec![i, 0],
            2 => vec![1, 1, i << 12],
            3 => vec![i / 400, i / 20 % 20, i % 20, i % 7],
            _ => vec![0, 0, 0, 0, i],
        };
        for number in 0..500u64 {
            let seed = Seed([1, 2, 3].map(|i| multiply(number * 3 + i, MIX).wrapping_mul(MIX)));
            for kind in 0..5 {
                let mut buckets = vec![false; 8192];
                (0..4096).for_each(|i| buckets[(seed.hash(&row(i, kind)) >> 51) as usize] = true);
                let used = buckets.into_iter().filter(|&used| used).count();
                // Random hashes would use 3223.
                assert!(
                    used > 3000,
                    "{used} buckets, seed {number}, rows of kind {kind}"
                );
            }
        }
    }
}
