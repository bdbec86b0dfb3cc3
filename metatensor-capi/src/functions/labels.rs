//! Labels.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use metatensor_core::internal::RowCheck;
use metatensor_core::{Error, Labels};

use crate::ffi::{Parameter, first, mts_status_t, pointer, slice, status, texts};
use crate::types::{borrow_array, mts_array_t, mts_labels_t};

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
    doc = "\n# Safety\n`dimensions` is NULL or has `dimensions_count` entries, each NULL or a NUL-terminated string."
)]
pub unsafe extern "C" fn mts_labels(
    dimensions: *const *const c_char,
    dimensions_count: usize,
    array: mts_array_t,
) -> *const mts_labels_t {
    pointer(|| {
        // First of all, so that the array is released whatever happens.
        let array = array.take();
        // SAFETY: there are `dimensions_count` strings at `dimensions`, or NULL.
        let names = unsafe { texts(dimensions, dimensions_count, "dimensions") }?;
        let labels = Labels::from_storage(&names, array, RowCheck::Unique)?;
        Ok(mts_labels_t::new(labels))
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
    doc = "\n# Safety\n`names` is NULL or has `names_count` entries, each NULL or a NUL-terminated string."
)]
pub unsafe extern "C" fn mts_labels_assume_unique(
    names: *const *const c_char,
    names_count: usize,
    array: mts_array_t,
) -> *const mts_labels_t {
    pointer(|| {
        // First of all, so that the array is released whatever happens.
        let array = array.take();
        // SAFETY: there are `names_count` strings at `names`, or NULL.
        let names = unsafe { texts(names, names_count, "names") }?;
        let labels = Labels::from_storage(&names, array, RowCheck::AssumeUnique)?;
        Ok(mts_labels_t::new(labels))
    })
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
pub extern "C" fn mts_labels_dimensions(
    labels: Option<&mts_labels_t>,
    names: Option<&mut MaybeUninit<*const *const c_char>>,
    count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let (labels, names, count) = (
            labels.checked("labels")?,
            names.checked("names")?,
            count.checked("count")?,
        );
        let strings = labels.names().as_c_strings();
        names.write(first(strings));
        count.write(strings.len());
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
pub extern "C" fn mts_labels_values(
    labels: Option<&mts_labels_t>,
    array: Option<&mut MaybeUninit<mts_array_t>>,
) -> mts_status_t {
    status(|| {
        let labels = labels.checked("labels")?;
        array.checked("array")?.write(borrow_array(labels.array())?);
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
pub extern "C" fn mts_labels_values_cpu(
    labels: Option<&mts_labels_t>,
    values: Option<&mut MaybeUninit<*const i32>>,
    count: Option<&mut MaybeUninit<usize>>,
    size: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let labels = labels.checked("labels")?;
        let (values, count, size) = (
            values.checked("values")?,
            count.checked("count")?,
            size.checked("size")?,
        );
        labels.check_readable("getting the values")?;
        values.write(labels.rows().values().as_ptr());
        count.write(labels.count());
        size.write(labels.size());
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
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`values` is NULL or has `values_count` entries."
)]
pub unsafe extern "C" fn mts_labels_position(
    labels: Option<&mts_labels_t>,
    values: *const i32,
    values_count: usize,
    mut result: Option<&mut MaybeUninit<i64>>,
) -> mts_status_t {
    /// For everything else.
    #[inline(never)]
    unsafe fn find_position(
        labels: Option<&mts_labels_t>,
        values: *const i32,
        values_count: usize,
        result: Option<&mut MaybeUninit<i64>>,
    ) -> mts_status_t {
        status(|| {
            let labels = labels.checked("labels")?;
            // SAFETY: there are `values_count` values at `values`, or NULL.
            let values = unsafe { slice(values, values_count, "values") }?;
            let result = result.checked("result")?;
            if values.len() != labels.rows().width() {
                return Err(not_a_row(&labels, values));
            }
            labels.check_readable("finding a row")?;
            result.write(position_or_minus_one(labels.position(values)));
            Ok(())
        })
    }

    // Nearly all calls end here, where nothing can fail, and there are enough registers for everything.
    if let (Some(labels), false, Some(result)) = (labels, values.is_null(), &mut result) {
        let labels = labels.borrow();
        if values_count == labels.rows().width() {
            // SAFETY: not NULL, and there are `values_count` values.
            let values = unsafe { std::slice::from_raw_parts(values, values_count) };
            if let Some(position) = labels.position_at_once(values) {
                result.write(position_or_minus_one(position));
                return mts_status_t::MTS_SUCCESS;
            }
        }
    }
    // SAFETY: these are the same parameters.
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
pub extern "C" fn mts_labels_clone(labels: Option<&mts_labels_t>) -> *const mts_labels_t {
    pointer(|| Ok(mts_labels_t::new(labels.checked("labels")?.clone())))
}

/// Release a reference to labels.
///
/// @param labels the labels, or NULL. This handle must not be used any more.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`labels` is NULL or a handle owned by the caller."
)]
pub unsafe extern "C" fn mts_labels_free(labels: *const mts_labels_t) -> mts_status_t {
    status(|| {
        if !labels.is_null() {
            // SAFETY: made by `mts_labels_t::new`, used for the last time.
            drop(unsafe { Labels::from_raw(labels.cast()) });
        }
        Ok(())
    })
}
