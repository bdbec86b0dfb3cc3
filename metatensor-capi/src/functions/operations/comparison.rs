//! Comparison.

use metatensor_core::Result;
use metatensor_operations as operations;
use metatensor_operations::{AllcloseOptions, EqualMetadataOptions};

use super::map;
use crate::block::mts_block_t;
use crate::handles::{Out, bad_parameter, block};
use crate::status::{mts_status_t, status};
use crate::tensor::mts_tensormap_t;

/// Compare the samples of blocks.
pub const MTS_METADATA_SAMPLES: u32 = 1;
/// Compare the components of blocks.
pub const MTS_METADATA_COMPONENTS: u32 = 2;
/// Compare the properties of blocks.
pub const MTS_METADATA_PROPERTIES: u32 = 4;
/// Compare all labels of blocks.
pub const MTS_METADATA_ALL: u32 = 7;

/// How close numbers have to be. NULL stands for `MTS_ALLCLOSE_OPTIONS_INIT`, which is `{1e-13, 1e-12, false}`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_allclose_options_t {
    /// tolerance relative to the number in the second object
    pub rtol: f64,
    /// absolute tolerance
    pub atol: f64,
    /// whether two numbers that are both NaN are close
    pub equal_nan: bool,
}

/// What metadata to compare. NULL stands for `MTS_EQUAL_METADATA_OPTIONS_INIT`, which is `{MTS_METADATA_ALL, true}`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_equal_metadata_options_t {
    /// or-ed `MTS_METADATA_` values
    pub check: u32,
    /// whether to compare gradients as well
    pub check_gradients: bool,
}

/// # Safety
///
/// `options` must be NULL or valid.
unsafe fn allclose_options(options: *const mts_allclose_options_t) -> AllcloseOptions {
    // SAFETY: guaranteed by the caller.
    match unsafe { options.as_ref() } {
        None => AllcloseOptions::default(),
        Some(options) => AllcloseOptions {
            rtol: options.rtol,
            atol: options.atol,
            equal_nan: options.equal_nan,
        },
    }
}

/// # Safety
///
/// `options` must be NULL or valid.
unsafe fn metadata_options(
    options: *const mts_equal_metadata_options_t,
) -> Result<EqualMetadataOptions> {
    // SAFETY: guaranteed by the caller.
    let Some(options) = (unsafe { options.as_ref() }) else {
        return Ok(EqualMetadataOptions::default());
    };
    if options.check & !MTS_METADATA_ALL != 0 {
        return Err(bad_parameter(format_args!(
            "'check' must be made of MTS_METADATA_ values, got {}",
            options.check
        )));
    }
    Ok(EqualMetadataOptions {
        samples: options.check & MTS_METADATA_SAMPLES != 0,
        components: options.check & MTS_METADATA_COMPONENTS != 0,
        properties: options.check & MTS_METADATA_PROPERTIES != 0,
        gradients: options.check_gradients,
    })
}

/// Tell whether two maps have the same keys, labels, gradients and values, in the same order.
///
/// Numbers of different types are equal if they have the same value; NaN is not equal to anything. Blocks are matched by key, and info is ignored.
///
/// @param a a map
/// @param b another map
/// @param equal is set to the answer
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here.
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_equal(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    equal: *mut bool,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let answer = Out::new(equal, "equal")?;
            answer.set(false);
            let (a, b) = (map(a, "a")?, map(b, "b")?);
            answer.set(operations::equal(a, b)?);
        }
        Ok(())
    })
}

/// Check that two maps have the same keys, labels, gradients and values: as `mts_equal`, with an error that
/// tells which labels are different, or else where values differ most, and both numbers.
///
/// @param a a map
/// @param b another map
///
/// @returns `MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_equal_raise(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let (a, b) = (map(a, "a")?, map(b, "b")?);
            Ok(operations::check_equal(a, b)?)
        }
    })
}

/// Tell whether two blocks have the same labels, gradients and values, in the same order.
///
/// Numbers of different types are equal if they have the same value; NaN is not equal to anything.
///
/// @param a a block
/// @param b another block
/// @param equal is set to the answer
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here.
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_equal_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    equal: *mut bool,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let answer = Out::new(equal, "equal")?;
            answer.set(false);
            let (a, b) = (block(a, "a")?, block(b, "b")?);
            answer.set(operations::equal(a, b)?);
        }
        Ok(())
    })
}

/// Check that two blocks have the same labels, gradients and values: as `mts_equal_block`, with an error that
/// tells which labels are different, or else where values differ most, and both numbers.
///
/// @param a a block
/// @param b another block
///
/// @returns `MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_equal_raise_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let (a, b) = (block(a, "a")?, block(b, "b")?);
            Ok(operations::check_equal(a, b)?)
        }
    })
}

/// Tell whether two maps have the same keys, labels and gradients, and close values, in the same order.
///
/// A number `x` of `a` is close to the number `y` of `b` if `|x - y| <= atol + rtol |y|`, or if they are the same infinity. Blocks are matched by key, and info is ignored.
///
/// @param a a map
/// @param b another map
/// @param options what to compare and how, or NULL
/// @param close is set to the answer
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here.
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_allclose(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    options: *const mts_allclose_options_t,
    close: *mut bool,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let answer = Out::new(close, "close")?;
            answer.set(false);
            let (a, b) = (map(a, "a")?, map(b, "b")?);
            answer.set(operations::allclose(a, b, allclose_options(options))?);
        }
        Ok(())
    })
}

/// Check that two maps have the same keys, labels and gradients, and close values: as `mts_allclose`, with an error that
/// tells which labels are different, or else where values differ most, and both numbers.
///
/// @param a a map
/// @param b another map
/// @param options what to compare and how, or NULL
///
/// @returns `MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_allclose_raise(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    options: *const mts_allclose_options_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let (a, b) = (map(a, "a")?, map(b, "b")?);
            Ok(operations::check_allclose(a, b, allclose_options(options))?)
        }
    })
}

/// Tell whether two blocks have the same labels and gradients, and close values, in the same order.
///
/// A number `x` of `a` is close to the number `y` of `b` if `|x - y| <= atol + rtol |y|`, or if they are the same infinity.
///
/// @param a a block
/// @param b another block
/// @param options what to compare and how, or NULL
/// @param close is set to the answer
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here.
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_allclose_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    options: *const mts_allclose_options_t,
    close: *mut bool,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let answer = Out::new(close, "close")?;
            answer.set(false);
            let (a, b) = (block(a, "a")?, block(b, "b")?);
            answer.set(operations::allclose(a, b, allclose_options(options))?);
        }
        Ok(())
    })
}

/// Check that two blocks have the same labels and gradients, and close values: as `mts_allclose_block`, with an error that
/// tells which labels are different, or else where values differ most, and both numbers.
///
/// @param a a block
/// @param b another block
/// @param options what to compare and how, or NULL
///
/// @returns `MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_allclose_raise_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    options: *const mts_allclose_options_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let (a, b) = (block(a, "a")?, block(b, "b")?);
            Ok(operations::check_allclose(a, b, allclose_options(options))?)
        }
    })
}

/// Tell whether two maps have the same keys, labels and gradients, whatever their values, in the same order.
///
/// The values are not looked at, and can be on any device. Blocks are matched by key, and info is ignored.
///
/// @param a a map
/// @param b another map
/// @param options what to compare and how, or NULL
/// @param equal is set to the answer
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here.
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_equal_metadata(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    options: *const mts_equal_metadata_options_t,
    equal: *mut bool,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let answer = Out::new(equal, "equal")?;
            answer.set(false);
            let (a, b) = (map(a, "a")?, map(b, "b")?);
            answer.set(operations::equal_metadata(a, b, metadata_options(options)?));
        }
        Ok(())
    })
}

/// Check that two maps have the same keys, labels and gradients, whatever their values: as `mts_equal_metadata`, with an error that tells what is different.
///
/// @param a a map
/// @param b another map
/// @param options what to compare and how, or NULL
///
/// @returns `MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_equal_metadata_raise(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    options: *const mts_equal_metadata_options_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let (a, b) = (map(a, "a")?, map(b, "b")?);
            Ok(operations::check_equal_metadata(
                a,
                b,
                metadata_options(options)?,
            )?)
        }
    })
}

/// Tell whether two blocks have the same labels and gradients, whatever their values, in the same order.
///
/// The values are not looked at, and can be on any device.
///
/// @param a a block
/// @param b another block
/// @param options what to compare and how, or NULL
/// @param equal is set to the answer
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here.
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_equal_metadata_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    options: *const mts_equal_metadata_options_t,
    equal: *mut bool,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let answer = Out::new(equal, "equal")?;
            answer.set(false);
            let (a, b) = (block(a, "a")?, block(b, "b")?);
            answer.set(operations::equal_metadata(a, b, metadata_options(options)?));
        }
        Ok(())
    })
}

/// Check that two blocks have the same labels and gradients, whatever their values: as `mts_equal_metadata_block`, with an error that tells what is different.
///
/// @param a a block
/// @param b another block
/// @param options what to compare and how, or NULL
///
/// @returns `MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_equal_metadata_raise_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    options: *const mts_equal_metadata_options_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let (a, b) = (block(a, "a")?, block(b, "b")?);
            Ok(operations::check_equal_metadata(
                a,
                b,
                metadata_options(options)?,
            )?)
        }
    })
}
