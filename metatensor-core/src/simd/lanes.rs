//! Eight integers compared at once.

#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "vector instructions")
)]

/// Number of integers compared at once.
pub(crate) const LANES: usize = 8;

/// Integers that are read together.
#[derive(Clone, Copy, Debug)]
#[repr(align(16))]
pub(crate) struct Lanes(pub(crate) [u32; LANES]);

impl Lanes {
    /// Which of the integers, of which only the bits of `mask` count, are equal to `value`: one bit for each,
    /// the lowest one for the first.
    #[inline(always)]
    pub(crate) fn equal_to(&self, value: u32, mask: u32) -> u32 {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{
                _mm_and_si128, _mm_castsi128_ps, _mm_cmpeq_epi32, _mm_load_si128, _mm_movemask_ps,
                _mm_set1_epi32,
            };
            let [low, high] = [0, LANES / 2].map(|start| {
                let lanes = self.0[start..start + LANES / 2].as_ptr();
                // SAFETY: every processor of this kind has these instructions, and the four integers are
                // aligned to 16 bytes.
                unsafe {
                    let lanes = _mm_load_si128(lanes.cast());
                    let lanes = _mm_and_si128(lanes, _mm_set1_epi32(mask.cast_signed()));
                    let equal = _mm_cmpeq_epi32(lanes, _mm_set1_epi32(value.cast_signed()));
                    _mm_movemask_ps(_mm_castsi128_ps(equal)).cast_unsigned()
                }
            });
            low | high << (LANES / 2)
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            let equal = self.0.map(|lane| u32::from(lane & mask == value));
            (0..)
                .zip(equal)
                .fold(0, |bits, (lane, equal)| bits | equal << lane)
        }
    }

    /// Set one of the integers, which is 0.
    #[inline(always)]
    pub(crate) fn set(&mut self, lane: usize, value: u32) {
        // Writing all of them allows the processor to pass them on to the next one who reads all of them.
        for (i, integer) in self.0.iter_mut().enumerate() {
            *integer |= if i == lane { value } else { 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lane_has_its_bit() {
        let lanes = Lanes([7, 0, 0x107, 3, 7, u32::MAX, 0x207, 0]);
        assert_eq!(lanes.equal_to(7, u32::MAX), 0b0001_0001);
        assert_eq!(lanes.equal_to(7, 0xff), 0b0101_0101);
        assert_eq!(lanes.equal_to(0, u32::MAX), 0b1000_0010);
        assert_eq!(lanes.equal_to(5, u32::MAX), 0);
    }

    #[test]
    fn one_lane_changes() {
        let mut lanes = Lanes([1, 2, 3, 4, 5, 0, 0, 0]);
        lanes.set(5, 9);
        assert_eq!(lanes.0, [1, 2, 3, 4, 5, 9, 0, 0]);
    }
}
