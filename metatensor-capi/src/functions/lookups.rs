//! Blocks by label, and what is in them.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use metatensor_core::Labels;

use crate::ffi::{Parameter, Text, mts_status_t, slice, status, texts};
use crate::types::{mts_block_t, mts_tensormap_t};

/// Get the only block whose key has these values: the block of oxygen, say.
///
/// ```c
/// const char *const names[] = {"center_type"};
/// const int32_t values[] = {8};
/// mts_tensormap_block_where(tensor, names, values, 1, &block);
/// ```
///
/// @param tensor the map
/// @param names names of some dimensions of the keys, `count` NUL-terminated strings
/// @param values the value that the key has for each of these dimensions, `count` numbers
/// @param count number of dimensions
/// @param block is set to the block. It is *borrowed*: valid until the map is freed, and must not be freed.
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if there are no or several such blocks, or no such dimensions
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`tensor` is NULL or a handle that nobody changes; `names` and `values` are NULL or have `count` entries."
)]
pub unsafe extern "C" fn mts_tensormap_block_where(
    tensor: *mut mts_tensormap_t,
    names: *const *const c_char,
    values: *const i32,
    count: usize,
    block: Option<&mut MaybeUninit<*mut mts_block_t>>,
) -> mts_status_t {
    status(|| {
        // SAFETY: NULL or a handle, which is not changed here: others may look at it, and have its blocks.
        let tensor = unsafe { tensor.as_ref() }.checked("tensor")?;
        // SAFETY: there are `count` entries at both, or NULL.
        let (names, values) = unsafe {
            (
                texts(names, count, "names")?,
                slice(values, count, "values")?,
            )
        };
        let block = block.checked("block")?;
        let selection = Labels::from_values(&names, values.to_vec())?;
        block.write(mts_block_t::lent(tensor.block_matching(&selection)?));
        Ok(())
    })
}

/// Tell whether a block has a gradient.
///
/// @param block the block
/// @param parameter the gradient is with respect to this parameter
/// @param has_gradient is set to whether `mts_block_gradient` gives it
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_block_has_gradient(
    block: Option<&mts_block_t>,
    parameter: Text<'_>,
    has_gradient: Option<&mut MaybeUninit<bool>>,
) -> mts_status_t {
    status(|| {
        let (block, parameter) = (block.checked("block")?, parameter.checked("parameter")?);
        let has_gradient = has_gradient.checked("has_gradient")?;
        has_gradient.write(block.has_gradient(parameter));
        Ok(())
    })
}
