//! Arrays that C programs do not have to write functions for.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use metatensor_core::{
    DType as DLDataType, DenseArray, Device, Dlpack, DlpackManagedTensor, DlpackTensor, Error,
    Result,
};

use crate::ffi::{Parameter, Text, bad_parameter, mts_status_t, null, slice, status};
use crate::types::{mts_array_t, native_array};

/// Memory of the caller, and how to release it.
struct Lent {
    managed: DlpackManagedTensor,
    shape: Vec<i64>,
    strides: Option<Vec<i64>>,
    release: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
    user_data: *mut c_void,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the caller gave this function to be called once, with this pointer.
            unsafe { release(self.user_data) }
        }
    }
}

unsafe extern "C" fn delete_lent(managed: *mut DlpackManagedTensor) {
    // SAFETY: `lend` put the box there, and a tensor is deleted once.
    drop(unsafe { Box::from_raw((*managed).manager_ctx.cast::<Lent>()) });
}

/// Makes a tensor of memory that `lent` releases.
fn lend(data: *mut c_void, dtype: DLDataType, mut lent: Lent) -> Result<Dlpack> {
    let strides = lent.strides.as_mut().map(Vec::as_mut_ptr);
    lent.managed = DlpackManagedTensor {
        deleter: Some(delete_lent),
        tensor: DlpackTensor {
            data,
            device: Device::CPU,
            ndim: lent.shape.len() as i32,
            dtype,
            shape: lent.shape.as_mut_ptr(),
            strides: strides.unwrap_or(std::ptr::null_mut()),
            byte_offset: 0,
        },
        ..DlpackManagedTensor::default()
    };
    let lent = Box::into_raw(Box::new(lent));
    // SAFETY: a valid box, which nobody else knows yet. The tensor is in this box, and owns it.
    let managed = unsafe {
        (*lent).managed.manager_ctx = lent.cast();
        &raw mut (*lent).managed
    };
    // SAFETY: the caller of the C function promised that the memory is what it says.
    unsafe { Dlpack::from_raw(managed) }
}

/// Make an array on top of memory of the caller, without copying it.
///
/// This is an array of this library: all of its functions are there, and no operation has to call back. To
/// give memory away that came from `malloc`, `release` is `free` and `user_data` is `data`:
///
/// ```c
/// double *data = malloc(6 * sizeof(double));
/// mts_array_t array;
/// mts_array_from_buffer(data, (uintptr_t[]){2, 3}, 2, NULL, (DLDataType){kDLFloat, 64, 1}, free, data, &array);
/// ```
///
/// @param data first element. It can be NULL if there are no elements.
/// @param shape length of each axis, `shape_count` numbers. It can be NULL if there are none.
/// @param shape_count number of axes
/// @param strides distance in elements between neighbors along each axis, `shape_count` numbers, possibly
///        negative; or NULL for row-major data
/// @param dtype type of the elements, see `mts_create_array`
/// @param release function to call when the memory is not needed any more, which can be on another thread. It is
///        called exactly once, also if this function fails. NULL if the memory outlives everything that is made
///        with the array.
/// @param user_data given to `release`
/// @param array is set to the array, *owned* by the caller, until a block or labels are made with it
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nShape and strides are NULL or have `shape_count` entries, `data` is memory for them, and `release` can be called once."
)]
pub unsafe extern "C" fn mts_array_from_buffer(
    data: *mut c_void,
    shape: *const usize,
    shape_count: usize,
    strides: *const i64,
    dtype: DLDataType,
    release: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
    user_data: *mut c_void,
    array: Option<&mut MaybeUninit<mts_array_t>>,
) -> mts_status_t {
    // First of all, so that the memory is released whatever happens.
    let mut lent = Lent {
        managed: DlpackManagedTensor::default(),
        shape: Vec::new(),
        strides: None,
        release,
        user_data,
    };
    status(|| {
        let array = array.checked("array")?;
        // SAFETY: there are `shape_count` numbers at both, or NULL.
        let (shape, strides) = unsafe {
            let strides = (!strides.is_null()).then(|| slice(strides, shape_count, "strides"));
            (slice(shape, shape_count, "shape")?, strides.transpose()?)
        };
        lent.strides = strides.map(<[i64]>::to_vec);
        let length = |&n: &usize| i64::try_from(n).map_err(|_| too_long(n));
        lent.shape = shape.iter().map(length).collect::<Result<_>>()?;
        let tensor = lend(data, dtype, lent)?;
        array.write(native_array(DenseArray::from_dlpack(tensor)?));
        Ok(())
    })
}

#[cold]
fn too_long(length: usize) -> Error {
    bad_parameter(format_args!(
        "an axis of 'shape' can not have {length} entries"
    ))
}

/// Make an array without axes, holding one value: a fill value for `mts_tensormap_keys_to_samples` and
/// `mts_tensormap_keys_to_properties`.
///
/// @param dtype type of the value, see `mts_create_array`
/// @param value the value, which is *copied*
/// @param array is set to the array, *owned* by the caller
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`value` is NULL or a value of type `dtype`."
)]
pub unsafe extern "C" fn mts_array_from_scalar(
    dtype: DLDataType,
    value: *const c_void,
    array: Option<&mut MaybeUninit<mts_array_t>>,
) -> mts_status_t {
    status(|| {
        if value.is_null() {
            return Err(null("value"));
        }
        let array = array.checked("array")?;
        let lent = Lent {
            managed: DlpackManagedTensor::default(),
            shape: Vec::new(),
            strides: None,
            release: None,
            user_data: std::ptr::null_mut(),
        };
        let borrowed = DenseArray::from_dlpack(lend(value.cast_mut(), dtype, lent)?)?;
        array.write(native_array(DenseArray::copy_of(&borrowed.view())?));
        Ok(())
    })
}

/// Tell whether this library has something that metatensor 0.2 does not have.
///
/// @param name name of a header in `metatensor/`, without `.h`: `arrays`, `distributed`, `gradient_map`, `io`, `operations`,
///        `products`, `resource_limits`, `shortcuts` or `threads`
/// @param available is set to whether the functions in this header are there
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_has_feature(
    name: Text<'_>,
    available: Option<&mut MaybeUninit<bool>>,
) -> mts_status_t {
    status(|| {
        let (name, available) = (name.checked("name")?, available.checked("available")?);
        let features = [
            "arrays",
            "distributed",
            "gradient_map",
            "io",
            "operations",
            "products",
            "resource_limits",
            "shortcuts",
            "threads",
        ];
        available.write(features.contains(&name));
        Ok(())
    })
}
