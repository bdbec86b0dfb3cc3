//! What is known of blocks in files without their values.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr::null;

use metatensor_core::{DType as DLDataType, Error, Labels, Result};

use super::map_files::give;
use crate::ffi::{Parameter, Text, first, mts_status_t, status};
use crate::types::{mts_labels_t, mts_map_file_header_t, mts_map_file_t};

/// Read what is known of a block in a file without reading its values.
///
/// @param file the file
/// @param index number of the block: that of its key
/// @param header is set to the header, *owned* by the caller, to be given to `mts_map_file_header_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_header(
    file: Option<&mts_map_file_t>,
    index: usize,
    header: Option<&mut MaybeUninit<*mut mts_map_file_header_t>>,
) -> mts_status_t {
    give(header, "header", || {
        let header = file.checked("file")?.file().block_header(index)?;
        Ok(mts_map_file_header_t::boxed(header))
    })
}

/// Read what is known of a gradient without reading its values.
///
/// @param header header of the block, or gradient, that it is a gradient of
/// @param parameter the gradient is with respect to this parameter
/// @param gradient is set to the header, *owned* by the caller, to be given to `mts_map_file_header_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_header_gradient(
    header: Option<&mts_map_file_header_t>,
    parameter: Text<'_>,
    gradient: Option<&mut MaybeUninit<*mut mts_map_file_header_t>>,
) -> mts_status_t {
    give(gradient, "gradient", || {
        let (header, parameter) = (header.checked("header")?, parameter.checked("parameter")?);
        let gradient = header.header().gradient(parameter)?;
        Ok(mts_map_file_header_t::boxed(gradient.into_owned()))
    })
}

/// Release the header of a block.
///
/// @param header a header owned by the caller, or NULL. It must not be used any more; nor can what was borrowed from it.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_header_free(
    header: Option<Box<mts_map_file_header_t>>,
) -> mts_status_t {
    status(|| {
        drop(header);
        Ok(())
    })
}

/// Get the type of the values of a block in a file.
///
/// @param header header of the block
/// @param dtype is set to the type
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_header_dtype(
    header: Option<&mts_map_file_header_t>,
    dtype: Option<&mut MaybeUninit<DLDataType>>,
) -> mts_status_t {
    status(|| {
        let dtype = dtype.checked("dtype")?;
        dtype.write(header.checked("header")?.header().dtype());
        Ok(())
    })
}

/// Get the shape of the values of a block in a file.
///
/// @param header header of the block
/// @param shape is set to the length of each axis: samples, components, properties. They are *borrowed*: valid until the
///        header is freed. On error, NULL.
/// @param shape_count is set to the number of axes
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_header_shape(
    header: Option<&mts_map_file_header_t>,
    shape: Option<&mut MaybeUninit<*const usize>>,
    shape_count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let (shape, count) = (shape.checked("shape")?, shape_count.checked("shape_count")?);
        shape.write(null());
        count.write(0);
        let lengths = header.checked("header")?.header().shape();
        shape.write(first(lengths));
        count.write(lengths.len());
        Ok(())
    })
}

/// Read the labels of one axis of a block in a file.
///
/// @param header header of the block
/// @param axis number of the axis: 0 for samples, then components, then properties
/// @param labels is set to labels *owned* by the caller, to be given to `mts_labels_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_header_labels(
    header: Option<&mts_map_file_header_t>,
    axis: usize,
    labels: Option<&mut MaybeUninit<*const mts_labels_t>>,
) -> mts_status_t {
    status(|| {
        let labels = labels.checked("labels")?;
        labels.write(null());
        let header = header.checked("header")?;
        labels.write(mts_labels_t::new(axis_labels(header, axis)?));
        Ok(())
    })
}

fn axis_labels(header: &mts_map_file_header_t, axis: usize) -> Result<Labels> {
    let header = header.header();
    let axes = header.shape().len();
    match axis {
        0 => header.samples(),
        _ if axis + 1 == axes => header.properties(),
        _ if axis < axes => Ok(header.components()?.swap_remove(axis - 1)),
        _ => Err(Error::invalid(format!(
            "there is no axis {axis} in a block with {axes} axes"
        ))),
    }
}

/// Get the parameters of all gradients of a block in a file.
///
/// @param header header of the block
/// @param parameters is set to `parameters_count` names, sorted. They are *borrowed*: valid until the header is freed. On
///        error, NULL.
/// @param parameters_count is set to the number of gradients
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_header_gradients_list(
    header: Option<&mts_map_file_header_t>,
    parameters: Option<&mut MaybeUninit<*const *const c_char>>,
    parameters_count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let parameters = parameters.checked("parameters")?;
        let count = parameters_count.checked("parameters_count")?;
        parameters.write(null());
        count.write(0);
        let names = header.checked("header")?.gradients();
        parameters.write(first(names));
        count.write(names.len());
        Ok(())
    })
}
