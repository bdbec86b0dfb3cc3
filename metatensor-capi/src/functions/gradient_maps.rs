//! The sample → gradient mapping.

use std::ffi::c_char;
use std::sync::{Arc, OnceLock};

use metatensor_core::{Error, GradientMap, Result};

use crate::block::mts_block_t;
use crate::handles::{Out, block, labels, reference, text};
use crate::labels::mts_labels_t;
use crate::status::{mts_status_t, status};

/// The link between the samples of a block and the rows of one of its gradients, in both directions.
///
/// For values with N samples and a gradient with G rows, the *parent* of a gradient row is the sample it is a
/// derivative of; and the rows of a sample are those with this parent, any number of them.
///
/// A mapping never changes, and can be used from several threads at the same time.
#[derive(Debug)]
pub struct mts_gradient_map_t {
    _private: [u8; 0],
}

/// What a handle points to: C gets 64-bit integers.
struct Handle {
    map: Arc<GradientMap>,
    parents: OnceLock<Box<[i64]>>,
    csr: OnceLock<Csr>,
}

struct Csr {
    offsets: Box<[i64]>,
    rows: Box<[i64]>,
}

impl Handle {
    fn parents(&self) -> &[i64] {
        let widen = || self.map.parents().iter().map(|&p| i64::from(p)).collect();
        self.parents.get_or_init(widen)
    }

    fn csr(&self) -> &Csr {
        self.csr.get_or_init(|| {
            let offsets = self.map.offsets().iter().map(|&o| i64::from(o)).collect();
            let rows = match self.map.rows() {
                Some(rows) => rows.iter().map(|&r| i64::from(r)).collect(),
                None => (0..self.map.gradient_rows() as i64).collect(),
            };
            Csr { offsets, rows }
        })
    }
}

fn handle(map: Arc<GradientMap>) -> *const mts_gradient_map_t {
    let handle = Handle {
        map,
        parents: OnceLock::new(),
        csr: OnceLock::new(),
    };
    Box::into_raw(Box::new(handle)).cast()
}

/// # Safety
///
/// `pointer` must be NULL or a valid handle.
unsafe fn map<'a>(pointer: *const mts_gradient_map_t, name: &str) -> Result<&'a Handle> {
    // SAFETY: guaranteed by the caller.
    unsafe { reference(pointer.cast(), name) }
}

/// The mapping behind a handle.
///
/// # Safety
///
/// `pointer` must be NULL or a valid handle.
pub(crate) unsafe fn gradient_map<'a>(
    pointer: *const mts_gradient_map_t,
    name: &str,
) -> Result<&'a GradientMap> {
    // SAFETY: guaranteed by the caller.
    Ok(&unsafe { map(pointer, name) }?.map)
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_gradient_map(
    block: *const mts_block_t,
    parameter: *const c_char,
    map: *mut *const mts_gradient_map_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let map = unsafe { Out::new(map, "map") }?;
        map.set(std::ptr::null());
        // SAFETY: guaranteed by the caller.
        let (block, parameter) =
            unsafe { (self::block(block, "block")?, text(parameter, "parameter")?) };
        map.set(handle(Arc::clone(block.gradient_map(parameter)?)));
        Ok(())
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_gradient_map_from_labels(
    gradient_samples: *const mts_labels_t,
    parent_rows: usize,
    map: *mut *const mts_gradient_map_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let map = unsafe { Out::new(map, "map") }?;
        map.set(std::ptr::null());
        // SAFETY: guaranteed by the caller.
        let samples = unsafe { labels(gradient_samples, "gradient_samples") }?;
        map.set(handle(Arc::new(GradientMap::from_samples(
            &samples,
            parent_rows,
        )?)));
        Ok(())
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_gradient_map_compose(
    outer: *const mts_gradient_map_t,
    inner: *const mts_gradient_map_t,
    map: *mut *const mts_gradient_map_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let map = unsafe { Out::new(map, "map") }?;
        map.set(std::ptr::null());
        // SAFETY: guaranteed by the caller.
        let (outer, inner) = unsafe { (self::map(outer, "outer")?, self::map(inner, "inner")?) };
        map.set(handle(Arc::new(outer.map.compose(&inner.map)?)));
        Ok(())
    })
}

/// Release a mapping.
///
/// @param map the mapping, or NULL. It must not be used any more; nor can what was borrowed from it.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_gradient_map_free(map: *const mts_gradient_map_t) -> mts_status_t {
    status(|| {
        if !map.is_null() {
            // SAFETY: made by `handle`, used for the last time.
            drop(unsafe { Box::from_raw(map.cast::<Handle>().cast_mut()) });
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_gradient_map_parents(
    map: *const mts_gradient_map_t,
    parents: *mut *const i64,
    gradient_rows: *mut usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (parents, gradient_rows) = unsafe {
            (
                Out::new(parents, "parents")?,
                Out::new(gradient_rows, "gradient_rows")?,
            )
        };
        parents.set(std::ptr::null());
        gradient_rows.set(0);
        // SAFETY: guaranteed by the caller.
        let map = unsafe { self::map(map, "map") }?;
        parents.set(map.parents().as_ptr());
        gradient_rows.set(map.map.gradient_rows());
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_gradient_map_csr(
    map: *const mts_gradient_map_t,
    offsets: *mut *const i64,
    parent_rows: *mut usize,
    rows: *mut *const i64,
    gradient_rows: *mut usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (offsets, parent_rows, rows, gradient_rows) = unsafe {
            (
                Out::new(offsets, "offsets")?,
                Out::new(parent_rows, "parent_rows")?,
                Out::new(rows, "rows")?,
                Out::new(gradient_rows, "gradient_rows")?,
            )
        };
        offsets.set(std::ptr::null());
        parent_rows.set(0);
        rows.set(std::ptr::null());
        gradient_rows.set(0);
        // SAFETY: guaranteed by the caller.
        let map = unsafe { self::map(map, "map") }?;
        let csr = map.csr();
        offsets.set(csr.offsets.as_ptr());
        parent_rows.set(map.map.parent_rows());
        rows.set(csr.rows.as_ptr());
        gradient_rows.set(map.map.gradient_rows());
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
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_gradient_map_rows_of(
    map: *const mts_gradient_map_t,
    parent: usize,
    rows: *mut *const i64,
    count: *mut usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (rows, count) = unsafe { (Out::new(rows, "rows")?, Out::new(count, "count")?) };
        rows.set(std::ptr::null());
        count.set(0);
        // SAFETY: guaranteed by the caller.
        let map = unsafe { self::map(map, "map") }?;
        if parent >= map.map.parent_rows() {
            return Err(Error::invalid(format!(
                "sample {parent} is out of bounds for a mapping with {} samples",
                map.map.parent_rows()
            )));
        }
        let csr = map.csr();
        let (start, end) = (
            csr.offsets[parent] as usize,
            csr.offsets[parent + 1] as usize,
        );
        rows.set(csr.rows[start..end].as_ptr());
        count.set(end - start);
        Ok(())
    })
}
