//! The keys of a map that grows.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::{Error, Labels, Result};

/// Distinct rows, to which one can be added at a time.
#[derive(Debug)]
pub(super) struct Keys {
    /// Labels without rows, for the names.
    empty: Labels,
    values: Vec<i32>,
    count: usize,
    positions: HashTable<u32>,
    hasher: RandomState,
}

impl Keys {
    pub(super) fn new(names: &[impl AsRef<str>]) -> Result<Keys> {
        Ok(Keys {
            empty: Labels::empty(names)?,
            values: Vec::new(),
            count: 0,
            positions: HashTable::new(),
            hasher: RandomState::new(),
        })
    }

    /// The keys that a file has.
    pub(super) fn of(keys: &Labels) -> Keys {
        let mut all = Keys {
            empty: keys.with_rows(Vec::new()),
            values: Vec::with_capacity(keys.rows().values().len()),
            count: 0,
            positions: HashTable::with_capacity(keys.count()),
            hasher: RandomState::new(),
        };
        for row in keys.iter() {
            all.push(row);
        }
        all
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Checks that this can be the next key.
    ///
    /// # Errors
    /// If there is such a key already, or if it does not have a value for each name.
    pub(super) fn check(&self, key: &[i32]) -> Result<()> {
        let names = self.empty.names();
        if names.is_empty() {
            return Err(Error::invalid(
                "a map whose keys have no dimensions can not have blocks",
            ));
        }
        if key.len() != names.len() {
            return Err(Error::invalid(format!(
                "expected a key with a value for each of the dimensions {names}, got {key:?}"
            )));
        }
        let is_same = |&position: &u32| self.row(position) == key;
        match self.positions.find(self.hasher.hash_one(key), is_same) {
            Some(position) => Err(Error::invalid(format!(
                "there is a block with the key {} already, at position {position}",
                self.describe(key)
            ))),
            None if self.count >= crate::rows::Rows::MAX_COUNT => {
                Err(Error::invalid("a map can not have so many blocks"))
            }
            None => Ok(()),
        }
    }

    /// Checks that other keys have the same names.
    ///
    /// # Errors
    /// If they do not.
    pub(super) fn check_names(&self, keys: &Labels) -> Result<()> {
        let (expected, got) = (self.empty.names(), keys.names());
        if expected == got {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "expected keys with the dimensions {expected}, got {got}"
        )))
    }

    /// Adds a key that was checked.
    pub(super) fn push(&mut self, key: &[i32]) {
        let position = self.count as u32;
        self.values.extend_from_slice(key);
        self.count += 1;
        let (values, hasher, width) = (&self.values, &self.hasher, key.len());
        let row = |&position: &u32| &values[position as usize * width..][..width];
        let hash = |position: &u32| hasher.hash_one(row(position));
        let is_same = |other: &u32| row(other) == key;
        if let Entry::Vacant(slot) = self.positions.entry(hasher.hash_one(key), is_same, hash) {
            slot.insert(position);
        }
    }

    /// Forgets all keys but the first ones.
    pub(super) fn truncate(&mut self, count: usize) {
        let (values, width) = (&self.values, self.empty.size());
        self.positions
            .retain(|position| (*position as usize) < count);
        debug_assert!(values.len() >= count * width);
        self.values.truncate(count * width);
        self.count = count;
    }

    pub(super) fn labels(&self) -> Labels {
        self.empty.with_rows(self.values.clone())
    }

    /// A key, for messages.
    pub(super) fn describe(&self, key: &[i32]) -> String {
        self.empty.with_rows(key.to_vec()).describe(0)
    }

    fn row(&self, position: u32) -> &[i32] {
        let width = self.empty.size();
        &self.values[position as usize * width..][..width]
    }
}
