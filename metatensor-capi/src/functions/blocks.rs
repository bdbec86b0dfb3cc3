//! Blocks.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use metatensor_core::{DType as DLDataType, Device as DLDevice, Result, TensorBlock};

use crate::ffi::{Parameter, Text, entries, first, mts_status_t, owned, pointer, slice, status};
use crate::types::{Handle, borrow_array, mts_array_t, mts_block_t, mts_labels_t};

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
    doc = "\n# Safety\n`components` is NULL or has `components_count` entries."
)]
pub unsafe extern "C" fn mts_block(
    data: mts_array_t,
    samples: Option<&mts_labels_t>,
    components: *const Option<&mts_labels_t>,
    components_count: usize,
    properties: Option<&mts_labels_t>,
) -> Option<Box<mts_block_t>> {
    owned(|| {
        // First of all, so that the array is released whatever happens.
        let values = data.take();
        let samples = samples.checked("samples")?;
        // SAFETY: there are `components_count` handles at `components`, or NULL.
        let components = unsafe { slice(components, components_count, "components") }?;
        let components = entries(components, "components").map(|labels| Ok(labels?.clone()));
        let components = components.collect::<Result<_>>()?;
        let properties = properties.checked("properties")?;
        let block = TensorBlock::new_in_box(values, &samples, components, &properties)?;
        Ok(mts_block_t::from_box(block))
    })
}

/// Release a block with its values and gradients.
///
/// @param block a block owned by the caller, or NULL. It must not be used any more; nor can what was borrowed
///        from it.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
pub extern "C" fn mts_block_free(block: Option<Box<mts_block_t>>) -> mts_status_t {
    status(|| {
        drop(block);
        Ok(())
    })
}

/// Make a copy of a block, with its values and gradients.
///
/// @param block the block
///
/// @returns a block *owned* by the caller, or NULL on error
#[unsafe(no_mangle)]
pub extern "C" fn mts_block_copy(block: Option<&mts_block_t>) -> Option<Box<mts_block_t>> {
    owned(|| Ok(mts_block_t::boxed(block.checked("block")?.deep_copy()?)))
}

/// Get the labels of one axis.
///
/// @param block the block
/// @param axis number of the axis: 0 for samples, then components, then properties
///
/// @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error
#[unsafe(no_mangle)]
pub extern "C" fn mts_block_labels(
    block: Option<&mts_block_t>,
    axis: usize,
) -> *const mts_labels_t {
    pointer(|| {
        let block = block.checked("block")?;
        Ok(mts_labels_t::new(block.labels(axis)?.clone()))
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
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`block` is NULL or a handle that nobody changes."
)]
pub unsafe extern "C" fn mts_block_gradient(
    block: *mut mts_block_t,
    parameter: Text<'_>,
    gradient: Option<&mut MaybeUninit<*mut mts_block_t>>,
) -> mts_status_t {
    status(|| {
        // SAFETY: NULL or a handle, which is not changed here: others may look at it, and have its gradients.
        let block = unsafe { block.as_ref() }.checked("block")?;
        let (parameter, gradient) = (
            parameter.checked("parameter")?,
            gradient.checked("gradient")?,
        );
        gradient.write(mts_block_t::lent(block.gradient(parameter)?));
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
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`block` is NULL or a handle that nobody changes."
)]
pub unsafe extern "C" fn mts_block_data(
    block: *mut mts_block_t,
    data: Option<&mut MaybeUninit<mts_array_t>>,
) -> mts_status_t {
    status(|| {
        // SAFETY: NULL or a handle, which is not changed here: others may look at it, and have its gradients.
        let block = unsafe { block.as_ref() }.checked("block")?;
        data.checked("data")?.write(borrow_array(block.values())?);
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
pub extern "C" fn mts_block_add_gradient(
    block: Option<&mut mts_block_t>,
    parameter: Text<'_>,
    gradient: Option<Box<mts_block_t>>,
) -> mts_status_t {
    status(|| {
        let gradient = gradient.checked("gradient")?;
        let (block, parameter) = (block.checked("block")?, parameter.checked("parameter")?);
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
pub extern "C" fn mts_block_gradients_list(
    block: Option<&mts_block_t>,
    parameters: Option<&mut MaybeUninit<*const *const c_char>>,
    parameters_count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let (block, parameters, count) = (
            block.checked("block")?,
            parameters.checked("parameters")?,
            parameters_count.checked("parameters_count")?,
        );
        let strings = block.gradients_list().as_c_strings();
        parameters.write(first(strings));
        count.write(strings.len());
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
pub extern "C" fn mts_block_device(
    block: Option<&mts_block_t>,
    device: Option<&mut MaybeUninit<DLDevice>>,
) -> mts_status_t {
    status(|| {
        let block = block.checked("block")?;
        device.checked("device")?.write(block.device());
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
pub extern "C" fn mts_block_dtype(
    block: Option<&mts_block_t>,
    dtype: Option<&mut MaybeUninit<DLDataType>>,
) -> mts_status_t {
    status(|| {
        let block = block.checked("block")?;
        dtype.checked("dtype")?.write(block.dtype());
        Ok(())
    })
}
