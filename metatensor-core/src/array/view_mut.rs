//! Writing to the elements of arrays in main memory.

#![expect(unsafe_code, reason = "turns untyped strided memory into references")]

use std::ptr::NonNull;

use ndarray::ArrayViewMutD;

use super::layout::{Shape, Strides, overlaps};
use super::view::Memory;
use super::{DType, Dlpack, Element, View};
use crate::{Error, Result, with_item_size};

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

    /// View with one axis of these elements, which can have any bits: not of booleans.
    ///
    /// # Errors
    ///
    /// If they are booleans.
    #[doc(hidden)]
    pub fn of_slice<T: Element>(slice: &'a mut [T]) -> Result<ViewMut<'a>> {
        if T::DTYPE == DType::BOOL8 {
            return Err(Error::unsupported(
                "booleans as bytes, which could be anything",
            ));
        }
        let (shape, strides) = (Shape::from_elem(slice.len(), 1), Strides::from_elem(1, 1));
        let data = NonNull::from(slice).cast();
        // SAFETY: these are the elements of the slice, which is borrowed exclusively.
        Ok(unsafe { Self::from_parts(data, T::DTYPE, shape, strides) })
    }

    /// Writable view of the memory of a DLPack tensor, deleted when the view is dropped.
    ///
    /// # Errors
    ///
    /// If what is written would be lost: if the tensor is read-only, is flagged as a copy, has elements that share
    /// memory, or is not in main memory.
    ///
    /// # Safety
    ///
    /// Nothing else may use the memory for `'a`.
    pub unsafe fn from_dlpack(tensor: Dlpack) -> Result<ViewMut<'a>> {
        if tensor.is_read_only() {
            return Err(Error::invalid("can not write to a read-only DLPack tensor"));
        }
        if tensor.is_copy() {
            return Err(Error::invalid(
                "can not write to a DLPack tensor that is a copy: the array would not change",
            ));
        }
        let view = View::from_dlpack(tensor)?;
        if overlaps(view.shape(), view.strides()) {
            return Err(Error::invalid(format!(
                "can not write to a DLPack tensor of shape {:?} with strides {:?}, whose elements overlap",
                view.shape(),
                view.strides()
            )));
        }
        Ok(ViewMut { view })
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.view.dtype()
    }

    /// Length of each axis.
    pub fn shape(&self) -> &[usize] {
        self.view.shape()
    }

    /// The same elements, read only.
    pub fn as_view(&mut self) -> &View<'a> {
        self.write_back();
        &self.view
    }

    /// The memory itself, if it is contiguous. Elements must be left with valid values: for
    /// booleans, 0 or 1.
    pub fn as_bytes_mut(&mut self) -> Option<&mut [u8]> {
        self.write_back();
        if !self.view.is_contiguous() {
            return None;
        }
        let size = self.view.memory.count() * self.dtype().size();
        // SAFETY: contiguous, and this view has exclusive access to its elements.
        Some(unsafe { std::slice::from_raw_parts_mut(self.view.memory.data.as_ptr(), size) })
    }

    /// The elements in row-major order, if they are contiguous or have to be copied anyway, see
    /// [`ViewMut::typed_mut`].
    ///
    /// # Errors
    ///
    /// As for [`View::typed`].
    pub fn as_slice_mut<T: Element>(&mut self) -> Result<Option<&mut [T]>> {
        let memory = self.typed_memory_mut::<T>()?;
        if !memory.is_contiguous() {
            return Ok(None);
        }
        // SAFETY: as in `View::as_slice`, with exclusive access.
        Ok(Some(unsafe {
            std::slice::from_raw_parts_mut(memory.start().as_ptr(), memory.count())
        }))
    }

    /// Copies all elements of `source`, which has the same data type and shape.
    ///
    /// ```
    /// # use metatensor_core::{Array, DType, DenseArray, Result, View};
    /// let mut array = DenseArray::zeros(DType::F64, &[2])?;
    /// array.view_mut()?.copy_from(&View::from(&[1.0, 2.0][..]))?;
    /// assert_eq!(array.to_ndarray::<f64>()?, ndarray::arr1(&[1.0, 2.0]).into_dyn());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it has not.
    pub fn copy_from(&mut self, source: &View<'_>) -> Result<()> {
        if source.dtype() != self.dtype() || source.shape() != self.shape() {
            return Err(Error::invalid(format!(
                "can not copy an array of {} with shape {:?} to one of {} with shape {:?}",
                source.dtype(),
                source.shape(),
                self.dtype(),
                self.shape()
            )));
        }
        self.view.aligned.take();
        with_item_size!(source.dtype().size(), N => {
            // SAFETY: any bytes are valid, without alignment, and this view has exclusive access.
            unsafe { self.view.memory.strided_mut::<[u8; N]>() }.assign(&source.items::<N>());
            Ok(())
        })
    }

    /// The elements as `N` bytes each, if they are contiguous.
    ///
    /// # Panics
    ///
    /// If elements have another size.
    #[doc(hidden)]
    pub fn as_items_mut<const N: usize>(&mut self) -> Option<&mut [[u8; N]]> {
        assert_eq!(N, self.dtype().size());
        Some(self.as_bytes_mut()?.as_chunks_mut().0)
    }

    /// The elements. Those that are not aligned in memory are copied to where they are, and back when something else
    /// is done with this view, or when it is dropped.
    ///
    /// # Errors
    ///
    /// As for [`View::typed`].
    pub fn typed_mut<T: Element>(&mut self) -> Result<ArrayViewMutD<'_, T>> {
        let memory = self.typed_memory_mut::<T>()?;
        // SAFETY: aligned values of this type, see `View::typed_memory`; exclusive access.
        Ok(unsafe { memory.strided_mut() })
    }

    pub(super) fn typed_memory_mut<T: Element>(&mut self) -> Result<&mut Memory> {
        self.view.typed_memory::<T>()?;
        Ok(match self.view.aligned.get_mut() {
            Some(aligned) => aligned,
            None => &mut self.view.memory,
        })
    }

    /// Copies elements that were used somewhere else back to where they belong.
    fn write_back(&mut self) {
        let Some(aligned) = self.view.aligned.take() else {
            return;
        };
        let written = with_item_size!(self.dtype().size(), N => {
            // SAFETY: any bytes are valid, without alignment, and this view has exclusive access.
            unsafe { self.view.memory.strided_mut::<[u8; N]>() }.assign(&aligned.items::<N>());
            Ok(())
        });
        debug_assert!(written.is_ok(), "typed elements have one of these sizes");
    }
}

impl Drop for ViewMut<'_> {
    fn drop(&mut self) {
        self.write_back();
    }
}
