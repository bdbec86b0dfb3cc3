//! Rows of samples and rows of gradients, in memory of the caller.

use std::ffi::c_void;

use metatensor_core::{DType as DLDataType, Error, GradientMap, Result};
use metatensor_operations as operations;

use crate::ffi::{Parameter, mts_status_t, slice, slice_mut, status};
use crate::types::mts_gradient_map_t;

/// Runs a block of code with the type `$T` of the elements that `$dtype` says.
macro_rules! with_numbers {
    ($dtype:expr, $T:ident => $code:expr) => {
        match $dtype {
            DLDataType::F64 => {
                type $T = f64;
                $code
            }
            DLDataType::F32 => {
                type $T = f32;
                $code
            }
            DLDataType::C128 => {
                type $T = num_complex::Complex<f64>;
                $code
            }
            DLDataType::C64 => {
                type $T = num_complex::Complex<f32>;
                $code
            }
            DLDataType::I64 => {
                type $T = std::num::Wrapping<i64>;
                $code
            }
            DLDataType::I32 => {
                type $T = std::num::Wrapping<i32>;
                $code
            }
            dtype => Err(Error::unsupported(format!("rows of {dtype}"))),
        }
    };
}

/// Number of elements in `rows` rows.
fn elements(rows: usize, row_length: usize) -> Result<usize> {
    rows.checked_mul(row_length)
        .ok_or_else(|| Error::invalid(format!("{rows} rows of {row_length} elements are too many")))
}

/// Copy rows: row `i` of `out` is row `index[i]` of `src`.
///
/// With the parents of a mapping as the index, this gives each gradient row the row of the values that it belongs
/// to.
///
/// @param dtype type of the elements: 32 or 64-bit integers or floats, or complex numbers made of these floats
/// @param src `src_rows * row_length` elements
/// @param src_rows number of rows in `src`
/// @param row_length number of elements in each row
/// @param index `index_count` numbers of rows
/// @param index_count number of rows to copy
/// @param out memory for `index_count * row_length` elements, which must not be that of `src`
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong: an entry of `index` that is not a row of `src`, ...
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nPointers are NULL or have as many elements as the sizes say, of this type."
)]
pub unsafe extern "C" fn mts_gather_rows(
    dtype: DLDataType,
    src: *const c_void,
    src_rows: usize,
    row_length: usize,
    index: *const i64,
    index_count: usize,
    out: *mut c_void,
) -> mts_status_t {
    status(|| {
        let (src_count, out_count) = (
            elements(src_rows, row_length)?,
            elements(index_count, row_length)?,
        );
        // SAFETY: these are as many elements as the caller says that there are.
        unsafe {
            let index = slice(index, index_count, "index")?;
            with_numbers!(dtype, T => {
                let src = slice(src.cast::<T>(), src_count, "src")?;
                let out = slice_mut(out.cast::<T>(), out_count, "out")?;
                operations::gather_rows(src, row_length, index, out)
            })
        }
    })
}

/// Add rows: row `i` of `src` is added to row `index[i]` of `out`, in increasing order of `i`.
///
/// With the parents of a mapping as the index, this sums the gradient rows of each sample.
///
/// @param dtype type of the elements: 32 or 64-bit integers (which wrap around) or floats, or complex numbers made of
///        these floats
/// @param src `src_rows * row_length` elements
/// @param src_rows number of rows in `src`, and in `index`
/// @param row_length number of elements in each row
/// @param index `src_rows` numbers of rows of `out`
/// @param out `out_rows * row_length` elements, which must not be those of `src`
/// @param out_rows number of rows in `out`
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong: an entry of `index` that is not a row of `out`, ...
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nPointers are NULL or have as many elements as the sizes say, of this type."
)]
pub unsafe extern "C" fn mts_scatter_add_rows(
    dtype: DLDataType,
    src: *const c_void,
    src_rows: usize,
    row_length: usize,
    index: *const i64,
    out: *mut c_void,
    out_rows: usize,
) -> mts_status_t {
    status(|| {
        let (src_count, out_count) = (
            elements(src_rows, row_length)?,
            elements(out_rows, row_length)?,
        );
        // SAFETY: these are as many elements as the caller says that there are.
        unsafe {
            let index = slice(index, src_rows, "index")?;
            with_numbers!(dtype, T => {
                let src = slice(src.cast::<T>(), src_count, "src")?;
                let out = slice_mut(out.cast::<T>(), out_count, "out")?;
                operations::scatter_add_rows(src, row_length, index, out)
            })
        }
    })
}

/// Numbers of elements that two functions on all rows of a gradient read.
struct Sizes {
    values: usize,
    gradient: usize,
    gradient_rows: usize,
}

/// Checks that a mapping is for this many rows of values.
fn sizes(
    map: &GradientMap,
    values_rows: usize,
    values_row_length: usize,
    extra_components: usize,
) -> Result<Sizes> {
    if values_rows != map.parent_rows() {
        return Err(Error::invalid(format!(
            "got {values_rows} rows of values, but the mapping is for {}",
            map.parent_rows()
        )));
    }
    let line = elements(extra_components, values_row_length)?;
    Ok(Sizes {
        values: elements(values_rows, values_row_length)?,
        gradient: elements(map.gradient_rows(), line)?,
        gradient_rows: map.gradient_rows(),
    })
}

/// Multiply each row of a gradient with the row of the values that it belongs to: one term of the product rule, or the
/// chain rule for a function of each element, if the values are its derivatives.
///
/// With N samples, M elements per row of the values, and a gradient with G rows and E combinations of components of its
/// own, this is `out[r, e, m] = values[parents[r], m] * gradient[r, e, m]`.
///
/// @param dtype type of the elements: 32 or 64-bit integers (which wrap around) or floats, or complex numbers made of
///        these floats
/// @param values N times M elements
/// @param values_rows number of rows in `values`, N, which must be that of the samples of the mapping
/// @param values_row_length number of elements in each row of `values`, M: all components and properties
/// @param map the mapping of the gradient, which has G rows
/// @param gradient G times E times M elements
/// @param extra_components number of combinations of components that the values do not have, E; 1 if there are none
/// @param out memory for G times E times M elements, which must not be that of `values` or `gradient`
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong: a mapping for another number of samples, ...
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nPointers are NULL or have as many elements as the sizes say, of this type."
)]
pub unsafe extern "C" fn mts_gather_multiply(
    dtype: DLDataType,
    values: *const c_void,
    values_rows: usize,
    values_row_length: usize,
    map: Option<&mts_gradient_map_t>,
    gradient: *const c_void,
    extra_components: usize,
    out: *mut c_void,
) -> mts_status_t {
    status(|| {
        // SAFETY: these are as many elements as the caller says that there are.
        unsafe {
            let map = map.checked("map")?.map();
            let sizes = sizes(map, values_rows, values_row_length, extra_components)?;
            with_numbers!(dtype, T => {
                let values = slice(values.cast::<T>(), sizes.values, "values")?;
                let gradient = slice(gradient.cast::<T>(), sizes.gradient, "gradient")?;
                let out = slice_mut(out.cast::<T>(), sizes.gradient, "out")?;
                operations::gather_multiply(
                    values, values_row_length, map, gradient, extra_components, out,
                )
            })
        }
    })
}

/// Contract each row of a gradient with the row of weights that it belongs to: the chain rule for a scalar of each sample,
/// if the weights are its derivatives with respect to the values.
///
/// With N samples, M elements per row of the values, and a gradient with G rows and E combinations of components of its
/// own, this is `out[r, e] = sum over m of weights[parents[r], m] * gradient[r, e, m]`, without complex conjugation.
///
/// With derivatives of energies as weights, and gradients with respect to positions, these are the contributions to minus
/// the forces. `mts_scatter_add_rows` adds those of the same atom.
///
/// @param dtype type of the elements: 32 or 64-bit integers (which wrap around) or floats, or complex numbers made of
///        these floats
/// @param weights N times M elements
/// @param values_rows number of rows in `weights`, N, which must be that of the samples of the mapping
/// @param values_row_length number of elements in each row of `weights`, M: all components and properties
/// @param map the mapping of the gradient, which has G rows
/// @param gradient G times E times M elements
/// @param extra_components number of combinations of components that the values do not have, E; 1 if there are none
/// @param out memory for G times E elements, which must not be that of `weights` or `gradient`
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong: a mapping for another number of samples, ...
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nPointers are NULL or have as many elements as the sizes say, of this type."
)]
pub unsafe extern "C" fn mts_gradient_contract(
    dtype: DLDataType,
    weights: *const c_void,
    values_rows: usize,
    values_row_length: usize,
    map: Option<&mts_gradient_map_t>,
    gradient: *const c_void,
    extra_components: usize,
    out: *mut c_void,
) -> mts_status_t {
    status(|| {
        // SAFETY: these are as many elements as the caller says that there are.
        unsafe {
            let map = map.checked("map")?.map();
            let sizes = sizes(map, values_rows, values_row_length, extra_components)?;
            let sums = elements(sizes.gradient_rows, extra_components)?;
            with_numbers!(dtype, T => {
                let weights = slice(weights.cast::<T>(), sizes.values, "weights")?;
                let gradient = slice(gradient.cast::<T>(), sizes.gradient, "gradient")?;
                let out = slice_mut(out.cast::<T>(), sums, "out")?;
                operations::gradient_contract(
                    weights, values_row_length, map, gradient, extra_components, out,
                )
            })
        }
    })
}
