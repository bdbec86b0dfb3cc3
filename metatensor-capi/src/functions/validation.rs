//! Everything that is wrong with a file.

use std::mem::MaybeUninit;

use metatensor_core::{Error, validate_buffer, validate_with};

use super::map_files::give;
use crate::ffi::{Parameter, Text, mts_status_t, null, slice, status};
use crate::types::{mts_file_limits_t, mts_problem_t, mts_problems_t};

/// Find everything that is wrong with a file, which should hold a map, a block or labels, or a collection of maps.
///
/// Where loading stops at the first problem, this goes on: with other records of the directory, other members, and other
/// blocks. All of the file is read, and all checksums are compared. A file without problems can be loaded.
///
/// @param path path of the file, in UTF-8
/// @param limits what may be read from this file, or NULL for the limits of the process
/// @param problems is set to what is wrong, *owned* by the caller, to be given to `mts_problems_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, whatever is in the file; or `MTS_IO_ERROR` if it can not be read
#[unsafe(no_mangle)]
pub extern "C" fn mts_validate(
    path: Text<'_>,
    limits: Option<&mts_file_limits_t>,
    problems: Option<&mut MaybeUninit<*mut mts_problems_t>>,
) -> mts_status_t {
    give(problems, "problems", || {
        let (path, limits) = (path.checked("path")?, limits.checked("limits")?);
        Ok(mts_problems_t::boxed(validate_with(path, limits)?))
    })
}

/// Find everything that is wrong with the content of a file, as `mts_validate` does.
///
/// @param buffer content of the file
/// @param buffer_count size of this content in bytes
/// @param limits what may be read from this file, or NULL for the limits of the process
/// @param problems is set to what is wrong, *owned* by the caller, to be given to `mts_problems_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, whatever is in the buffer
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`buffer` is NULL or has `buffer_count` bytes."
)]
pub unsafe extern "C" fn mts_validate_buffer(
    buffer: *const u8,
    buffer_count: usize,
    limits: Option<&mts_file_limits_t>,
    problems: Option<&mut MaybeUninit<*mut mts_problems_t>>,
) -> mts_status_t {
    give(problems, "problems", || {
        if buffer.is_null() {
            return Err(null("buffer"));
        }
        // SAFETY: there are `buffer_count` bytes at `buffer`, says the caller.
        let content = unsafe { slice(buffer, buffer_count, "buffer") }?;
        let limits = limits.checked("limits")?;
        Ok(mts_problems_t::boxed(validate_buffer(content, limits)))
    })
}

/// Get how many problems a file has.
///
/// @param problems everything that is wrong with the file
/// @param count is set to their number: 0 if the file can be loaded
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_problems_count(
    problems: Option<&mts_problems_t>,
    count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let count = count.checked("count")?;
        count.write(problems.checked("problems")?.count());
        Ok(())
    })
}

/// Get one of the problems of a file.
///
/// @param problems everything that is wrong with the file
/// @param index number of the problem
/// @param problem is set to the problem. Its texts are *borrowed*: valid until `problems` is freed.
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if there are not so many
#[unsafe(no_mangle)]
pub extern "C" fn mts_problems_get<'a>(
    problems: Option<&'a mts_problems_t>,
    index: usize,
    problem: Option<&mut MaybeUninit<mts_problem_t<'a>>>,
) -> mts_status_t {
    status(|| {
        let problem = problem.checked("problem")?;
        let problems = problems.checked("problems")?;
        let found = problems.get(index).ok_or_else(|| {
            let count = problems.count();
            Error::invalid(format!("there is no problem {index}, only {count} of them"))
        })?;
        problem.write(found);
        Ok(())
    })
}

/// Release the problems of a file.
///
/// @param problems problems owned by the caller, or NULL. They must not be used any more; nor can what was borrowed from
///        them.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
pub extern "C" fn mts_problems_free(problems: Option<Box<mts_problems_t>>) -> mts_status_t {
    status(|| {
        drop(problems);
        Ok(())
    })
}
