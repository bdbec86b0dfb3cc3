//! All operations, which are generated from their descriptions but for some.

use super::forces::FORCES;
use super::generated::FAMILIES;
use super::operation::Operation;
use super::others::OTHERS;
use super::pairs::PAIRS;
use super::products::PRODUCTS;

/// All operations.
pub(super) fn all() -> impl Iterator<Item = &'static Operation> {
    let others = [OTHERS, PAIRS, PRODUCTS, FORCES].into_iter().flatten();
    FAMILIES.iter().copied().flatten().chain(others)
}

/// Those with the same command, for all commands, sorted by name.
pub(super) fn commands() -> Vec<(&'static str, Vec<&'static Operation>)> {
    let mut commands: Vec<(&str, Vec<&Operation>)> = Vec::new();
    for operation in all() {
        let name = operation.command();
        match commands.iter_mut().find(|(known, _)| *known == name) {
            Some((_, operations)) => operations.push(operation),
            None => commands.push((name, vec![operation])),
        }
    }
    commands.sort_by_key(|(name, _)| *name);
    commands
}
