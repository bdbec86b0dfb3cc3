//! Native arrays.

#![expect(unsafe_code, reason = "views of memory owned by the array")]

use std::fmt;
use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};

use ndarray::{ArrayD, Dimension, IxDyn};

use super::buffer::{Buffer, Lent, SharedBuffer, Watch};
use super::dlpack;
use super::layout::{Shape, Strides, element_count, foreign_layout, row_major};
use super::reorder::copy_in_order;
use super::{Array, DType, Dlpack, DlpackManagedTensor, Element, Origin, View};
use crate::memory::{Region, is_kept};
use crate::{Error, Result, with_item_size};

mod array;
mod write;

/// An n-dimensional array in main memory, of any [`Element`] type and with any strides.
///
/// The memory can have been allocated here, come from a `Vec` or [`ndarray`] array, or belong to
/// another library ([`DenseArray::from_dlpack`]); none of these are copied.
pub struct DenseArray {
    elements: Elements,
    /// A copy of the elements, made because somebody wants to write to them and other arrays have the same memory. It is
    /// what everybody sees from then on; those who were reading still have the other ones.
    own: OnceLock<Box<Elements>>,
    dtype: DType,
    shape: Shape,
    origin: Origin,
}

/// Elements in memory.
struct Elements {
    buffer: SharedBuffer,
    /// The first one, in the memory of `buffer`.
    data: NonNull<u8>,
    strides: Strides,
    /// There if somebody may write to the elements for as long as this array exists.
    lent: OnceLock<Lent>,
}

// SAFETY: the memory is kept alive by `buffer`, and only written to with exclusive access.
unsafe impl Send for Elements {}
// SAFETY: as above.
unsafe impl Sync for Elements {}

impl DenseArray {
    /// Array filled with zeros (`false`), row-major.
    ///
    /// ```
    /// # use metatensor_core::{DType, DenseArray, Result};
    /// let array = DenseArray::zeros(DType::I32, &[2, 3])?;
    /// assert_eq!(array.to_ndarray::<i32>()?.sum(), 0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `dtype` is none of [`DType::ALL`], or there is not enough memory.
    pub fn zeros(dtype: DType, shape: &[usize]) -> Result<DenseArray> {
        check_dtype(dtype)?;
        let size = element_count(shape, dtype)? * dtype.size();
        // Fresh memory is zero. What was used before is filled, by threads: this takes less time than it takes the system
        // to do the same when somebody writes to fresh memory.
        if is_kept(size) {
            return Self::write_bytes_in_parts(dtype, shape, size, |bytes, output| {
                output.fill(bytes.len(), 0);
                Ok(())
            });
        }
        Ok(Self::on_buffer(Buffer::zeroed(size)?, dtype, shape))
    }

    /// Array filled with `value`, row-major.
    ///
    /// ```
    /// # use metatensor_core::{DType, DenseArray, Result};
    /// let array = DenseArray::full(&[2, 3], 0.5)?;
    /// assert_eq!(array.dtype(), DType::F64);
    /// assert_eq!(array.to_ndarray::<f64>()?.sum(), 3.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is not enough memory.
    pub fn full<T: Element>(shape: &[usize], value: T) -> Result<DenseArray> {
        Self::full_as(T::DTYPE, shape, value)
    }

    /// Array without axes, holding `value`.
    ///
    /// ```
    /// # use metatensor_core::{DenseArray, Result};
    /// assert!(DenseArray::scalar(1.5_f32).shape().is_empty());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn scalar<T: Element>(value: T) -> DenseArray {
        Self::from(ndarray::arr0(value))
    }

    /// Array on top of the memory of a DLPack tensor, which is deleted with the last array using it.
    ///
    /// ```
    /// # use metatensor_core::{Array, DenseArray, Device, Result};
    /// let array = DenseArray::from(ndarray::arr1(&[1.0, 2.0]));
    /// let same = DenseArray::from_dlpack(array.to_dlpack(Device::CPU)?)?;
    /// assert_eq!(same.to_ndarray::<f64>()?, array.to_ndarray::<f64>()?);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the tensor is not in main memory or has a data type that is none of [`DType::ALL`].
    pub fn from_dlpack(tensor: Dlpack) -> Result<DenseArray> {
        let (shape, strides) = foreign_layout(&tensor)?;
        let dtype = tensor.tensor().dtype;
        check_dtype(dtype)?;
        let buffer = Buffer::from_dlpack(tensor);
        let data = buffer.data();
        Ok(Self::on_elements(buffer, data, dtype, shape, strides))
    }

    fn on_buffer(buffer: Buffer, dtype: DType, shape: &[usize]) -> DenseArray {
        let (data, strides) = (buffer.data(), row_major(shape));
        Self::on_elements(buffer, data, dtype, Shape::from_slice(shape), strides)
    }

    /// Elements at `data`, in the memory of `buffer`.
    fn on_elements(
        buffer: Buffer,
        data: NonNull<u8>,
        dtype: DType,
        shape: Shape,
        strides: Strides,
    ) -> DenseArray {
        DenseArray {
            elements: Elements {
                buffer: SharedBuffer::new(buffer),
                data,
                strides,
                lent: OnceLock::new(),
            },
            own: OnceLock::new(),
            dtype,
            shape,
            origin: Self::origin(),
        }
    }

    /// The values of labels, sharing their memory. These arrays have an origin of their own, which
    /// clients know by name.
    pub(crate) fn of_labels(values: Arc<Vec<i32>>, shape: [usize; 2]) -> DenseArray {
        assert_eq!(values.len(), shape[0] * shape[1]);
        let buffer = Buffer::from_shared(values);
        DenseArray {
            origin: Origin::LABELS,
            ..Self::on_buffer(buffer, DType::I32, &shape)
        }
    }

    /// Elements in this memory, one after the other.
    pub(crate) fn on_region(region: Region, dtype: DType, shape: &[usize]) -> DenseArray {
        Self::on_buffer(Buffer::from_region(region), dtype, shape)
    }

    /// Whether the elements are where a file is mapped, or in memory that was given instead of a file, and not in memory of
    /// their own: see [`MapFile::block_mapped`](crate::MapFile::block_mapped).
    ///
    /// ```
    /// # use metatensor_core::{DenseArray, Result};
    /// assert!(!DenseArray::scalar(1.0).is_mapped());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn is_mapped(&self) -> bool {
        self.elements().buffer.is_mapped()
    }

    /// Another array with the same elements, which are copied when somebody asks for a pointer to one of the two that
    /// could be used to write. `None` if somebody may have such a pointer now.
    #[doc(hidden)]
    pub fn share(&self) -> Option<DenseArray> {
        let Elements {
            buffer,
            data,
            strides,
            ..
        } = self.elements();
        let elements = Elements {
            buffer: buffer.share()?,
            data: *data,
            strides: strides.clone(),
            lent: OnceLock::new(),
        };
        Some(DenseArray {
            elements,
            own: OnceLock::new(),
            dtype: self.dtype,
            shape: self.shape.clone(),
            origin: self.origin,
        })
    }

    /// Gives the elements as a DLPack tensor that its receiver may write to. If other arrays [share](Self::share) them, they
    /// are copied now.
    ///
    /// # Errors
    ///
    /// If there is not enough memory for a copy.
    ///
    /// # Safety
    ///
    /// Nobody may write to the memory while others read or write it through this array.
    #[doc(hidden)]
    pub unsafe fn to_writable_dlpack(&self) -> Result<Dlpack> {
        if self.elements().buffer.is_read_only() {
            return Ok(self.export_read_only());
        }
        let (elements, lent) = self.lend()?;
        Ok(self.export(elements, 0, lent))
    }

    /// The elements, which are not in any other array, for somebody who may write to them.
    fn lend(&self) -> Result<(&Elements, Lent)> {
        loop {
            let elements = self.elements();
            if let Some(lent) = elements.buffer.lend() {
                return Ok((elements, lent));
            }
            let copy = Self::copy_of(&self.view())?;
            // If another thread was faster, its copy is as good.
            let _ = self.own.set(Box::new(copy.elements));
        }
    }

    /// From now on, elements are where they are: somebody has a pointer to write to them, as if a tensor of
    /// [`to_writable_dlpack`](Self::to_writable_dlpack) was never given back. This changes nothing for elements that nobody may
    /// write to.
    ///
    /// # Errors
    ///
    /// If other arrays share the elements, and there is not enough memory for a copy.
    #[doc(hidden)]
    pub fn lend_for_good(&self) -> Result<()> {
        if !self.elements().buffer.is_read_only() {
            let (elements, lent) = self.lend()?;
            // Once is enough.
            let _ = elements.lent.set(lent);
        }
        Ok(())
    }

    /// Gives away the elements as a DLPack tensor. Its receiver may write to them, unless another
    /// tensor or array shares their memory.
    #[doc(hidden)]
    pub fn into_dlpack(mut self) -> Dlpack {
        let elements = self.elements_mut();
        elements.lent.take();
        if elements.buffer.is_shared() || elements.buffer.is_read_only() {
            return self.export_read_only();
        }
        self.export(&self.elements, 0, self.elements.buffer.keep())
    }

    /// The same for memory that no other array has, with what tells later whether anybody still has it.
    pub(super) fn into_watched_dlpack(self) -> (Dlpack, Option<Watch>) {
        let buffer = &self.elements().buffer;
        let watch = (!buffer.is_shared()).then(|| buffer.watch());
        (self.into_dlpack(), watch)
    }

    fn export_read_only(&self) -> Dlpack {
        let elements = self.elements();
        self.export(
            elements,
            DlpackManagedTensor::FLAG_READ_ONLY,
            elements.buffer.keep(),
        )
    }

    fn export(&self, elements: &Elements, flags: u64, owner: impl Send + Sync + 'static) -> Dlpack {
        dlpack::export(
            elements.data.as_ptr(),
            self.dtype,
            &self.shape,
            &elements.strides,
            flags,
            owner,
        )
    }

    /// The elements that this array has now.
    fn elements(&self) -> &Elements {
        self.own.get().map_or(&self.elements, |own| own)
    }

    /// The elements, when nobody looks at them.
    fn elements_mut(&mut self) -> &mut Elements {
        if let Some(own) = self.own.take() {
            self.elements = *own;
        }
        &mut self.elements
    }

    /// The kind of all native arrays.
    ///
    /// ```
    /// # use metatensor_core::{DenseArray, Result};
    /// assert_eq!(DenseArray::origin().name()?, "RustArray");
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn origin() -> Origin {
        Origin::NATIVE
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
        let elements = self.elements();
        // SAFETY: the buffer holds all of the elements, and lives as long as `self`.
        unsafe {
            View::from_parts(
                elements.data,
                self.dtype,
                Shape::from_slice(&self.shape),
                Strides::from_slice(&elements.strides),
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
    /// ```
    /// # use metatensor_core::{DenseArray, Result, View};
    /// let array = DenseArray::copy_of(&View::from(&[1.0, 2.0][..]))?;
    /// assert_eq!(array.shape(), [2]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
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
}

pub(super) fn check_dtype(dtype: DType) -> Result<()> {
    if DType::ALL.contains(&dtype) {
        return Ok(());
    }
    Err(Error::unsupported(format!("native arrays of {dtype}")))
}

/// Takes the elements of `array` without copying them.
impl<T: Element, D: Dimension> From<ndarray::Array<T, D>> for DenseArray {
    fn from(array: ndarray::Array<T, D>) -> Self {
        let shape: Shape = array.shape().into();
        let strides: Strides = array.strides().into();
        let (vector, offset) = array.into_raw_vec_and_offset();
        let buffer = Buffer::from_vec(vector);
        let offset = offset.unwrap_or(0) * size_of::<T>();
        // SAFETY: `ndarray` gives the offset of the first element inside of the vector.
        let data = unsafe { buffer.data().add(offset) };
        Self::on_elements(buffer, data, T::DTYPE, shape, strides)
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
            .field("strides", &self.elements().strides)
            .finish_non_exhaustive()
    }
}
