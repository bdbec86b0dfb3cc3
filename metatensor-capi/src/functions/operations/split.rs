//! Slices and splits.

use metatensor_core::Result;
use metatensor_operations as operations;
use metatensor_operations::Selection;

use super::axis::{axis, mts_axis_t};
use super::{give_block, give_tensor, map};
use crate::block::mts_block_t;
use crate::handles::{BorrowedLabels, Out, block, block_handle, labels, slice};
use crate::labels::mts_labels_t;
use crate::status::{mts_status_t, status};
use crate::tensor::{mts_tensormap_t, tensor_handle};

/// Which entries of an axis to keep.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_selection_t {
    /// the entries that match one of these, in some or all of the dimensions of the axis. If this is NULL, the
    /// entries at some positions:
    pub labels: *const mts_labels_t,
    /// positions of entries, each of them once; can be NULL if there are none. Negative positions count from the end: -1
    /// is the last entry
    pub indices: *const i64,
    /// number of positions
    pub indices_count: usize,
}

/// What a selection owns or borrows while it is used.
enum Selected<'a> {
    Labels(BorrowedLabels),
    Indices(&'a [i64]),
}

impl<'a> Selected<'a> {
    /// A selection with positions that errors call `indices`.
    ///
    /// # Safety
    ///
    /// The pointers in `raw` must be NULL or valid for `'a`.
    unsafe fn new(raw: &mts_selection_t, indices: &str) -> Result<Selected<'a>> {
        // SAFETY: guaranteed by the caller.
        unsafe {
            if !raw.labels.is_null() {
                return Ok(Selected::Labels(labels(raw.labels, "labels")?));
            }
            let indices = slice(raw.indices, raw.indices_count, indices)?;
            Ok(Selected::Indices(indices))
        }
    }

    fn as_selection(&self) -> Selection<'_> {
        match self {
            Selected::Labels(labels) => Selection::Labels(labels),
            Selected::Indices(indices) => Selection::Indices(indices),
        }
    }
}

/// Take a part of a map: the samples or the properties of each block that are selected.
///
/// Selected samples are in the order of the selection if this is a list of positions, or labels with all dimensions of
/// the samples in the same order. Otherwise they keep their order, as selected properties always do. Gradients keep the
/// rows of the selected samples, in the order these rows had. Blocks stay even if nothing of them was selected.
///
/// @param a a map
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param selection what to keep; labels with only dimensions of this axis, or positions that all blocks have
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_slice(
    a: *const mts_tensormap_t,
    axis: mts_axis_t,
    selection: mts_selection_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let selection = Selected::new(&selection, "selection.indices")?;
            operations::slice(map(a, "a")?, self::axis(axis)?, selection.as_selection())
        })
    }
}

/// The same as `mts_slice` for blocks.
///
/// @param a a block
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param selection what to keep; labels with only dimensions of this axis, or positions that all blocks have
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_slice_block(
    a: *const mts_block_t,
    axis: mts_axis_t,
    selection: mts_selection_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let selection = Selected::new(&selection, "selection.indices")?;
            operations::slice(block(a, "a")?, self::axis(axis)?, selection.as_selection())
        })
    }
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_split(
    a: *const mts_tensormap_t,
    axis: mts_axis_t,
    selections: *const mts_selection_t,
    count: usize,
    results: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_parts(results, count, tensor_handle, || {
            let selections = selected(selections, count)?;
            let selections: Vec<_> = selections.iter().map(Selected::as_selection).collect();
            let mut parts = operations::split(map(a, "a")?, self::axis(axis)?, &selections)?;
            parts
                .iter_mut()
                .try_for_each(|part| part.unshare_arrays())?;
            Ok(parts)
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_split_block(
    a: *const mts_block_t,
    axis: mts_axis_t,
    selections: *const mts_selection_t,
    count: usize,
    results: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_parts(results, count, block_handle, || {
            let selections = selected(selections, count)?;
            let selections: Vec<_> = selections.iter().map(Selected::as_selection).collect();
            let mut parts = operations::split(block(a, "a")?, self::axis(axis)?, &selections)?;
            parts
                .iter_mut()
                .try_for_each(|part| part.unshare_arrays())?;
            Ok(parts)
        })
    }
}

/// # Safety
///
/// `selections` must be NULL or valid for `count` selections, whose pointers must be NULL or valid for `'a`.
unsafe fn selected<'a>(
    selections: *const mts_selection_t,
    count: usize,
) -> Result<Vec<Selected<'a>>> {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let selections = slice(selections, count, "selections")?.iter().enumerate();
        let convert = |(i, raw)| {
            Selected::new(raw, "selections.indices")
                .or_else(|_| Selected::new(raw, &format!("selections[{i}].indices")))
        };
        selections.map(convert).collect()
    }
}

/// Gives the parts made by `operation`, or NULL, to the `count` places at `results`.
///
/// # Safety
///
/// `results` must be NULL or valid for this many writes.
unsafe fn give_parts<T, H>(
    results: *mut *mut H,
    count: usize,
    handle: impl Fn(T) -> *mut H,
    operation: impl FnOnce() -> Result<Vec<T>>,
) -> mts_status_t {
    status(|| {
        let mut places = Vec::with_capacity(count);
        for i in 0..count {
            // SAFETY: guaranteed by the caller; nothing is added to a pointer that is NULL.
            let place = unsafe {
                let place = if results.is_null() {
                    results
                } else {
                    results.add(i)
                };
                Out::new(place, "results")?
            };
            place.set(std::ptr::null_mut());
            places.push(place);
        }
        for (place, part) in places.iter().zip(operation()?) {
            place.set(handle(part));
        }
        Ok(())
    })
}
