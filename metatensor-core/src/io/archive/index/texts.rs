//! What names of members have in common.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Place;

/// Different texts, which are numbered in the order in which they come.
#[derive(Debug)]
pub(super) struct Texts {
    /// All of them, one after the other, and where each of them ends.
    bytes: String,
    ends: Vec<usize>,
    numbers: HashTable<u32>,
    hasher: RandomState,
}

impl Texts {
    pub(super) fn new() -> Texts {
        Texts {
            bytes: String::new(),
            ends: Vec::new(),
            numbers: HashTable::new(),
            hasher: RandomState::new(),
        }
    }

    /// Those that are one after the other in `all`, and end there. `None` if they do not, or if two of them are the same.
    pub(super) fn of(all: &str, ends: &[usize]) -> Option<Texts> {
        let mut texts = Texts::new();
        let mut start = 0;
        for (number, &end) in (0..).zip(ends) {
            if texts.add(all.get(start..end)?) != number {
                return None;
            }
            start = end;
        }
        (start == all.len()).then_some(texts)
    }

    /// All of them, one after the other, and where each of them ends.
    pub(super) fn all(&self) -> (&str, &[usize]) {
        (&self.bytes, &self.ends)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, text: u32) -> &str {
        text_of(&self.bytes, &self.ends, text)
    }

    pub(super) fn find(&self, text: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(text);
        self.numbers
            .find(hash, |&other| self.get(other) == text)
            .copied()
    }

    /// The number of `text`, which may be a new one.
    pub(super) fn add(&mut self, text: &str) -> u32 {
        let Texts {
            bytes,
            ends,
            numbers,
            hasher,
        } = self;
        let hash = hasher.hash_one(text);
        let is_it = |&other: &u32| text_of(bytes, ends, other) == text;
        let hash_of = |&other: &u32| hasher.hash_one(text_of(bytes, ends, other));
        match numbers.entry(hash, is_it, hash_of) {
            Place::Occupied(known) => *known.get(),
            Place::Vacant(place) => {
                let new = ends.len() as u32;
                place.insert(new);
                bytes.push_str(text);
                ends.push(bytes.len());
                new
            }
        }
    }
}

fn text_of<'t>(bytes: &'t str, ends: &[usize], text: u32) -> &'t str {
    let end = text as usize;
    let start = end.checked_sub(1).map_or(0, |before| ends[before]);
    &bytes[start..ends[end]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_numbered_in_their_order() {
        let mut texts = Texts::new();
        let added: Vec<_> = ["a", "bc", "", "a", "bc", "d"]
            .map(|text| texts.add(text))
            .into();
        assert_eq!(added, [0, 1, 2, 0, 1, 3]);
        assert_eq!(texts.find("bc"), Some(1));
        assert_eq!(texts.find("b"), None);
        assert_eq!(texts.get(3), "d");
    }
}
