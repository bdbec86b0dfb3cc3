//! Arrays of this library, for C.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::Arc;

use metatensor_core::{
    Array, DType as DLDataType, DenseArray, Device as DLDevice, Dlpack,
    DlpackManagedTensor as DLManagedTensorVersioned, DlpackVersion as DLPackVersion, Error, Result,
};

use super::{mts_array_t, mts_data_movement_t, mts_data_origin_t};
use crate::ffi::{CallbackStatus, Parameter, callback, first, given, slice, status};

/// A native array for C, which owns it.
pub(crate) fn native_array(array: DenseArray) -> mts_array_t {
    let array = Arc::into_raw(Arc::new(array));
    mts_array_t {
        ptr: array.cast_mut().cast(),
        destroy: Some(DESTROY),
        ..NATIVE
    }
}

/// A native array for C, owned by somebody else.
pub(super) fn native_view(array: &DenseArray) -> mts_array_t {
    mts_array_t {
        ptr: std::ptr::from_ref(array).cast_mut().cast(),
        ..NATIVE
    }
}

const DESTROY: unsafe extern "C" fn(*mut c_void) = native_destroy;

pub(super) const NATIVE: mts_array_t = mts_array_t {
    ptr: null_mut(),
    destroy: None,
    origin: Some(native_origin),
    device: Some(native_device),
    dtype: Some(native_dtype),
    as_dlpack: Some(native_as_dlpack),
    from_dlpack: Some(native_from_dlpack),
    shape: Some(native_shape),
    reshape: Some(native_reshape),
    swap_axes: Some(native_swap_axes),
    create: Some(native_create),
    copy: Some(native_copy),
    move_data: Some(native_move_data),
};

/// Runs a function that sets the parameter `name` to something that it makes of a native array.
///
/// # Safety
///
/// `array` must be the `ptr` of a native array, and `place` NULL or valid for writes: what `mts_array_t` promises to all
/// functions here.
unsafe fn give<T>(
    array: *const c_void,
    place: *mut T,
    name: &str,
    value: impl FnOnce(&DenseArray) -> Result<T>,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above. A place for a `T` is one for a `MaybeUninit<T>`.
        let (array, place) = unsafe {
            let place = place.cast::<MaybeUninit<T>>().as_mut();
            (array.cast::<DenseArray>().as_ref(), place)
        };
        let (array, place) = (given(array, "array")?, place.checked(name)?);
        place.write(value(array)?);
        Ok(())
    })
}

/// Runs a function that changes a native array.
///
/// # Safety
///
/// `array` must be the `ptr` of a native array that nobody else uses.
unsafe fn change(
    array: *mut c_void,
    change: impl FnOnce(&mut DenseArray) -> Result<()>,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above.
        let array = unsafe { array.cast::<DenseArray>().as_mut() };
        change(given(array, "array")?)
    })
}

unsafe extern "C" fn native_destroy(array: *mut c_void) {
    status(|| {
        // SAFETY: `native_array` made this pointer, and it is used for the last time.
        drop(unsafe { Arc::from_raw(array.cast::<DenseArray>()) });
        Ok(())
    });
}

unsafe extern "C" fn native_origin(
    array: *const c_void,
    origin: *mut mts_data_origin_t,
) -> CallbackStatus {
    let value = |array: &DenseArray| Ok(Array::origin(array)?.id());
    // SAFETY: called as `mts_array_t` says, here and below.
    unsafe { give(array, origin, "origin", value) }
}

unsafe extern "C" fn native_device(array: *const c_void, device: *mut DLDevice) -> CallbackStatus {
    // SAFETY: see above.
    unsafe { give(array, device, "device", |array| array.device()) }
}

unsafe extern "C" fn native_dtype(array: *const c_void, dtype: *mut DLDataType) -> CallbackStatus {
    // SAFETY: see above.
    unsafe { give(array, dtype, "dtype", |array| Ok(array.dtype())) }
}

unsafe extern "C" fn native_shape(
    array: *const c_void,
    shape: *mut *const usize,
    shape_count: *mut usize,
) -> CallbackStatus {
    let value = |array: &DenseArray| {
        // SAFETY: see above.
        let count = unsafe { shape_count.cast::<MaybeUninit<usize>>().as_mut() };
        count.checked("shape_count")?.write(array.shape().len());
        Ok(first(array.shape()))
    };
    // SAFETY: see above.
    unsafe { give(array, shape, "shape", value) }
}

pub(super) unsafe extern "C" fn native_as_dlpack(
    array: *mut c_void,
    tensor: *mut *mut DLManagedTensorVersioned,
    device: DLDevice,
    _stream: *const i64,
    max_version: DLPackVersion,
) -> CallbackStatus {
    let value = |array: &DenseArray| {
        check_device(device)?;
        if max_version.major < DLPackVersion::CURRENT.major {
            return Err(Error::unsupported(format!(
                "a DLPack tensor of version {}.{} or older",
                max_version.major, max_version.minor
            )));
        }
        // SAFETY: who writes to an array of the C interface has to know that nobody else uses it.
        Ok(unsafe { array.to_writable_dlpack() }?.into_raw())
    };
    // SAFETY: see above.
    unsafe { give(array, tensor, "dl_managed_tensor", value) }
}

fn check_device(device: DLDevice) -> Result<()> {
    if device.is_cpu() {
        return Ok(());
    }
    Err(Error::unsupported(format!(
        "native arrays on device {device}"
    )))
}

unsafe extern "C" fn native_from_dlpack(
    array: *const c_void,
    tensor: *mut DLManagedTensorVersioned,
    new_array: *mut mts_array_t,
) -> CallbackStatus {
    // SAFETY: a tensor of the caller, who gives it away.
    let tensor = unsafe { Dlpack::from_raw(tensor) };
    let value = |_: &DenseArray| Ok(native_array(DenseArray::from_dlpack(tensor?)?));
    // SAFETY: see above.
    unsafe { give(array, new_array, "new_array", value) }
}

unsafe extern "C" fn native_reshape(
    array: *mut c_void,
    shape: *const usize,
    shape_count: usize,
) -> CallbackStatus {
    // SAFETY: see above; there are `shape_count` numbers at `shape`.
    unsafe {
        change(array, |array| {
            array.reshape(slice(shape, shape_count, "shape")?)
        })
    }
}

unsafe extern "C" fn native_swap_axes(
    array: *mut c_void,
    axis_1: usize,
    axis_2: usize,
) -> CallbackStatus {
    // SAFETY: see above.
    unsafe { change(array, |array| array.swap_axes(axis_1, axis_2)) }
}

unsafe extern "C" fn native_create(
    array: *const c_void,
    shape: *const usize,
    shape_count: usize,
    fill_value: mts_array_t,
    new_array: *mut mts_array_t,
) -> CallbackStatus {
    let fill_value = fill_value.take();
    let value = |array: &DenseArray| {
        // SAFETY: there are `shape_count` numbers at `shape`.
        let shape = unsafe { slice(shape, shape_count, "shape") }?;
        Ok(native_array(array.filled_like(shape, &*fill_value)?))
    };
    // SAFETY: see above.
    unsafe { give(array, new_array, "new_array", value) }
}

unsafe extern "C" fn native_copy(
    array: *const c_void,
    device: DLDevice,
    new_array: *mut mts_array_t,
) -> CallbackStatus {
    let value = |array: &DenseArray| {
        check_device(device)?;
        Ok(native_array(DenseArray::copy_of(&array.view())?))
    };
    // SAFETY: see above.
    unsafe { give(array, new_array, "new_array", value) }
}

unsafe extern "C" fn native_move_data(
    output: *mut c_void,
    input: *const c_void,
    movements: *const mts_data_movement_t,
    movements_count: usize,
) -> CallbackStatus {
    // SAFETY: see above; there are `movements_count` entries in `movements`, of a type with the same layout.
    unsafe {
        change(output, |output| {
            let movements = slice(movements.cast(), movements_count, "movements")?;
            let input = given(input.cast::<DenseArray>().as_ref(), "array")?;
            output.move_data(input, movements)
        })
    }
}

/// Whether this is an array made by [`native_array`].
pub(super) fn is_native(raw: &mts_array_t) -> bool {
    raw.destroy
        .is_some_and(|destroy| std::ptr::fn_addr_eq(destroy, DESTROY))
}
