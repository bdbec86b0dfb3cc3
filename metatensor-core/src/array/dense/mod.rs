//! Native arrays.

#![expect(unsafe_code, reason = "views of memory owned by the array")]

use std::fmt;
use std::ptr::NonNull;
use std::sync::{Arc, LazyLock};

use ndarray::{ArrayD, Dimension, IxDyn};

use super::buffer::Buffer;
use super::dlpack;
use super::layout::{Shape, Strides, element_count, foreign_layout, row_major};
use super::reorder::copy_in_order;
use super::{Array, DType, Dlpack, DlpackManagedTensor, Element, Origin, View};
use crate::{Error, Result, with_item_size};

mod array;
mod write;

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
    ///
    /// ```
    /// # use metatensor_core::{DenseArray, Result};
    /// assert_eq!(DenseArray::origin().name()?, "RustArray");
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
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
