//! Rows of plain memory that go from owners to ghosts and back.

use std::ffi::c_void;

use metatensor_core::{DType as DLDataType, Result};
use metatensor_distributed::{Agreement, Combine};

use crate::ffi::{Parameter, caught, collective_status, mts_status_t, slice, slice_mut, status};
use crate::types::{Rows, mts_combine_t, mts_halo_t};

/// Runs a step of a halo. What is wrong with the parameters of one rank is told to all ranks. If only neighbors agree, these wait for
/// rows: the function is called with parameters that let it fail, and tells them.
fn step<P>(
    halo: Option<&mut mts_halo_t>,
    parameters: impl FnOnce(&mts_halo_t) -> Result<P>,
    failing: P,
    function: impl FnOnce(&mut mts_halo_t, P) -> Result<()>,
) -> mts_status_t {
    collective_status(|| {
        let halo = caught(|| halo.checked("halo"))?;
        match caught(|| parameters(halo)) {
            Ok(parameters) => function(halo, parameters),
            Err(error) if halo.agreement == Agreement::Neighbors => {
                // On a rank without rows, nothing is wrong with these: what starts all the same has to end.
                if function(halo, failing).is_ok() {
                    drop(halo.halo.forward_end(&mut []));
                }
                Err(error)
            }
            Err(error) => Err(halo.communicator().fail(error)),
        }
    })
}

/// Bytes of a row, or more than there can be.
fn row_size(dtype: DLDataType, row_length: usize) -> usize {
    row_length.saturating_mul(dtype.size())
}

/// Copy rows from their owners to all of their ghosts. Collective.
///
/// @param halo the halo
/// @param dtype type of the elements
/// @param row_length number of elements in a row, the same on all ranks
/// @param owned the rows that this rank owns, one after the other; can be NULL if there are none
/// @param ghosts where to put the rows of ghosts, in the order of the halo; can be NULL if there are none. It does not overlap with `owned`.
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`owned` and `ghosts` are NULL or have as many rows as the halo says."
)]
pub unsafe extern "C" fn mts_collective_halo_forward(
    halo: Option<&mut mts_halo_t>,
    dtype: DLDataType,
    row_length: usize,
    owned: *const c_void,
    ghosts: *mut c_void,
) -> mts_status_t {
    let parameters = |halo: &mts_halo_t| {
        let rows = halo.sizes(dtype, row_length)?;
        // SAFETY: there are as many rows, says the caller.
        let owned = unsafe { slice(owned.cast::<u8>(), rows.owned, "owned") }?;
        // SAFETY: as above, and nobody else uses them.
        let ghosts = unsafe { slice_mut(ghosts.cast::<u8>(), rows.ghosts, "ghosts") }?;
        Ok((rows.size, owned, ghosts))
    };
    let failing = (row_size(dtype, row_length), &[][..], &mut [][..]);
    step(halo, parameters, failing, |halo, (size, owned, ghosts)| {
        halo.halo.forward_bytes(size, owned, ghosts)
    })
}

/// Combine the rows of ghosts with those of their owners: with `MTS_ADD`, this is the adjoint of `mts_collective_halo_forward`, which is what
/// gradients need. Collective.
///
/// What several ghosts have for one row is combined in the order of ranks, and of ghosts on each of them: results have the same bits in
/// each run.
///
/// @param halo the halo
/// @param op what to do, the same on all ranks
/// @param dtype type of the elements: integers, floats, or complex numbers
/// @param row_length number of elements in a row, the same on all ranks
/// @param ghosts the rows of ghosts, in the order of the halo; can be NULL if there are none
/// @param owned the rows that this rank owns, which are changed; can be NULL if there are none. It does not overlap with `ghosts`.
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`owned` and `ghosts` are NULL or have as many rows as the halo says."
)]
pub unsafe extern "C" fn mts_collective_halo_reverse(
    halo: Option<&mut mts_halo_t>,
    op: mts_combine_t,
    dtype: DLDataType,
    row_length: usize,
    ghosts: *const c_void,
    owned: *mut c_void,
) -> mts_status_t {
    let parameters = |halo: &mts_halo_t| {
        let op = op.checked("op")?;
        let rows = halo.sizes(dtype, row_length)?;
        // SAFETY: there are as many rows, says the caller.
        let ghosts = unsafe { slice(ghosts.cast::<u8>(), rows.ghosts, "ghosts") }?;
        // SAFETY: as above, and nobody else uses them.
        let owned = unsafe { slice_mut(owned.cast::<u8>(), rows.owned, "owned") }?;
        Ok((op, ghosts, owned))
    };
    let failing = (Combine::Add, &[][..], &mut [][..]);
    step(halo, parameters, failing, |halo, (op, ghosts, owned)| {
        halo.halo
            .reverse_bytes(op, dtype, row_length, ghosts, owned)
    })
}

/// Start `mts_collective_halo_forward`, to do something else until `mts_collective_halo_forward_end`. Collective.
///
/// Until then, no other collective function of this communicator can be called, for this halo or any other.
///
/// @param halo the halo
/// @param dtype type of the elements
/// @param row_length number of elements in a row, the same on all ranks
/// @param owned the rows that this rank owns, one after the other, which are *copied*; can be NULL if there are none
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank: then nothing has started
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`owned` is NULL or has as many rows as the halo says."
)]
pub unsafe extern "C" fn mts_collective_halo_forward_begin(
    halo: Option<&mut mts_halo_t>,
    dtype: DLDataType,
    row_length: usize,
    owned: *const c_void,
) -> mts_status_t {
    let parameters = |halo: &mts_halo_t| {
        let rows = halo.sizes(dtype, row_length)?;
        // SAFETY: there are as many rows, says the caller.
        let owned = unsafe { slice(owned.cast::<u8>(), rows.owned, "owned") }?;
        Ok((rows, owned))
    };
    let failing = Rows {
        size: row_size(dtype, row_length),
        ..Rows::default()
    };
    step(
        halo,
        parameters,
        (failing, &[][..]),
        |halo, (rows, owned)| {
            halo.halo.forward_begin(rows.size, owned)?;
            halo.ghosts_size = rows.ghosts;
            Ok(())
        },
    )
}

/// Wait for what `mts_collective_halo_forward_begin` has started. Whoever has started has to end. Collective.
///
/// @param halo the halo
/// @param ghosts where to put the rows of ghosts, in the order of the halo; can be NULL if there are none
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on this rank: if it is `MTS_INVALID_PARAMETER_ERROR` since nothing was started, nothing
///          is done; for other errors, the step has ended
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`ghosts` is NULL or has as many rows as the halo says, of what was started."
)]
pub unsafe extern "C" fn mts_collective_halo_forward_end(
    halo: Option<&mut mts_halo_t>,
    ghosts: *mut c_void,
) -> mts_status_t {
    status(|| {
        let halo = halo.checked("halo")?;
        let count = std::mem::take(&mut halo.ghosts_size);
        // SAFETY: there are as many rows, says the caller, and nobody else uses them.
        let bytes = unsafe { slice_mut(ghosts.cast::<u8>(), count, "ghosts") };
        match bytes {
            Ok(bytes) => halo.halo.forward_end(bytes),
            // the step ends in any case
            Err(error) => {
                drop(halo.halo.forward_end(&mut []));
                Err(error)
            }
        }
    })
}
