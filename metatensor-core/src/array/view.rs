//! Typed access to the elements of arrays in main memory.

#![expect(unsafe_code, reason = "turns untyped strided memory into references")]

use std::marker::PhantomData;
use std::ptr::NonNull;

use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn, ShapeBuilder, StrideShape};
use smallvec::SmallVec;

use super::{DType, Device, Dlpack, Element};
use crate::{Error, Result, with_item_size};

/// Length of each axis of an array.
pub(super) type Shape = SmallVec<[usize; 4]>;
/// Distance, in elements, between neighbors along each axis of an array.
pub(super) type Strides = SmallVec<[isize; 4]>;

/// Strides of a row-major array with this shape.
pub(super) fn row_major(shape: &[usize]) -> Strides {
    let mut strides: Strides = SmallVec::from_elem(1, shape.len());
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis].wrapping_mul(shape[axis].max(1) as isize);
    }
    strides
}

/// Whether elements with these strides lie one after the other, the last axis varying fastest.
pub(super) fn is_row_major(shape: &[usize], strides: &[isize]) -> bool {
    if shape.contains(&0) {
        return true;
    }
    let mut expected = 1;
    for (&length, &stride) in shape.iter().zip(strides).rev() {
        if length != 1 && stride != expected {
            return false;
        }
        expected *= length as isize;
    }
    true
}

/// Number of elements of an array with this shape.
///
/// # Errors
///
/// If there are more than fit in memory. Axes of length 0 do not help: `ndarray` wants the product of
/// the other lengths to fit, and so does whoever multiplies them in another order.
pub(super) fn element_count(shape: &[usize], dtype: DType) -> Result<usize> {
    let bytes = shape
        .iter()
        .try_fold(dtype.size().max(1), |n, &m| n.checked_mul(m.max(1)));
    if bytes.is_none_or(|bytes| isize::try_from(bytes).is_err()) {
        return Err(Error::invalid(format!(
            "an array of {dtype} with shape {shape:?} is too large"
        )));
    }
    Ok(shape.iter().product())
}

/// Shape and strides of a tensor made by someone else, if its elements can be used from here.
///
/// # Errors
///
/// If the tensor is not in main memory, has elements but no data, or can not exist in any memory.
pub(super) fn foreign_layout(dlpack: &Dlpack) -> Result<(Shape, Strides)> {
    let tensor = dlpack.tensor();
    if !tensor.device.is_cpu() {
        return Err(not_on_cpu(tensor.device));
    }
    // Elements smaller than a byte share bytes with their neighbors.
    let bits = tensor.dtype.bits as usize * tensor.dtype.lanes as usize;
    if bits == 0 || !bits.is_multiple_of(8) {
        return Err(Error::unsupported(format!(
            "arrays of {}, whose elements do not take whole bytes",
            tensor.dtype
        )));
    }
    let shape: Shape = dlpack.shape().collect();
    let count = element_count(&shape, tensor.dtype)?;
    if count > 0 && dlpack.data().is_null() {
        return Err(Error::invalid(format!(
            "got a DLPack tensor of shape {:?} without data",
            &shape[..]
        )));
    }
    let mut strides = row_major(&shape);
    let Some(given) = dlpack.strides().filter(|_| count > 0) else {
        return Ok((shape, strides));
    };
    let mut extent = tensor.dtype.size();
    for (axis, &stride) in given.iter().enumerate() {
        // Nobody looks at the stride along a single element, and producers put anything there.
        if shape[axis] == 1 {
            continue;
        }
        let distance = usize::try_from(stride.unsigned_abs())
            .ok()
            .and_then(|stride| stride.checked_mul(shape[axis] - 1)?.checked_mul(bits / 8));
        extent = distance
            .and_then(|distance| extent.checked_add(distance))
            .filter(|&extent| isize::try_from(extent).is_ok())
            .ok_or_else(|| {
                Error::invalid(format!(
                    "got a DLPack tensor of {} with shape {:?} and strides {given:?}, which is too \
                     large",
                    tensor.dtype,
                    &shape[..]
                ))
            })?;
        strides[axis] = stride as isize;
    }
    Ok((shape, strides))
}

/// Strided memory of any data type. The one place where the rules that make it safe are checked.
#[derive(Debug)]
struct Memory {
    data: NonNull<u8>,
    dtype: DType,
    shape: Shape,
    strides: Strides,
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

    fn is_contiguous(&self) -> bool {
        is_row_major(&self.shape, &self.strides)
    }

    fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Address of the first element, if elements can be used as values of this type.
    fn start<T: Element>(&self) -> Result<NonNull<T>> {
        if self.dtype != T::DTYPE {
            return Err(Error::invalid(format!(
                "expected an array of {}, got an array of {}",
                T::DTYPE,
                self.dtype
            )));
        }
        let start = self.data.cast::<T>();
        if self.count() == 0 {
            return Ok(NonNull::dangling());
        }
        if !start.is_aligned() {
            return Err(Error::unsupported(format!(
                "an array of {} whose data is not aligned in memory",
                self.dtype
            )));
        }
        Ok(start)
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
}

#[cold]
fn not_on_cpu(device: Device) -> Error {
    Error::unsupported(format!(
        "the data is on device {device}, only data on the CPU can be used here"
    ))
}

/// Shared view of the elements of an array in main memory.
#[derive(Debug)]
pub struct View<'a> {
    memory: Memory,
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
        let memory = Memory {
            data,
            dtype,
            shape,
            strides,
            _dlpack: None,
        };
        View {
            memory,
            lifetime: PhantomData,
        }
    }

    /// View of an array that has no elements, and needs no memory.
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

    /// View of the memory of a DLPack tensor, which is deleted when the view is dropped.
    ///
    /// # Errors
    ///
    /// If the tensor is not in main memory, or has elements but no data.
    pub fn from_dlpack(tensor: Dlpack) -> Result<View<'a>> {
        Ok(View {
            memory: Memory::from_dlpack(tensor)?,
            lifetime: PhantomData,
        })
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

    /// The elements in row-major order, if they are contiguous.
    ///
    /// # Errors
    ///
    /// As for [`View::typed`].
    pub fn as_slice<T: Element>(&self) -> Result<Option<&[T]>> {
        let start = self.memory.start::<T>()?;
        if !self.is_contiguous() {
            return Ok(None);
        }
        self.check_values::<T>()?;
        // SAFETY: the type was checked by `start`, values by `check_values`, and the memory is
        // contiguous.
        Ok(Some(unsafe {
            std::slice::from_raw_parts(start.as_ptr(), self.memory.count())
        }))
    }

    /// The elements.
    ///
    /// # Errors
    ///
    /// If elements are of another type, or can not be read as values of this type: data that is not
    /// aligned, a boolean that is neither 0 nor 1.
    pub fn typed<T: Element>(&self) -> Result<ArrayViewD<'_, T>> {
        let start = self.memory.start::<T>()?;
        self.check_values::<T>()?;
        // SAFETY: the type was checked by `start`, and values by `check_values`.
        Ok(unsafe { self.strided(start) })
    }

    /// The elements as `N` bytes each.
    ///
    /// # Panics
    ///
    /// If elements have another size.
    pub fn items<const N: usize>(&self) -> ArrayViewD<'_, [u8; N]> {
        assert_eq!(N, self.dtype().size());
        // SAFETY: any bytes are valid, without alignment.
        unsafe { self.strided(self.memory.data.cast()) }
    }

    /// # Safety
    ///
    /// All elements must be valid values of `T`, in memory aligned for it.
    unsafe fn strided<T>(&self, start: NonNull<T>) -> ArrayViewD<'_, T> {
        let (lowest, shape, inverted) = self.memory.unsigned(start);
        // SAFETY: these are the elements that the view was made for, in the order of addresses.
        let mut view = unsafe { ArrayViewD::from_shape_ptr(shape, lowest.as_ptr()) };
        for axis in inverted {
            view.invert_axis(ndarray::Axis(axis));
        }
        view
    }

    /// Booleans are the only type for which not all bit patterns are values.
    fn check_values<T: Element>(&self) -> Result<()> {
        if T::DTYPE != DType::BOOL8 {
            return Ok(());
        }
        // SAFETY: booleans take one byte, and any byte is a valid u8.
        let bytes = unsafe { self.strided(self.memory.data) };
        match bytes.iter().find(|&&byte| byte > 1) {
            Some(byte) => Err(Error::invalid(format!(
                "an array of booleans contains the byte {byte}, which is neither 0 nor 1"
            ))),
            None => Ok(()),
        }
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

/// Exclusive view of the elements of an array in main memory.
#[derive(Debug)]
pub struct ViewMut<'a> {
    view: View<'a>,
}

impl<'a> ViewMut<'a> {
    /// # Safety
    ///
    /// For `'a`, `data` must be valid for reads and writes of the elements described by the shape
    /// and strides, through no other reference, and no two elements may share memory.
    pub(super) unsafe fn from_parts(
        data: NonNull<u8>,
        dtype: DType,
        shape: Shape,
        strides: Strides,
    ) -> ViewMut<'a> {
        // SAFETY: stronger conditions than needed.
        let view = unsafe { View::from_parts(data, dtype, shape, strides) };
        ViewMut { view }
    }

    /// Writable view of the memory of a DLPack tensor, deleted when the view is dropped.
    ///
    /// # Errors
    ///
    /// If the tensor is read-only, or not in main memory.
    ///
    /// # Safety
    ///
    /// Nothing else may use the memory for `'a`, and no two elements may share memory.
    pub unsafe fn from_dlpack(tensor: Dlpack) -> Result<ViewMut<'a>> {
        if tensor.is_read_only() {
            return Err(Error::invalid("can not write to a read-only DLPack tensor"));
        }
        Ok(ViewMut {
            view: View::from_dlpack(tensor)?,
        })
    }

    /// The same elements, read only.
    pub fn as_view(&self) -> &View<'a> {
        &self.view
    }

    /// The memory itself, if it is contiguous. Elements must be left with valid values: for
    /// booleans, 0 or 1.
    pub fn as_bytes_mut(&mut self) -> Option<&mut [u8]> {
        if !self.view.is_contiguous() {
            return None;
        }
        let size = self.view.memory.count() * self.view.dtype().size();
        // SAFETY: contiguous, and this view has exclusive access to its elements.
        Some(unsafe { std::slice::from_raw_parts_mut(self.view.memory.data.as_ptr(), size) })
    }

    /// The elements in row-major order, if they are contiguous.
    ///
    /// # Errors
    ///
    /// As for [`View::typed`].
    pub fn as_slice_mut<T: Element>(&mut self) -> Result<Option<&mut [T]>> {
        let start = self.view.memory.start::<T>()?;
        if !self.view.is_contiguous() {
            return Ok(None);
        }
        self.view.check_values::<T>()?;
        // SAFETY: as in `View::as_slice`, with exclusive access.
        Ok(Some(unsafe {
            std::slice::from_raw_parts_mut(start.as_ptr(), self.view.memory.count())
        }))
    }

    /// Copies all elements of `source`, which has the same data type and shape.
    ///
    /// # Errors
    ///
    /// If it has not.
    pub fn copy_from(&mut self, source: &View<'_>) -> Result<()> {
        if source.dtype() != self.view.dtype() || source.shape() != self.view.shape() {
            return Err(Error::invalid(format!(
                "can not copy an array of {} with shape {:?} to one of {} with shape {:?}",
                source.dtype(),
                source.shape(),
                self.view.dtype(),
                self.view.shape()
            )));
        }
        with_item_size!(source.dtype().size(), N => {
            let start = self.view.memory.data.cast::<[u8; N]>();
            // SAFETY: any bytes are valid, without alignment.
            unsafe { self.strided(start) }.assign(&source.items::<N>());
            Ok(())
        })
    }

    /// # Safety
    ///
    /// All elements must be valid values of `T`, in memory aligned for it.
    unsafe fn strided<T>(&mut self, start: NonNull<T>) -> ArrayViewMutD<'_, T> {
        let (lowest, shape, inverted) = self.view.memory.unsigned(start);
        // SAFETY: as in `View::strided`, and this view has exclusive access to its elements.
        let mut view = unsafe { ArrayViewMutD::from_shape_ptr(shape, lowest.as_ptr()) };
        for axis in inverted {
            view.invert_axis(ndarray::Axis(axis));
        }
        view
    }

    /// The elements as `N` bytes each, if they are contiguous.
    ///
    /// # Panics
    ///
    /// If elements have another size.
    pub fn as_items_mut<const N: usize>(&mut self) -> Option<&mut [[u8; N]]> {
        assert_eq!(N, self.view.dtype().size());
        Some(self.as_bytes_mut()?.as_chunks_mut().0)
    }

    /// The elements.
    ///
    /// # Errors
    ///
    /// As for [`View::typed`].
    pub fn typed_mut<T: Element>(&mut self) -> Result<ArrayViewMutD<'_, T>> {
        let start = self.view.memory.start::<T>()?;
        self.view.check_values::<T>()?;
        // SAFETY: the type was checked by `start`, and values by `check_values`.
        Ok(unsafe { self.strided(start) })
    }
}
