//! Arrays of this library, for C.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;

use metatensor_core::{
    Array, DType as DLDataType, DataMovement, DenseArray, Device as DLDevice, Dlpack,
    DlpackManagedTensor as DLManagedTensorVersioned, DlpackVersion as DLPackVersion, Error, Result,
};

use super::{mts_array_t, mts_data_movement_t, mts_data_origin_t, take_array};
use crate::handles::{Out, reference, reference_mut, slice};
use crate::status::{CallbackStatus, callback, status};

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

const NATIVE: mts_array_t = mts_array_t {
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

/// # Safety
///
/// `array` must be the `ptr` of a native array, here and in all functions below.
unsafe fn native<'a>(array: *const c_void) -> Result<&'a DenseArray> {
    // SAFETY: guaranteed by the caller.
    unsafe { reference(array.cast(), "array") }
}

/// # Safety
///
/// As for [`native`], and nobody else may use the array.
unsafe fn native_mut<'a>(array: *mut c_void) -> Result<&'a mut DenseArray> {
    // SAFETY: guaranteed by the caller.
    unsafe { reference_mut(array.cast(), "array") }
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
    callback(|| {
        // SAFETY: the contract of `mts_array_t`.
        let (native, origin) = unsafe { (native(array)?, Out::new(origin, "origin")?) };
        origin.set(Array::origin(native)?.id());
        Ok(())
    })
}

unsafe extern "C" fn native_device(array: *const c_void, device: *mut DLDevice) -> CallbackStatus {
    callback(|| {
        // SAFETY: the contract of `mts_array_t`.
        let (native, device) = unsafe { (native(array)?, Out::new(device, "device")?) };
        device.set(native.device()?);
        Ok(())
    })
}

unsafe extern "C" fn native_dtype(array: *const c_void, dtype: *mut DLDataType) -> CallbackStatus {
    callback(|| {
        // SAFETY: the contract of `mts_array_t`.
        let (native, dtype) = unsafe { (native(array)?, Out::new(dtype, "dtype")?) };
        dtype.set(native.dtype());
        Ok(())
    })
}

unsafe extern "C" fn native_shape(
    array: *const c_void,
    shape: *mut *const usize,
    shape_count: *mut usize,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above.
        let (array, shape, count) = unsafe {
            (
                native(array)?,
                Out::new(shape, "shape")?,
                Out::new(shape_count, "shape_count")?,
            )
        };
        let axes = array.shape();
        shape.set(if axes.is_empty() {
            std::ptr::null()
        } else {
            axes.as_ptr()
        });
        count.set(axes.len());
        Ok(())
    })
}

unsafe extern "C" fn native_as_dlpack(
    array: *mut c_void,
    tensor: *mut *mut DLManagedTensorVersioned,
    device: DLDevice,
    _stream: *const i64,
    max_version: DLPackVersion,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above.
        let (array, tensor) = unsafe {
            (
                native(array)?,
                Out::<*mut DLManagedTensorVersioned>::new(tensor, "dl_managed_tensor")?,
            )
        };
        if !device.is_cpu() {
            return Err(Error::unsupported(format!(
                "native arrays on device {device}"
            )));
        }
        if max_version.major < DLPackVersion::CURRENT.major {
            return Err(Error::unsupported(format!(
                "a DLPack tensor of version {}.{} or older",
                max_version.major, max_version.minor
            )));
        }
        // SAFETY: who writes to an array of the C interface has to know that nobody else uses it.
        tensor.set(unsafe { array.to_writable_dlpack() }.into_raw());
        Ok(())
    })
}

unsafe extern "C" fn native_from_dlpack(
    _array: *const c_void,
    tensor: *mut DLManagedTensorVersioned,
    new_array: *mut mts_array_t,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above.
        let (tensor, new_array) =
            unsafe { (Dlpack::from_raw(tensor)?, Out::new(new_array, "new_array")?) };
        new_array.set(native_array(DenseArray::from_dlpack(tensor)?));
        Ok(())
    })
}

unsafe extern "C" fn native_reshape(
    array: *mut c_void,
    shape: *const usize,
    shape_count: usize,
) -> CallbackStatus {
    // SAFETY: see above.
    callback(|| unsafe { native_mut(array)?.reshape(slice(shape, shape_count, "shape")?) })
}

unsafe extern "C" fn native_swap_axes(
    array: *mut c_void,
    axis_1: usize,
    axis_2: usize,
) -> CallbackStatus {
    // SAFETY: see above.
    callback(|| unsafe { native_mut(array)?.swap_axes(axis_1, axis_2) })
}

unsafe extern "C" fn native_create(
    array: *const c_void,
    shape: *const usize,
    shape_count: usize,
    fill_value: mts_array_t,
    new_array: *mut mts_array_t,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above.
        let fill_value = unsafe { take_array(fill_value) };
        // SAFETY: see above.
        let (array, shape, new_array) = unsafe {
            (
                native(array)?,
                slice(shape, shape_count, "shape")?,
                Out::new(new_array, "new_array")?,
            )
        };
        new_array.set(native_array(array.filled_like(shape, &*fill_value)?));
        Ok(())
    })
}

unsafe extern "C" fn native_copy(
    array: *const c_void,
    device: DLDevice,
    new_array: *mut mts_array_t,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above.
        let (array, new_array) = unsafe { (native(array)?, Out::new(new_array, "new_array")?) };
        if !device.is_cpu() {
            return Err(Error::unsupported(format!(
                "native arrays on device {device}"
            )));
        }
        new_array.set(native_array(DenseArray::copy_of(&array.view())?));
        Ok(())
    })
}

unsafe extern "C" fn native_move_data(
    output: *mut c_void,
    input: *const c_void,
    movements: *const mts_data_movement_t,
    movements_count: usize,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above, the two types of movements have the same layout.
        let (output, input, movements) = unsafe {
            (
                native_mut(output)?,
                native(input)?,
                slice(
                    movements.cast::<DataMovement>(),
                    movements_count,
                    "movements",
                )?,
            )
        };
        output.move_data(input, movements)
    })
}

/// Whether this is an array made by [`native_array`].
pub(super) fn is_native(raw: &mts_array_t) -> bool {
    raw.destroy
        .is_some_and(|destroy| std::ptr::fn_addr_eq(destroy, DESTROY))
}
