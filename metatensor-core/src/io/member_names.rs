//! Names of the members of archives of maps and blocks.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::archive::Archive;
use crate::names::printable;
use crate::{Error, Result};

/// The parameters of the gradients of each block that has some, by the prefix of its members.
pub(super) type Parameters = HashMap<String, Vec<String>, RandomState>;

/// The name of the member with the keys of a map.
pub(super) const KEYS: &str = "keys.npy";

/// What the names of the members of a block start with.
pub(super) fn block_prefix(block: usize) -> String {
    format!("blocks/{block}/")
}

/// The same for the gradient of the block with this prefix.
pub(super) fn gradient_prefix(prefix: &str, parameter: &str) -> String {
    format!("{prefix}gradients/{parameter}/")
}

/// The parameters of all gradients by the prefix of the block they belong to, sorted.
pub(super) fn parameters(archive: &Archive<'_>) -> Parameters {
    let mut parameters = Parameters::default();
    for name in archive.names() {
        // if one of the two is missing, reading the gradient says so
        let Some(directory) = ["/values.npy", "/samples.npy"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
        else {
            continue;
        };
        let Some((parent, parameter)) = directory.rsplit_once('/') else {
            continue;
        };
        let Some(prefix) = parent.strip_suffix("gradients") else {
            continue;
        };
        if prefix.is_empty() || prefix.ends_with('/') {
            match parameters.get_mut(prefix) {
                Some(others) => others.push(parameter.to_owned()),
                None => {
                    parameters.insert(prefix.to_owned(), vec![parameter.to_owned()]);
                }
            }
        }
    }
    for list in parameters.values_mut() {
        list.sort_unstable();
        list.dedup();
    }
    parameters
}

/// Checks that the member `name`, which is in a folder that was loaded, is not one of the arrays that are loaded.
/// Nothing else would tell that data was lost.
pub(super) fn check_is_no_array(name: &str) -> Result<()> {
    if name.ends_with(".npy") {
        return Err(Error::serialization(format!(
            "'{}' does not belong to any block or gradient",
            printable(name)
        )));
    }
    Ok(())
}

/// The block that a member belongs to whose name is this after `blocks/`.
pub(super) fn block_number(name: &str) -> Option<usize> {
    let (number, _) = name.split_once('/')?;
    let block = number.parse::<usize>().ok()?;
    (block.to_string() == number).then_some(block)
}
