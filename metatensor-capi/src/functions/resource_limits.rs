//! What loading a file and making a result may cost.

use std::mem::MaybeUninit;

use metatensor_core::{Error, Limit, Result};

use crate::ffi::{Parameter, mts_status_t, status};

/// Something that is limited for the whole process: a `MTS_LIMIT_` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_limit_t(u32);

/// Bytes that loading a file may make of data which does not have a size of its own: what all compressed members
/// that are read give together, or what comes out of a pipe. The memory of the machine by default.
pub const MTS_LIMIT_INFLATED_BYTES: u32 = 0;
/// Members of an archive. 134217728 by default: maps with more than twenty million blocks have so many.
pub const MTS_LIMIT_MEMBERS: u32 = 1;
/// Dimensions of labels in a file, or gradients of a block in a file. 1048576 by default.
pub const MTS_LIMIT_NAMES: u32 = 2;
/// How deep gradients of gradients are nested in a file. 64 by default, which is also the most there can be.
pub const MTS_LIMIT_DEPTH: u32 = 3;
/// Bytes of all arrays and labels that an operation makes, where its result can be much larger than what it is
/// made of: moving keys or components, joining, products. The memory of the machine by default.
pub const MTS_LIMIT_RESULT_BYTES: u32 = 4;

impl Parameter for mts_limit_t {
    type Value = Limit;

    fn checked(self, name: &str) -> Result<Limit> {
        match self.0 {
            MTS_LIMIT_INFLATED_BYTES => Ok(Limit::InflatedBytes),
            MTS_LIMIT_MEMBERS => Ok(Limit::Members),
            MTS_LIMIT_NAMES => Ok(Limit::Names),
            MTS_LIMIT_DEPTH => Ok(Limit::Depth),
            MTS_LIMIT_RESULT_BYTES => Ok(Limit::ResultBytes),
            other => Err(Error::invalid(format!(
                "'{name}' must be one of the MTS_LIMIT_ values, got {other}"
            ))),
        }
    }
}

/// Set what loading a file, or making a result, may cost in this process.
///
/// A small file, or a call with small inputs, can ask for more than the machine has. What is beyond a limit is an error
/// before anything of this size is made: `MTS_SERIALIZATION_ERROR` for files, `MTS_UNSUPPORTED_ERROR` for results. The
/// defaults are far beyond what data of the field needs. Loads and operations that are running in other threads may
/// still use the limit before.
///
/// @param limit one of the `MTS_LIMIT_` values
/// @param value the limit. 0 sets the default again, and `UINT64_MAX` is no limit at all (but for `MTS_LIMIT_DEPTH`)
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_set_limit(limit: mts_limit_t, value: u64) -> mts_status_t {
    status(|| {
        limit.checked("limit")?.set(value);
        Ok(())
    })
}

/// Get what loading a file, or making a result, may cost in this process: what was given to `mts_set_limit`, or else
/// the default.
///
/// @param limit one of the `MTS_LIMIT_` values
/// @param value is set to the limit
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_get_limit(
    limit: mts_limit_t,
    value: Option<&mut MaybeUninit<u64>>,
) -> mts_status_t {
    status(|| {
        let value = value.checked("value")?;
        value.write(limit.checked("limit")?.get());
        Ok(())
    })
}
