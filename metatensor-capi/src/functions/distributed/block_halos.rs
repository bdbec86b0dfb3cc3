//! Blocks with the rows of ghosts.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr::null;

use metatensor_core::Result;
use metatensor_distributed::Communicator;

use crate::ffi::{Parameter, Text, caught, collective_status, given, mts_status_t, status, texts};
use crate::types::{Handle, mts_block_halo_t, mts_block_t, mts_halo_t, mts_labels_t};

/// Runs a collective function of something that has a communicator. If it fails, `result` is set to NULL.
fn give<H, P, R>(
    halo: Option<&mut H>,
    communicator: impl FnOnce(&H) -> Communicator,
    result: Option<&mut MaybeUninit<Option<Box<R>>>>,
    parameters: impl FnOnce() -> Result<P>,
    function: impl FnOnce(&mut H, P) -> Result<Box<R>>,
) -> mts_status_t {
    let result = result.map(|result| result.write(None));
    collective_status(|| {
        let halo = caught(|| given(halo, "halo"))?;
        let (result, parameters) = caught(|| Ok((given(result, "result")?, parameters()?)))
            .map_err(|error| communicator(halo).fail(error))?;
        *result = Some(function(halo, parameters)?);
        Ok(())
    })
}

/// Prepare to send blocks with the labels of one block: sends samples and gradient samples of ghosts. Collective, once for each set of labels.
///
/// Blocks of all ranks have the same components, properties, gradients and type of elements. Samples are some of the owned ones of the halo,
/// such as the atoms of one type: ghosts that the blocks of their owners do not have are left out.
///
/// @param halo a halo made by `mts_collective_halo_of_labels`. What is made of it can be used after it is freed.
/// @param block a block of owned samples
/// @param result is set to what sends such blocks, *owned* by the caller, to be given to `mts_block_halo_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_halo_prepare(
    halo: Option<&mut mts_halo_t>,
    block: Option<&mts_block_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_halo_t>>>>,
) -> mts_status_t {
    give(
        halo,
        |halo| halo.communicator(),
        result,
        || block.checked("block"),
        |halo, block| {
            Ok(mts_block_halo_t::boxed(
                halo.halo.prepare(block)?,
                halo.communicator(),
            ))
        },
    )
}

/// Free what sends blocks. This rank alone can do this.
///
/// @param halo what `mts_collective_halo_prepare` gave, owned by the caller, or NULL. It must not be used any more.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
pub extern "C" fn mts_block_halo_free(halo: Option<Box<mts_block_halo_t>>) -> mts_status_t {
    status(|| {
        drop(halo);
        Ok(())
    })
}

/// Get the samples of blocks with ghosts: owned samples, and then ghosts.
///
/// @param halo what `mts_collective_halo_prepare` gave
/// @param samples is set to labels *owned* by the caller, or to NULL on error
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_block_halo_samples(
    halo: Option<&mts_block_halo_t>,
    samples: Option<&mut MaybeUninit<*const mts_labels_t>>,
) -> mts_status_t {
    status(|| {
        let samples = samples.checked("samples")?.write(null());
        let blocks = &given(halo, "halo")?.blocks;
        *samples = mts_labels_t::new(blocks.samples().clone());
        Ok(())
    })
}

/// Make a block with the rows of a block, and then those of ghosts, as their owners have them: values and gradients, at all depths.
/// Collective.
///
/// Gradient rows of ghosts are those of the owner, and their `sample` is the ghost. One message goes to each neighbor, without labels.
///
/// @param halo what `mts_collective_halo_prepare` gave
/// @param block a block of owned samples, with the labels of the one that was prepared for
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_halo_forward_block(
    halo: Option<&mut mts_block_halo_t>,
    block: Option<&mts_block_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give(
        halo,
        |halo| halo.communicator.clone(),
        result,
        || block.checked("block"),
        |halo, block| mts_block_t::unshared(halo.blocks.forward(block)?),
    )
}

/// Add the rows of ghosts of a block to those of their owners: values, and gradients at all depths. Collective.
///
/// Components, properties and gradients of the block can be any others than those that were prepared for, the same on all ranks: it can be a
/// derivative, for example. A gradient row of a ghost is added to that of its owner with the same other dimensions, or becomes a new
/// row there. Where gradient rows go is found out by the first call, and by each with other labels than the last one.
///
/// @param halo what `mts_collective_halo_prepare` gave
/// @param block a block with the samples of `mts_block_halo_samples`
/// @param result is set to a new block of owned samples with sorted gradient rows, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_halo_reverse_add_block(
    halo: Option<&mut mts_block_halo_t>,
    block: Option<&mts_block_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give(
        halo,
        |halo| halo.communicator.clone(),
        result,
        || block.checked("block"),
        |halo, block| mts_block_t::unshared(halo.blocks.reverse_add(block)?),
    )
}

/// Sum rows of a gradient that are about the same row of a halo, on the rank that owns it: minus the forces of the atoms of this rank, for gradients
/// of energies. Collective.
///
/// Rows about ghosts go to their owners. Sums are in the order of ranks, and of gradient rows on each of them.
///
/// @param halo the halo
/// @param block a block with the gradient
/// @param parameter name of the gradient, in UTF-8, the same on all ranks
/// @param names dimensions of samples of the gradient that say which row of the halo it is about, the same on all ranks
/// @param names_count number of these, that of the integers of rows of the halo
/// @param result is set to a new block, *owned* by the caller, whose samples are all owned rows of the halo, in order; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`names` is NULL or has `names_count` strings."
)]
pub unsafe extern "C" fn mts_collective_halo_sum_gradient_rows(
    halo: Option<&mut mts_halo_t>,
    block: Option<&mts_block_t>,
    parameter: Text<'_>,
    names: *const *const c_char,
    names_count: usize,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give(
        halo,
        |halo| halo.communicator(),
        result,
        || {
            // SAFETY: there are so many strings, says the caller.
            let names = unsafe { texts(names, names_count, "names") }?;
            Ok((
                block.checked("block")?,
                parameter.checked("parameter")?,
                names,
            ))
        },
        |halo, (block, parameter, names)| {
            mts_block_t::unshared(halo.halo.sum_gradient_rows(block, parameter, &names)?)
        },
    )
}
