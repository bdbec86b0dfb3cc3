//! Maps.

use std::ffi::{CString, c_char};
use std::mem::{MaybeUninit, replace};
use std::ptr::null_mut;
use std::sync::OnceLock;

use metatensor_core::{DType as DLDataType, Device as DLDevice};
use metatensor_core::{FillValue, Labels, Result, SampleOrder, TensorBlock, TensorMap};

use crate::array::{mts_array_t, take_array};
use crate::block::mts_block_t;
use crate::handles::{
    Out, bad_parameter, labels, labels_handle, null, optional_slice_mut, tensor, tensor_mut, text,
    texts,
};
use crate::labels::mts_labels_t;
use crate::last_error::c_string;
use crate::status::{mts_status_t, pointer, status};

/// A map: labels called keys, and one block for each of them. All blocks have the same structure: the same
/// names for samples, components, properties and gradients.
///
/// The functions that take a pointer to a constant map can be called from several threads at the same time.
#[derive(Debug)]
pub struct mts_tensormap_t {
    _private: [u8; 0],
}

/// What a handle points to.
#[derive(Debug)]
pub(crate) struct Tensor {
    pub(crate) map: TensorMap,
    /// The info of `map` for C, made when first needed.
    info: OnceLock<InfoStrings>,
}

#[derive(Debug)]
struct InfoStrings {
    entries: Vec<(CString, CString)>,
    keys: Vec<*const c_char>,
}

// SAFETY: the pointers are to strings owned by `entries`, which are never written to.
unsafe impl Send for InfoStrings {}
// SAFETY: as above.
unsafe impl Sync for InfoStrings {}

impl Tensor {
    fn info(&self) -> &InfoStrings {
        self.info.get_or_init(|| {
            let info = self.map.info().iter();
            let entries: Vec<_> = info
                .map(|(key, value)| (c_string(key.clone()), c_string(value.clone())))
                .collect();
            let keys = entries.iter().map(|(key, _)| key.as_ptr()).collect();
            InfoStrings { entries, keys }
        })
    }
}

pub(crate) fn tensor_handle(map: TensorMap) -> *mut mts_tensormap_t {
    let info = OnceLock::new();
    Box::into_raw(Box::new(Tensor { map, info })).cast()
}

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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap(
    keys: *const mts_labels_t,
    blocks: *mut *mut mts_block_t,
    blocks_count: usize,
) -> *mut mts_tensormap_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        let blocks = match unsafe { optional_slice_mut(blocks, blocks_count, "blocks") }? {
            Some(blocks) => blocks,
            None if blocks_count == 0 => &mut [],
            None => return Err(null("blocks")),
        };
        if let Some(i) = blocks.iter().position(|block| block.is_null()) {
            return Err(null(&format!("blocks[{i}]")));
        }
        if has_repeated(blocks) {
            return Err(bad_parameter("the same block comes twice in 'blocks'"));
        }
        let mut owned = Vec::with_capacity(blocks.len());
        for (place, block) in owned.spare_capacity_mut().iter_mut().zip(&mut *blocks) {
            let pointer = replace(block, null_mut()).cast::<MaybeUninit<TensorBlock>>();
            // SAFETY: owned handles are made by `block_handle`, and no block is taken twice.
            let taken = unsafe { Box::from_raw(pointer) };
            // From one place to the other: a variable between them would be another copy.
            // SAFETY: these are two different places.
            unsafe { std::ptr::copy_nonoverlapping(&raw const *taken, place, 1) };
        }
        // SAFETY: that many blocks were just moved there.
        unsafe { owned.set_len(blocks.len()) };
        // SAFETY: guaranteed by the caller.
        let keys = unsafe { labels(keys, "keys") }?;
        Ok(tensor_handle(TensorMap::new(keys.clone(), owned)?))
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_free(tensor: *mut mts_tensormap_t) -> mts_status_t {
    status(|| {
        if !tensor.is_null() {
            // SAFETY: made by `tensor_handle`, used for the last time.
            drop(unsafe { Box::from_raw(tensor.cast::<Tensor>()) });
        }
        Ok(())
    })
}

/// Make a copy of a map, with all of its blocks and info.
///
/// @param tensor the map
///
/// @returns a map *owned* by the caller, or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_copy(
    tensor: *const mts_tensormap_t,
) -> *mut mts_tensormap_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        let tensor = unsafe { self::tensor(tensor, "tensor") }?;
        Ok(tensor_handle(tensor.map.deep_copy()?))
    })
}

/// Get the keys.
///
/// @param tensor the map
///
/// @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_keys(tensor: *const mts_tensormap_t) -> *const mts_labels_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        let tensor = unsafe { self::tensor(tensor, "tensor") }?;
        Ok(labels_handle(tensor.map.keys().clone()).cast_mut())
    })
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_block_by_id(
    tensor: *mut mts_tensormap_t,
    block: *mut *mut mts_block_t,
    index: usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (tensor, block) =
            unsafe { (self::tensor(tensor, "tensor")?, Out::new(block, "block")?) };
        let pointer = std::ptr::from_ref(tensor.map.block_by_id(index)?);
        block.set(pointer.cast_mut().cast());
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_set_info(
    tensor: *mut mts_tensormap_t,
    key: *const c_char,
    value: *const c_char,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (tensor, key, value) = unsafe {
            (
                tensor_mut(tensor, "tensor")?,
                text(key, "key")?,
                text(value, "value")?,
            )
        };
        tensor
            .map
            .info_mut()
            .insert(key.to_owned(), value.to_owned());
        tensor.info.take();
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_get_info(
    tensor: *const mts_tensormap_t,
    key: *const c_char,
    value: *mut *const c_char,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (tensor, key, value) = unsafe {
            (
                self::tensor(tensor, "tensor")?,
                text(key, "key")?,
                Out::new(value, "value")?,
            )
        };
        let position = tensor.map.info().get_index_of(key);
        value.set(position.map_or(std::ptr::null(), |i| tensor.info().entries[i].1.as_ptr()));
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_info_keys(
    tensor: *const mts_tensormap_t,
    keys: *mut *const *const c_char,
    keys_count: *mut usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (tensor, keys, keys_count) = unsafe {
            (
                self::tensor(tensor, "tensor")?,
                Out::new(keys, "keys")?,
                Out::new(keys_count, "keys_count")?,
            )
        };
        let strings = &tensor.info().keys;
        keys.set(if strings.is_empty() {
            std::ptr::null()
        } else {
            strings.as_ptr()
        });
        keys_count.set(strings.len());
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_device(
    tensor: *const mts_tensormap_t,
    device: *mut DLDevice,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (tensor, device) =
            unsafe { (self::tensor(tensor, "tensor")?, Out::new(device, "device")?) };
        device.set(tensor.map.device()?.unwrap_or(DLDevice::CPU));
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_dtype(
    tensor: *const mts_tensormap_t,
    dtype: *mut DLDataType,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (tensor, dtype) =
            unsafe { (self::tensor(tensor, "tensor")?, Out::new(dtype, "dtype")?) };
        dtype.set(tensor.map.dtype()?.unwrap_or(DLDataType::F64));
        Ok(())
    })
}

/// # Safety
///
/// `tensor` is NULL or valid, `keys_to_move` as well, and `fill_value` follows the rules of `mts_array_t`.
unsafe fn move_keys(
    tensor: *const mts_tensormap_t,
    keys_to_move: *const mts_labels_t,
    fill_value: mts_array_t,
    sort_samples: bool,
    operation: impl FnOnce(&TensorMap, &Labels, FillValue<'_>, SampleOrder) -> Result<TensorMap>,
) -> Result<*mut mts_tensormap_t> {
    // First of all, so that the array is released whatever happens.
    // SAFETY: guaranteed by the caller.
    let fill_value = unsafe { take_array(fill_value) };
    // SAFETY: guaranteed by the caller.
    let (tensor, keys) = unsafe {
        (
            self::tensor(tensor, "tensor")?,
            labels(keys_to_move, "keys_to_move")?,
        )
    };
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
    let result = operation(&tensor.map, &keys, FillValue::Array(&*fill_value), order)?;
    Ok(tensor_handle(result))
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_keys_to_samples(
    tensor: *const mts_tensormap_t,
    keys_to_move: *const mts_labels_t,
    fill_value: mts_array_t,
    sort_samples: bool,
) -> *mut mts_tensormap_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            move_keys(
                tensor,
                keys_to_move,
                fill_value,
                sort_samples,
                |map, keys, fill, order| map.keys_to_samples(keys, fill, order),
            )
        }
    })
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_keys_to_properties(
    tensor: *const mts_tensormap_t,
    keys_to_move: *const mts_labels_t,
    fill_value: mts_array_t,
    sort_samples: bool,
) -> *mut mts_tensormap_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            move_keys(
                tensor,
                keys_to_move,
                fill_value,
                sort_samples,
                |map, keys, fill, order| map.keys_to_properties(keys, fill, order),
            )
        }
    })
}

/// Move components to the properties.
///
/// @param tensor the map
/// @param dimensions names of the components, `dimensions_count` NUL-terminated strings
/// @param dimensions_count number of components to move
///
/// @returns a map with the info of `tensor`, *owned* by the caller, to be given to `mts_tensormap_free`; or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_components_to_properties(
    tensor: *const mts_tensormap_t,
    dimensions: *const *const c_char,
    dimensions_count: usize,
) -> *mut mts_tensormap_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        let (tensor, dimensions) = unsafe {
            (
                self::tensor(tensor, "tensor")?,
                texts(dimensions, dimensions_count, "dimensions")?,
            )
        };
        Ok(tensor_handle(
            tensor.map.components_to_properties(&dimensions)?,
        ))
    })
}
