//! Pairs of maps, and of blocks.

use std::mem::MaybeUninit;

use metatensor_core::Result;
use metatensor_operations as operations;

use crate::ffi::{Parameter, mts_status_t, status};
use crate::types::{Handle, mts_block_t, mts_tensormap_t};

/// Sets `first` and `second` to the maps or blocks that `operation` makes, or to NULL.
fn give_pair<H: Handle>(
    first: Option<&mut MaybeUninit<Option<Box<H>>>>,
    second: Option<&mut MaybeUninit<Option<Box<H>>>>,
    operation: impl FnOnce() -> Result<(H::Value, H::Value)>,
) -> mts_status_t {
    status(|| {
        let (first, second) = (first.checked("first")?, second.checked("second")?);
        first.write(None);
        second.write(None);
        let (a, b) = operation()?;
        let (a, b) = (H::unshared(a)?, H::unshared(b)?);
        first.write(Some(a));
        second.write(Some(b));
        Ok(())
    })
}

/// Give two maps the same gradient rows for the same keys, which is what operations on two maps need.
///
/// Gradients of both get all rows that one of them has, those of `a` first. New rows are zero, as derivatives without a row
/// are. Everything else stays what it is, in each of the maps.
///
/// @param a a map
/// @param b another map, with the same samples for the same keys, and gradients with respect to the same parameters
/// @param first is set to a new map made of `a` with its info, *owned* by the caller; or to NULL on error
/// @param second is set to a new map made of `b` with its info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_align_gradients(
    a: Option<&mts_tensormap_t>,
    b: Option<&mts_tensormap_t>,
    first: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
    second: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_pair(first, second, || {
        operations::align_gradients(a.checked("a")?, b.checked("b")?)
    })
}

/// The same as `mts_align_gradients` for blocks.
///
/// @param a a block
/// @param b another block, with the same samples, and gradients with respect to the same parameters
/// @param first is set to a new block made of `a`, *owned* by the caller; or to NULL on error
/// @param second is set to a new block made of `b`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_align_gradients_block(
    a: Option<&mts_block_t>,
    b: Option<&mts_block_t>,
    first: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
    second: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give_pair(first, second, || {
        operations::align_gradients(a.checked("a")?, b.checked("b")?)
    })
}
