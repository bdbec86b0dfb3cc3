//! Writing to new memory, each element once, without ever reading what was there.

#![expect(unsafe_code, reason = "copies into uninitialised memory")]

mod lines;
mod slices;

use std::io;
use std::mem::MaybeUninit;
use std::ops::Range;

use crate::memory::GrowingMemory;
use crate::simd::{LINE, prefetch};
use crate::threads::{change_rows, for_each, rows_per_piece};
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

    /// Writes all of several slices, one after the other, wherever they are.
    ///
    /// # Panics
    ///
    /// If there is less space than that.
    pub fn copy_all<'s>(&mut self, slices: impl Iterator<Item = &'s [T]>)
    where
        T: 's,
    {
        let mut slices = slices.peekable();
        while let Some(slice) = slices.next() {
            if let Some(next) = slices.peek() {
                prefetch(next);
            }
            self.copy(slice);
        }
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

/// Writes ranges of rows to several arrays, each of which has space for all elements of its rows.
pub(super) type WriteRowsOfAll<'a, T> =
    dyn Fn(Range<usize>, &mut [Output<'_, T>]) -> Result<()> + Sync + 'a;

/// [`write_rows`] for several arrays, which are made of the same number of rows, each of a length of its own.
pub(super) fn write_rows_of_all<T: Copy + Send>(
    arrays: &mut [&mut [MaybeUninit<T>]],
    rows: usize,
    work: usize,
    write: &WriteRowsOfAll<'_, T>,
) -> Result<()> {
    let size = arrays.iter().map(|memory| size_of_val(*memory)).sum();
    let per_piece = rows_per_piece(rows, work);
    let ranges = (0..rows).step_by(per_piece);
    let ranges = ranges.map(|start| start..rows.min(start + per_piece));
    let mut pieces: Vec<_> = ranges
        .map(|rows| (rows, Vec::with_capacity(arrays.len())))
        .collect();
    for memory in arrays {
        let length = memory.len().checked_div(rows).unwrap_or(0);
        let mut rest = &mut **memory;
        for (rows, outputs) in &mut pieces {
            let (part, others) = rest.split_at_mut(rows.len() * length);
            outputs.push(Output::part_of(part, size));
            rest = others;
        }
    }
    for_each(work, pieces.into_iter(), |(rows, mut outputs)| {
        let done = write(rows, &mut outputs);
        // Also if it failed: others can have the memory then.
        outputs.iter_mut().for_each(Output::finish);
        done?;
        outputs.iter().try_for_each(Output::check_complete)
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
mod tests;
