//! Labels.

use std::ffi::c_char;

use metatensor_core::internal::RowCheck;
use metatensor_core::{Error, Labels, Result};
use smallvec::SmallVec;

use crate::array::{borrow_array, mts_array_t, take_array};
use crate::handles::{
    BorrowedLabels, Out, entry, labels, labels_handle, optional_slice_mut, slice, text,
};
use crate::status::{mts_status_t, pointer, status};

/// Labels: a table of 32-bit integers with named columns (called dimensions) and distinct rows, which says
/// what the entries along one axis of an array are.
///
/// Labels never change. They can be used from several threads at the same time, and be freed on another
/// thread than the one that made them.
#[derive(Debug)]
pub struct mts_labels_t {
    _private: [u8; 0],
}

/// # Safety
///
/// `dimensions` is NULL or valid, and `array` follows the rules of `mts_array_t`.
unsafe fn new_labels(
    dimensions: *const *const c_char,
    count: usize,
    parameter: &str,
    array: mts_array_t,
    check: RowCheck,
) -> Result<*mut mts_labels_t> {
    // First of all, so that the array is released whatever happens.
    // SAFETY: guaranteed by the caller.
    let array = unsafe { take_array(array) };
    // SAFETY: guaranteed by the caller.
    let strings = unsafe { slice(dimensions, count, parameter) }?;
    // SAFETY: guaranteed by the caller.
    let convert = |(i, &string)| entry(i, parameter, |name| unsafe { text(string, name) });
    let names = strings.iter().enumerate().map(convert);
    let names = names.collect::<Result<SmallVec<[&str; 8]>>>()?;
    Ok(labels_handle(Labels::from_storage(&names, array, check)?).cast_mut())
}

/// Make labels.
///
/// @param dimensions names of the dimensions, `dimensions_count` NUL-terminated strings, each made of
///        ASCII letters, digits and underscores and not starting with a digit. They are *copied*.
/// @param dimensions_count number of dimensions
/// @param array the values, 32-bit integers with one row per entry and one column per dimension. The
///        labels *take ownership* of this array, even if this function fails, and its values must not
///        change any more.
///
/// @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error: two
///          dimensions with the same name, two equal rows, an array of another shape or type, ...
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nPointers are NULL or valid, `array` follows the rules of `mts_array_t`."
)]
pub unsafe extern "C" fn mts_labels(
    dimensions: *const *const c_char,
    dimensions_count: usize,
    array: mts_array_t,
) -> *const mts_labels_t {
    // SAFETY: guaranteed by the caller.
    pointer(|| unsafe {
        new_labels(
            dimensions,
            dimensions_count,
            "dimensions",
            array,
            RowCheck::Unique,
        )
    })
}

/// Make labels without checking that their rows are distinct, as the caller knows that they are.
///
/// If they are not, the position of a row that is repeated is that of one of its copies, and labels made
/// from these can have repeated rows too.
///
/// @param names as `dimensions` in `mts_labels`
/// @param names_count number of dimensions
/// @param array as in `mts_labels`
///
/// @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nPointers are NULL or valid, `array` follows the rules of `mts_array_t`."
)]
pub unsafe extern "C" fn mts_labels_assume_unique(
    names: *const *const c_char,
    names_count: usize,
    array: mts_array_t,
) -> *const mts_labels_t {
    // SAFETY: guaranteed by the caller.
    pointer(|| unsafe { new_labels(names, names_count, "names", array, RowCheck::AssumeUnique) })
}

/// Get the names of the dimensions.
///
/// @param labels the labels
/// @param names is set to an array of `count` NUL-terminated strings, or NULL if there are none. It is
///        *borrowed*: the array and the strings are valid until these labels are freed.
/// @param count is set to the number of dimensions
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_dimensions(
    labels: *const mts_labels_t,
    names: *mut *const *const c_char,
    count: *mut usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (labels, names, count) = unsafe {
            (
                self::labels(labels, "labels")?,
                Out::new(names, "names")?,
                Out::new(count, "count")?,
            )
        };
        let strings = labels.names().as_c_strings();
        names.set(if strings.is_empty() {
            std::ptr::null()
        } else {
            strings.as_ptr()
        });
        count.set(strings.len());
        Ok(())
    })
}

/// Get the values as the array that they are stored in.
///
/// For labels made with `mts_labels`, this is the very same array. Others have arrays of this library, with
/// the origin `metatensor.Labels`, or arrays like those of the labels they were made from.
///
/// @param labels the labels
/// @param array is set to a view of the array, with `destroy` being NULL. It is *borrowed*: valid until these
///        labels are freed. It must not be changed.
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_values(
    labels: *const mts_labels_t,
    array: *mut mts_array_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (labels, array) =
            unsafe { (self::labels(labels, "labels")?, Out::new(array, "array")?) };
        array.set(borrow_array(labels.array())?);
        Ok(())
    })
}

/// Get the values in main memory, one row after the other.
///
/// @param labels the labels
/// @param values is set to the values, `count * size` of them. They are *borrowed*: valid until these
///        labels are freed.
/// @param count is set to the number of rows
/// @param size is set to the number of dimensions
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong: the values can not be read if they are on a
///          device that only its owner knows, such as torch's meta device
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_values_cpu(
    labels: *const mts_labels_t,
    values: *mut *const i32,
    count: *mut usize,
    size: *mut usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (labels, values, count, size) = unsafe {
            (
                self::labels(labels, "labels")?,
                Out::new(values, "values")?,
                Out::new(count, "count")?,
                Out::new(size, "size")?,
            )
        };
        labels.check_readable("getting the values")?;
        values.set(labels.rows().values().as_ptr());
        count.set(labels.count());
        size.set(labels.size());
        Ok(())
    })
}

/// Find the position of a row.
///
/// @param labels the labels
/// @param values the row, with one value per dimension
/// @param values_count number of values in `values`
/// @param result is set to the position of this row, or -1 if it is not in the labels
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_position(
    labels: *const mts_labels_t,
    values: *const i32,
    values_count: usize,
    result: *mut i64,
) -> mts_status_t {
    /// For everything else.
    #[inline(never)]
    unsafe fn find_position(
        labels: *const mts_labels_t,
        values: *const i32,
        values_count: usize,
        result: *mut i64,
    ) -> mts_status_t {
        status(|| {
            // SAFETY: guaranteed by the caller.
            let (labels, values, result) = unsafe {
                (
                    self::labels(labels, "labels")?,
                    slice(values, values_count, "values")?,
                    Out::new(result, "result")?,
                )
            };
            if values.len() != labels.rows().width() {
                return Err(not_a_row(&labels, values));
            }
            labels.check_readable("finding a row")?;
            result.set(position_or_minus_one(labels.position(values)));
            Ok(())
        })
    }

    // Nearly all calls end here, where nothing can fail, and there are enough registers for everything.
    if !labels.is_null() && !values.is_null() && !result.is_null() {
        // SAFETY: guaranteed by the caller.
        let labels = unsafe { BorrowedLabels::new(labels) };
        if values_count == labels.rows().width() {
            // SAFETY: guaranteed by the caller.
            let values = unsafe { std::slice::from_raw_parts(values, values_count) };
            if let Some(position) = labels.position_at_once(values) {
                // SAFETY: guaranteed by the caller.
                unsafe { result.write(position_or_minus_one(position)) };
                return mts_status_t::MTS_SUCCESS;
            }
        }
    }
    // SAFETY: guaranteed by the caller.
    unsafe { find_position(labels, values, values_count, result) }
}

fn position_or_minus_one(position: Option<usize>) -> i64 {
    position.map_or(-1, |position| position as i64)
}

#[cold]
fn not_a_row(labels: &Labels, values: &[i32]) -> Error {
    Error::invalid(format!(
        "expected one value for each of the dimensions {}, got {}",
        labels.names(),
        values.len()
    ))
}

/// Make another reference to the same labels. Nothing is copied.
///
/// @param labels the labels
///
/// @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_clone(labels: *const mts_labels_t) -> *const mts_labels_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        let labels = unsafe { self::labels(labels, "labels") }?;
        Ok(labels_handle(Labels::clone(&labels)).cast_mut())
    })
}

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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_union(
    first: *const mts_labels_t,
    second: *const mts_labels_t,
    result: *mut *const mts_labels_t,
    first_mapping: *mut i64,
    first_mapping_count: usize,
    second_mapping: *mut i64,
    second_mapping_count: usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (first, second, result, first_mapping, second_mapping) = unsafe {
            (
                labels(first, "first")?,
                labels(second, "second")?,
                Out::new(result, "result")?,
                optional_slice_mut(first_mapping, first_mapping_count, "first_mapping")?,
                optional_slice_mut(second_mapping, second_mapping_count, "second_mapping")?,
            )
        };
        let union = first.union_into(&second, first_mapping, second_mapping)?;
        result.set(labels_handle(union));
        Ok(())
    })
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_intersection(
    first: *const mts_labels_t,
    second: *const mts_labels_t,
    result: *mut *const mts_labels_t,
    first_mapping: *mut i64,
    first_mapping_count: usize,
    second_mapping: *mut i64,
    second_mapping_count: usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (first, second, result, first_mapping, second_mapping) = unsafe {
            (
                labels(first, "first")?,
                labels(second, "second")?,
                Out::new(result, "result")?,
                optional_slice_mut(first_mapping, first_mapping_count, "first_mapping")?,
                optional_slice_mut(second_mapping, second_mapping_count, "second_mapping")?,
            )
        };
        let intersection = first.intersection_into(&second, first_mapping, second_mapping)?;
        result.set(labels_handle(intersection));
        Ok(())
    })
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_difference(
    first: *const mts_labels_t,
    second: *const mts_labels_t,
    result: *mut *const mts_labels_t,
    first_mapping: *mut i64,
    first_mapping_count: usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (first, second, result, first_mapping) = unsafe {
            (
                labels(first, "first")?,
                labels(second, "second")?,
                Out::new(result, "result")?,
                optional_slice_mut(first_mapping, first_mapping_count, "first_mapping")?,
            )
        };
        result.set(labels_handle(
            first.difference_into(&second, first_mapping)?,
        ));
        Ok(())
    })
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_select(
    labels: *const mts_labels_t,
    selection: *const mts_labels_t,
    selected: *mut u64,
    selected_count: *mut usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (labels, selection, count) = unsafe {
            (
                self::labels(labels, "labels")?,
                self::labels(selection, "selection")?,
                crate::handles::reference_mut(selected_count, "selected_count")?,
            )
        };
        if *count < labels.count() {
            return Err(Error::BufferSize(format!(
                "expected space for {} positions in 'selected', got {count}",
                labels.count()
            )));
        }
        if *count > 0 {
            // SAFETY: guaranteed by the caller.
            unsafe { Out::new(selected, "selected") }?;
        }
        let positions = labels.select(&selection)?;
        // SAFETY: guaranteed by the caller, and there are no more positions than rows.
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

/// Release a reference to labels.
///
/// @param labels the labels, or NULL. This handle must not be used any more.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_free(labels: *const mts_labels_t) -> mts_status_t {
    status(|| {
        if !labels.is_null() {
            // SAFETY: a handle made by `labels_handle`, used for the last time.
            drop(unsafe { Labels::from_raw(labels.cast()) });
        }
        Ok(())
    })
}
