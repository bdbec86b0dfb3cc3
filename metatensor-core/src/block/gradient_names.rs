//! What can be the name of a gradient.
//!
//! Members of files have the names of the gradients that they belong to as folders in their own. Names that can not be
//! folders, or that somebody who unpacks or lists the file has to fear, are refused when a gradient is added: there is
//! no block that has them.

use super::TensorBlock;
use crate::names::printable;
use crate::{Error, Result};

/// The longest name that a member of a file can have.
const MAX_MEMBER_NAME: usize = u16::MAX as usize;

/// Checks that a gradient can have the name `parameter`.
///
/// # Errors
///
/// If it can not.
pub(crate) fn check(parameter: &str) -> Result<()> {
    let reason = if parameter.is_empty() {
        "it is empty"
    } else if matches!(parameter, "." | "..") {
        "it means another folder"
    } else if parameter.contains('/') {
        "it contains '/', which separates the names of nested gradients"
    } else if parameter.contains(char::is_control) {
        "it contains a control character"
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!(
        "'{}' can not be the name of a gradient: {reason}",
        printable(parameter)
    )))
}

/// Checks that all names in a file which `gradient` would have are short enough, at least for a block that is not in a
/// map nor a gradient itself.
///
/// # Errors
///
/// If one is not.
pub(super) fn check_length(parameter: &str, gradient: &TensorBlock) -> Result<()> {
    let length = longest_in_folder(parameter, gradient);
    if length <= MAX_MEMBER_NAME {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "its name of {} bytes is too long: a member of a file would have a name of {length} bytes, which \
         can be {MAX_MEMBER_NAME} bytes long at most",
        parameter.len()
    )))
}

/// The length of the longest name of a member of this gradient, the folders it is in included.
fn longest_in_folder(parameter: &str, gradient: &TensorBlock) -> usize {
    "gradients/".len() + parameter.len() + "/".len() + longest(gradient)
}

/// The length of the longest name of a member of this gradient in its own folder.
fn longest(gradient: &TensorBlock) -> usize {
    let last_component = gradient.components().len().checked_sub(1);
    let last_component = last_component.map_or(0, |last| {
        let digits = last.checked_ilog10().unwrap_or(0) as usize + 1;
        "components/".len() + digits + ".npy".len()
    });
    let gradients = gradient.gradients();
    let longest = gradients.map(|(parameter, gradient)| longest_in_folder(parameter, gradient));
    longest.fold("samples.npy".len().max(last_component), usize::max)
}
