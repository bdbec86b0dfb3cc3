//! Arrays as C sees them: those of other libraries, and those of this one.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use metatensor_core::{Array, ArrayRef, DenseArray, Error, Origin, Result};
use metatensor_core::{
    DType as DLDataType, Device as DLDevice, DlpackManagedTensor as DLManagedTensorVersioned,
    DlpackVersion as DLPackVersion,
};

use self::foreign::{ForeignArray, get_array};
use self::native::{is_native, native_view};
use crate::handles::{Out, null, slice, text};
use crate::status::{CallbackStatus, mts_status_t, status};

mod foreign;
mod native;

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
/// and start at any address.
///
/// Functions are called on the thread that called this library. Arrays can be moved from one thread to
/// another, and several threads may use an array at the same time, without changing it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_array_t {
    /// The data, given to all of the functions.
    pub ptr: *mut c_void,
    /// Release the array. If this is NULL the array is a view of something that outlives it.
    pub destroy: Option<unsafe extern "C" fn(array: *mut c_void)>,
    /// Get the kind of this array, made with `mts_register_data_origin`. Arrays of one kind have to
    /// understand each other in `move_data`.
    pub origin: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            origin: *mut mts_data_origin_t,
        ) -> CallbackStatus,
    >,
    /// Get the device that the elements are on.
    pub device:
        Option<unsafe extern "C" fn(array: *const c_void, device: *mut DLDevice) -> CallbackStatus>,
    /// Get the type of the elements.
    pub dtype: Option<
        unsafe extern "C" fn(array: *const c_void, dtype: *mut DLDataType) -> CallbackStatus,
    >,
    /// Share the elements on `device` as a DLPack tensor. If `device` is not where the elements are, this
    /// can be a copy, or fail.
    ///
    /// `stream` is a stream of the device to synchronize with, as in the `__dlpack__` function of the
    /// Python array API, or NULL for the default. `max_version` is the newest version of DLPack that the
    /// caller understands. The caller *takes ownership* of the tensor, and will call its deleter before
    /// the array is destroyed.
    pub as_dlpack: Option<
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
    pub from_dlpack: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            dl_managed_tensor: *mut DLManagedTensorVersioned,
            new_array: *mut mts_array_t,
        ) -> CallbackStatus,
    >,
    /// Get the length of each axis. For an array without axes, `shape` is set to NULL. The memory it is
    /// set to *is borrowed* from the array, and must stay valid until the array changes.
    pub shape: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            shape: *mut *const usize,
            shape_count: *mut usize,
        ) -> CallbackStatus,
    >,
    /// Give the same elements, in row-major order, another shape.
    pub reshape: Option<
        unsafe extern "C" fn(
            array: *mut c_void,
            shape: *const usize,
            shape_count: usize,
        ) -> CallbackStatus,
    >,
    /// Exchange two axes.
    pub swap_axes: Option<
        unsafe extern "C" fn(array: *mut c_void, axis_1: usize, axis_2: usize) -> CallbackStatus,
    >,
    /// Make a new array of the same kind, type and device with another shape, all elements being equal to
    /// the one of `fill_value`, an array without axes. This function *takes ownership* of `fill_value`:
    /// it has to call `fill_value.destroy`, unless this is NULL.
    pub create: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            shape: *const usize,
            shape_count: usize,
            fill_value: mts_array_t,
            new_array: *mut mts_array_t,
        ) -> CallbackStatus,
    >,
    /// Make a copy of this array, of the same kind, on `device`.
    pub copy: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            device: DLDevice,
            new_array: *mut mts_array_t,
        ) -> CallbackStatus,
    >,
    /// Copy parts of `input`, an array of the same kind and type, to places in this array. For each of the
    /// movements, this is `output[sample_out, ..., properties_start_out + i] = input[sample_in, ...,
    /// properties_start_in + i]` for `i` up to `properties_length`, and for all components.
    pub move_data: Option<
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

/// Takes ownership of an array.
///
/// # Safety
///
/// Its functions must do what the documentation of `mts_array_t` asks of them.
#[inline]
pub(crate) unsafe fn take_array(raw: mts_array_t) -> ArrayRef {
    if is_native(&raw) {
        // SAFETY: only `native_array` makes arrays with this function.
        return ArrayRef::from(unsafe { Arc::from_raw(raw.ptr.cast::<DenseArray>()) });
    }
    ArrayRef::small(ForeignArray::new(&raw))
}

/// The array inside of a block or labels, still owned by it: clients destroy what they get here if they can.
pub(crate) fn borrow_array(array: &ArrayRef) -> Result<mts_array_t> {
    if let Some(foreign) = array.downcast_ref::<ForeignArray>() {
        return Ok(foreign.borrowed());
    }
    match array.downcast_ref::<DenseArray>() {
        Some(dense) => Ok(native_view(dense)),
        None => Err(Error::Internal("array of an unknown kind".into())),
    }
}

/// The same for an array that nobody else can be using yet.
///
/// # Safety
///
/// As for [`take_array`].
unsafe fn take_boxed_array(raw: mts_array_t) -> Box<dyn Array> {
    if is_native(&raw) {
        // SAFETY: only `native_array` makes arrays with this function.
        let array = unsafe { Arc::from_raw(raw.ptr.cast::<DenseArray>()) };
        return Box::new(Arc::unwrap_or_clone(array));
    }
    Box::new(ForeignArray::new(&raw))
}

/// Makes an array for a block that is being loaded.
pub(crate) fn create_array(
    create: mts_create_array_callback_t,
    shape: &[usize],
    dtype: DLDataType,
) -> Result<Box<dyn Array>> {
    let create = create.ok_or_else(|| null("create_array"))?;
    // SAFETY: the caller gave this function to be called this way.
    get_array("create_array", |out| unsafe {
        create(shape.as_ptr(), shape.len(), dtype, out)
    })
}

/// Make an array of this library, filled with zeros.
///
/// This is the function to give to those loading data, if there is no other kind of array to load it
/// into. The array can be on top of memory of the caller instead: see `mts_array_t.from_dlpack`.
///
/// @param shape length of each axis, `shape_count` numbers. It can be NULL if there are none.
/// @param shape_count number of axes
/// @param dtype type of the elements: a boolean of 8 bits, an integer of 8, 16, 32 or 64 bits, a float of
///        16, 32 or 64 bits, a bfloat of 16 bits, or a complex number of 64 or 128 bits
/// @param array is set to the array, *owned* by the caller, until a block or labels are made with it
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_create_array(
    shape: *const usize,
    shape_count: usize,
    dtype: DLDataType,
    array: *mut mts_array_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (shape, array) = unsafe {
            (
                slice(shape, shape_count, "shape")?,
                Out::new(array, "array")?,
            )
        };
        array.set(native_array(DenseArray::zeros(dtype, shape)?));
        Ok(())
    })
}

/// Register a kind of array, or get the number of one that is registered already.
///
/// @param name name of this kind, for messages, in UTF-8. It should say which library it is from. It is
///        *copied*.
/// @param origin is set to the number of this kind
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_register_data_origin(
    name: *const c_char,
    origin: *mut mts_data_origin_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (name, origin) = unsafe { (text(name, "name")?, Out::new(origin, "origin")?) };
        origin.set(Origin::register(name).id());
        Ok(())
    })
}

/// Get the name of a kind of array.
///
/// @param origin number of this kind
/// @param buffer memory which the name is *copied* to, with the NUL that ends it
/// @param buffer_size size of this memory in bytes
///
/// @returns `MTS_SUCCESS`, `MTS_INVALID_PARAMETER_ERROR` if there is no such kind, or
///          `MTS_BUFFER_SIZE_ERROR` if the name does not fit
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`buffer` is NULL or valid for `buffer_size` bytes."
)]
pub unsafe extern "C" fn mts_get_data_origin(
    origin: mts_data_origin_t,
    buffer: *mut c_char,
    buffer_size: usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe { Out::new(buffer, "buffer") }?;
        let name = Origin::from_id(origin).name()?;
        if buffer_size <= name.len() {
            return Err(Error::BufferSize(format!(
                "the name of this origin needs {} bytes, the buffer has {buffer_size}",
                name.len() + 1
            )));
        }
        // SAFETY: the buffer is not NULL, and larger than the name.
        unsafe {
            std::ptr::copy_nonoverlapping(name.as_ptr(), buffer.cast(), name.len());
            buffer.add(name.len()).write(0);
        }
        Ok(())
    })
}
