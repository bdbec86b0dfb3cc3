//! Reductions.

use std::ffi::c_char;

use metatensor_operations as operations;

use super::{give_block, give_tensor, map};
use crate::block::mts_block_t;
use crate::handles::{self, texts};
use crate::status::mts_status_t;
use crate::tensor::mts_tensormap_t;

/// Compute the sums `Σ x`, with gradients `Σ ∇x`, over groups of samples.
///
/// Samples that only differ in the dimensions `names` make up one group, which becomes one sample of the result.
/// Samples of the result are sorted, and so are those of gradients. If no dimension is left, the result has the
/// dimension `_`, which is 0.
///
/// Types stay what they are: sums of integers wrap around, and those of booleans are *or*. Real and complex numbers are
/// added pairwise, in double precision, which loses no digits for many of them. Gradients of gradients are summed as well.
///
/// @param tensor a map
/// @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_sum_over_samples(
    tensor: *const mts_tensormap_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let names = texts(names, names_count, "names")?;
            operations::sum_over_samples(map(tensor, "tensor")?, &names)
        })
    }
}

/// The same as `mts_sum_over_samples` for blocks.
///
/// @param block a block
/// @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_sum_over_samples_block(
    block: *const mts_block_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let names = texts(names, names_count, "names")?;
            operations::sum_over_samples(handles::block(block, "block")?, &names)
        })
    }
}

/// Compute the means `μ = Σ x / n`, with gradients `Σ ∇x / n`, over groups of samples.
///
/// Samples that only differ in the dimensions `names` make up one group, which becomes one sample of the result.
/// Samples of the result are sorted, and so are those of gradients. If no dimension is left, the result has the
/// dimension `_`, which is 0.
///
/// `n` is the number of samples in the group. A sample without rows in a gradient counts as well. Integers and
/// booleans become 64-bit floats. Gradients of gradients are averaged as well.
///
/// @param tensor a map
/// @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_mean_over_samples(
    tensor: *const mts_tensormap_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let names = texts(names, names_count, "names")?;
            operations::mean_over_samples(map(tensor, "tensor")?, &names)
        })
    }
}

/// The same as `mts_mean_over_samples` for blocks.
///
/// @param block a block
/// @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_mean_over_samples_block(
    block: *const mts_block_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let names = texts(names, names_count, "names")?;
            operations::mean_over_samples(handles::block(block, "block")?, &names)
        })
    }
}

/// Compute the variances `Σ |x - μ|² / n`, with gradients `2 / n Σ (x - μ) ∇x`, over groups of samples.
///
/// Samples that only differ in the dimensions `names` make up one group, which becomes one sample of the result.
/// Samples of the result are sorted, and so are those of gradients. If no dimension is left, the result has the
/// dimension `_`, which is 0.
///
/// `n` is the number of samples in the group, and `μ` the mean of their values. A sample without rows in a gradient
/// counts as well. Integers and booleans become
/// 64-bit floats. Gradients of gradients are not supported.
///
/// @param tensor a map
/// @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_var_over_samples(
    tensor: *const mts_tensormap_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let names = texts(names, names_count, "names")?;
            operations::var_over_samples(map(tensor, "tensor")?, &names)
        })
    }
}

/// The same as `mts_var_over_samples` for blocks.
///
/// @param block a block
/// @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_var_over_samples_block(
    block: *const mts_block_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let names = texts(names, names_count, "names")?;
            operations::var_over_samples(handles::block(block, "block")?, &names)
        })
    }
}

/// Compute the standard deviations `σ = √(Σ |x - μ|² / n)`, with gradients `Σ (x - μ) ∇x / (n σ)`, but 0 where `σ` is
/// 0, over groups of samples.
///
/// Samples that only differ in the dimensions `names` make up one group, which becomes one sample of the result.
/// Samples of the result are sorted, and so are those of gradients. If no dimension is left, the result has the
/// dimension `_`, which is 0.
///
/// `n` is the number of samples in the group, and `μ` the mean of their values. A sample without rows in a gradient
/// counts as well. Integers and booleans become
/// 64-bit floats. Gradients of gradients are not supported.
///
/// @param tensor a map
/// @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_std_over_samples(
    tensor: *const mts_tensormap_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let names = texts(names, names_count, "names")?;
            operations::std_over_samples(map(tensor, "tensor")?, &names)
        })
    }
}

/// The same as `mts_std_over_samples` for blocks.
///
/// @param block a block
/// @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_std_over_samples_block(
    block: *const mts_block_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let names = texts(names, names_count, "names")?;
            operations::std_over_samples(handles::block(block, "block")?, &names)
        })
    }
}

/// Compute the sums `Σ x`, with gradients `Σ ∇x`, over groups of properties.
///
/// Properties that only differ in the dimensions `names` make up one group, which becomes one property of the result.
/// Properties of the result are sorted. If no dimension is left, the result has the dimension `_`, which is 0.
///
/// Types stay what they are: sums of integers wrap around, and those of booleans are *or*. Real and complex numbers are
/// added pairwise, in double precision, which loses no digits for many of them. Gradients of gradients are summed as well.
///
/// @param tensor a map
/// @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_sum_over_properties(
    tensor: *const mts_tensormap_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let names = texts(names, names_count, "names")?;
            operations::sum_over_properties(map(tensor, "tensor")?, &names)
        })
    }
}

/// The same as `mts_sum_over_properties` for blocks.
///
/// @param block a block
/// @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_sum_over_properties_block(
    block: *const mts_block_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let names = texts(names, names_count, "names")?;
            operations::sum_over_properties(handles::block(block, "block")?, &names)
        })
    }
}

/// Compute the means `μ = Σ x / n`, with gradients `Σ ∇x / n`, over groups of properties.
///
/// Properties that only differ in the dimensions `names` make up one group, which becomes one property of the result.
/// Properties of the result are sorted. If no dimension is left, the result has the dimension `_`, which is 0.
///
/// `n` is the number of properties in the group. Integers and booleans become
/// 64-bit floats. Gradients of gradients are averaged as
/// well.
///
/// @param tensor a map
/// @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_mean_over_properties(
    tensor: *const mts_tensormap_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let names = texts(names, names_count, "names")?;
            operations::mean_over_properties(map(tensor, "tensor")?, &names)
        })
    }
}

/// The same as `mts_mean_over_properties` for blocks.
///
/// @param block a block
/// @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_mean_over_properties_block(
    block: *const mts_block_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let names = texts(names, names_count, "names")?;
            operations::mean_over_properties(handles::block(block, "block")?, &names)
        })
    }
}

/// Compute the variances `Σ |x - μ|² / n`, with gradients `2 / n Σ (x - μ) ∇x`, over groups of properties.
///
/// Properties that only differ in the dimensions `names` make up one group, which becomes one property of the result.
/// Properties of the result are sorted. If no dimension is left, the result has the dimension `_`, which is 0.
///
/// `n` is the number of properties in the group, and `μ` the mean of their values. Integers and booleans become
/// 64-bit floats.
/// Gradients of gradients are not supported.
///
/// @param tensor a map
/// @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_var_over_properties(
    tensor: *const mts_tensormap_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let names = texts(names, names_count, "names")?;
            operations::var_over_properties(map(tensor, "tensor")?, &names)
        })
    }
}

/// The same as `mts_var_over_properties` for blocks.
///
/// @param block a block
/// @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_var_over_properties_block(
    block: *const mts_block_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let names = texts(names, names_count, "names")?;
            operations::var_over_properties(handles::block(block, "block")?, &names)
        })
    }
}

/// Compute the standard deviations `σ = √(Σ |x - μ|² / n)`, with gradients `Σ (x - μ) ∇x / (n σ)`, but 0 where `σ` is
/// 0, over groups of properties.
///
/// Properties that only differ in the dimensions `names` make up one group, which becomes one property of the result.
/// Properties of the result are sorted. If no dimension is left, the result has the dimension `_`, which is 0.
///
/// `n` is the number of properties in the group, and `μ` the mean of their values. Integers and booleans become
/// 64-bit floats.
/// Gradients of gradients are not supported.
///
/// @param tensor a map
/// @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_std_over_properties(
    tensor: *const mts_tensormap_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let names = texts(names, names_count, "names")?;
            operations::std_over_properties(map(tensor, "tensor")?, &names)
        })
    }
}

/// The same as `mts_std_over_properties` for blocks.
///
/// @param block a block
/// @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
/// @param names_count number of names
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_std_over_properties_block(
    block: *const mts_block_t,
    names: *const *const c_char,
    names_count: usize,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let names = texts(names, names_count, "names")?;
            operations::std_over_properties(handles::block(block, "block")?, &names)
        })
    }
}
