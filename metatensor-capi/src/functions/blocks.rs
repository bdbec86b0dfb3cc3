//! Blocks.

use std::ffi::c_char;

use metatensor_core::{DType as DLDataType, Device as DLDevice};
use metatensor_core::{Labels, Result, TensorBlock};

use crate::array::{borrow_array, mts_array_t, take_array};
use crate::handles::{
    BorrowedLabels, Out, block, block_handle, block_mut, entry, labels, labels_handle, slice,
    take_block, text,
};
use crate::labels::mts_labels_t;
use crate::status::{mts_status_t, pointer, status};

/// A block: an n-dimensional array with labels for each axis (samples, any number of components,
/// properties), and gradients of this array with respect to any number of parameters, which are blocks
/// themselves.
///
/// The functions that take a pointer to a constant block can be called from several threads at the same time.
#[derive(Debug)]
pub struct mts_block_t {
    _private: [u8; 0],
}

/// Make a block without gradients.
///
/// @param data the values. The block *takes ownership* of this array, even if this function fails.
/// @param samples labels of the first axis. These and all other labels still belong to the caller. All of them are
///        on the same device as the values.
/// @param components labels of the axes between the first and the last, each with a single dimension. It can
///        be NULL if there are none.
/// @param components_count number of components
/// @param properties labels of the last axis
///
/// @returns a block *owned* by the caller, to be given to `mts_block_free`, or to a function that takes
///          ownership; or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nPointers are NULL or valid, `data` follows the rules of `mts_array_t`."
)]
pub unsafe extern "C" fn mts_block(
    data: mts_array_t,
    samples: *const mts_labels_t,
    components: *const *const mts_labels_t,
    components_count: usize,
    properties: *const mts_labels_t,
) -> *mut mts_block_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        match unsafe { block_axes(samples, components, components_count, properties) } {
            Ok((samples, components, properties)) => {
                // SAFETY: guaranteed by the caller.
                let values = unsafe { take_array(data) };
                let block = TensorBlock::new_in_box(values, &samples, components, &properties)?;
                Ok(block_handle(block))
            }
            Err(error) => {
                // The array is released whatever happens.
                // SAFETY: guaranteed by the caller.
                drop(unsafe { take_array(data) });
                Err(error)
            }
        }
    })
}

type Axes = (BorrowedLabels, Box<[Labels]>, BorrowedLabels);

/// # Safety
///
/// Pointers are NULL or valid.
unsafe fn block_axes(
    samples: *const mts_labels_t,
    components: *const *const mts_labels_t,
    components_count: usize,
    properties: *const mts_labels_t,
) -> Result<Axes> {
    // SAFETY: guaranteed by the caller.
    let (samples, components, properties) = unsafe {
        (
            labels(samples, "samples")?,
            slice(components, components_count, "components")?,
            labels(properties, "properties")?,
        )
    };
    let owned = components.iter().enumerate().map(|(i, &component)| {
        // SAFETY: guaranteed by the caller.
        let labels = entry(i, "components", |name| unsafe { labels(component, name) })?;
        Ok(Labels::clone(&labels))
    });
    Ok((samples, owned.collect::<Result<_>>()?, properties))
}

/// Release a block with its values and gradients.
///
/// @param block a block owned by the caller, or NULL. It must not be used any more; nor can what was borrowed
///        from it.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_block_free(block: *mut mts_block_t) -> mts_status_t {
    status(|| {
        if !block.is_null() {
            // SAFETY: a handle owned by the caller, used for the last time.
            drop(unsafe { take_block(block, "block") }?);
        }
        Ok(())
    })
}

/// Make a copy of a block, with its values and gradients.
///
/// @param block the block
///
/// @returns a block *owned* by the caller, or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_block_copy(block: *const mts_block_t) -> *mut mts_block_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        let block = unsafe { self::block(block, "block") }?;
        Ok(block_handle(block.deep_copy()?))
    })
}

/// Get the labels of one axis.
///
/// @param block the block
/// @param axis number of the axis: 0 for samples, then components, then properties
///
/// @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_block_labels(
    block: *const mts_block_t,
    axis: usize,
) -> *const mts_labels_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        let block = unsafe { self::block(block, "block") }?;
        Ok(labels_handle(block.labels(axis)?.clone()).cast_mut())
    })
}

/// Get one of the gradients.
///
/// @param block the block
/// @param parameter the gradient is with respect to this parameter
/// @param gradient is set to the gradient, a block *borrowed* from `block`: it is valid until `block` is
///        freed, moved into a map, or itself given away as a gradient. It must not be freed, and can not get
///        gradients of its own any more.
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if there is no such gradient
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_block_gradient(
    block: *mut mts_block_t,
    parameter: *const c_char,
    gradient: *mut *mut mts_block_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (block, parameter, gradient) = unsafe {
            (
                self::block(block, "block")?,
                text(parameter, "parameter")?,
                Out::new(gradient, "gradient")?,
            )
        };
        let pointer = std::ptr::from_ref(block.gradient(parameter)?);
        gradient.set(pointer.cast_mut().cast());
        Ok(())
    })
}

/// Get the values of a block.
///
/// @param block the block
/// @param data is set to a view of the array, with `destroy` being NULL. It is *borrowed*: valid as long as the
///        block. For blocks made with `mts_block`, it has the same `ptr` as the array given there. Elements
///        may be changed while nobody else uses them; if type or shape change, the block can not be used any more.
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_block_data(
    block: *mut mts_block_t,
    data: *mut mts_array_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (block, data) = unsafe { (self::block(block, "block")?, Out::new(data, "data")?) };
        data.set(borrow_array(block.values())?);
        Ok(())
    })
}

/// Add a gradient to a block.
///
/// The samples of a gradient have `sample` as their first dimension: the position of the sample that is
/// differentiated. Components of a gradient end with those of the block, and the properties are the same.
/// Values must be of the same type, and in the same kind of array on the same device. Gradients of the gradient
/// have to be added before.
///
/// @param block the block
/// @param parameter the gradient is with respect to this parameter. It is *copied*. Files have folders with this name: it
///        must not be empty, `.` or `..`, nor contain `/` or control characters, nor be longer than file names in
///        archives can be, 65535 bytes with all that is around it
/// @param gradient the gradient. The block *takes ownership* of it, even if this function fails.
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if the gradient does not fit
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_block_add_gradient(
    block: *mut mts_block_t,
    parameter: *const c_char,
    gradient: *mut mts_block_t,
) -> mts_status_t {
    status(|| {
        // First of all, so that the gradient is released whatever happens.
        // SAFETY: guaranteed by the caller.
        let gradient = unsafe { take_block(gradient, "gradient") }?;
        // SAFETY: guaranteed by the caller.
        let (block, parameter) =
            unsafe { (block_mut(block, "block")?, text(parameter, "parameter")?) };
        block.add_gradient(parameter, gradient)
    })
}

/// Get the parameters of all gradients.
///
/// @param block the block
/// @param parameters is set to an array of NUL-terminated strings, or NULL if there are none, in the order in
///        which gradients were added. It is *borrowed*: valid until the block is freed or gets another
///        gradient.
/// @param parameters_count is set to the number of parameters
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_block_gradients_list(
    block: *const mts_block_t,
    parameters: *mut *const *const c_char,
    parameters_count: *mut usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (block, parameters, count) = unsafe {
            (
                self::block(block, "block")?,
                Out::new(parameters, "parameters")?,
                Out::new(parameters_count, "parameters_count")?,
            )
        };
        let strings = block.gradients_list().as_c_strings();
        parameters.set(if strings.is_empty() {
            std::ptr::null()
        } else {
            strings.as_ptr()
        });
        count.set(strings.len());
        Ok(())
    })
}

/// Get the device that the values are on. Gradients are on the same one.
///
/// @param block the block
/// @param device is set to the device
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_block_device(
    block: *const mts_block_t,
    device: *mut DLDevice,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (block, device) =
            unsafe { (self::block(block, "block")?, Out::new(device, "device")?) };
        device.set(block.device()?);
        Ok(())
    })
}

/// Get the type of the values. Gradients have the same one.
///
/// @param block the block
/// @param dtype is set to the type
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_block_dtype(
    block: *const mts_block_t,
    dtype: *mut DLDataType,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (block, dtype) = unsafe { (self::block(block, "block")?, Out::new(dtype, "dtype")?) };
        dtype.set(block.dtype()?);
        Ok(())
    })
}
