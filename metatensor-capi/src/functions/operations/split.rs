//! Splits.

use std::mem::MaybeUninit;

use metatensor_core::Result;
use metatensor_operations as operations;
use metatensor_operations::Selection;

use crate::ffi::{Parameter, list, mts_status_t, slice_mut, status};
use crate::types::{Handle, Selected, mts_axis_t, mts_block_t, mts_selection_t, mts_tensormap_t};

/// Sets the `count` places at `results` to what `operation` makes with as many selections, or all of them to NULL.
///
/// # Safety
///
/// Both lists must be NULL or have this many entries.
unsafe fn give_parts<H: Handle>(
    results: *mut MaybeUninit<Option<Box<H>>>,
    selections: *const mts_selection_t<'_>,
    count: usize,
    operation: impl FnOnce(&[Selection<'_>]) -> Result<Vec<H::Value>>,
) -> mts_status_t {
    status(|| {
        // SAFETY: as promised.
        let results = unsafe { slice_mut(results, count, "results") }?;
        for result in &mut *results {
            result.write(None);
        }
        // SAFETY: as promised.
        let selections: Vec<Selected<'_>> = unsafe { list(selections, count, "selections") }?;
        let selections: Vec<_> = selections.iter().map(Selected::as_selection).collect();
        let parts = operation(&selections)?.into_iter().map(H::unshared);
        let parts = parts.collect::<Result<Vec<_>>>()?;
        for (result, part) in results.iter_mut().zip(parts) {
            result.write(Some(part));
        }
        Ok(())
    })
}

/// Take several parts of a map, one for each selection: see `mts_slice`.
///
/// Selections may have entries in common, and may leave some out.
///
/// @param a a map
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param selections what to keep for each of the parts; can be NULL if there are none
/// @param count number of selections
/// @param results `count` pointers, which are set to new maps with the info of `a`, each *owned* by the caller; or all
///        of them to NULL on error. It can be NULL if there are no selections.
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`selections` and `results` are NULL or have `count` entries."
)]
pub unsafe extern "C" fn mts_split(
    a: Option<&mts_tensormap_t>,
    axis: mts_axis_t,
    selections: *const mts_selection_t<'_>,
    count: usize,
    results: *mut MaybeUninit<Option<Box<mts_tensormap_t>>>,
) -> mts_status_t {
    // SAFETY: says the caller.
    unsafe {
        give_parts(results, selections, count, |selections| {
            operations::split(a.checked("a")?, axis.checked("axis")?, selections)
        })
    }
}

/// The same as `mts_split` for blocks.
///
/// @param a a block
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param selections what to keep for each of the parts; can be NULL if there are none
/// @param count number of selections
/// @param results `count` pointers, which are set to new blocks, each *owned* by the caller; or all of them to NULL on error.
///        It can be NULL if there are no selections.
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`selections` and `results` are NULL or have `count` entries."
)]
pub unsafe extern "C" fn mts_split_block(
    a: Option<&mts_block_t>,
    axis: mts_axis_t,
    selections: *const mts_selection_t<'_>,
    count: usize,
    results: *mut MaybeUninit<Option<Box<mts_block_t>>>,
) -> mts_status_t {
    // SAFETY: says the caller.
    unsafe {
        give_parts(results, selections, count, |selections| {
            operations::split(a.checked("a")?, axis.checked("axis")?, selections)
        })
    }
}
