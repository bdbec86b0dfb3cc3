//! Steps of the caller that may fail on some ranks only.

use std::io;

use metatensor_core::Error;

use super::collective;
use crate::ffi::{CallbackStatus, Text, keep_last_error, mts_status_t};
use crate::types::mts_communicator_t;

/// Make a failure of one rank one of all: for steps of a program between collective functions, a model that may fail on one rank for
/// example. Collective.
///
/// A rank that can not go on takes part with this in whatever collective function others call, which then fails.
///
/// @param communicator the communicator
/// @param mine what this rank has to tell: `MTS_SUCCESS`, or any other number if it can not go on. Numbers that no status has stand for
///        `MTS_CALLBACK_ERROR`.
/// @param message what went wrong on this rank, in UTF-8; or NULL for the message of `mts_last_error`. It is only used if `mine` is an
///        error.
///
/// @returns `MTS_SUCCESS` if this is what all ranks gave. Else all return the status of the lowest rank that failed, and their last
///          error has its message, with the rank before it; `data` and `origin` of a callback that failed on this rank stay.
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_agree(
    communicator: Option<&mts_communicator_t>,
    mine: CallbackStatus,
    message: Text<'_>,
) -> mts_status_t {
    collective(
        communicator,
        || {
            let message = message.optional("message")?;
            if mine == CallbackStatus::SUCCESS {
                return Ok(Ok(()));
            }
            let last = keep_last_error();
            Ok(Err(error_of(mine, message.unwrap_or(&last))))
        },
        |communicator, mine| match mine {
            Ok(()) => communicator.agree(Ok(())),
            // others may call anything
            Err(error) => Err(communicator.fail(error)),
        },
    )
}

/// The error with this status, of which the message can start with its kind.
fn error_of(status: CallbackStatus, message: &str) -> Error {
    type Kind = fn(String) -> Error;
    const KINDS: [(mts_status_t, Kind); 9] = [
        (
            mts_status_t::MTS_INVALID_PARAMETER_ERROR,
            Error::InvalidParameter,
        ),
        (mts_status_t::MTS_IO_ERROR, io_error),
        (mts_status_t::MTS_SERIALIZATION_ERROR, Error::Serialization),
        (mts_status_t::MTS_BUFFER_SIZE_ERROR, Error::BufferSize),
        (mts_status_t::MTS_NOT_EQUAL_ERROR, Error::NotEqual),
        (mts_status_t::MTS_UNSUPPORTED_ERROR, Error::Unsupported),
        (mts_status_t::MTS_LINALG_ERROR, Error::LinearAlgebra),
        (mts_status_t::MTS_COMMUNICATION_ERROR, Error::Communication),
        (mts_status_t::MTS_INTERNAL_ERROR, Error::Internal),
    ];
    let known = KINDS.iter().find(|(known, _)| *known as i32 == status.0);
    let kind = known.map_or(Error::Callback as Kind, |(_, kind)| *kind);
    let empty = kind(String::new()).to_string();
    let start = empty.split_inclusive(": ").next().unwrap_or_default();
    kind(message.strip_prefix(start).unwrap_or(message).to_owned())
}

/// What was being done, and what the system says.
fn io_error(message: String) -> Error {
    let (context, cause) = message.rsplit_once(": ").unwrap_or((&message, "unknown"));
    Error::Io {
        context: context.to_owned(),
        cause: io::Error::other(cause.to_owned()),
    }
}
