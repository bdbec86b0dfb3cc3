//! Maps.

use std::ffi::c_char;
use std::mem::{MaybeUninit, replace};
use std::ptr::null_mut;

use metatensor_core::{DType as DLDataType, Device as DLDevice};
use metatensor_core::{FillValue, Labels, Result, SampleOrder, TensorBlock, TensorMap};

use crate::ffi::{
    Parameter, Text, bad_parameter, first, given, mts_status_t, null, owned, pointer, slice_mut,
    status, texts,
};
use crate::types::{Handle, mts_array_t, mts_block_t, mts_labels_t, mts_tensormap_t};

/// Make a map.
///
/// @param keys labels of the blocks, which still belong to the caller. They are on the same device as the blocks.
/// @param blocks array of `blocks_count` blocks, one for each of the keys. The map *takes ownership* of the
///        blocks, even if this function fails, and sets the entries of the array to NULL. Only if there is a
///        NULL or a repeated block in the array, or if the array is NULL, nothing is taken.
/// @param blocks_count number of blocks
///
/// @returns a map *owned* by the caller, to be given to `mts_tensormap_free`; or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`blocks` is NULL or has `blocks_count` entries, each NULL or a handle owned by the caller."
)]
pub unsafe extern "C" fn mts_tensormap(
    keys: Option<&mts_labels_t>,
    blocks: *mut *mut mts_block_t,
    blocks_count: usize,
) -> Option<Box<mts_tensormap_t>> {
    owned(|| {
        // SAFETY: there are `blocks_count` pointers at `blocks`, or NULL.
        let blocks = unsafe { slice_mut(blocks, blocks_count, "blocks") }?;
        if let Some(i) = blocks.iter().position(|block| block.is_null()) {
            return Err(null(&format!("blocks[{i}]")));
        }
        if has_repeated(blocks) {
            return Err(bad_parameter("the same block comes twice in 'blocks'"));
        }
        let mut owned = Vec::with_capacity(blocks.len());
        for (place, block) in owned.spare_capacity_mut().iter_mut().zip(&mut *blocks) {
            let pointer = replace(block, null_mut()).cast::<MaybeUninit<TensorBlock>>();
            // SAFETY: a handle owned by the caller, and no block is taken twice.
            let taken = unsafe { Box::from_raw(pointer) };
            // From one place to the other: a variable between them would be another copy.
            // SAFETY: these are two different places.
            unsafe { std::ptr::copy_nonoverlapping(&raw const *taken, place, 1) };
        }
        // SAFETY: that many blocks were just moved there.
        unsafe { owned.set_len(blocks.len()) };
        let keys = keys.checked("keys")?;
        Ok(mts_tensormap_t::boxed(TensorMap::new(keys.clone(), owned)?))
    })
}

fn has_repeated(blocks: &[*mut mts_block_t]) -> bool {
    // Blocks that were made one after the other often lie in memory this way.
    if blocks.is_sorted_by(|a, b| a < b) {
        return false;
    }
    // There still are many of them in order, and this is the sort that makes use of it.
    let mut sorted = blocks.to_vec();
    sorted.sort();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

/// Release a map with all of its blocks.
///
/// @param tensor the map, or NULL. It must not be used any more; nor can what was borrowed from it.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
pub extern "C" fn mts_tensormap_free(tensor: Option<Box<mts_tensormap_t>>) -> mts_status_t {
    status(|| {
        drop(tensor);
        Ok(())
    })
}

/// Make a copy of a map, with all of its blocks and info.
///
/// @param tensor the map
///
/// @returns a map *owned* by the caller, or NULL on error
#[unsafe(no_mangle)]
pub extern "C" fn mts_tensormap_copy(
    tensor: Option<&mts_tensormap_t>,
) -> Option<Box<mts_tensormap_t>> {
    owned(|| {
        Ok(mts_tensormap_t::boxed(
            tensor.checked("tensor")?.deep_copy()?,
        ))
    })
}

/// Get the keys.
///
/// @param tensor the map
///
/// @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error
#[unsafe(no_mangle)]
pub extern "C" fn mts_tensormap_keys(tensor: Option<&mts_tensormap_t>) -> *const mts_labels_t {
    pointer(|| Ok(mts_labels_t::new(tensor.checked("tensor")?.keys().clone())))
}

/// Get one of the blocks.
///
/// @param tensor the map
/// @param block is set to the block, *borrowed* from the map: it is valid until the map is freed. It must not
///        be freed, nor given to a function that takes ownership, nor get other gradients.
/// @param index position of the key of this block
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if there are not that many blocks
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`tensor` is NULL or a handle that nobody changes."
)]
pub unsafe extern "C" fn mts_tensormap_block_by_id(
    tensor: *mut mts_tensormap_t,
    block: Option<&mut MaybeUninit<*mut mts_block_t>>,
    index: usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: NULL or a handle, which is not changed here: others may look at it, and have its blocks.
        let tensor = unsafe { tensor.as_ref() }.checked("tensor")?;
        let block = block.checked("block")?;
        block.write(mts_block_t::lent(tensor.block_by_id(index)?));
        Ok(())
    })
}

/// Set an entry of the info of a map: text of any kind that goes with the data.
///
/// @param tensor the map
/// @param key name of the entry, in UTF-8. It is *copied*.
/// @param value text of the entry, in UTF-8. It is *copied*.
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_tensormap_set_info(
    tensor: Option<&mut mts_tensormap_t>,
    key: Text<'_>,
    value: Text<'_>,
) -> mts_status_t {
    status(|| {
        let tensor = given(tensor, "tensor")?;
        tensor.set_info(key.checked("key")?, value.checked("value")?);
        Ok(())
    })
}

/// Get an entry of the info of a map.
///
/// @param tensor the map
/// @param key name of the entry, in UTF-8
/// @param value is set to the text of the entry, a NUL-terminated string in UTF-8, or to NULL if there is no
///        such entry. It is *borrowed*: valid until the info changes or the map is freed.
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_tensormap_get_info(
    tensor: Option<&mts_tensormap_t>,
    key: Text<'_>,
    value: Option<&mut MaybeUninit<*const c_char>>,
) -> mts_status_t {
    status(|| {
        let (tensor, key) = (given(tensor, "tensor")?, key.checked("key")?);
        value.checked("value")?.write(tensor.info_value(key));
        Ok(())
    })
}

/// Get the names of all entries in the info of a map.
///
/// @param tensor the map
/// @param keys is set to an array of NUL-terminated strings in UTF-8, or NULL if there are none. It is
///        *borrowed*: valid until the info changes or the map is freed.
/// @param keys_count is set to the number of entries
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_tensormap_info_keys(
    tensor: Option<&mts_tensormap_t>,
    keys: Option<&mut MaybeUninit<*const *const c_char>>,
    keys_count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let tensor = given(tensor, "tensor")?;
        let (keys, count) = (keys.checked("keys")?, keys_count.checked("keys_count")?);
        let strings = tensor.info().keys();
        keys.write(first(strings));
        count.write(strings.len());
        Ok(())
    })
}

/// Get the device that all values are on.
///
/// @param tensor the map
/// @param device is set to the device, the CPU if there are no blocks
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_tensormap_device(
    tensor: Option<&mts_tensormap_t>,
    device: Option<&mut MaybeUninit<DLDevice>>,
) -> mts_status_t {
    status(|| {
        let tensor = tensor.checked("tensor")?;
        let device = device.checked("device")?;
        device.write(tensor.device().unwrap_or(DLDevice::CPU));
        Ok(())
    })
}

/// Get the type of all values.
///
/// @param tensor the map
/// @param dtype is set to the type, 64-bit floats if there are no blocks
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_tensormap_dtype(
    tensor: Option<&mts_tensormap_t>,
    dtype: Option<&mut MaybeUninit<DLDataType>>,
) -> mts_status_t {
    status(|| {
        let tensor = tensor.checked("tensor")?;
        let dtype = dtype.checked("dtype")?;
        dtype.write(tensor.dtype().unwrap_or(DLDataType::F64));
        Ok(())
    })
}

/// The map that `operation` makes by moving some of the keys.
fn move_keys(
    tensor: Option<&mts_tensormap_t>,
    keys_to_move: Option<&mts_labels_t>,
    fill_value: mts_array_t,
    sort_samples: bool,
    operation: impl FnOnce(&TensorMap, &Labels, FillValue<'_>, SampleOrder) -> Result<TensorMap>,
) -> Option<Box<mts_tensormap_t>> {
    owned(|| {
        // First of all, so that the array is released whatever happens.
        let fill_value = fill_value.take();
        let tensor = tensor.checked("tensor")?;
        let keys = keys_to_move.checked("keys_to_move")?;
        // Some fill values have no function for their shape, which only one of their own kind needs.
        if let Ok(shape @ [_, ..]) = fill_value.shape() {
            return Err(bad_parameter(format_args!(
                "'fill_value' must be an array without axes, got one of shape {shape:?}"
            )));
        }
        let order = if sort_samples {
            SampleOrder::Sorted
        } else {
            SampleOrder::AsInBlocks
        };
        let moved = operation(tensor, &keys, FillValue::Array(&*fill_value), order)?;
        Ok(mts_tensormap_t::boxed(moved))
    })
}

/// Move dimensions of the keys to the samples, merging the blocks whose keys are equal then.
///
/// Blocks with the same remaining key become one block, whose samples have the moved dimensions at the end. Its
/// properties are those of all of these blocks; values which no block has are equal to `fill_value`. Components
/// must be the same.
///
/// @param tensor the map
/// @param keys_to_move labels with the dimensions to move. With entries, only blocks whose key is one of them in these
///        dimensions take part.
/// @param fill_value array without axes, of the type of the values. The library *takes ownership* of it, even
///        if this function fails. Arrays that are not of this library get it in their `create` function.
/// @param sort_samples whether the samples of the new blocks are sorted; else they are in the order of the blocks
///
/// @returns a map with the info of `tensor`, *owned* by the caller, to be given to `mts_tensormap_free`; or NULL on error
#[unsafe(no_mangle)]
pub extern "C" fn mts_tensormap_keys_to_samples(
    tensor: Option<&mts_tensormap_t>,
    keys_to_move: Option<&mts_labels_t>,
    fill_value: mts_array_t,
    sort_samples: bool,
) -> Option<Box<mts_tensormap_t>> {
    let operation = |map: &TensorMap, keys: &Labels, fill: FillValue<'_>, order| {
        map.keys_to_samples(keys, fill, order)
    };
    move_keys(tensor, keys_to_move, fill_value, sort_samples, operation)
}

/// Move dimensions of the keys to the properties, merging the blocks whose keys are equal then.
///
/// Blocks with the same remaining key become one block, whose properties have the moved dimensions before their
/// own. Its samples are those of all of these blocks; values which no block has are equal to `fill_value`.
/// Components must be the same.
///
/// @param tensor the map
/// @param keys_to_move labels with the dimensions to move. With entries, these are the values that all of the new
///        blocks get properties for, in this order, and blocks with other values are left out; all blocks must
///        have the same properties then.
/// @param fill_value as in `mts_tensormap_keys_to_samples`
/// @param sort_samples as in `mts_tensormap_keys_to_samples`
///
/// @returns a map with the info of `tensor`, *owned* by the caller, to be given to `mts_tensormap_free`; or NULL on error
#[unsafe(no_mangle)]
pub extern "C" fn mts_tensormap_keys_to_properties(
    tensor: Option<&mts_tensormap_t>,
    keys_to_move: Option<&mts_labels_t>,
    fill_value: mts_array_t,
    sort_samples: bool,
) -> Option<Box<mts_tensormap_t>> {
    let operation = |map: &TensorMap, keys: &Labels, fill: FillValue<'_>, order| {
        map.keys_to_properties(keys, fill, order)
    };
    move_keys(tensor, keys_to_move, fill_value, sort_samples, operation)
}

/// Move components to the properties.
///
/// @param tensor the map
/// @param dimensions names of the components, `dimensions_count` NUL-terminated strings
/// @param dimensions_count number of components to move
///
/// @returns a map with the info of `tensor`, *owned* by the caller, to be given to `mts_tensormap_free`; or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`dimensions` is NULL or has `dimensions_count` entries, each NULL or a NUL-terminated string."
)]
pub unsafe extern "C" fn mts_tensormap_components_to_properties(
    tensor: Option<&mts_tensormap_t>,
    dimensions: *const *const c_char,
    dimensions_count: usize,
) -> Option<Box<mts_tensormap_t>> {
    owned(|| {
        let tensor = tensor.checked("tensor")?;
        // SAFETY: there are `dimensions_count` strings at `dimensions`, or NULL.
        let dimensions = unsafe { texts(dimensions, dimensions_count, "dimensions") }?;
        let moved = tensor.components_to_properties(&dimensions)?;
        Ok(mts_tensormap_t::boxed(moved))
    })
}
