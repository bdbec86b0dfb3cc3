//! Maps.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use metatensor_core::internal::recycled;
use metatensor_core::{Result, TensorMap};

use super::Handle;
use crate::ffi::{Parameter, c_string, given};

/// A map: labels called keys, and one block for each of them. All blocks have the same structure: the same
/// names for samples, components, properties and gradients.
///
/// The functions that take a pointer to a constant map can be called from several threads at the same time.
#[derive(Debug)]
pub struct mts_tensormap_t {
    map: TensorMap,
    /// The info of `map` for C, made when first needed.
    info: OnceLock<InfoStrings>,
}

/// All entries of the info of a map, as C reads them.
#[derive(Debug)]
pub(crate) struct InfoStrings {
    entries: Vec<(CString, CString)>,
    keys: Vec<*const c_char>,
}

// SAFETY: the pointers are to strings owned by `entries`, which are never written to.
unsafe impl Send for InfoStrings {}
// SAFETY: as above.
unsafe impl Sync for InfoStrings {}

impl InfoStrings {
    pub(crate) fn new<'a>(info: impl Iterator<Item = (&'a String, &'a String)>) -> InfoStrings {
        let entries: Vec<_> = info
            .map(|(key, value)| (c_string(key.clone()), c_string(value.clone())))
            .collect();
        let keys = entries.iter().map(|(key, _)| key.as_ptr()).collect();
        InfoStrings { entries, keys }
    }

    /// The text of the entry with this name, or NULL.
    pub(crate) fn value(&self, key: &str) -> *const c_char {
        let mut entries = self.entries.iter();
        let found = entries.find(|(known, _)| known.to_bytes() == key.as_bytes());
        found.map_or(std::ptr::null(), |(_, value)| value.as_ptr())
    }

    pub(crate) fn keys(&self) -> &[*const c_char] {
        &self.keys
    }
}

impl mts_tensormap_t {
    /// The names of all entries of the info, valid until it changes.
    pub(crate) fn info(&self) -> &InfoStrings {
        self.info
            .get_or_init(|| InfoStrings::new(self.map.info().iter()))
    }

    /// The text of an entry of the info, valid until the info changes, or NULL.
    pub(crate) fn info_value(&self, key: &str) -> *const c_char {
        let position = self.map.info().get_index_of(key);
        position.map_or(std::ptr::null(), |i| self.info().entries[i].1.as_ptr())
    }

    /// Sets an entry of the info.
    pub(crate) fn set_info(&mut self, key: &str, value: &str) {
        self.map.info_mut().insert(key.to_owned(), value.to_owned());
        self.info.take();
    }
}

impl Handle for mts_tensormap_t {
    type Value = TensorMap;

    fn boxed(map: TensorMap) -> Box<mts_tensormap_t> {
        recycled::give_back_idle();
        let info = OnceLock::new();
        Box::new(mts_tensormap_t { map, info })
    }

    fn unshared(mut value: TensorMap) -> Result<Box<mts_tensormap_t>> {
        value.unshare_arrays()?;
        Ok(mts_tensormap_t::boxed(value))
    }
}

impl<'a> Parameter for Option<&'a mts_tensormap_t> {
    type Value = &'a TensorMap;

    fn checked(self, name: &str) -> Result<&'a TensorMap> {
        Ok(&given(self, name)?.map)
    }
}
