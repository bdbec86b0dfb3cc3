//! Labels from plain tables.

use std::ffi::c_char;

use metatensor_core::Labels;

use crate::ffi::{bad_parameter, pointer, slice, texts};
use crate::types::mts_labels_t;

/// Make labels from a table of integers, row by row.
///
/// ```c
/// const char *const names[] = {"system", "atom"};
/// const int32_t rows[][2] = {{0, 1}, {0, 2}, {1, 1}};
/// const mts_labels_t *samples = mts_labels_from_table(names, 2, rows[0], 3);
/// ```
///
/// Labels without rows, which say what dimensions to move, are `mts_labels_from_table(names, 2, NULL, 0)`.
///
/// @param names names of the dimensions, `names_count` NUL-terminated strings, as for `mts_labels`. They are *copied*.
/// @param names_count number of dimensions, which is the number of columns
/// @param rows the values, `rows_count * names_count` numbers. They are *copied*. It can be NULL if there are none.
/// @param rows_count number of rows
///
/// @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error: two dimensions with the same
///          name, two equal rows, ...
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`names` is NULL or has `names_count` entries, each NULL or a NUL-terminated string; `rows` is NULL or has `rows_count * names_count` entries."
)]
pub unsafe extern "C" fn mts_labels_from_table(
    names: *const *const c_char,
    names_count: usize,
    rows: *const i32,
    rows_count: usize,
) -> *const mts_labels_t {
    pointer(|| {
        // SAFETY: there are `names_count` strings at `names`, or NULL.
        let names = unsafe { texts(names, names_count, "names") }?;
        if names.is_empty() && rows_count > 0 {
            return Err(bad_parameter(format_args!(
                "'rows' can not have {rows_count} rows without a dimension: 'names' is empty"
            )));
        }
        let count = rows_count.saturating_mul(names_count);
        // SAFETY: there are that many numbers at `rows`, or NULL.
        let values = unsafe { slice(rows, count, "rows") }?;
        Ok(mts_labels_t::new(Labels::from_values(
            &names,
            values.to_vec(),
        )?))
    })
}
