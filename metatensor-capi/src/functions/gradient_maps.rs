//! The sample → gradient mapping.

use std::mem::MaybeUninit;
use std::ptr::null;
use std::sync::Arc;

use metatensor_core::{Error, GradientMap, Result};

use crate::ffi::{Parameter, Text, mts_status_t, shared_place, status};
use crate::types::{mts_block_t, mts_gradient_map_t, mts_labels_t};

/// Sets `map` to what `operation` makes, or to NULL.
fn give_map(
    map: Option<&mut MaybeUninit<*const mts_gradient_map_t>>,
    operation: impl FnOnce() -> Result<Arc<GradientMap>>,
) -> mts_status_t {
    status(|| {
        let map = map.checked("map")?;
        map.write(null());
        map.write(mts_gradient_map_t::new(operation()?));
        Ok(())
    })
}

/// Get the mapping of one of the gradients of a block.
///
/// The mapping is made once for each gradient and kept in the block. It stays valid after the block is freed.
///
/// @param block the block
/// @param parameter the gradient is with respect to this parameter
/// @param map is set to the mapping, *owned* by the caller, to be given to `mts_gradient_map_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if there is no such gradient
#[unsafe(no_mangle)]
pub extern "C" fn mts_gradient_map(
    block: Option<&mts_block_t>,
    parameter: Text<'_>,
    map: Option<&mut MaybeUninit<*const mts_gradient_map_t>>,
) -> mts_status_t {
    give_map(map, || {
        let (block, parameter) = (block.checked("block")?, parameter.checked("parameter")?);
        Ok(Arc::clone(block.gradient_map(parameter)?))
    })
}

/// Make the mapping described by the samples of a gradient.
///
/// @param gradient_samples labels with `sample` as their first dimension
/// @param parent_rows number of samples of the values
/// @param map is set to the mapping, *owned* by the caller, to be given to `mts_gradient_map_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if a sample is not one of `parent_rows`
#[unsafe(no_mangle)]
pub extern "C" fn mts_gradient_map_from_labels(
    gradient_samples: Option<&mts_labels_t>,
    parent_rows: usize,
    map: Option<&mut MaybeUninit<*const mts_gradient_map_t>>,
) -> mts_status_t {
    give_map(map, || {
        let samples = gradient_samples.checked("gradient_samples")?;
        Ok(Arc::new(GradientMap::from_samples(&samples, parent_rows)?))
    })
}

/// Make the mapping from the rows of a gradient of a gradient to the samples of the values.
///
/// @param outer mapping from the rows of the gradient to the samples of the values
/// @param inner mapping from the rows of the gradient of the gradient to the rows of the gradient
/// @param map is set to the mapping, *owned* by the caller, to be given to `mts_gradient_map_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if the numbers of rows do not fit
#[unsafe(no_mangle)]
pub extern "C" fn mts_gradient_map_compose(
    outer: Option<&mts_gradient_map_t>,
    inner: Option<&mts_gradient_map_t>,
    map: Option<&mut MaybeUninit<*const mts_gradient_map_t>>,
) -> mts_status_t {
    give_map(map, || {
        let (outer, inner) = (outer.checked("outer")?, inner.checked("inner")?);
        Ok(Arc::new(outer.map().compose(inner.map())?))
    })
}

/// Release a mapping.
///
/// @param map the mapping, or NULL. It must not be used any more; nor can what was borrowed from it.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`map` is NULL or a handle owned by the caller."
)]
pub unsafe extern "C" fn mts_gradient_map_free(map: *const mts_gradient_map_t) -> mts_status_t {
    status(|| {
        if !map.is_null() {
            // SAFETY: made by `mts_gradient_map_t::new`, used for the last time.
            drop(unsafe { Box::from_raw(map.cast_mut()) });
        }
        Ok(())
    })
}

/// Get the sample of each gradient row.
///
/// With it, the chain rule is a single loop. This multiplies all derivatives by the value at their sample:
///
/// ```c
/// for (uintptr_t row = 0; row < gradient_rows; row++)
///     for (uintptr_t xyz = 0; xyz < 3; xyz++)
///         for (uintptr_t p = 0; p < properties; p++)
///             gradient[(row * 3 + xyz) * properties + p] *= values[parents[row] * properties + p];
/// ```
///
/// @param map the mapping
/// @param parents is set to `gradient_rows` positions of samples. They are *borrowed*: valid until the mapping
///        is freed. On error, NULL.
/// @param gradient_rows is set to the number of gradient rows
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_gradient_map_parents(
    map: Option<&mts_gradient_map_t>,
    parents: Option<&mut MaybeUninit<*const i64>>,
    gradient_rows: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let parents = parents.checked("parents")?;
        let gradient_rows = gradient_rows.checked("gradient_rows")?;
        parents.write(null());
        gradient_rows.write(0);
        let map = map.checked("map")?;
        parents.write(map.parents().as_ptr());
        gradient_rows.write(map.map().gradient_rows());
        Ok(())
    })
}

/// Get the gradient rows of all samples, in compressed form: those of sample `i` are `rows[offsets[i]]` to
/// `rows[offsets[i + 1] - 1]`, in increasing order.
///
/// @param map the mapping
/// @param offsets is set to `parent_rows + 1` numbers, from 0 to `gradient_rows`
/// @param parent_rows is set to the number of samples of the values
/// @param rows is set to `gradient_rows` positions of gradient rows
/// @param gradient_rows is set to the number of gradient rows
///
/// `offsets` and `rows` are *borrowed*: valid until the mapping is freed. On error, all are set to NULL or 0.
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nAll pointers but `map` are NULL or places for a result."
)]
pub unsafe extern "C" fn mts_gradient_map_csr(
    map: Option<&mts_gradient_map_t>,
    offsets: *mut *const i64,
    parent_rows: *mut usize,
    rows: *mut *const i64,
    gradient_rows: *mut usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: says the caller.
        let (offsets, rows) = unsafe {
            let offsets = shared_place(offsets, "offsets")?;
            (offsets, shared_place(rows, "rows")?)
        };
        // SAFETY: says the caller.
        let (parent_rows, gradient_rows) = unsafe {
            let parent_rows = shared_place(parent_rows, "parent_rows")?;
            (parent_rows, shared_place(gradient_rows, "gradient_rows")?)
        };
        for list in [offsets, rows] {
            list.set(MaybeUninit::new(null()));
        }
        for count in [parent_rows, gradient_rows] {
            count.set(MaybeUninit::new(0));
        }
        let map = map.checked("map")?;
        let csr = map.csr();
        offsets.set(MaybeUninit::new(csr.offsets.as_ptr()));
        rows.set(MaybeUninit::new(csr.rows.as_ptr()));
        parent_rows.set(MaybeUninit::new(map.map().parent_rows()));
        gradient_rows.set(MaybeUninit::new(map.map().gradient_rows()));
        Ok(())
    })
}

/// Get the gradient rows of one sample.
///
/// @param map the mapping
/// @param parent position of the sample
/// @param rows is set to `count` positions of gradient rows, in increasing order. They are *borrowed*: valid
///        until the mapping is freed. On error, NULL.
/// @param count is set to the number of gradient rows of this sample, possibly 0
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if there are not that many samples
#[unsafe(no_mangle)]
pub extern "C" fn mts_gradient_map_rows_of(
    map: Option<&mts_gradient_map_t>,
    parent: usize,
    rows: Option<&mut MaybeUninit<*const i64>>,
    count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let (rows, count) = (rows.checked("rows")?, count.checked("count")?);
        rows.write(null());
        count.write(0);
        let map = map.checked("map")?;
        if parent >= map.map().parent_rows() {
            return Err(Error::invalid(format!(
                "sample {parent} is out of bounds for a mapping with {} samples",
                map.map().parent_rows()
            )));
        }
        let csr = map.csr();
        let (start, end) = (
            csr.offsets[parent] as usize,
            csr.offsets[parent + 1] as usize,
        );
        rows.write(csr.rows[start..end].as_ptr());
        count.write(end - start);
        Ok(())
    })
}
