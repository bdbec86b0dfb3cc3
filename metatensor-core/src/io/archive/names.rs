//! Names of members as numbers: which ones an archive that is being written has.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, RandomState};

/// Makes a number of a name, which is different for different names, as a rule.
#[derive(Debug)]
pub(super) struct NameHasher {
    /// Changes all hashes, so that nobody can choose names with equal ones.
    seed: u64,
}

impl NameHasher {
    pub(super) fn new() -> NameHasher {
        NameHasher {
            seed: RandomState::new().hash_one(0),
        }
    }

    pub(super) fn hash(&self, name: &[u8]) -> u64 {
        hash(name, self.seed)
    }
}

/// Hashes of all names: the names themselves are in the directory.
#[derive(Debug)]
pub(super) struct NameHashes {
    hashes: HashSet<u64, BuildHasherDefault<Hashed>>,
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

fn hash(name: &[u8], seed: u64) -> u64 {
    let (words, rest) = name.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let words = words.iter().copied().chain([last]);
    words.fold(seed ^ name.len() as u64, |hash, word| {
        let mixed = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ mixed >> 32
    })
}

/// What was a hash already.
#[derive(Debug, Default)]
struct Hashed(u64);

impl std::hash::Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(bytes, 0);
    }
}
