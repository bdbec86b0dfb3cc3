//! New native arrays: memory that is written once, by several threads if it is large.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::super::layout::element_count;
use super::super::output::{WriteRows, write_rows};
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
        assert!(dtype.size().is_multiple_of(size_of::<T>()));
        let size = element_count(shape, dtype)? * dtype.size();
        let (count, buffer) = (size / size_of::<T>(), Buffer::uninitialized(size)?);
        // SAFETY: the buffer was allocated for `count` values, with an alignment larger than that of
        // any element type, and nobody else knows it yet.
        let memory =
            unsafe { std::slice::from_raw_parts_mut(buffer.data().cast().as_ptr(), count) };
        fill(memory)?;
        Ok(Self::on_buffer(buffer, dtype, shape))
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
        if dtype.bits as usize * dtype.lanes as usize != 8 * N || N == 0 {
            return Err(Error::invalid(format!(
                "the elements of an array of {dtype} do not take {N} bytes"
            )));
        }
        let row_length = shape.iter().skip(1).product();
        let work = 2 * element_count(shape, dtype)? * N;
        Self::write_rows_as(dtype, shape, row_length, work, &write)
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
