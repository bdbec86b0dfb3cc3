//! New native arrays: memory that is written once, by several threads if it is large.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::super::layout::element_count;
use super::super::output::{WriteRows, write_rows, write_rows_of_all};
use super::super::{DType, Element, Output};
use super::{Buffer, DenseArray, check_dtype};
use crate::{Error, Result};

impl DenseArray {
    /// Row-major array whose elements are written by `write`, each once and in order.
    ///
    /// # Errors
    ///
    /// Those of `write`, or if there is not enough memory, or if `write` did not write everything.
    #[doc(hidden)]
    pub fn write<T: Element>(
        shape: &[usize],
        write: impl FnOnce(&mut Output<'_, T>) -> Result<()>,
    ) -> Result<DenseArray> {
        Self::write_as(T::DTYPE, shape, write)
    }

    /// Row-major array made of rows of `row_length` elements, which are written by `write`: it gets ranges
    /// of rows, and space for all of their elements, each to be written once and in order.
    ///
    /// Different rows are written by different threads if this is a lot of work: `work` is about how many
    /// bytes are read and written for all of the array. What rows get must not depend on the range that they
    /// are in.
    ///
    /// ```
    /// # use metatensor_core::{DenseArray, Result};
    /// let factors = [2.0, 3.0];
    /// let data = [1.0, 2.0, 3.0, 4.0];
    /// let array = DenseArray::write_rows(&[2, 2], 2, 10 * 8, |rows, output| {
    ///     for row in rows {
    ///         let data = &data[2 * row..2 * row + 2];
    ///         output.extend(2, data.iter().map(|x| factors[row] * x));
    ///     }
    ///     Ok(())
    /// })?;
    /// assert_eq!(array.to_ndarray::<f64>()?, ndarray::arr2(&[[2.0, 4.0], [9.0, 12.0]]).into_dyn());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The first error of `write` in the order of rows, or if there is not enough memory, or if `write`
    /// did not write everything.
    #[doc(hidden)]
    pub fn write_rows<T: Element>(
        shape: &[usize],
        row_length: usize,
        work: usize,
        write: impl Fn(Range<usize>, &mut Output<'_, T>) -> Result<()> + Sync,
    ) -> Result<DenseArray> {
        Self::write_rows_as(T::DTYPE, shape, row_length, work, &write)
    }

    /// [`DenseArray::write`] for elements of type `dtype`, written as values of another type: of the same
    /// size, or several of them per element.
    pub(in crate::array) fn write_as<T: Copy>(
        dtype: DType,
        shape: &[usize],
        write: impl FnOnce(&mut Output<'_, T>) -> Result<()>,
    ) -> Result<DenseArray> {
        Self::fill_as(dtype, shape, |memory| {
            let mut output = Output::new(memory);
            write(&mut output)?;
            output.check_complete()
        })
    }

    /// [`DenseArray::write_rows`] for values of another type, `row_length` of them in a row. It is compiled once for each
    /// type, and not once for each `write`.
    pub(in crate::array) fn write_rows_as<T: Copy + Send>(
        dtype: DType,
        shape: &[usize],
        row_length: usize,
        work: usize,
        write: &WriteRows<'_, T>,
    ) -> Result<DenseArray> {
        Self::fill_as(dtype, shape, |memory| {
            write_rows(memory, row_length, work, write)
        })
    }

    /// `fill` must write everything.
    pub(in crate::array) fn fill_as<T: Copy>(
        dtype: DType,
        shape: &[usize],
        fill: impl FnOnce(&mut [MaybeUninit<T>]) -> Result<()>,
    ) -> Result<DenseArray> {
        let mut new = NewBuffer::uninitialized(dtype, shape)?;
        fill(new.memory())?;
        Ok(Self::on_buffer(new.buffer, dtype, shape))
    }

    /// Row-major array whose memory is written by `write` as bytes, each once and in order. For
    /// booleans, all of them must be 0 or 1.
    pub(crate) fn write_bytes(
        dtype: DType,
        shape: &[usize],
        write: impl FnOnce(&mut Output<'_, u8>) -> Result<()>,
    ) -> Result<DenseArray> {
        check_dtype(dtype)?;
        Self::write_as(dtype, shape, write)
    }

    /// Row-major array of any data type whose elements take `N` bytes, written by `write` as bytes: it gets
    /// ranges of entries of the first axis, and space for all of their elements, as in
    /// [`DenseArray::write_rows`]. It takes [`with_item_size!`] to get from a data type to `N`.
    ///
    /// ```
    /// # use metatensor_core::{DType, DenseArray, Result};
    /// // The rows of [[1, 2], [3, 4]] in reverse order.
    /// let items = [1_i32, 2, 3, 4].map(i32::to_ne_bytes);
    /// let array = DenseArray::write_items::<4>(DType::I32, &[2, 2], |rows, output| {
    ///     for row in rows {
    ///         output.copy(&items[2 * (1 - row)..][..2]);
    ///     }
    ///     Ok(())
    /// })?;
    /// assert_eq!(array.to_ndarray::<i32>()?, ndarray::arr2(&[[3, 4], [1, 2]]).into_dyn());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The first error of `write`, or if elements have another size, or if there is not enough memory, or
    /// if `write` did not write everything.
    #[doc(hidden)]
    pub fn write_items<const N: usize>(
        dtype: DType,
        shape: &[usize],
        write: impl Fn(Range<usize>, &mut Output<'_, [u8; N]>) -> Result<()> + Sync,
    ) -> Result<DenseArray> {
        check_item_size(dtype, N)?;
        let row_length = shape.iter().skip(1).product();
        let work = 2 * element_count(shape, dtype)? * N;
        Self::write_rows_as(dtype, shape, row_length, work, &write)
    }

    /// [`DenseArray::write_items`] for several arrays, of these shapes, whose first axes all have the same length:
    /// `write` gets space for the same range of entries of all of them.
    ///
    /// ```
    /// # use metatensor_core::{DType, DenseArray, Result};
    /// // The columns of [[1, 2], [3, 4]].
    /// let items = [1_i32, 2, 3, 4].map(i32::to_ne_bytes);
    /// let shapes = [vec![2, 1], vec![2, 1]];
    /// let columns = DenseArray::write_items_of_all::<4>(DType::I32, &shapes, |rows, outputs| {
    ///     for row in rows {
    ///         outputs[0].copy(&items[2 * row..][..1]);
    ///         outputs[1].copy(&items[2 * row + 1..][..1]);
    ///     }
    ///     Ok(())
    /// })?;
    /// assert_eq!(columns[1].to_ndarray::<i32>()?, ndarray::arr2(&[[2], [4]]).into_dyn());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`DenseArray::write_items`], or if the lengths are not the same.
    #[doc(hidden)]
    pub fn write_items_of_all<const N: usize>(
        dtype: DType,
        shapes: &[Vec<usize>],
        write: impl Fn(Range<usize>, &mut [Output<'_, [u8; N]>]) -> Result<()> + Sync,
    ) -> Result<Vec<DenseArray>> {
        check_item_size(dtype, N)?;
        let rows = shapes.first().and_then(|shape| shape.first()).copied();
        if shapes.iter().any(|shape| shape.first().copied() != rows) {
            return Err(Error::Internal(format!(
                "arrays of the shapes {shapes:?} have different numbers of rows"
            )));
        }
        let new = shapes
            .iter()
            .map(|shape| NewBuffer::uninitialized(dtype, shape));
        let mut new: Vec<NewBuffer> = new.collect::<Result<_>>()?;
        let mut memory: Vec<_> = new.iter_mut().map(NewBuffer::memory).collect();
        let work = 2 * memory
            .iter()
            .map(|memory| size_of_val(*memory))
            .sum::<usize>();
        write_rows_of_all(&mut memory, rows.unwrap_or(0), work, &write)?;
        let arrays = new.into_iter().zip(shapes);
        Ok(arrays
            .map(|(new, shape)| Self::on_buffer(new.buffer, dtype, shape))
            .collect())
    }

    /// [`DenseArray::write_bytes`] with ranges of bytes that several threads can write, as in
    /// [`DenseArray::write_rows`].
    pub(crate) fn write_bytes_in_parts(
        dtype: DType,
        shape: &[usize],
        work: usize,
        write: impl Fn(Range<usize>, &mut Output<'_, u8>) -> Result<()> + Sync,
    ) -> Result<DenseArray> {
        check_dtype(dtype)?;
        let size = dtype.size();
        Self::write_rows_as(dtype, shape, size, work, &|elements, output| {
            write(elements.start * size..elements.end * size, output)
        })
    }

    pub(super) fn full_as<T: Copy + Sync + Send>(
        dtype: DType,
        shape: &[usize],
        value: T,
    ) -> Result<DenseArray> {
        let size = element_count(shape, dtype)? * dtype.size();
        Self::write_rows_as(
            dtype,
            shape,
            1,
            size,
            &|range, output: &mut Output<'_, T>| {
                output.fill(range.len(), value);
                Ok(())
            },
        )
    }
}

fn check_item_size(dtype: DType, size: usize) -> Result<()> {
    if dtype.bits as usize * dtype.lanes as usize != 8 * size || size == 0 {
        return Err(Error::invalid(format!(
            "the elements of an array of {dtype} do not take {size} bytes"
        )));
    }
    Ok(())
}

/// Memory of a new array, which nobody else knows yet.
struct NewBuffer {
    buffer: Buffer,
    size: usize,
}

impl NewBuffer {
    fn uninitialized(dtype: DType, shape: &[usize]) -> Result<NewBuffer> {
        let size = element_count(shape, dtype)? * dtype.size();
        Ok(NewBuffer {
            buffer: Buffer::uninitialized(size)?,
            size,
        })
    }

    /// All of it, as values of a type whose size divides that of the elements.
    fn memory<T: Copy>(&mut self) -> &mut [MaybeUninit<T>] {
        assert!(self.size.is_multiple_of(size_of::<T>()));
        let count = self.size / size_of::<T>();
        // SAFETY: the buffer was allocated for so many values, with an alignment larger than that of any element type, and
        // is borrowed exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.buffer.data().cast().as_ptr(), count) }
    }
}
