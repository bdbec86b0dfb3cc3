//! Stores that bypass the caches: memory that is written is not read before, as it is otherwise, line by line.

#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "instructions of some processors")
)]

use std::mem::MaybeUninit;

/// Copies `source`, whose bytes may be unspecified in part, to `target`, which has the same length. Other threads only see
/// this after [`finish_streaming`].
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn stream<T: Copy>(source: &[MaybeUninit<T>], target: &mut [MaybeUninit<T>]) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_stream_si128};

    const WORD: usize = size_of::<__m128i>();
    assert_eq!(source.len(), target.len());
    let size = size_of_val(target);
    let (from, to) = (
        source.as_ptr().cast::<u8>(),
        target.as_mut_ptr().cast::<u8>(),
    );
    let before = to.align_offset(WORD).min(size);
    let words = (size - before) / WORD;
    let end = before + words * WORD;
    // SAFETY: all offsets are inside of both slices, which have `size` bytes and do not overlap. Words are written to
    // aligned addresses, by an instruction that all processors of this kind have.
    unsafe {
        to.copy_from_nonoverlapping(from, before);
        let (from_words, to_words) = (from.add(before), to.add(before));
        for word in 0..words {
            let value = _mm_loadu_si128(from_words.add(word * WORD).cast());
            _mm_stream_si128(to_words.add(word * WORD).cast(), value);
        }
        to.add(end)
            .copy_from_nonoverlapping(from.add(end), size - end);
    }
}

/// Copies `source` to `target`, which has the same length.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(crate) fn stream<T: Copy>(source: &[MaybeUninit<T>], target: &mut [MaybeUninit<T>]) {
    target.copy_from_slice(source);
}

/// Lets all threads see what this one has streamed.
#[inline]
pub(crate) fn finish_streaming() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: all processors of this kind have this instruction.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_arrives_wherever_memory_starts() {
        let source: Vec<_> = (0..100_u8).map(MaybeUninit::new).collect();
        for start in 0..20 {
            for length in [0, 1, 15, 16, 17, 31, 64, 80] {
                let mut target = [MaybeUninit::new(255_u8); 100];
                stream(&source[3..3 + length], &mut target[start..start + length]);
                finish_streaming();
                // SAFETY: all of them were written above.
                let target = target.map(|byte| unsafe { byte.assume_init() });
                for (i, &byte) in target.iter().enumerate() {
                    let expected = match i.checked_sub(start) {
                        Some(i) if i < length => 3 + i as u8,
                        _ => 255,
                    };
                    assert_eq!(byte, expected);
                }
            }
        }
    }
}
