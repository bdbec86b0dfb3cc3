//! Writing to new memory, each element once, without ever reading what was there.

#![expect(unsafe_code, reason = "copies into uninitialised memory")]

use std::io;
use std::mem::MaybeUninit;
use std::ops::Range;

use crate::memory::GrowingMemory;
use crate::simd::{finish_streaming, stream};
use crate::threads::change_rows;
use crate::{Error, Result};

/// Memory of a new array, to be filled in order.
///
/// ```
/// # use metatensor_core::{DenseArray, Result};
/// let (a, b) = ([1.0, 2.0], [3.0, 4.0]);
/// let array = DenseArray::write(&[2, 2], |output| {
///     output.copy(&a);
///     output.extend(2, a.iter().zip(&b).map(|(a, b)| a * b));
///     Ok(())
/// })?;
/// assert_eq!(array.to_ndarray::<f64>()?, ndarray::arr2(&[[1.0, 2.0], [3.0, 8.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Output<'a, T> {
    memory: &'a mut [MaybeUninit<T>],
    written: usize,
    /// Whether memory is written to past the caches.
    streams: bool,
}

/// Arrays of this size are not in a cache when they are read again, so that they do not have to be put there.
const STREAMED: usize = 16 << 20;
/// Copies of fewer bytes go through the caches all the same.
const SHORT: usize = 1 << 10;
/// So many elements are computed, in a cache, before they are streamed.
const CHUNK: usize = 256;

impl<'a, T: Copy> Output<'a, T> {
    pub(super) fn new(memory: &'a mut [MaybeUninit<T>]) -> Self {
        Output {
            memory,
            written: 0,
            streams: false,
        }
    }

    /// A part of an array of `size` bytes.
    fn part_of(memory: &'a mut [MaybeUninit<T>], size: usize) -> Self {
        Output {
            streams: size >= STREAMED,
            ..Output::new(memory)
        }
    }

    /// Number of elements that are still to be written.
    pub fn remaining(&self) -> usize {
        self.memory.len() - self.written
    }

    /// Writes all of `source`.
    ///
    /// # Panics
    ///
    /// If there is less space than that.
    #[inline]
    pub fn copy(&mut self, source: &[T]) {
        let target = &mut self.memory[self.written..self.written + source.len()];
        if self.streams && size_of_val(source) >= SHORT {
            // SAFETY: values can be read as if they were not known.
            let source =
                unsafe { std::slice::from_raw_parts(source.as_ptr().cast(), source.len()) };
            stream(source, target);
            self.written += source.len();
            return;
        }
        // SAFETY: both have the same length, and `target` is borrowed exclusively.
        unsafe {
            std::ptr::copy_nonoverlapping(
                source.as_ptr(),
                target.as_mut_ptr().cast(),
                source.len(),
            );
        }
        self.written += source.len();
    }

    /// Writes `value` `count` times.
    ///
    /// # Panics
    ///
    /// If there is less space than that.
    #[inline]
    pub fn fill(&mut self, count: usize, value: T) {
        if self.streams {
            for start in (0..count).step_by(CHUNK) {
                self.each(CHUNK.min(count - start), |_| value);
            }
            return;
        }
        self.memory[self.written..self.written + count].fill(MaybeUninit::new(value));
        self.written += count;
    }

    /// Writes the first `count` of `values`.
    ///
    /// # Panics
    ///
    /// If there is less space than that.
    #[inline(always)]
    pub fn extend(&mut self, count: usize, values: impl Iterator<Item = T>) {
        let target = &mut self.memory[self.written..self.written + count];
        let mut written = 0;
        for (target, value) in target.iter_mut().zip(values) {
            target.write(value);
            written += 1;
        }
        self.written += written;
    }

    /// Writes `f(0)` to `f(count - 1)`: like [`Output::extend`], but a loop over slices of `count` elements is less work to
    /// compile than one over an iterator of them. Of large arrays, only [`Output::step`] elements are streamed at once.
    ///
    /// # Panics
    ///
    /// If there is less space than that.
    #[inline(always)]
    pub fn each(&mut self, count: usize, f: impl Fn(usize) -> T) {
        let mut chunk = [const { MaybeUninit::<T>::uninit() }; CHUNK];
        let streams = self.streams && count <= CHUNK;
        let target = &mut self.memory[self.written..self.written + count];
        let place = if streams {
            &mut chunk[..count]
        } else {
            &mut *target
        };
        let mut i = 0;
        while i < count {
            place[i].write(f(i));
            i += 1;
        }
        if streams {
            stream(&chunk[..count], target);
        }
        self.written += count;
    }

    /// How many elements to write at once: all `count` of them, or fewer if they are streamed.
    pub fn step(&self, count: usize) -> usize {
        if self.streams { CHUNK } else { count.max(1) }
    }

    /// Space for the next `count` elements, in any order.
    ///
    /// # Safety
    ///
    /// All of them must be written.
    pub(super) unsafe fn reserve(&mut self, count: usize) -> &mut [MaybeUninit<T>] {
        let start = self.written;
        self.written += count;
        &mut self.memory[start..self.written]
    }

    pub(super) fn check_complete(&self) -> Result<()> {
        if self.remaining() == 0 {
            return Ok(());
        }
        Err(Error::Internal(format!(
            "{} elements of {} were not written",
            self.remaining(),
            self.memory.len()
        )))
    }
}

/// Writes ranges of rows to memory that has space for all of their elements.
pub(super) type WriteRows<'a, T> =
    dyn Fn(Range<usize>, &mut Output<'_, T>) -> Result<()> + Sync + 'a;

/// Lets `write` fill `memory`, made of rows of `row_length` elements, in pieces which are written at the same
/// time if `work` is large.
pub(super) fn write_rows<T: Copy + Send>(
    memory: &mut [MaybeUninit<T>],
    row_length: usize,
    work: usize,
    write: &WriteRows<'_, T>,
) -> Result<()> {
    let size = size_of_val(memory);
    change_rows(memory, row_length, work, |rows, memory| {
        let mut output = Output::part_of(memory, size);
        let done = write(rows, &mut output);
        if output.streams {
            // Also if it failed: others can have the memory then.
            finish_streaming();
        }
        done?;
        output.check_complete()
    })
}

/// The `count` elements that `write` writes, in pieces which are written at the same time if `work` is large.
///
/// ```
/// # use metatensor_core::internal::written;
/// let squares = written(3, 0, |range, output| {
///     output.extend(range.len(), range.map(|i| i * i));
///     Ok(())
/// })?;
/// assert_eq!(squares, [0, 1, 4]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// The first error of `write`, or if it did not write everything.
pub fn written<T: Copy + Send>(
    count: usize,
    work: usize,
    write: impl Fn(Range<usize>, &mut Output<'_, T>) -> Result<()> + Sync,
) -> Result<Vec<T>> {
    let mut elements = Vec::with_capacity(count);
    write_rows(&mut elements.spare_capacity_mut()[..count], 1, work, &write)?;
    // SAFETY: there is space for all of them, and all have been written.
    unsafe { elements.set_len(count) };
    Ok(elements)
}

/// Lets `fill` write `count` items after what has been written to `memory`. It must write all of them. `failed` makes an
/// error of there being no space.
pub(super) fn append<const N: usize>(
    memory: &mut dyn GrowingMemory,
    count: usize,
    failed: impl Fn(io::Error) -> Error,
    fill: impl FnOnce(&mut [MaybeUninit<[u8; N]>]) -> Result<()>,
) -> Result<()> {
    let size = count * N;
    let spare = memory.spare(size).map_err(failed)?[..size].as_mut_ptr();
    // SAFETY: `N` bytes have the alignment of one, and there is space for `count` times as many.
    fill(unsafe { std::slice::from_raw_parts_mut(spare.cast(), count) })?;
    // SAFETY: these bytes have just been written.
    unsafe { memory.grow(size) };
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{DenseArray, Error};

    #[test]
    fn large_arrays_have_what_was_written_to_them() {
        // an array that is streamed, in rows whose ends are no words
        let (rows, length) = (2111, 1001);
        let source: Vec<u64> = (0..length as u64).collect();
        let array =
            DenseArray::write_rows::<u64>(&[rows, length], length, 1 << 26, |rows, output| {
                for row in rows {
                    match row % 3 {
                        0 => output.copy(&source),
                        1 => output.each(length, |i| (row * i) as u64),
                        _ => output.fill(length, row as u64),
                    }
                }
                Ok(())
            });
        let array = array.unwrap();
        assert!(rows * length * 8 >= super::STREAMED);
        let view = array.view();
        let elements = view.typed::<u64>().unwrap();
        for (row, elements) in elements.outer_iter().enumerate() {
            let expected = |i| match row % 3 {
                0 => i as u64,
                1 => (row * i) as u64,
                _ => row as u64,
            };
            assert!(elements.iter().enumerate().all(|(i, &x)| x == expected(i)));
        }
    }

    #[test]
    fn an_incomplete_array_is_an_error() {
        let result = DenseArray::write::<f64>(&[2, 3], |output| {
            output.fill(2, 1.0);
            output.extend(3, [2.0, 3.0].into_iter());
            Ok(())
        });
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Internal(_)), "{error}");
        assert!(error.to_string().contains("2 elements of 6"), "{error}");
    }

    #[test]
    #[should_panic(expected = "range end index 5 out of range")]
    fn writing_too_much_panics() {
        let _ = DenseArray::write::<f64>(&[4], |output| {
            output.fill(5, 0.0);
            Ok(())
        });
    }
}
