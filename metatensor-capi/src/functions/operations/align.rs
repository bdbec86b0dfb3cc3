//! Pairs of maps, and of blocks.

use std::mem::MaybeUninit;
use std::ptr;

use metatensor_core::Result;
use metatensor_operations as operations;

use crate::ffi::{Parameter, bad_parameter, mts_status_t, shared_place, status};
use crate::types::{Handle, mts_block_t, mts_tensormap_t};

/// Sets `first` and `second` to the maps or blocks that `operation` makes, or to NULL.
///
/// # Safety
///
/// Both must be NULL or places for a result.
unsafe fn give_pair<H: Handle>(
    first: *mut Option<Box<H>>,
    second: *mut Option<Box<H>>,
    operation: impl FnOnce() -> Result<(H::Value, H::Value)>,
) -> mts_status_t {
    status(|| {
        // SAFETY: as promised.
        let (first, second) = unsafe {
            let first = shared_place(first, "first")?;
            (first, shared_place(second, "second")?)
        };
        if ptr::eq(first, second) {
            // The first result would be lost.
            return Err(bad_parameter("'first' and 'second' are the same place"));
        }
        first.set(MaybeUninit::new(None));
        second.set(MaybeUninit::new(None));
        let (a, b) = operation()?;
        let (a, b) = (H::unshared(a)?, H::unshared(b)?);
        first.set(MaybeUninit::new(Some(a)));
        second.set(MaybeUninit::new(Some(b)));
        Ok(())
    })
}

/// Give two maps the same gradient rows for the same keys, which is what operations on two maps need.
///
/// Gradients of both get all rows that one of them has, those of `a` first. New rows are zero, as derivatives without a row
/// are. Everything else stays what it is, in each of the maps. The places of the two results must not be the same.
///
/// @param a a map
/// @param b another map, with the same samples for the same keys, and gradients with respect to the same parameters
/// @param first is set to a new map made of `a` with its info, *owned* by the caller; or to NULL on error
/// @param second is set to a new map made of `b` with its info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`first` and `second` are NULL or places for a result."
)]
pub unsafe extern "C" fn mts_align_gradients(
    a: Option<&mts_tensormap_t>,
    b: Option<&mts_tensormap_t>,
    first: *mut Option<Box<mts_tensormap_t>>,
    second: *mut Option<Box<mts_tensormap_t>>,
) -> mts_status_t {
    let operation = || operations::align_gradients(a.checked("a")?, b.checked("b")?);
    // SAFETY: says the caller.
    unsafe { give_pair(first, second, operation) }
}

/// The same as `mts_align_gradients` for blocks. The places of the two results must not be the same.
///
/// @param a a block
/// @param b another block, with the same samples, and gradients with respect to the same parameters
/// @param first is set to a new block made of `a`, *owned* by the caller; or to NULL on error
/// @param second is set to a new block made of `b`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`first` and `second` are NULL or places for a result."
)]
pub unsafe extern "C" fn mts_align_gradients_block(
    a: Option<&mts_block_t>,
    b: Option<&mts_block_t>,
    first: *mut Option<Box<mts_block_t>>,
    second: *mut Option<Box<mts_block_t>>,
) -> mts_status_t {
    let operation = || operations::align_gradients(a.checked("a")?, b.checked("b")?);
    // SAFETY: says the caller.
    unsafe { give_pair(first, second, operation) }
}
