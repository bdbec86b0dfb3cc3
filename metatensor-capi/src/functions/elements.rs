//! The values of blocks as plain C arrays.

use std::ffi::c_void;
use std::ptr::NonNull;

use metatensor_core::{
    ArrayRef, DType as DLDataType, DenseArray, Device, Dlpack, Error, Result, TensorBlock,
};

use crate::ffi::{Parameter, bad_parameter, pointer, slice_mut};
use crate::types::mts_block_t;

/// The length of an axis that can have any, see `mts_block_elements`. It is a macro of the header.
const MTS_ANY_LENGTH: usize = usize::MAX;

/// Get the values of a block as a plain C array, to read them.
///
/// This is for values in main memory, in row-major order, as those that are loaded or made by operations of this library
/// are. Type and shape are compared with what the program expects, so that a file with other data is an error, and nothing
/// is misread:
///
/// ```c
/// const DLDataType float64 = {kDLFloat, 64, 1};
/// uintptr_t shape[3] = {MTS_ANY_LENGTH, 3, MTS_ANY_LENGTH};   // samples, xyz, properties
/// const double *gradient = mts_block_elements(block, float64, shape, 3);
/// if (gradient == NULL) { ... }   // mts_last_error_message() says what is not as expected
/// // element [i, x, p] is gradient[(i * shape[1] + x) * shape[2] + p]
/// ```
///
/// @param block the block, which may be a gradient of another one
/// @param dtype type that the elements must have
/// @param shape length that each axis must have, `shape_count` numbers. Those that are `MTS_ANY_LENGTH` are set to the length
///        that the axis has.
/// @param shape_count number of axes that there must be
///
/// @returns the first element, or NULL on error. It is *borrowed*: valid until the block is freed or changed. If there are
///          no elements, it is not NULL, and there is nothing to read. For arrays of other libraries, it is where the tensor
///          of their `as_dlpack` has its elements, which must not change place as long as the array is in the block.
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`shape` is NULL or has `shape_count` entries."
)]
pub unsafe extern "C" fn mts_block_elements(
    block: Option<&mts_block_t>,
    dtype: DLDataType,
    shape: *mut usize,
    shape_count: usize,
) -> *const c_void {
    pointer(|| {
        let block = block.checked("block")?;
        // SAFETY: there are `shape_count` numbers at `shape`, or NULL.
        let shape = unsafe { slice_mut(shape, shape_count, "shape") }?;
        check_form(block, dtype, shape)?;
        let address = elements(block, block.values().to_dlpack(Device::CPU)?)?;
        take_lengths(block, shape);
        Ok(address.as_ptr().cast_const())
    })
}

/// Get the values of a block as a plain C array, to write to them.
///
/// If results of operations share the elements, they are copied first: nobody else sees what is written. No other thread may
/// use the block in the meantime.
///
/// @param block the block
/// @param dtype as for `mts_block_elements`
/// @param shape as for `mts_block_elements`
/// @param shape_count number of axes that there must be
///
/// @returns the first element, or NULL on error. It is *borrowed*: valid until the block is freed or changed, or given away.
///          If there are no elements, it is not NULL, and there is nothing to write to. Elements in a file that is mapped
///          to be read only are an error, as are those of labels.
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`block` is NULL or a handle that nobody changes, `shape` is NULL or has `shape_count` entries."
)]
pub unsafe extern "C" fn mts_block_mutable_elements(
    block: *mut mts_block_t,
    dtype: DLDataType,
    shape: *mut usize,
    shape_count: usize,
) -> *mut c_void {
    let address = pointer(|| {
        // SAFETY: NULL or a handle, which is not changed here: others may have its gradients.
        let block = unsafe { block.as_ref() }.checked("block")?;
        // SAFETY: there are `shape_count` numbers at `shape`, or NULL.
        let shape = unsafe { slice_mut(shape, shape_count, "shape") }?;
        check_form(block, dtype, shape)?;
        let tensor = writable(block.values())?;
        if tensor.is_read_only() {
            return Err(bad_parameter(
                "the values of this block are read-only, as those in mapped files are: write to those of a copy, made with \
                 'mts_block_copy'",
            ));
        }
        let address = elements(block, tensor)?;
        take_lengths(block, shape);
        Ok(address.as_ptr().cast_const())
    });
    address.cast_mut()
}

/// A tensor to write to `array`. If the array is ours, no other one gets its memory from now on.
fn writable(array: &ArrayRef) -> Result<Dlpack> {
    let Some(dense) = array.downcast_ref::<DenseArray>() else {
        return array.to_dlpack(Device::CPU);
    };
    dense.lend_for_good()?;
    // SAFETY: who writes to an array of the C interface has to know that nobody else uses it.
    unsafe { dense.to_writable_dlpack() }
}

/// The first element of the values of `block`, which stays where it is after `tensor` is released.
fn elements(block: &TensorBlock, tensor: Dlpack) -> Result<NonNull<c_void>> {
    let shape = block.shape();
    if tensor.tensor().dtype != block.dtype() || !tensor.shape().eq(shape.iter().copied()) {
        return Err(Error::Callback(format!(
            "the array of this block has other elements than when the block was made: {} of shape {:?} instead of {} of \
             shape {shape:?}",
            tensor.tensor().dtype,
            tensor.shape().collect::<Vec<_>>(),
            block.dtype()
        )));
    }
    // of the right alignment for any type
    let nothing = NonNull::<u128>::dangling().cast();
    if shape.contains(&0) {
        return Ok(nothing);
    }
    if tensor.is_copy() {
        return Err(Error::unsupported(
            "the array of this block only gives copies of its elements: ask for them with 'as_dlpack'",
        ));
    }
    if !is_row_major(&shape, tensor.strides()) {
        return Err(Error::unsupported(
            "the values of this block are not in row-major order: those of the result of 'mts_make_contiguous_block' are",
        ));
    }
    let address = tensor.data();
    let alignment = (block.dtype().size()).next_power_of_two().min(16);
    if !address.addr().is_multiple_of(alignment) {
        return Err(Error::unsupported(format!(
            "the values of this block are at an address that {} can not be read from: those of a copy, made with \
             'mts_block_copy', can be",
            block.dtype()
        )));
    }
    NonNull::new(address.cast())
        .ok_or_else(|| Error::Callback("got a DLPack tensor without memory".into()))
}

/// Whether elements with these strides are one after the other. Axes of length 1 can have any stride.
fn is_row_major(shape: &[usize], strides: Option<&[i64]>) -> bool {
    let Some(strides) = strides else { return true };
    let mut expected = 1;
    shape.iter().zip(strides).rev().all(|(&length, &stride)| {
        let fits = length == 1 || stride == expected;
        expected *= length as i64;
        fits
    })
}

/// What an axis is called: `samples`, `component 'xyz'`, `properties`.
fn axis_name(block: &TensorBlock, axis: usize) -> String {
    match axis.checked_sub(1).and_then(|i| block.components().get(i)) {
        Some(component) => format!(
            "component {}",
            component
                .names()
                .iter()
                .map(|name| format!("'{name}'"))
                .collect::<String>()
        ),
        None if axis == 0 => "samples".to_owned(),
        None => "properties".to_owned(),
    }
}

/// Checks that values are of the type and shape that the caller expects.
fn check_form(block: &TensorBlock, dtype: DLDataType, expected: &[usize]) -> Result<()> {
    if block.dtype() != dtype {
        return Err(bad_parameter(format_args!(
            "'dtype' is {dtype}, but the values of this block are {}",
            block.dtype()
        )));
    }
    let shape = block.shape();
    if shape.len() != expected.len() {
        let axes: Vec<_> = (0..shape.len())
            .map(|axis| axis_name(block, axis))
            .collect();
        return Err(bad_parameter(format_args!(
            "'shape' has {} axes, but the values of this block have {}: {}",
            expected.len(),
            shape.len(),
            axes.join(", ")
        )));
    }
    for (axis, (&actual, &expected)) in shape.iter().zip(expected).enumerate() {
        if expected != MTS_ANY_LENGTH && expected != actual {
            return Err(bad_parameter(format_args!(
                "'shape[{axis}]' is {expected}, but there are {actual} entries on axis {axis}, {}",
                axis_name(block, axis)
            )));
        }
    }
    Ok(())
}

fn take_lengths(block: &TensorBlock, shape: &mut [usize]) {
    shape.copy_from_slice(&block.shape());
}
