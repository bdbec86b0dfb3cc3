//! Writing to new memory, each element once, without ever reading what was there.

#![expect(unsafe_code, reason = "copies into uninitialised memory")]

mod lines;
mod slices;

use std::io;
use std::mem::MaybeUninit;
use std::ops::Range;

use crate::memory::GrowingMemory;
use crate::simd::LINE;
use crate::threads::change_rows;
use crate::{Error, Result};
use lines::{Started, fill_lines};
use slices::Repeated;
pub use slices::Slices;

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
    /// If memory is written to past the caches.
    started: Option<Started<T>>,
}

/// Arrays of this size are not in a cache when they are read again, so that they do not have to be put there.
const STREAMED: usize = 8 << 20;

impl<'a, T: Copy> Output<'a, T> {
    pub(super) fn new(memory: &'a mut [MaybeUninit<T>]) -> Self {
        Output {
            memory,
            written: 0,
            started: None,
        }
    }

    /// A part of an array of `size` bytes.
    fn part_of(memory: &'a mut [MaybeUninit<T>], size: usize) -> Self {
        Output {
            // others do not fill lines
            started: (size >= STREAMED && LINE.is_multiple_of(size_of::<T>()))
                .then(Started::nothing),
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
        if self.started.is_some() {
            return self.copy_streamed(source);
        }
        let target = &mut self.memory[self.written..self.written + source.len()];
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

    #[inline(never)]
    fn copy_streamed(&mut self, source: &[T]) {
        self.each(source, |&x| x);
    }

    /// Writes `value` `count` times.
    ///
    /// # Panics
    ///
    /// If there is less space than that.
    #[inline]
    pub fn fill(&mut self, count: usize, value: T) {
        self.each(Repeated { value, count }, |value| value);
    }

    /// Writes the first `count` of `values`.
    ///
    /// # Panics
    ///
    /// If there is less space than that.
    #[inline(always)]
    pub fn extend(&mut self, count: usize, values: impl Iterator<Item = T>) {
        // These come one by one, which takes longer than to write them to a cache.
        self.write_started();
        let target = &mut self.memory[self.written..self.written + count];
        let mut written = 0;
        for (target, value) in target.iter_mut().zip(values) {
            target.write(value);
            written += 1;
        }
        self.written += written;
    }

    /// Writes `f(x)` for all elements `x` of some slices, in any order: like [`Output::extend`], but faster, and less work to
    /// compile.
    ///
    /// # Panics
    ///
    /// If there is less space than that.
    #[inline(always)]
    pub fn each<S: Slices>(&mut self, slices: S, f: impl Fn(S::Item) -> T) {
        self.check_space(slices.len());
        let mut done = 0;
        while let Some(piece) = self.next_piece(done..slices.len()) {
            let count = piece.range.len();
            let slices = slices.part(done, count);
            if piece.fills_lines {
                fill_lines(&mut self.memory[self.written..][..count], slices, &f);
                self.written += count;
            } else {
                write_each(self.place(count), slices, &f);
                self.put(count);
            }
            done += count;
        }
    }

    #[inline(always)]
    fn check_space(&self, count: usize) {
        assert!(
            count <= self.remaining(),
            "{count} elements do not fit in the space for {}",
            self.remaining()
        );
    }

    /// Space for the next `count` elements, in any order.
    ///
    /// # Safety
    ///
    /// All of them must be written.
    pub(super) unsafe fn reserve(&mut self, count: usize) -> &mut [MaybeUninit<T>] {
        self.finish();
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

/// Writes `f(x)` for the elements of `slices`. (A function of its own: it can be assumed then that nothing
/// of what `f` reads is where this writes to.)
#[inline(never)]
fn write_each<T, S: Slices>(place: &mut [MaybeUninit<T>], slices: S, f: &impl Fn(S::Item) -> T) {
    let slices = slices.part(0, place.len());
    let mut i = 0;
    while i < place.len() {
        place[i].write(f(slices.item(i)));
        i += 1;
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
        // Also if it failed: others can have the memory then.
        output.finish();
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
    use std::fmt::Debug;

    use proptest::prelude::*;
    use proptest::test_runner::TestCaseError;

    use super::*;
    use crate::DenseArray;

    /// A few elements, or more than a block of pages.
    fn counts() -> impl Strategy<Value = Vec<(u8, usize)>> {
        let count = prop_oneof![0..20_usize, 0..300_usize, 2000..5000_usize];
        prop::collection::vec((0..4_u8, count), 0..8)
    }

    fn check_runs<T: Copy + PartialEq + Debug>(
        runs: &[(u8, usize)],
        first: usize,
        element: impl Fn(usize) -> T,
    ) -> Result<(), TestCaseError> {
        let count = runs.iter().map(|run| run.1).sum::<usize>();
        let mut memory = vec![MaybeUninit::uninit(); first + count];
        check_runs_in(&mut memory[first..], runs, element)
    }

    fn check_runs_in<T: Copy + PartialEq + Debug>(
        memory: &mut [MaybeUninit<T>],
        runs: &[(u8, usize)],
        element: impl Fn(usize) -> T,
    ) -> Result<(), TestCaseError> {
        let source: Vec<T> = (0..memory.len()).map(&element).collect();
        let mut output = Output::part_of(memory, STREAMED);
        let mut expected = Vec::new();
        for &(kind, count) in runs {
            let source = &source[expected.len()..][..count];
            match kind {
                0 => output.copy(source),
                1 => output.each((source, source), |(&x, _)| x),
                2 => output.fill(count, element(3)),
                _ => output.extend(count, source.iter().copied()),
            }
            match kind {
                2 => expected.resize(expected.len() + count, element(3)),
                _ => expected.extend_from_slice(source),
            }
        }
        output.finish();
        prop_assert_eq!(output.remaining(), 0);
        // SAFETY: all of these were written.
        let written = memory.iter().map(|x| unsafe { x.assume_init() });
        prop_assert!(written.eq(expected));
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn what_is_streamed_is_what_was_written(runs in counts(), first in 0..70_usize) {
            check_runs(&runs, first, |i| i as u8)?;
            check_runs(&runs, first, |i| i as u16)?;
            check_runs(&runs, first, |i| i as f32)?;
            check_runs(&runs, first, |i| i as f64)?;
            check_runs(&runs, first, |i| [i as f64, 1.0])?;
            check_runs(&runs, first, |i| [i as u8; 8])?;
        }

        #[test]
        fn elements_need_not_start_where_lines_do(runs in counts(), first in 0..8_usize) {
            let count = runs.iter().map(|run| run.1).sum::<usize>();
            let mut memory = vec![MaybeUninit::<u8>::uninit(); first + 8 * count];
            let start = memory[first..].as_mut_ptr().cast::<MaybeUninit<[u8; 8]>>();
            // SAFETY: there is space for all of them, and they need no alignment.
            let memory = unsafe { std::slice::from_raw_parts_mut(start, count) };
            check_runs_in(memory, &runs, |i| [i as u8; 8])?;
        }
    }

    #[test]
    fn large_arrays_have_what_was_written_to_them() {
        // in rows whose ends are those of no lines
        let (rows, length) = (2111, 1001);
        let source: Vec<u64> = (0..length as u64).collect();
        let array =
            DenseArray::write_rows::<u64>(&[rows, length], length, 1 << 26, |rows, output| {
                rows.for_each(|row| output.each(&*source, |i| row as u64 * i));
                Ok(())
            });
        let array = array.unwrap();
        assert!(rows * length * 8 >= STREAMED);
        let view = array.view();
        let elements = view.typed::<u64>().unwrap();
        for (row, elements) in elements.outer_iter().enumerate() {
            let mut elements = elements.iter().enumerate();
            assert!(elements.all(|(i, &x)| x == (row * i) as u64));
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
    #[should_panic(expected = "5 elements do not fit in the space for 4")]
    fn writing_too_much_panics() {
        let _ = DenseArray::write::<f64>(&[4], |output| {
            output.fill(5, 0.0);
            Ok(())
        });
    }
}
