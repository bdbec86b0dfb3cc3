//! Arrays of languages with an interpreter, without calling it for each of them.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;

use metatensor_core::{Error, Origin, TensorBlock};

use crate::ffi::{Parameter, Text, given, mts_status_t, slice, slice_mut, status};
use crate::types::{
    ForeignArrays, give_back, lend, make_late, mts_block_t, mts_forget_array_callback_t,
    mts_tensormap_t,
};

/// From now on, arrays like those of a block that this library would make with `mts_array_t.from_dlpack` are only made by
/// their library when it looks at them.
///
/// Until then, they are in memory of this library, and no function of their library is called. They are of the same kind as the
/// array of `block`, and can be in one map with others of it. The `mts_array_t` that `mts_block_data` or `mts_labels_values` give
/// for them has another origin, the one with the name `origin`: that of an array which has to be made, on the tensor of
/// `as_dlpack`. It can be kept under the address that is the `ptr` of the `mts_array_t`, until `forget` is called with this address.
/// From the first call of `as_dlpack` until then, the origin is the one with the name `made`. What is kept under the address of an
/// array with `origin` is left over from another one, and must not be used.
///
/// This is for all arrays in the process with the functions that the array of `block` has.
///
/// @param block a block with such an array
/// @param origin name of an origin, which is registered. It is *copied*.
/// @param made the same for arrays that were made
/// @param forget called when an array whose `as_dlpack` was called is released, or gets another shape, on the thread that
///        does this. It has to be there until the process ends.
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong. If this was called for such arrays before, nothing changes.
#[unsafe(no_mangle)]
pub extern "C" fn mts_make_arrays_late(
    block: Option<&mts_block_t>,
    origin: Text<'_>,
    made: Text<'_>,
    forget: mts_forget_array_callback_t,
) -> mts_status_t {
    status(|| {
        let (block, origin) = (block.checked("block")?, origin.checked("origin")?);
        let forget = given(forget, "forget")?;
        let made = made.checked("made")?;
        let origins = [origin, made].map(Origin::register);
        make_late(block.values(), origins, forget)
    })
}

/// Lend the elements of arrays to the functions of this library that this thread calls next, until `mts_return_arrays`.
///
/// Functions that read elements take these, and do not call `mts_array_t.as_dlpack`. What was lent, the objects and the arrays
/// must exist, in the same place and with the same shape, until it is returned. Other arrays than these can be used as well; those
/// whose elements are not of a type and order that this library computes with are asked as always.
///
/// @param arrays the `ptr` of the `mts_array_t` of each array
/// @param objects an object for each array that `interface` understands: the `__array_struct__` of an array of numpy
/// @param count number of arrays
/// @param interface called for each of the objects, with NULL for `name`, to get the structure of numpy that says where elements are
///        (`PyArrayInterface`), or NULL: `PyCapsule_GetPointer`, by a thread that has the lock of the interpreter
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong. Nothing is lent then.
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`arrays` and `objects` have `count` entries or are NULL; what is lent lives until it is returned."
)]
pub unsafe extern "C" fn mts_lend_arrays(
    arrays: *const *const c_void,
    objects: *const *mut c_void,
    count: usize,
    interface: Option<
        unsafe extern "C" fn(object: *mut c_void, name: *const c_char) -> *const c_void,
    >,
) -> mts_status_t {
    status(|| {
        // SAFETY: there are `count` entries in both, or NULL.
        let (arrays, objects) = unsafe {
            (
                slice(arrays, count, "arrays")?,
                slice(objects, count, "objects")?,
            )
        };
        let interface = given(interface, "interface")?;
        let lent = arrays.iter().zip(objects).map(|(&array, &object)| {
            // SAFETY: the caller gave this function for these objects.
            (array, unsafe { interface(object, std::ptr::null()) })
        });
        lend(lent.filter(|(_, interface)| !interface.is_null()));
        Ok(())
    })
}

/// Give back what the last call of `mts_lend_arrays` on this thread has lent.
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if nothing was lent
#[unsafe(no_mangle)]
pub extern "C" fn mts_return_arrays() -> mts_status_t {
    status(|| {
        if give_back() {
            return Ok(());
        }
        Err(Error::InvalidParameter(
            "this thread has lent no arrays that could be returned".into(),
        ))
    })
}

/// Get which arrays of other libraries are in a map, at any depth of its blocks.
///
/// @param tensor the map
/// @param arrays where to put the `ptr` of the `mts_array_t` of each of them, in the order of blocks, each with its gradients after it.
///        Those that are arrays of this library, or will be made later, are left out.
/// @param capacity how many fit there. If there are more, only as many are put there.
/// @param count is set to the number that there are
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`arrays` is NULL or has space for `capacity` entries."
)]
pub unsafe extern "C" fn mts_tensormap_foreign_arrays(
    tensor: Option<&mts_tensormap_t>,
    arrays: *mut *const c_void,
    capacity: usize,
    count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let tensor = tensor.checked("tensor")?;
        // SAFETY: there is space for as many, or NULL.
        let places = unsafe { slice_mut(arrays, capacity, "arrays") }?;
        put(tensor.blocks(), places, count)
    })
}

/// The same for a block: see `mts_tensormap_foreign_arrays`.
///
/// @param block the block
/// @param arrays where to put the `ptr` of each of them
/// @param capacity how many fit there
/// @param count is set to the number that there are
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`arrays` is NULL or has space for `capacity` entries."
)]
pub unsafe extern "C" fn mts_block_foreign_arrays(
    block: Option<&mts_block_t>,
    arrays: *mut *const c_void,
    capacity: usize,
    count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let block = block.checked("block")?;
        // SAFETY: there is space for as many, or NULL.
        let places = unsafe { slice_mut(arrays, capacity, "arrays") }?;
        put(std::iter::once(block), places, count)
    })
}

fn put<'a>(
    blocks: impl IntoIterator<Item = &'a TensorBlock>,
    places: &mut [*const c_void],
    count: Option<&mut MaybeUninit<usize>>,
) -> metatensor_core::Result<()> {
    let count = count.checked("count")?;
    let mut found = ForeignArrays::new(places);
    blocks.into_iter().for_each(|block| found.add(block));
    count.write(found.count());
    Ok(())
}
