//! Arrays of this library, and kinds of arrays.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use metatensor_core::{DType as DLDataType, DenseArray, Error, Origin};

use crate::ffi::{Parameter, Text, mts_status_t, null, slice, status};
use crate::types::{mts_array_t, mts_data_origin_t, native_array};

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
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`shape` is NULL or has `shape_count` entries."
)]
pub unsafe extern "C" fn mts_create_array(
    shape: *const usize,
    shape_count: usize,
    dtype: DLDataType,
    array: Option<&mut MaybeUninit<mts_array_t>>,
) -> mts_status_t {
    status(|| {
        // SAFETY: there are `shape_count` numbers at `shape`, or NULL.
        let shape = unsafe { slice(shape, shape_count, "shape") }?;
        let array = array.checked("array")?;
        array.write(native_array(DenseArray::zeros(dtype, shape)?));
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
pub extern "C" fn mts_register_data_origin(
    name: Text<'_>,
    origin: Option<&mut MaybeUninit<mts_data_origin_t>>,
) -> mts_status_t {
    status(|| {
        let (name, origin) = (name.checked("name")?, origin.checked("origin")?);
        origin.write(Origin::register(name).id());
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
        if buffer.is_null() {
            return Err(null("buffer"));
        }
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
