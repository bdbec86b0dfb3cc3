//! Operations: one function of `metatensor-operations` behind each of these.

use std::ffi::c_char;

use metatensor_core::{Result, TensorBlock, TensorMap};

use crate::block::mts_block_t;
use crate::handles::{Out, block_handle, reference, tensor, text, texts};
use crate::status::{mts_status_t, status};
use crate::tensor::{mts_tensormap_t, tensor_handle};

mod arithmetic;
mod axis;
mod comparison;
mod creation;
mod dimensions;
mod join;
mod linalg;
mod missing_gradients;
mod reduce;
mod selection;
mod slice;
mod sort;

pub use arithmetic::*;
pub use axis::*;
pub use comparison::*;
pub use creation::*;
pub use dimensions::*;
pub use join::*;
pub use linalg::*;
pub use missing_gradients::*;
pub use reduce::*;
pub use selection::*;
pub use slice::*;
pub use sort::*;

/// A list of names. Where a pointer to it can be NULL, this stands for all names.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_names_t {
    /// `count` NUL-terminated strings in UTF-8, can be NULL if there are none
    pub names: *const *const c_char,
    /// number of names
    pub count: usize,
}

/// The names in `pointer`, or `None` if it is NULL.
///
/// # Safety
///
/// `pointer` must be NULL or valid for `'a`.
unsafe fn optional_names<'a>(
    pointer: *const mts_names_t,
    name: &str,
) -> Result<Option<Vec<&'a str>>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: guaranteed by the caller.
    unsafe {
        let names = reference(pointer, name)?;
        Ok(Some(texts(names.names, names.count, name)?))
    }
}

/// The text at `pointer`, or `None` if it is NULL.
///
/// # Safety
///
/// `pointer` must be NULL or a NUL-terminated string that is valid for `'a`.
unsafe fn optional_text<'a>(pointer: *const c_char, name: &str) -> Result<Option<&'a str>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: guaranteed by the caller.
    Ok(Some(unsafe { text(pointer, name) }?))
}

/// Gives the map made by `operation`, or NULL, to `result`.
///
/// # Safety
///
/// `result` must be NULL or valid for writes.
unsafe fn give_tensor(
    result: *mut *mut mts_tensormap_t,
    operation: impl FnOnce() -> Result<TensorMap>,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let result = unsafe { Out::new(result, "result") }?;
        result.set(std::ptr::null_mut());
        let mut tensor = operation()?;
        // In C, elements of any array can be written to: results do not share any with inputs.
        tensor.unshare_arrays()?;
        result.set(tensor_handle(tensor));
        Ok(())
    })
}

/// Gives the block made by `operation`, or NULL, to `result`.
///
/// # Safety
///
/// `result` must be NULL or valid for writes.
unsafe fn give_block(
    result: *mut *mut mts_block_t,
    operation: impl FnOnce() -> Result<TensorBlock>,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let result = unsafe { Out::new(result, "result") }?;
        result.set(std::ptr::null_mut());
        let mut block = operation()?;
        block.unshare_arrays()?;
        result.set(block_handle(block));
        Ok(())
    })
}

/// # Safety
///
/// `pointer` must be NULL or a valid handle.
unsafe fn map<'a>(pointer: *const mts_tensormap_t, name: &str) -> Result<&'a TensorMap> {
    // SAFETY: guaranteed by the caller.
    Ok(&unsafe { tensor(pointer, name) }?.map)
}
