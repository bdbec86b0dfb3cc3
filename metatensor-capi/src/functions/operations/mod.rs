//! Operations: one function of `metatensor-operations` behind each of these. Most of them have a description in
//! `operations/` beside `src/`, which they are generated from.

mod align;
mod generated;
mod join;
mod others;
mod split;

use std::mem::MaybeUninit;
use std::ptr::null;

use metatensor_core::{Labels, Result};

pub use self::align::*;
pub use self::generated::*;
pub use self::join::*;
pub use self::others::*;
pub use self::split::*;
use crate::ffi::{Parameter, mts_status_t, status};
use crate::types::{Handle, mts_labels_t};

/// Sets `result` to the map or block that `operation` makes, or to NULL.
pub(super) fn give_object<H: Handle>(
    result: Option<&mut MaybeUninit<Option<Box<H>>>>,
    operation: impl FnOnce() -> Result<H::Value>,
) -> mts_status_t {
    status(|| {
        let result = result.checked("result")?;
        result.write(None);
        result.write(Some(H::unshared(operation()?)?));
        Ok(())
    })
}

/// Sets `result` to the labels that `operation` makes, or to NULL.
fn give_labels(
    result: Option<&mut MaybeUninit<*const mts_labels_t>>,
    operation: impl FnOnce() -> Result<Labels>,
) -> mts_status_t {
    status(|| {
        let result = result.checked("result")?;
        result.write(null());
        result.write(mts_labels_t::new(operation()?));
        Ok(())
    })
}

/// Sets the parameter `name` to the answer of `operation`, or to false.
fn give_answer(
    answer: Option<&mut MaybeUninit<bool>>,
    name: &str,
    operation: impl FnOnce() -> Result<bool>,
) -> mts_status_t {
    status(|| {
        let answer = answer.checked(name)?;
        answer.write(false);
        answer.write(operation()?);
        Ok(())
    })
}
