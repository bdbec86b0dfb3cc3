//! What copies of items need from the processor: words of 16 bytes, and lines of the cache.

#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "instructions of some processors")
)]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64;

/// Bytes of a line of the cache.
pub(crate) const LINE: usize = 64;

/// Bytes that are worth a hint: the processor finds out itself what follows.
const PREFETCHED: usize = 8 << 10;

/// Bytes of a word.
pub(crate) const WORD: usize = 16;

/// A register.
#[cfg(target_arch = "x86_64")]
pub(crate) type Word = x86_64::__m128i;
#[cfg(not(target_arch = "x86_64"))]
pub(crate) type Word = [u8; WORD];

/// Says that the line of the cache with this byte will be read soon.
#[inline(always)]
pub(crate) fn will_read(byte: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: this is a hint, which all processors of this kind accept for any address.
    unsafe {
        x86_64::_mm_prefetch::<{ x86_64::_MM_HINT_T0 }>(byte.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = byte;
}

/// Says that these elements will be read soon, from the first one on. The processor looks ahead by itself, but not from a page to
/// the next one, nor while it is busy with what was read.
///
/// ```
/// # use metatensor_core::internal::prefetch;
/// let rows = [[1.0; 8], [2.0; 8]];
/// prefetch(&rows[1]);
/// let sum: f64 = rows[0].iter().sum();
/// # assert_eq!(sum, 8.0);
/// ```
#[inline(always)]
pub fn prefetch<T>(elements: &[T]) {
    let start = elements.as_ptr().cast::<u8>();
    for byte in (0..size_of_val(elements).min(PREFETCHED)).step_by(LINE) {
        will_read(start.wrapping_add(byte));
    }
}

/// Says that the line of the cache with this byte will be written to soon.
#[inline(always)]
pub(crate) fn will_write(byte: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: as above; those that do not know this hint ignore it.
    unsafe {
        x86_64::_mm_prefetch::<{ x86_64::_MM_HINT_ET0 }>(byte.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = byte;
}

/// All items of `N` bytes in `a` and `b`, in turn: the first of `a`, the first of `b`, the second of `a`, and so on.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn interleave<const N: usize>(a: Word, b: Word) -> [Word; 2] {
    use x86_64::*;
    // SAFETY: all processors of this kind have these instructions.
    unsafe {
        match N {
            1 => [_mm_unpacklo_epi8(a, b), _mm_unpackhi_epi8(a, b)],
            2 => [_mm_unpacklo_epi16(a, b), _mm_unpackhi_epi16(a, b)],
            4 => [_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b)],
            _ => [_mm_unpacklo_epi64(a, b), _mm_unpackhi_epi64(a, b)],
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use interleave_bytes as interleave;

/// The same, byte by byte.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
pub(crate) fn interleave_bytes<const N: usize>(a: [u8; WORD], b: [u8; WORD]) -> [[u8; WORD]; 2] {
    let byte = |place: usize| {
        let (item, byte) = (place / N, place % N);
        let from = item / 2 * N + byte;
        if item.is_multiple_of(2) {
            a[from]
        } else {
            b[from]
        }
    };
    [
        std::array::from_fn(byte),
        std::array::from_fn(|place| byte(WORD + place)),
    ]
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    fn check<const N: usize>() {
        let a: [u8; WORD] = std::array::from_fn(|i| i as u8);
        let b = a.map(|i| 100 + i);
        // SAFETY: words are bytes.
        let [low, high] = unsafe {
            let [a, b] = [a, b].map(|bytes| std::mem::transmute::<[u8; WORD], Word>(bytes));
            interleave::<N>(a, b).map(|word| std::mem::transmute::<Word, [u8; WORD]>(word))
        };
        assert_eq!([low, high], interleave_bytes::<N>(a, b));
        assert_eq!((low[0], low[N], low[WORD - 1]), (0, 100, 107));
        assert_eq!((high[0], high[WORD - 1]), (8, 115));
    }

    #[test]
    fn instructions_interleave_what_bytes_one_by_one_do() {
        check::<1>();
        check::<2>();
        check::<4>();
        check::<8>();
    }
}
