//! Operations on labels and arrays.

use std::mem::MaybeUninit;

use metatensor_core::Error;
use metatensor_operations as operations;
use metatensor_operations::BlockNames;

use super::give_object;
use crate::ffi::{Parameter, mts_status_t, slice_mut, status};
use crate::types::{mts_array_t, mts_block_names_t, mts_block_t, mts_labels_t};

/// Encode labels as rows with a single 1, in the column of the value of one dimension: the position of this value in
/// `dimension`.
///
/// @param labels labels with this dimension, among others
/// @param dimension labels with a single dimension, and an entry for each value of it in `labels`
/// @param out memory for `rows * columns` numbers, row by row; can be NULL if there are none
/// @param rows number of entries of `labels`
/// @param columns number of entries of `dimension`
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`out` is NULL or memory for `rows * columns` numbers."
)]
pub unsafe extern "C" fn mts_one_hot(
    labels: Option<&mts_labels_t>,
    dimension: Option<&mts_labels_t>,
    out: *mut i32,
    rows: usize,
    columns: usize,
) -> mts_status_t {
    status(|| {
        let (labels, dimension) = (labels.checked("labels")?, dimension.checked("dimension")?);
        let expected = (labels.count(), dimension.count());
        if expected != (rows, columns) {
            return Err(Error::BufferSize(format!(
                "one_hot: expected memory for {} rows and {} columns, got {rows} and {columns}",
                expected.0, expected.1
            )));
        }
        let encoded = operations::one_hot(&labels, &dimension)?;
        // SAFETY: there is memory for `rows * columns` numbers at `out`, and there are as many in `encoded`.
        let out = unsafe { slice_mut(out, encoded.len(), "out") }?;
        for (out, value) in out.iter_mut().zip(encoded) {
            *out = value;
        }
        Ok(())
    })
}

/// Make a block of a plain array, with labels that count its elements.
///
/// The first axes of the array, as many as there are names, become the samples, with the position along each of these axes
/// as dimensions. In the same way the last axes become properties. Each axis between is a component. An array of shape
/// `(2, 3, 1, 2)` with the sample names `x` and `y` gives 6 samples, 1 component with 1 entry, and 2 properties.
///
/// @param array the values, *given away* also if there is an error
/// @param names names of the dimensions; NULL to give none
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_block_from_array(
    array: mts_array_t,
    names: Option<&mts_block_names_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    // First of all, so that the array is released whatever happens.
    let array = array.take();
    give_object(result, || {
        let [samples, components, properties] = names.checked("names")?;
        let names = BlockNames {
            samples: samples.as_deref(),
            components: components.as_deref(),
            properties: properties.as_deref(),
        };
        operations::block_from_array(array, names)
    })
}
