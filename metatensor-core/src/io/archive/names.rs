//! Names of members as numbers: which ones an archive that is being written has.

use std::collections::HashSet;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

/// Makes a number of a name, which is different for different names, as a rule. Nobody can choose names with equal ones: they
/// depend on a seed. (The names of a small map are hashed each time that it is loaded: this takes less time than the hashes of the
/// standard library.)
#[derive(Debug)]
pub(super) struct NameHasher(RandomState);

impl NameHasher {
    pub(super) fn new() -> NameHasher {
        NameHasher(RandomState::default())
    }

    pub(super) fn hash(&self, name: &[u8]) -> u64 {
        self.0.hash_one(name)
    }
}

/// Hashes of all names: the names themselves are in the directory.
#[derive(Debug)]
pub(super) struct NameHashes {
    hashes: HashSet<u64, RandomState>,
    hasher: NameHasher,
}

impl NameHashes {
    pub(super) fn new() -> NameHashes {
        NameHashes {
            hashes: HashSet::default(),
            hasher: NameHasher::new(),
        }
    }

    /// Whether there may be such a name.
    pub(super) fn contains(&self, name: &[u8]) -> bool {
        self.hashes.contains(&self.hasher.hash(name))
    }

    pub(super) fn insert(&mut self, name: &[u8]) {
        self.hashes.insert(self.hasher.hash(name));
    }
}
