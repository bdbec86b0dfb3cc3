//! Labels as sets of rows.

use std::mem::MaybeUninit;

use metatensor_core::{Error, Labels, Result};

use crate::ffi::{Parameter, mts_status_t, null, optional_slice_mut, status};
use crate::types::mts_labels_t;

/// Gives the labels that `operation` makes of two others, and the positions of rows of the first and of the second one.
///
/// # Safety
///
/// Mappings are NULL or have that many entries.
unsafe fn combine(
    (first, second): (Option<&mts_labels_t>, Option<&mts_labels_t>),
    result: Option<&mut MaybeUninit<*const mts_labels_t>>,
    first_mapping: (*mut i64, usize),
    second_mapping: (*mut i64, usize),
    operation: impl FnOnce(&Labels, &Labels, Mapping<'_>, Mapping<'_>) -> Result<Labels>,
) -> mts_status_t {
    status(|| {
        let (first, second) = (first.checked("first")?, second.checked("second")?);
        let result = result.checked("result")?;
        // SAFETY: as promised, and mappings are only written to here.
        let (first_mapping, second_mapping) = unsafe {
            (
                optional_slice_mut(first_mapping.0, first_mapping.1, "first_mapping")?,
                optional_slice_mut(second_mapping.0, second_mapping.1, "second_mapping")?,
            )
        };
        let labels = operation(&first, &second, first_mapping, second_mapping)?;
        result.write(mts_labels_t::new(labels));
        Ok(())
    })
}

type Mapping<'a> = Option<&'a mut [i64]>;

/// Make the union of two sets of labels: the rows of `first`, then those of `second` that are not in
/// `first`.
///
/// The result has its values in an array like that of `first`.
///
/// @param first the first labels
/// @param second the second labels, with the same dimensions
/// @param result is set to labels *owned* by the caller, to be given to `mts_labels_free`
/// @param first_mapping NULL, or memory for the position in the result of each row of `first`
/// @param first_mapping_count number of rows of `first`, if `first_mapping` is not NULL
/// @param second_mapping NULL, or memory for the position in the result of each row of `second`
/// @param second_mapping_count number of rows of `second`, if `second_mapping` is not NULL
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nMappings are NULL or have as many entries as the counts say."
)]
pub unsafe extern "C" fn mts_labels_union(
    first: Option<&mts_labels_t>,
    second: Option<&mts_labels_t>,
    result: Option<&mut MaybeUninit<*const mts_labels_t>>,
    first_mapping: *mut i64,
    first_mapping_count: usize,
    second_mapping: *mut i64,
    second_mapping_count: usize,
) -> mts_status_t {
    let first_mapping = (first_mapping, first_mapping_count);
    let second_mapping = (second_mapping, second_mapping_count);
    // SAFETY: says the caller.
    unsafe {
        combine(
            (first, second),
            result,
            first_mapping,
            second_mapping,
            |first, second, a, b| first.union_into(second, a, b),
        )
    }
}

/// Make the intersection of two sets of labels: the rows that are in both, in the order of the one with
/// fewer rows (`first` if they have as many).
///
/// Parameters are those of `mts_labels_union`; in the mappings, -1 stands for rows that are not in the
/// result.
///
/// @param first the first labels
/// @param second the second labels, with the same dimensions
/// @param result is set to labels *owned* by the caller, to be given to `mts_labels_free`
/// @param first_mapping NULL, or memory for the position in the result of each row of `first`
/// @param first_mapping_count number of rows of `first`, if `first_mapping` is not NULL
/// @param second_mapping NULL, or memory for the position in the result of each row of `second`
/// @param second_mapping_count number of rows of `second`, if `second_mapping` is not NULL
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nMappings are NULL or have as many entries as the counts say."
)]
pub unsafe extern "C" fn mts_labels_intersection(
    first: Option<&mts_labels_t>,
    second: Option<&mts_labels_t>,
    result: Option<&mut MaybeUninit<*const mts_labels_t>>,
    first_mapping: *mut i64,
    first_mapping_count: usize,
    second_mapping: *mut i64,
    second_mapping_count: usize,
) -> mts_status_t {
    let first_mapping = (first_mapping, first_mapping_count);
    let second_mapping = (second_mapping, second_mapping_count);
    // SAFETY: says the caller.
    unsafe {
        combine(
            (first, second),
            result,
            first_mapping,
            second_mapping,
            |first, second, a, b| first.intersection_into(second, a, b),
        )
    }
}

/// Make the difference of two sets of labels: the rows of `first` that are not in `second`.
///
/// @param first the first labels
/// @param second the second labels, with the same dimensions
/// @param result is set to labels *owned* by the caller, to be given to `mts_labels_free`
/// @param first_mapping NULL, or memory for the position in the result of each row of `first`, -1 for those
///        that are not in it
/// @param first_mapping_count number of rows of `first`, if `first_mapping` is not NULL
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`first_mapping` is NULL or has `first_mapping_count` entries."
)]
pub unsafe extern "C" fn mts_labels_difference(
    first: Option<&mts_labels_t>,
    second: Option<&mts_labels_t>,
    result: Option<&mut MaybeUninit<*const mts_labels_t>>,
    first_mapping: *mut i64,
    first_mapping_count: usize,
) -> mts_status_t {
    let first_mapping = (first_mapping, first_mapping_count);
    // SAFETY: says the caller.
    unsafe {
        combine(
            (first, second),
            result,
            first_mapping,
            (std::ptr::null_mut(), 0),
            |first, second, mapping, _| first.difference_into(second, mapping),
        )
    }
}

/// Find the positions of all rows that match one of the rows of `selection`.
///
/// If `selection` has the same dimensions as `labels`, in the same order, positions are in the order of
/// `selection`; else, they are increasing. A selection without dimensions selects everything.
///
/// @param labels the labels to search
/// @param selection labels with some of the dimensions of `labels`
/// @param selected memory for the positions
/// @param selected_count number of positions that fit in this memory, which must be at least the number of
///        rows of `labels`. It is set to the number of positions.
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`selected` is NULL or has space for `selected_count` entries."
)]
pub unsafe extern "C" fn mts_labels_select(
    labels: Option<&mts_labels_t>,
    selection: Option<&mts_labels_t>,
    selected: *mut u64,
    selected_count: Option<&mut usize>,
) -> mts_status_t {
    status(|| {
        let (labels, selection, count) = (
            labels.checked("labels")?,
            selection.checked("selection")?,
            selected_count.checked("selected_count")?,
        );
        if *count < labels.count() {
            return Err(Error::BufferSize(format!(
                "expected space for {} positions in 'selected', got {count}",
                labels.count()
            )));
        }
        if *count > 0 && selected.is_null() {
            return Err(null("selected"));
        }
        let positions = labels.select(&selection)?;
        // SAFETY: there is space for a position of each row, and there are no more.
        let selected = unsafe { optional_slice_mut(selected, positions.len(), "selected") }?;
        if let Some(selected) = selected {
            for (selected, &position) in selected.iter_mut().zip(&positions) {
                *selected = u64::from(position);
            }
        }
        *count = positions.len();
        Ok(())
    })
}
