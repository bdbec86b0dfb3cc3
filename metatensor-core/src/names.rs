//! Lists of names: dimensions of labels, parameters of gradients.

use std::ffi::c_char;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use smallvec::SmallVec;

use crate::{Error, Result};

/// A list of names, in order.
///
/// Names are stored with the NUL that ends strings in C, so that other languages can read them in
/// place.
#[derive(Default)]
pub struct Names {
    /// All names one after the other, with a NUL after each of them.
    text: SmallVec<[u8; 40]>,
    /// Where each name ends: the position of its NUL.
    ends: SmallVec<[u32; 4]>,
    /// Made when first needed; dropped when a name is added.
    pointers: OnceLock<Pointers>,
    /// Made when a name is first looked for among many.
    index: OnceLock<Box<Index>>,
}

/// Lists of up to this many names are searched name by name.
const SHORT: usize = 16;

/// Finds names in long lists: whoever looks for each name of a list in another one, as the check that names are unique
/// does, takes time for each of them and not for each pair.
struct Index {
    /// Positions of the names, the first one of equal names.
    positions: HashTable<u32>,
    hasher: RandomState,
}

impl Index {
    fn of(names: &Names) -> Box<Index> {
        let mut index = Box::new(Index {
            positions: HashTable::with_capacity(names.len()),
            hasher: RandomState::new(),
        });
        for position in 0..names.len() as u32 {
            index.insert(position, names);
        }
        index
    }

    /// Adds the name at this position.
    fn insert(&mut self, position: u32, names: &Names) {
        let name = &names[position as usize];
        let hash = |&other: &u32| self.hasher.hash_one(&names[other as usize]);
        let is_same = |&other: &u32| &names[other as usize] == name;
        if let Entry::Vacant(slot) = self.positions.entry(hash(&position), is_same, hash) {
            slot.insert(position);
        }
    }

    fn find(&self, name: &str, names: &Names) -> Option<usize> {
        let is_same = |&position: &u32| &names[position as usize] == name;
        let position = self.positions.find(self.hasher.hash_one(name), is_same)?;
        Some(*position as usize)
    }
}

struct Pointers(Vec<*const c_char>);

#[expect(unsafe_code, reason = "raw pointers are not Send")]
// SAFETY: these point to memory owned by the `text` beside them, which is never written to.
unsafe impl Send for Pointers {}
#[expect(unsafe_code, reason = "raw pointers are not Sync")]
// SAFETY: as above.
unsafe impl Sync for Pointers {}

impl Names {
    /// No names.
    pub(crate) const fn new() -> Names {
        Names {
            text: SmallVec::new_const(),
            ends: SmallVec::new_const(),
            pointers: OnceLock::new(),
            index: OnceLock::new(),
        }
    }

    /// Names of the dimensions of labels: identifiers, each of them only once.
    pub(crate) fn dimensions<S: AsRef<str>>(names: &[S]) -> Result<Names> {
        let mut list = Names::default();
        let length = names.iter().map(|name| name.as_ref().len() + 1).sum();
        list.text.reserve_exact(length);
        for name in names {
            let name = name.as_ref();
            if !is_identifier(name) {
                return Err(Error::invalid(format!(
                    "'{}' can not name a dimension: expected ASCII letters, digits and underscores, not \
                     starting with a digit",
                    name.escape_debug()
                )));
            }
            if list.contains(name) {
                return Err(Error::invalid(format!(
                    "dimension names must be unique, got '{name}' twice"
                )));
            }
            // There is no NUL in an identifier.
            list.append(name)?;
        }
        Ok(list)
    }

    /// Adds a name at the end.
    pub(crate) fn push(&mut self, name: &str) -> Result<()> {
        if name.contains('\0') {
            return Err(Error::invalid(format!(
                "'{}' can not be a name: it contains a NUL character",
                name.escape_debug()
            )));
        }
        self.append(name)
    }

    fn append(&mut self, name: &str) -> Result<()> {
        let Ok(end) = u32::try_from(self.text.len() + name.len()) else {
            return Err(Error::invalid("names can not be longer than 4 GB in total"));
        };
        self.text.extend_from_slice(name.as_bytes());
        self.text.push(0);
        self.ends.push(end);
        self.pointers.take();
        if let Some(mut index) = self.index.take() {
            index.insert(self.len() as u32 - 1, self);
            self.index = OnceLock::from(index);
        }
        Ok(())
    }

    /// Number of names.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The names, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator + Clone {
        (0..self.len()).map(|i| &self[i])
    }

    /// The names, in order.
    pub fn to_vec(&self) -> Vec<&str> {
        self.iter().collect()
    }

    /// Position of `name` in the list.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let labels = Labels::empty(&["system", "atom"])?;
    /// assert_eq!(labels.names().position("atom"), Some(1));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn position(&self, name: &str) -> Option<usize> {
        if self.len() <= SHORT {
            return self.iter().position(|n| n == name);
        }
        self.index.get_or_init(|| Index::of(self)).find(name, self)
    }

    /// Whether `name` is in the list.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let labels = Labels::empty(&["system", "atom"])?;
    /// assert!(labels.names().contains("atom"));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// The names as an array of C strings. It lives as long as this list is not changed.
    #[doc(hidden)]
    pub fn as_c_strings(&self) -> &[*const c_char] {
        let pointers = || Pointers(self.iter().map(|name| name.as_ptr().cast()).collect());
        &self.pointers.get_or_init(pointers).0
    }
}

/// Whether `name` can be the name of a dimension.
pub(crate) fn is_identifier(name: &str) -> bool {
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(is_valid)
        && name
            .bytes()
            .next()
            .is_some_and(|first| !first.is_ascii_digit())
}

/// `name` as it can be shown, whatever it is: control characters, which could change what a terminal does, are
/// escaped.
pub(crate) fn printable(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_control() {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
}

impl std::ops::Index<usize> for Names {
    type Output = str;

    #[expect(unsafe_code, reason = "the names were text when they were added")]
    fn index(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |last| self.ends[last] + 1);
        let name = &self.text[start as usize..self.ends[index] as usize];
        // SAFETY: these are the bytes of one of the names that were added.
        unsafe { std::str::from_utf8_unchecked(name) }
    }
}

impl Clone for Names {
    fn clone(&self) -> Self {
        Names {
            text: self.text.clone(),
            ends: self.ends.clone(),
            pointers: OnceLock::new(),
            index: OnceLock::new(),
        }
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        // Names of many labels are shared. No name contains a NUL, so that the text tells them apart.
        std::ptr::eq(self, other) || self.text == other.text
    }
}

impl Eq for Names {}

impl<S: AsRef<str>> PartialEq<[S]> for Names {
    fn eq(&self, other: &[S]) -> bool {
        self.iter().eq(other.iter().map(AsRef::as_ref))
    }
}

impl<S: AsRef<str>, const N: usize> PartialEq<[S; N]> for Names {
    fn eq(&self, other: &[S; N]) -> bool {
        *self == other[..]
    }
}

/// What functions give is a reference: `labels.names() == ["system", "atom"]`.
impl<S: AsRef<str>, const N: usize> PartialEq<[S; N]> for &Names {
    fn eq(&self, other: &[S; N]) -> bool {
        **self == other[..]
    }
}

/// As a list in square brackets: `['system', 'atom']`.
impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, name) in self.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}'{name}'")?;
        }
        f.write_str("]")
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unique_identifiers_name_dimensions() {
        for good in ["a", "_", "center_type", "B2", "__x9"] {
            assert!(Names::dimensions(&[good]).is_ok(), "{good}");
        }
        for bad in ["", "2b", "a b", "a-b", "é", "a\0", "a.b"] {
            let error = Names::dimensions(&["fine", bad]).unwrap_err().to_string();
            assert!(error.contains(&bad.escape_debug().to_string()), "{error}");
            assert!(error.contains("expected ASCII letters"), "{error}");
        }
        let error = Names::dimensions(&["a", "b", "a"]).unwrap_err();
        assert!(error.to_string().contains("got 'a' twice"), "{error}");
    }

    #[test]
    fn names_of_long_lists_are_found_where_they_were_first_added() {
        let mut names = Names::default();
        for i in 0..100 {
            names.push(&format!("n{i}")).unwrap();
            assert_eq!(names.position(&format!("n{}", i / 2)), Some(i / 2));
            assert_eq!(names.position(&format!("n{}", i + 1)), None);
        }
        names.push("n7").unwrap();
        assert_eq!(names.position("n7"), Some(7));
        assert_eq!(names.clone().position("n99"), Some(99));
        assert!(!names.contains(""));
    }

    #[test]
    fn c_strings_follow_additions() {
        let mut names = Names::dimensions(&["a"]).unwrap();
        assert_eq!(names.as_c_strings().len(), 1);
        names.push("other").unwrap();
        assert_eq!(names.as_c_strings().len(), 2);
        assert_eq!(names.to_string(), "['a', 'other']");
        assert!(names.push("nul\0").is_err());
    }
}
