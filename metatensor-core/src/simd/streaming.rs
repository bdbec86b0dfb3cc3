//! Stores that bypass the caches: memory that is written is not read before, as it is otherwise, line by line.

#![expect(unsafe_code, reason = "instructions of some processors")]

use std::mem::MaybeUninit;

use super::words::LINE;
#[cfg(target_arch = "x86_64")]
use super::words::WORD;

/// Memory of one line of the cache.
#[repr(align(64))]
pub(crate) struct Line([MaybeUninit<u8>; LINE]);

impl Line {
    /// The lines that `memory` is made of, if it starts and ends where lines do.
    #[inline(always)]
    pub(crate) fn of<T: Copy>(memory: &mut [MaybeUninit<T>]) -> Option<&mut [Line]> {
        // SAFETY: any bytes are elements that may not be known, and the other way round.
        let (before, lines, after) = unsafe { memory.align_to_mut() };
        (before.is_empty() && after.is_empty()).then_some(lines)
    }
}

/// Copies `source`, of as many bytes as a line, to `target`. Other threads only see this after [`finish_streaming`].
#[inline(always)]
pub(crate) fn stream_line<T: Copy>(source: &[MaybeUninit<T>], target: &mut Line) {
    assert_eq!(size_of_val(source), LINE);
    let from = source.as_ptr().cast::<MaybeUninit<u8>>();
    let to = target.0.as_mut_ptr();
    #[cfg(target_arch = "x86_64")]
    for word in (0..LINE).step_by(WORD) {
        use std::arch::x86_64::{_mm_loadu_si128, _mm_stream_si128};
        // SAFETY: all words of both are in memory of the size of a line, and the address that is written to is aligned.
        unsafe {
            let value = _mm_loadu_si128(from.add(word).cast());
            _mm_stream_si128(to.add(word).cast(), value);
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    // SAFETY: both have the size of a line.
    unsafe {
        to.copy_from_nonoverlapping(from, LINE);
    }
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
    fn lines_are_found_and_filled() {
        let mut memory = [const { MaybeUninit::<u32>::uninit() }; 64];
        let start = memory.as_ptr().align_offset(LINE);
        let source: Vec<_> = (0..16).map(MaybeUninit::new).collect();
        for (length, lines) in [(0, Some(0)), (16, Some(1)), (32, Some(2)), (17, None)] {
            let found = Line::of(&mut memory[start..start + length]);
            assert_eq!(found.map(|lines| lines.len()), lines);
        }
        assert!(Line::of(&mut memory[start + 1..start + 17]).is_none());

        let lines = Line::of(&mut memory[start..start + 32]).unwrap();
        stream_line(&source, &mut lines[1]);
        finish_streaming();
        for (i, element) in memory[start + 16..start + 32].iter().enumerate() {
            // SAFETY: all of these were written.
            assert_eq!(unsafe { element.assume_init() }, i as u32);
        }
    }
}
