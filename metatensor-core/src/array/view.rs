//! Typed access to the elements of arrays in main memory.

#![expect(unsafe_code, reason = "turns untyped strided memory into references")]

use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::OnceLock;

use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn, ShapeBuilder, StrideShape};
use smallvec::SmallVec;

use super::layout::{Shape, Strides, element_count, foreign_layout, is_row_major, row_major};
use super::reorder::copy_in_order;
use super::{DType, Dlpack, Element};
use crate::{Error, Result, with_item_size};

/// Strided memory of any data type. The one place where the rules that make it safe are checked.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) data: NonNull<u8>,
    dtype: DType,
    pub(super) shape: Shape,
    pub(super) strides: Strides,
    /// Foreign memory is given back when the view ends.
    _dlpack: Option<Dlpack>,
}

impl Memory {
    fn from_dlpack(dlpack: Dlpack) -> Result<Memory> {
        let (shape, strides) = foreign_layout(&dlpack)?;
        Ok(Memory {
            data: NonNull::new(dlpack.data()).unwrap_or(NonNull::<u64>::dangling().cast()),
            dtype: dlpack.tensor().dtype,
            shape,
            strides,
            _dlpack: Some(dlpack),
        })
    }

    pub(super) fn is_contiguous(&self) -> bool {
        is_row_major(&self.shape, &self.strides)
    }

    pub(super) fn count(&self) -> usize {
        self.shape.iter().product()
    }

    fn check_type<T: Element>(&self) -> Result<()> {
        if self.dtype == T::DTYPE {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "expected an array of {}, got an array of {}",
            T::DTYPE,
            self.dtype
        )))
    }

    /// Whether elements, if there are any, are where references to values of this type can be.
    fn is_aligned<T>(&self) -> bool {
        self.data.cast::<T>().is_aligned() || self.count() == 0
    }

    /// Address of the first element.
    pub(super) fn start<T>(&self) -> NonNull<T> {
        if self.count() == 0 {
            return NonNull::dangling();
        }
        self.data.cast()
    }

    /// `start` and layout of the same elements with no negative stride, and the axes to invert.
    fn unsigned<T>(&self, start: NonNull<T>) -> (NonNull<T>, StrideShape<IxDyn>, Shape) {
        let shape = IxDyn(&self.shape);
        let mut inverted = SmallVec::new();
        if self.count() == 0 {
            // `ndarray` has its own idea of strides along nothing.
            return (start, shape.into(), inverted);
        }
        let mut lowest = start.as_ptr();
        let mut strides: SmallVec<[usize; 4]> = SmallVec::new();
        for (axis, (&length, &stride)) in self.shape.iter().zip(&self.strides).enumerate() {
            // The stride along a single element means nothing, and producers put anything there.
            let stride = if length == 1 { 1 } else { stride };
            if stride < 0 {
                lowest = lowest.wrapping_offset(stride * (length as isize - 1));
                inverted.push(axis);
            }
            strides.push(stride.unsigned_abs());
        }
        let lowest = NonNull::new(lowest).unwrap_or(start);
        (lowest, shape.strides(IxDyn(&strides)), inverted)
    }

    /// # Safety
    ///
    /// All elements must be valid values of `T`, in memory aligned for it.
    unsafe fn strided<T>(&self) -> ArrayViewD<'_, T> {
        // SAFETY: as above, for as long as this memory.
        unsafe { self.strided_for() }
    }

    /// # Safety
    ///
    /// As for [`Memory::strided`], and the elements must be there for all of `'e`.
    pub(super) unsafe fn strided_for<'e, T>(&self) -> ArrayViewD<'e, T> {
        let (lowest, shape, inverted) = self.unsigned(self.start());
        // SAFETY: these are the elements that the view was made for, in the order of addresses.
        let mut view = unsafe { ArrayViewD::from_shape_ptr(shape, lowest.as_ptr()) };
        for axis in inverted {
            view.invert_axis(ndarray::Axis(axis));
        }
        view
    }

    /// # Safety
    ///
    /// As for [`Memory::strided`], and nobody else may use the elements.
    pub(super) unsafe fn strided_mut<T>(&mut self) -> ArrayViewMutD<'_, T> {
        // SAFETY: as above, for as long as this memory.
        unsafe { self.strided_mut_for() }
    }

    /// # Safety
    ///
    /// As for [`Memory::strided_mut`], and the elements must be there for all of `'e`.
    pub(super) unsafe fn strided_mut_for<'e, T>(&mut self) -> ArrayViewMutD<'e, T> {
        let (lowest, shape, inverted) = self.unsigned(self.start());
        // SAFETY: as above, and the caller guarantees exclusive access.
        let mut view = unsafe { ArrayViewMutD::from_shape_ptr(shape, lowest.as_ptr()) };
        for axis in inverted {
            view.invert_axis(ndarray::Axis(axis));
        }
        view
    }

    /// The elements as `N` bytes each, which is what they take.
    pub(super) fn items<const N: usize>(&self) -> ArrayViewD<'_, [u8; N]> {
        assert_eq!(N, self.dtype.size());
        // SAFETY: any bytes are valid, without alignment.
        unsafe { self.strided() }
    }

    /// Booleans are the only type for which not all bit patterns are values.
    fn check_values<T: Element>(&self) -> Result<()> {
        if T::DTYPE != DType::BOOL8 {
            return Ok(());
        }
        // SAFETY: booleans take one byte, and any byte is a valid u8.
        let bytes = unsafe { self.strided::<u8>() };
        match bytes.iter().find(|&&byte| byte > 1) {
            Some(byte) => Err(Error::invalid(format!(
                "an array of booleans contains the byte {byte}, which is neither 0 nor 1"
            ))),
            None => Ok(()),
        }
    }
}

/// Shared view of the elements of an array in main memory.
#[derive(Debug)]
pub struct View<'a> {
    pub(super) memory: Memory,
    /// The elements where references to them can be, if they are not there anyway: made when typed elements are
    /// first asked for.
    pub(super) aligned: OnceLock<Box<Memory>>,
    lifetime: PhantomData<&'a ()>,
}

impl<'a> View<'a> {
    /// # Safety
    ///
    /// For `'a`, `data` must be valid for reads of the elements described by the shape and strides.
    pub(super) unsafe fn from_parts(
        data: NonNull<u8>,
        dtype: DType,
        shape: Shape,
        strides: Strides,
    ) -> View<'a> {
        Self::on(Memory {
            data,
            dtype,
            shape,
            strides,
            _dlpack: None,
        })
    }

    fn on(memory: Memory) -> View<'a> {
        View {
            memory,
            aligned: OnceLock::new(),
            lifetime: PhantomData,
        }
    }

    /// View of an array that has no elements, and needs no memory.
    ///
    /// ```
    /// # use metatensor_core::{DType, Result, View};
    /// assert_eq!(View::empty(DType::F64, &[0, 3])?.shape(), [0, 3]);
    /// assert!(View::empty(DType::F64, &[1, 3]).is_err());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If an array of this shape has elements, or its other axes are too long.
    pub fn empty(dtype: DType, shape: &[usize]) -> Result<View<'a>> {
        if element_count(shape, dtype)? != 0 {
            return Err(Error::invalid(format!(
                "an array of shape {shape:?} needs memory for its elements"
            )));
        }
        let data = NonNull::<u64>::dangling().cast();
        // SAFETY: there are no elements.
        Ok(unsafe { Self::from_parts(data, dtype, Shape::from_slice(shape), row_major(shape)) })
    }

    /// View of an array whose elements are the bytes of `bytes`, the last axis varying fastest. They can start at any
    /// address.
    ///
    /// ```
    /// # use metatensor_core::{DType, Result, View};
    /// let bytes = [0, 1, 2, 3, 4, 0];
    /// let view = View::from_bytes(DType::U16, &[2], &bytes[1..5])?;
    /// assert_eq!(view.typed::<u16>()?[[1]], u16::from_ne_bytes([3, 4]));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If an array of this shape has more or fewer bytes.
    pub fn from_bytes(dtype: DType, shape: &[usize], bytes: &'a [u8]) -> Result<View<'a>> {
        let size = element_count(shape, dtype)? * dtype.size();
        if bytes.len() != size {
            return Err(Error::invalid(format!(
                "an array of {dtype} with shape {shape:?} takes {size} bytes, got {}",
                bytes.len()
            )));
        }
        let data = NonNull::from(bytes).cast();
        // SAFETY: these bytes are valid for reads, and the layout is that of all of them.
        Ok(unsafe { Self::from_parts(data, dtype, Shape::from_slice(shape), row_major(shape)) })
    }

    /// View of the memory of a DLPack tensor, which is deleted when the view is dropped.
    ///
    /// ```
    /// # use metatensor_core::{Array, DenseArray, Device, Result, View};
    /// let array = DenseArray::from(ndarray::arr1(&[1.0, 2.0]));
    /// let view = View::from_dlpack(array.to_dlpack(Device::CPU)?)?;
    /// assert_eq!(view.into_typed::<f64>()?.sum(), 3.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the tensor is not in main memory, or has elements but no data.
    pub fn from_dlpack(tensor: Dlpack) -> Result<View<'a>> {
        Ok(Self::on(Memory::from_dlpack(tensor)?))
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.memory.dtype
    }

    /// Length of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.memory.shape
    }

    /// Distance in elements between neighbors along each axis.
    pub fn strides(&self) -> &[isize] {
        &self.memory.strides
    }

    /// Whether the elements lie one after the other, the last axis varying fastest.
    pub fn is_contiguous(&self) -> bool {
        self.memory.is_contiguous()
    }

    /// The memory itself, if it is contiguous.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if !self.is_contiguous() {
            return None;
        }
        let size = self.memory.count() * self.dtype().size();
        // SAFETY: contiguous, so that all of these bytes belong to elements of the view.
        Some(unsafe { std::slice::from_raw_parts(self.memory.data.as_ptr(), size) })
    }

    /// Memory with the same elements, which can be used as values of this type.
    pub(super) fn typed_memory<T: Element>(&self) -> Result<&Memory> {
        self.memory.check_type::<T>()?;
        if self.memory.is_aligned::<T>() {
            self.memory.check_values::<T>()?;
            return Ok(&self.memory);
        }
        self.aligned()
    }

    /// Parts of packed records and of files start anywhere: their elements are copied once, to be used many times.
    #[cold]
    fn aligned(&self) -> Result<&Memory> {
        if let Some(aligned) = self.aligned.get() {
            return Ok(aligned);
        }
        let copy = with_item_size!(self.dtype().size(), N => {
            copy_in_order(self.dtype(), self.shape(), &self.items::<N>())
        })?;
        let aligned = Box::new(Memory::from_dlpack(copy.into_dlpack())?);
        Ok(self.aligned.get_or_init(|| aligned))
    }

    /// The elements in row-major order, if they are contiguous or have to be copied anyway, see [`View::typed`].
    ///
    /// # Errors
    ///
    /// As for [`View::typed`].
    pub fn as_slice<T: Element>(&self) -> Result<Option<&[T]>> {
        let memory = self.typed_memory::<T>()?;
        if !memory.is_contiguous() {
            return Ok(None);
        }
        // SAFETY: elements are values of this type, see `typed_memory`, and contiguous.
        Ok(Some(unsafe {
            std::slice::from_raw_parts(memory.start().as_ptr(), memory.count())
        }))
    }

    /// The elements. Those that are not aligned in memory are copied to where they are when this is first called.
    ///
    /// # Errors
    ///
    /// If elements are of another type, or can not be read as values of this type: a boolean that is
    /// neither 0 nor 1.
    pub fn typed<T: Element>(&self) -> Result<ArrayViewD<'_, T>> {
        let memory = self.typed_memory::<T>()?;
        // SAFETY: elements are aligned values of this type, see `typed_memory`.
        Ok(unsafe { memory.strided() })
    }

    /// The elements as `N` bytes each.
    ///
    /// # Panics
    ///
    /// If elements have another size.
    #[doc(hidden)]
    pub fn items<const N: usize>(&self) -> ArrayViewD<'_, [u8; N]> {
        self.memory.items()
    }
}

impl<'a, T: Element> From<&'a [T]> for View<'a> {
    /// View with one axis.
    fn from(slice: &'a [T]) -> Self {
        let (shape, strides) = (Shape::from_elem(slice.len(), 1), Strides::from_elem(1, 1));
        // SAFETY: these are the elements of the slice.
        unsafe { View::from_parts(NonNull::from(slice).cast(), T::DTYPE, shape, strides) }
    }
}
