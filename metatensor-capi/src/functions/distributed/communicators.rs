//! Communicators, and steps of the caller that may fail on some ranks.

use std::mem::MaybeUninit;

use metatensor_distributed::Communicator;
use metatensor_distributed::transport::ForeignTransport;

use crate::ffi::{Parameter, communicate, mts_status_t, status};
use crate::functions::map_files::give;
use crate::types::{mts_communicator_t, mts_transport_t};

/// Make a communicator of functions that send and receive bytes.
///
/// Programs that use MPI get one from `mts_mpi_communicator` in `metatensor/mpi.h`.
///
/// @param transport the functions, which are *copied*. The library *takes ownership* of what `ptr` points to: `destroy` is called when
///        the communicator and all that was made with it are freed, and also if this function fails; but not if the version is one that
///        this library does not know.
/// @param communicator is set to a new communicator, *owned* by the caller, to be given to `mts_communicator_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on this rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_communicator(
    transport: mts_transport_t,
    communicator: Option<&mut MaybeUninit<*mut mts_communicator_t>>,
) -> mts_status_t {
    // SAFETY: functions do what the documentation of the table says, says the caller.
    // First of all, so that it is released whatever happens.
    let transport = unsafe { ForeignTransport::new(transport.for_rust(), communicate) };
    give(communicator, "communicator", || {
        Ok(mts_communicator_t::boxed(Communicator::new(transport?)))
    })
}

/// Make a communicator of this process alone: rank 0 of 1. Functions do what those for one process do, and there is nobody to wait for.
///
/// @param communicator is set to a new communicator, *owned* by the caller, to be given to `mts_communicator_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_communicator_single(
    communicator: Option<&mut MaybeUninit<*mut mts_communicator_t>>,
) -> mts_status_t {
    give(communicator, "communicator", || {
        Ok(mts_communicator_t::boxed(Communicator::single()))
    })
}

/// Free a communicator. Its transport is released as soon as all that was made with it is freed, which has to happen on all ranks
/// in the same order if the transport asks for that, as the one for MPI does: free halos first, and then the communicator.
///
/// @param communicator a communicator owned by the caller, or NULL. It must not be used any more.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
pub extern "C" fn mts_communicator_free(
    communicator: Option<Box<mts_communicator_t>>,
) -> mts_status_t {
    status(|| {
        drop(communicator);
        Ok(())
    })
}

/// Get the rank of this process.
///
/// @param communicator the communicator
/// @param rank is set to 0, 1, ..., or one less than the number of ranks
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_communicator_rank(
    communicator: Option<&mts_communicator_t>,
    rank: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let rank = rank.checked("rank")?;
        rank.write(communicator.checked("communicator")?.rank());
        Ok(())
    })
}

/// Get the number of ranks.
///
/// @param communicator the communicator
/// @param size is set to the number of ranks, which is at least 1
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_communicator_size(
    communicator: Option<&mts_communicator_t>,
    size: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let size = size.checked("size")?;
        size.write(communicator.checked("communicator")?.size());
        Ok(())
    })
}

/// End all ranks at once, as far as the transport can do that. This is the way out after `MTS_COMMUNICATION_ERROR`, when other ranks may
/// wait for messages that never come. It does not return, unless `communicator` is NULL.
///
/// @param communicator the communicator
/// @param code what the processes tell about their end
///
/// @returns `MTS_INVALID_PARAMETER_ERROR`, or not at all
#[unsafe(no_mangle)]
pub extern "C" fn mts_communicator_abort(
    communicator: Option<&mts_communicator_t>,
    code: i32,
) -> mts_status_t {
    status(|| communicator.checked("communicator")?.abort(code))
}
