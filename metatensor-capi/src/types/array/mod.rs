//! Arrays as C sees them: those of other libraries, and those of this one.

use std::ffi::c_void;
use std::sync::Arc;

use metatensor_core::{Array, ArrayRef, DenseArray, Error, Result};
use metatensor_core::{
    DType as DLDataType, Device as DLDevice, DlpackManagedTensor as DLManagedTensorVersioned,
    DlpackVersion as DLPackVersion,
};

use self::foreign::{ForeignArray, get_array};
use self::late::LateArray;
use self::native::{is_native, native_view};
use crate::ffi::{CallbackStatus, given};

mod foreign;
mod late;
mod lent;
mod listed;
mod native;

pub(crate) use self::foreign::make_late;
pub use self::late::mts_forget_array_callback_t;
pub(crate) use self::lent::{give_back, lend};
pub(crate) use self::listed::ForeignArrays;
pub(crate) use self::native::native_array;

/// Number standing for a kind of array: numpy arrays, torch tensors, arrays of this library, ...
pub type mts_data_origin_t = u64;

/// Some properties of one sample, for all components, to be copied from one array to another.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_data_movement_t {
    /// position of the sample in the input
    pub sample_in: usize,
    /// position of the sample in the output
    pub sample_out: usize,
    /// first property in the input
    pub properties_start_in: usize,
    /// first property in the output
    pub properties_start_out: usize,
    /// number of properties to copy
    pub properties_length: usize,
}

/// An n-dimensional array of any kind: some data and the functions that know what to do with it.
///
/// Arrays can live in the memory of any library, or on any device. Blocks and labels *take ownership* of
/// the arrays they are made with, and only ever use them through these functions. All of the functions
/// get `ptr` as their first parameter, and return `MTS_SUCCESS`; or, after giving a message to
/// `mts_set_last_error`, `MTS_CALLBACK_ERROR`.
///
/// Functions can be NULL if they are never needed: a program which only makes blocks and reads them back
/// needs `origin`, `device`, `dtype`, `shape` and `as_dlpack`. If one is missing, the function of this
/// library which needs it fails, and says so.
///
/// Shape, type and device are those that the array has when a block is made with it: what looks at elements, or moves
/// them, fails if shape or type are others then, or if the tensor of `as_dlpack` has others. Elements can be of any type
/// and start at any address. `docs/foreign_arrays.md` says which functions are called for what, and how often.
///
/// Functions are called on the thread that called this library. Arrays can be moved from one thread to
/// another, and several threads may use an array at the same time, without changing it.
// Only C and this module make these, so that the functions do what is said here. A value is one array: it is not copied.
#[repr(C)]
#[derive(Debug)]
pub struct mts_array_t {
    /// The data, given to all of the functions.
    pub(crate) ptr: *mut c_void,
    /// Release the array. If this is NULL the array is a view of something that outlives it.
    pub(crate) destroy: Option<unsafe extern "C" fn(array: *mut c_void)>,
    /// Get the kind of this array, made with `mts_register_data_origin`. Arrays of one kind have to
    /// understand each other in `move_data`.
    pub(crate) origin: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            origin: *mut mts_data_origin_t,
        ) -> CallbackStatus,
    >,
    /// Get the device that the elements are on.
    pub(crate) device:
        Option<unsafe extern "C" fn(array: *const c_void, device: *mut DLDevice) -> CallbackStatus>,
    /// Get the type of the elements.
    pub(crate) dtype: Option<
        unsafe extern "C" fn(array: *const c_void, dtype: *mut DLDataType) -> CallbackStatus,
    >,
    /// Share the elements on `device` as a DLPack tensor. If `device` is not where the elements are, this
    /// can be a copy, or fail.
    ///
    /// `stream` is a stream of the device to synchronize with, as in the `__dlpack__` function of the
    /// Python array API, or NULL for the default. `max_version` is the newest version of DLPack that the
    /// caller understands. The caller *takes ownership* of the tensor, and will call its deleter before
    /// the array is destroyed.
    pub(crate) as_dlpack: Option<
        unsafe extern "C" fn(
            array: *mut c_void,
            dl_managed_tensor: *mut *mut DLManagedTensorVersioned,
            device: DLDevice,
            stream: *const i64,
            max_version: DLPackVersion,
        ) -> CallbackStatus,
    >,
    /// Make a new array of this kind on top of a DLPack tensor, *taking ownership* of the tensor. It can
    /// have another type and be on another device than this array.
    ///
    /// The new array has the shape and type of the tensor, and is on the same device, unless it does not keep
    /// the tensor: if the deleter was called when this function returns, the array is asked what it is.
    pub(crate) from_dlpack: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            dl_managed_tensor: *mut DLManagedTensorVersioned,
            new_array: *mut mts_array_t,
        ) -> CallbackStatus,
    >,
    /// Get the length of each axis. For an array without axes, `shape` is set to NULL. The memory it is
    /// set to *is borrowed* from the array, and must stay valid until the array changes.
    pub(crate) shape: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            shape: *mut *const usize,
            shape_count: *mut usize,
        ) -> CallbackStatus,
    >,
    /// Give the same elements, in row-major order, another shape.
    pub(crate) reshape: Option<
        unsafe extern "C" fn(
            array: *mut c_void,
            shape: *const usize,
            shape_count: usize,
        ) -> CallbackStatus,
    >,
    /// Exchange two axes.
    pub(crate) swap_axes: Option<
        unsafe extern "C" fn(array: *mut c_void, axis_1: usize, axis_2: usize) -> CallbackStatus,
    >,
    /// Make a new array of the same kind, type and device with another shape, all elements being equal to
    /// the one of `fill_value`, an array without axes. This function *takes ownership* of `fill_value`:
    /// it has to call `fill_value.destroy`, unless this is NULL.
    pub(crate) create: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            shape: *const usize,
            shape_count: usize,
            fill_value: mts_array_t,
            new_array: *mut mts_array_t,
        ) -> CallbackStatus,
    >,
    /// Make a copy of this array, of the same kind, on `device`.
    pub(crate) copy: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            device: DLDevice,
            new_array: *mut mts_array_t,
        ) -> CallbackStatus,
    >,
    /// Copy parts of `input`, an array of the same kind and type, to places in this array. For each of the
    /// movements, this is `output[sample_out, ..., properties_start_out + i] = input[sample_in, ...,
    /// properties_start_in + i]` for `i` up to `properties_length`, and for all components.
    pub(crate) move_data: Option<
        unsafe extern "C" fn(
            output: *mut c_void,
            input: *const c_void,
            movements: *const mts_data_movement_t,
            movements_count: usize,
        ) -> CallbackStatus,
    >,
}

/// Function making an empty array for the values of a block that is being loaded.
///
/// `shape` has `shape_count` entries. The array must be in main memory and contiguous, and its
/// `as_dlpack` function must give access to its own memory: this is where the values are written to. A tensor
/// that is read-only, is flagged as a copy, or has elements that overlap is an error.
///
/// It should return `MTS_SUCCESS`; or, after giving a message to `mts_set_last_error`,
/// `MTS_CALLBACK_ERROR`. `mts_create_array` is such a function, it makes arrays of this library.
pub type mts_create_array_callback_t = Option<
    unsafe extern "C" fn(
        shape: *const usize,
        shape_count: usize,
        dtype: DLDataType,
        array: *mut mts_array_t,
    ) -> CallbackStatus,
>;

impl mts_array_t {
    /// The array, which is released with what this gives. Functions that get an array do this first of all, so that it is
    /// released whatever happens.
    #[inline]
    pub(crate) fn take(self) -> ArrayRef {
        if is_native(&self) {
            // SAFETY: only `native_array` makes arrays with this function.
            return ArrayRef::from(unsafe { Arc::from_raw(self.ptr.cast::<DenseArray>()) });
        }
        if let Some(array) = LateArray::taken(&self) {
            return array.into();
        }
        ArrayRef::small(ForeignArray::new(&self))
    }

    /// The same for an array that nobody else can be using yet.
    fn take_boxed(self) -> Box<dyn Array> {
        if is_native(&self) {
            // SAFETY: only `native_array` makes arrays with this function.
            let array = unsafe { Arc::from_raw(self.ptr.cast::<DenseArray>()) };
            return Box::new(Arc::unwrap_or_clone(array));
        }
        if let Some(array) = LateArray::taken(&self) {
            return Box::new(match Arc::try_unwrap(array) {
                Ok(mut array) => {
                    // moves to another place
                    array.forget();
                    array
                }
                Err(shared) => shared.copied(),
            });
        }
        Box::new(ForeignArray::new(&self))
    }
}

/// The array inside of a block or labels, still owned by it: clients destroy what they get here if they can.
pub(crate) fn borrow_array(array: &ArrayRef) -> Result<mts_array_t> {
    if let Some(foreign) = array.downcast_ref::<ForeignArray>() {
        return Ok(foreign.borrowed());
    }
    if let Some(late) = array.downcast_ref::<LateArray>() {
        return Ok(late.view_for_c());
    }
    match array.downcast_ref::<DenseArray>() {
        Some(dense) => Ok(native_view(dense)),
        None => Err(Error::Internal("array of an unknown kind".into())),
    }
}

/// Makes an array for a block that is being loaded.
pub(crate) fn create_array(
    create: mts_create_array_callback_t,
    shape: &[usize],
    dtype: DLDataType,
) -> Result<Box<dyn Array>> {
    let create = given(create, "create_array")?;
    // SAFETY: the caller gave this function to be called this way.
    get_array("create_array", |out| unsafe {
        create(shape.as_ptr(), shape.len(), dtype, out)
    })
}
