//! Native arrays.

#![expect(unsafe_code, reason = "views of memory owned by the array")]

use std::fmt;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::{Arc, LazyLock};

use ndarray::{ArrayD, Dimension, IxDyn};

use super::buffer::Buffer;
use super::dlpack;
use super::layout::{Shape, Strides, element_count, foreign_layout, is_row_major, row_major};
use super::movement::move_data;
use super::output::write_rows;
use super::reorder::copy_in_order;
use super::{Array, DType, DataMovement, Device, Dlpack, DlpackManagedTensor, Element, Origin};
use super::{Output, View, ViewMut};
use crate::{Error, Result, with_item_size};

/// An n-dimensional array in main memory, of any [`Element`] type and with any strides.
///
/// The memory can have been allocated here, come from a `Vec` or [`ndarray`] array, or belong to
/// another library ([`DenseArray::from_dlpack`]); none of these are copied.
pub struct DenseArray {
    buffer: Arc<Buffer>,
    /// First element, in the memory of `buffer`.
    data: NonNull<u8>,
    dtype: DType,
    shape: Shape,
    strides: Strides,
    origin: Origin,
}

// SAFETY: the memory is kept alive by `buffer`, and only written to with exclusive access.
unsafe impl Send for DenseArray {}
// SAFETY: as above.
unsafe impl Sync for DenseArray {}

impl DenseArray {
    /// Array filled with zeros (`false`), row-major.
    ///
    /// # Errors
    ///
    /// If `dtype` is none of [`DType::ALL`], or there is not enough memory.
    pub fn zeros(dtype: DType, shape: &[usize]) -> Result<DenseArray> {
        check_dtype(dtype)?;
        let size = element_count(shape, dtype)? * dtype.size();
        Ok(Self::on_buffer(Buffer::zeroed(size)?, dtype, shape))
    }

    /// Array filled with `value`, row-major.
    ///
    /// # Errors
    ///
    /// If there is not enough memory.
    pub fn full<T: Element>(shape: &[usize], value: T) -> Result<DenseArray> {
        Self::full_as(T::DTYPE, shape, value)
    }

    /// Array without axes, holding `value`.
    pub fn scalar<T: Element>(value: T) -> DenseArray {
        Self::from(ndarray::arr0(value))
    }

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
        Self::write_rows_as(T::DTYPE, shape, row_length, work, write)
    }

    /// [`DenseArray::write`] for elements of type `dtype`, written as values of another type: of the same
    /// size, or several of them per element.
    pub(super) fn write_as<T: Copy>(
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

    /// [`DenseArray::write_rows`] for values of another type, `row_length` of them in a row.
    pub(super) fn write_rows_as<T: Copy + Send>(
        dtype: DType,
        shape: &[usize],
        row_length: usize,
        work: usize,
        write: impl Fn(Range<usize>, &mut Output<'_, T>) -> Result<()> + Sync,
    ) -> Result<DenseArray> {
        Self::fill_as(dtype, shape, |memory| {
            write_rows(memory, row_length, work, write)
        })
    }

    /// `fill` must write everything.
    fn fill_as<T: Copy>(
        dtype: DType,
        shape: &[usize],
        fill: impl FnOnce(&mut [MaybeUninit<T>]) -> Result<()>,
    ) -> Result<DenseArray> {
        assert!(dtype.size().is_multiple_of(size_of::<T>()));
        let count = element_count(shape, dtype)? * (dtype.size() / size_of::<T>());
        let buffer = Buffer::uninitialized(count * size_of::<T>())?;
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
        Self::write_rows_as(dtype, shape, row_length, work, write)
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
        Self::write_rows_as(dtype, shape, size, work, |elements, output| {
            write(elements.start * size..elements.end * size, output)
        })
    }

    /// Array on top of the memory of a DLPack tensor, which is deleted with the last array using it.
    ///
    /// # Errors
    ///
    /// If the tensor is not in main memory or has a data type that is none of [`DType::ALL`].
    pub fn from_dlpack(tensor: Dlpack) -> Result<DenseArray> {
        let (shape, strides) = foreign_layout(&tensor)?;
        let dtype = tensor.tensor().dtype;
        check_dtype(dtype)?;
        let buffer = Buffer::from_dlpack(tensor);
        Ok(DenseArray {
            data: buffer.data(),
            buffer: Arc::new(buffer),
            dtype,
            shape,
            strides,
            origin: Self::origin(),
        })
    }

    fn on_buffer(buffer: Buffer, dtype: DType, shape: &[usize]) -> DenseArray {
        DenseArray {
            data: buffer.data(),
            buffer: Arc::new(buffer),
            dtype,
            shape: Shape::from_slice(shape),
            strides: row_major(shape),
            origin: Self::origin(),
        }
    }

    /// The values of labels, sharing their memory. These arrays have an origin of their own, which
    /// clients know by name.
    pub(crate) fn of_labels(values: Arc<Vec<i32>>, shape: [usize; 2]) -> DenseArray {
        static ORIGIN: LazyLock<Origin> = LazyLock::new(|| Origin::register("metatensor.Labels"));
        assert_eq!(values.len(), shape[0] * shape[1]);
        let buffer = Buffer::from_shared(values);
        DenseArray {
            origin: *ORIGIN,
            ..Self::on_buffer(buffer, DType::I32, &shape)
        }
    }

    /// Shares the elements as a DLPack tensor that its receiver may write to.
    ///
    /// # Safety
    ///
    /// Nobody may write to the memory while others read or write it through this array.
    #[doc(hidden)]
    pub unsafe fn to_writable_dlpack(&self) -> Dlpack {
        self.export(0)
    }

    /// Gives away the elements as a DLPack tensor. Its receiver may write to them, unless another
    /// tensor shares their memory.
    #[doc(hidden)]
    pub fn into_dlpack(self) -> Dlpack {
        let is_shared = Arc::strong_count(&self.buffer) > 1;
        self.export(if is_shared {
            DlpackManagedTensor::FLAG_READ_ONLY
        } else {
            0
        })
    }

    fn export(&self, flags: u64) -> Dlpack {
        let flags = if self.buffer.is_read_only() {
            flags | DlpackManagedTensor::FLAG_READ_ONLY
        } else {
            flags
        };
        dlpack::export(
            self.data.as_ptr(),
            self.dtype,
            &self.shape,
            &self.strides,
            flags,
            Arc::clone(&self.buffer),
        )
    }

    /// The kind of all native arrays.
    pub fn origin() -> Origin {
        static ORIGIN: LazyLock<Origin> = LazyLock::new(|| Origin::register("RustArray"));
        *ORIGIN
    }

    /// Data type of the elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Length of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements as they are in memory.
    pub fn view(&self) -> View<'_> {
        // SAFETY: the buffer holds all of the elements, and lives as long as `self`.
        unsafe {
            View::from_parts(
                self.data,
                self.dtype,
                Shape::from_slice(&self.shape),
                Strides::from_slice(&self.strides),
            )
        }
    }

    /// The elements, as an owned [`ndarray`] array.
    ///
    /// # Errors
    ///
    /// If they are not of type `T`.
    pub fn to_ndarray<T: Element>(&self) -> Result<ArrayD<T>> {
        Ok(self.view().typed::<T>()?.to_owned())
    }

    /// Row-major copy of `view`.
    ///
    /// # Errors
    ///
    /// If its data type is none of [`DType::ALL`], or there is not enough memory.
    pub fn copy_of(view: &View<'_>) -> Result<DenseArray> {
        check_dtype(view.dtype())?;
        with_item_size!(view.dtype().size(), N => {
            copy_in_order(view.dtype(), view.shape(), &view.items::<N>())
        })
    }

    /// Array of the same type and another shape, with all elements equal to the only one of
    /// `fill_value`, an array without axes.
    ///
    /// # Errors
    ///
    /// If `fill_value` is not such an array, or is of another type.
    #[doc(hidden)]
    pub fn filled_like(&self, shape: &[usize], fill_value: &dyn Array) -> Result<DenseArray> {
        let fill_value = fill_value.view()?;
        if !fill_value.shape().is_empty() || fill_value.dtype() != self.dtype {
            return Err(Error::invalid(format!(
                "expected a fill value of {} without axes, got {} of shape {:?}",
                self.dtype,
                fill_value.dtype(),
                fill_value.shape()
            )));
        }
        with_item_size!(self.dtype.size(), N => {
            let value = fill_value.items::<N>()[IxDyn(&[])];
            if value == [0; N] {
                return Self::zeros(self.dtype, shape);
            }
            Self::full_as(self.dtype, shape, value)
        })
    }

    fn full_as<T: Copy + Sync + Send>(
        dtype: DType,
        shape: &[usize],
        value: T,
    ) -> Result<DenseArray> {
        let size = element_count(shape, dtype)? * dtype.size();
        Self::write_rows_as(dtype, shape, 1, size, |range, output| {
            output.fill(range.len(), value);
            Ok(())
        })
    }

    fn check_axis(&self, axis: usize) -> Result<()> {
        if axis < self.shape.len() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "axis {axis} is out of bounds for an array with {} axes",
            self.shape.len()
        )))
    }
}

fn check_dtype(dtype: DType) -> Result<()> {
    if DType::ALL.contains(&dtype) {
        return Ok(());
    }
    Err(Error::unsupported(format!("native arrays of {dtype}")))
}

impl Array for DenseArray {
    fn origin(&self) -> Result<Origin> {
        Ok(self.origin)
    }

    fn device(&self) -> Result<Device> {
        Ok(Device::CPU)
    }

    fn dtype(&self) -> Result<DType> {
        Ok(self.dtype)
    }

    fn shape(&self) -> Result<&[usize]> {
        Ok(&self.shape)
    }

    fn view(&self) -> Result<View<'_>> {
        Ok(self.view())
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        // Memory that others may still read, or whose elements may overlap, is copied first.
        if Arc::get_mut(&mut self.buffer).is_none()
            || self.buffer.is_read_only()
            || !is_row_major(&self.shape, &self.strides)
        {
            *self = Self::copy_of(&self.view())?;
        }
        // SAFETY: the buffer holds all of the elements, one after the other, and lives as long as
        // `self`, to which we have exclusive access.
        Ok(unsafe {
            ViewMut::from_parts(
                self.data,
                self.dtype,
                Shape::from_slice(&self.shape),
                Strides::from_slice(&self.strides),
            )
        })
    }

    fn reshape(&mut self, shape: &[usize]) -> Result<()> {
        let (old, new) = (
            element_count(&self.shape, self.dtype)?,
            element_count(shape, self.dtype)?,
        );
        if old != new {
            return Err(Error::invalid(format!(
                "can not reshape an array from {:?} to {shape:?}: they do not have the same number \
                 of elements",
                &self.shape[..]
            )));
        }
        if !is_row_major(&self.shape, &self.strides) {
            *self = Self::copy_of(&self.view())?;
        }
        self.shape = Shape::from_slice(shape);
        self.strides = row_major(shape);
        Ok(())
    }

    fn swap_axes(&mut self, first: usize, second: usize) -> Result<()> {
        self.check_axis(first)?;
        self.check_axis(second)?;
        self.shape.swap(first, second);
        self.strides.swap(first, second);
        Ok(())
    }

    fn create(&self, shape: &[usize], fill_value: &dyn Array) -> Result<Box<dyn Array>> {
        Ok(Box::new(self.filled_like(shape, fill_value)?))
    }

    fn copy(&self, device: Device) -> Result<Box<dyn Array>> {
        if !device.is_cpu() {
            return Err(Error::unsupported(format!(
                "native arrays on device {device}"
            )));
        }
        Ok(Box::new(Self::copy_of(&self.view())?))
    }

    fn move_data(&mut self, input: &dyn Array, movements: &[DataMovement]) -> Result<()> {
        move_data(&mut self.view_mut()?, &input.view()?, movements)
    }

    fn to_dlpack(&self, device: Device) -> Result<Dlpack> {
        if !device.is_cpu() {
            return Err(Error::unsupported(format!(
                "native arrays on device {device}"
            )));
        }
        Ok(self.export(DlpackManagedTensor::FLAG_READ_ONLY))
    }

    fn adopt_dlpack(&self, tensor: Dlpack) -> Result<Box<dyn Array>> {
        Ok(Box::new(DenseArray::from_dlpack(tensor)?))
    }
}

/// Takes the elements of `array` without copying them.
impl<T: Element, D: Dimension> From<ndarray::Array<T, D>> for DenseArray {
    fn from(array: ndarray::Array<T, D>) -> Self {
        let shape: Shape = array.shape().into();
        let strides: Strides = array.strides().into();
        let (vector, offset) = array.into_raw_vec_and_offset();
        let buffer = Buffer::from_vec(vector);
        let offset = offset.unwrap_or(0) * size_of::<T>();
        DenseArray {
            // SAFETY: `ndarray` gives the offset of the first element inside of the vector.
            data: unsafe { buffer.data().add(offset) },
            buffer: Arc::new(buffer),
            dtype: T::DTYPE,
            shape,
            strides,
            origin: Self::origin(),
        }
    }
}

impl Clone for DenseArray {
    /// Row-major copy of the elements.
    ///
    /// # Panics
    ///
    /// If there is not enough memory.
    fn clone(&self) -> Self {
        Self::copy_of(&self.view()).expect("native arrays can be copied")
    }
}

impl fmt::Debug for DenseArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DenseArray")
            .field("dtype", &self.dtype)
            .field("shape", &self.shape)
            .field("strides", &self.strides)
            .finish_non_exhaustive()
    }
}
