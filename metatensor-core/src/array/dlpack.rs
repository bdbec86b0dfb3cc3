//! The structures of DLPack 1.x, through which arrays of different libraries share memory.
//!
//! Values that come from elsewhere (device types, type codes) are plain integers here: newer minor
//! versions of DLPack may add some that this library does not know.

#![expect(unsafe_code, reason = "owns a pointer that comes with its own deleter")]

use std::ffi::c_void;
use std::ptr::NonNull;

use super::{DType, Device};
use crate::{Error, Result};

/// Version of DLPack that a structure follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct DlpackVersion {
    /// Structures of different major versions have different layouts.
    pub major: u32,
    /// Minor versions only add values.
    pub minor: u32,
}

impl DlpackVersion {
    /// The version this library writes.
    pub const CURRENT: DlpackVersion = DlpackVersion { major: 1, minor: 3 };
}

/// `DLTensor`: a strided array somewhere in memory.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct DlpackTensor {
    /// Start of the memory, NULL if there are no elements.
    pub data: *mut c_void,
    /// Device this memory belongs to.
    pub device: Device,
    /// Number of axes.
    pub ndim: i32,
    /// Type of the elements.
    pub dtype: DType,
    /// `ndim` lengths. Can be NULL if `ndim` is 0.
    pub shape: *mut i64,
    /// `ndim` strides in elements. NULL for row-major data.
    pub strides: *mut i64,
    /// Bytes from `data` to the first element.
    pub byte_offset: u64,
}

/// `DLManagedTensorVersioned`: a tensor and the way to give it back.
#[derive(Debug)]
#[repr(C)]
pub struct DlpackManagedTensor {
    /// Version of DLPack.
    pub version: DlpackVersion,
    /// Belongs to whoever made this structure.
    pub manager_ctx: *mut c_void,
    /// Releases the tensor and the structure. Can be NULL.
    pub deleter: Option<unsafe extern "C" fn(*mut DlpackManagedTensor)>,
    /// Or-ed `FLAG_*` values.
    pub flags: u64,
    /// The tensor.
    pub tensor: DlpackTensor,
}

impl Default for DlpackManagedTensor {
    /// A tensor of nothing, without a deleter.
    fn default() -> Self {
        DlpackManagedTensor {
            version: DlpackVersion::CURRENT,
            manager_ctx: std::ptr::null_mut(),
            deleter: None,
            flags: 0,
            tensor: DlpackTensor {
                data: std::ptr::null_mut(),
                device: Device::CPU,
                ndim: 0,
                dtype: DType::U8,
                shape: std::ptr::null_mut(),
                strides: std::ptr::null_mut(),
                byte_offset: 0,
            },
        }
    }
}

impl DlpackManagedTensor {
    /// Flag of tensors whose data must not be written to.
    pub const FLAG_READ_ONLY: u64 = 1;
    /// Flag of tensors that are a copy made for the receiver.
    pub const FLAG_COPIED: u64 = 2;
}

/// Owner of a [`DlpackManagedTensor`], which calls its deleter when dropped.
///
/// Deleters can need the lock of an interpreter: drop this on the thread that obtained it, never
/// on a worker thread.
#[derive(Debug)]
pub struct Dlpack(NonNull<DlpackManagedTensor>);

// SAFETY: the structure is only read after its creation, and DLPack requires that the deleter can
// be called from any thread.
unsafe impl Send for Dlpack {}
// SAFETY: as above, shared references only read.
unsafe impl Sync for Dlpack {}

impl Dlpack {
    /// Takes ownership of `tensor`.
    ///
    /// # Errors
    ///
    /// If `tensor` is NULL or made with another major version. Its deleter has been called then.
    ///
    /// # Safety
    ///
    /// `tensor` must be NULL or point to a valid structure that nobody else will delete. Until it is
    /// deleted its memory must be readable, and not be written to by anyone while we read it. If it is
    /// not flagged as read-only it must be writable too, and nobody else may use it while we write.
    pub unsafe fn from_raw(tensor: *mut DlpackManagedTensor) -> Result<Dlpack> {
        let tensor =
            NonNull::new(tensor).ok_or_else(|| Error::invalid("got a NULL DLPack tensor"))?;
        let owner = Dlpack(tensor);
        // Structures of other versions may be smaller than ours: only the members before the flags are
        // in all of them, and no reference to the whole structure can exist.
        // SAFETY: `tensor` is valid, so that it starts with a version.
        let version = unsafe { (*tensor.as_ptr()).version };
        if version.major != DlpackVersion::CURRENT.major {
            return Err(Error::invalid(format!(
                "can not use a tensor made with DLPack {}.{}, only with version {}.x",
                version.major,
                version.minor,
                DlpackVersion::CURRENT.major
            )));
        }
        let tensor = owner.tensor();
        if tensor.ndim < 0 || (tensor.ndim > 0 && tensor.shape.is_null()) {
            return Err(Error::invalid(format!(
                "got a malformed DLPack tensor: {} dimensions, {} shape",
                tensor.ndim,
                if tensor.shape.is_null() {
                    "NULL"
                } else {
                    "valid"
                }
            )));
        }
        if owner.raw_shape().iter().any(|&n| n < 0) {
            return Err(Error::invalid(format!(
                "got a DLPack tensor with the shape {:?}",
                owner.raw_shape()
            )));
        }
        Ok(owner)
    }

    /// Gives up ownership, the receiver has to call the deleter.
    pub fn into_raw(self) -> *mut DlpackManagedTensor {
        let pointer = self.0.as_ptr();
        std::mem::forget(self);
        pointer
    }

    fn managed(&self) -> &DlpackManagedTensor {
        // SAFETY: valid until the deleter is called, by the contract of `from_raw`.
        unsafe { self.0.as_ref() }
    }

    /// The tensor.
    pub fn tensor(&self) -> &DlpackTensor {
        &self.managed().tensor
    }

    /// Whether the memory must not be written to.
    pub fn is_read_only(&self) -> bool {
        self.managed().flags & DlpackManagedTensor::FLAG_READ_ONLY != 0
    }

    /// Whether the memory is a copy made for whoever got this tensor.
    pub fn is_copy(&self) -> bool {
        self.managed().flags & DlpackManagedTensor::FLAG_COPIED != 0
    }

    fn raw_shape(&self) -> &[i64] {
        let tensor = self.tensor();
        if tensor.ndim == 0 {
            return &[];
        }
        // SAFETY: checked to be neither NULL nor of negative length in `from_raw`.
        unsafe { std::slice::from_raw_parts(tensor.shape, tensor.ndim as usize) }
    }

    /// Length of each axis.
    pub fn shape(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.raw_shape().iter().map(|&n| n as usize)
    }

    /// Strides in elements, or `None` if the data is row-major.
    pub fn strides(&self) -> Option<&[i64]> {
        let tensor = self.tensor();
        if tensor.strides.is_null() || tensor.ndim == 0 {
            return None;
        }
        // SAFETY: when they are given, there are as many strides as dimensions.
        Some(unsafe { std::slice::from_raw_parts(tensor.strides, tensor.ndim as usize) })
    }

    /// Address of the first element, NULL if there are none.
    pub fn data(&self) -> *mut u8 {
        let tensor = self.tensor();
        if tensor.data.is_null() {
            return std::ptr::null_mut();
        }
        tensor
            .data
            .cast::<u8>()
            .wrapping_add(tensor.byte_offset as usize)
    }
}

impl Drop for Dlpack {
    fn drop(&mut self) {
        // SAFETY: structures of all versions have their deleter in the same place.
        if let Some(deleter) = unsafe { (*self.0.as_ptr()).deleter } {
            // SAFETY: we own the structure, and nobody uses it after this.
            unsafe { deleter(self.0.as_ptr()) }
        }
    }
}

/// Everything one exported tensor needs, in one allocation.
#[repr(C)]
struct Export<Owner> {
    managed: DlpackManagedTensor,
    shape: Box<[i64]>,
    strides: Box<[i64]>,
    _owner: Owner,
}

unsafe extern "C" fn delete_export<Owner>(managed: *mut DlpackManagedTensor) {
    // SAFETY: `export` made this pointer from a box of the same type, which starts with `managed`,
    // and DLPack allows only one call of the deleter.
    drop(unsafe { Box::from_raw(managed.cast::<Export<Owner>>()) });
}

/// Exports row of elements starting at `data`, keeping `owner` alive until the tensor is deleted.
pub(super) fn export<Owner: Send + Sync + 'static>(
    data: *mut u8,
    dtype: DType,
    shape: &[usize],
    strides: &[isize],
    flags: u64,
    owner: Owner,
) -> Dlpack {
    let mut export = Box::new(Export {
        managed: DlpackManagedTensor {
            version: DlpackVersion::CURRENT,
            manager_ctx: std::ptr::null_mut(),
            deleter: Some(delete_export::<Owner>),
            flags,
            tensor: DlpackTensor {
                data: data.cast(),
                device: Device::CPU,
                ndim: shape.len() as i32,
                dtype,
                shape: std::ptr::null_mut(),
                strides: std::ptr::null_mut(),
                byte_offset: 0,
            },
        },
        shape: shape.iter().map(|&n| n as i64).collect(),
        strides: strides.iter().map(|&n| n as i64).collect(),
        _owner: owner,
    });
    export.managed.tensor.shape = export.shape.as_mut_ptr();
    export.managed.tensor.strides = export.strides.as_mut_ptr();
    let pointer = Box::into_raw(export);
    // SAFETY: `pointer` comes from a box.
    Dlpack(unsafe { NonNull::new_unchecked(pointer.cast()) })
}
