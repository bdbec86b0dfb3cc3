//! Archives of very many maps, and their writers.

use std::ffi::{CString, c_char};
use std::ptr::null;
use std::sync::OnceLock;

use metatensor_core::{Collection, CollectionForm, CollectionWriter, Result};
use metatensor_operations::LoadManyOptions;

use super::{mts_join_keys_t, mts_missing_gradients_t};
use crate::ffi::{Parameter, Text, bad_parameter, c_string, given};

/// An archive of very many maps, of which the directory is in memory, in a few bytes for each, and all else is read when it is
/// asked for.
///
/// All functions but `mts_collection_free` can be called from several threads at the same time, and read on their own.
#[derive(Debug)]
pub struct mts_collection_t {
    collection: Collection,
    /// The names for C, made when first needed.
    names: OnceLock<Names>,
    /// Why the index could not be kept.
    index_problem: Option<CString>,
}

#[derive(Debug)]
struct Names {
    list: Vec<CString>,
    pointers: Vec<*const c_char>,
}

// SAFETY: the pointers are to strings owned by `list`, which are never written to.
unsafe impl Send for Names {}
// SAFETY: as above.
unsafe impl Sync for Names {}

impl mts_collection_t {
    pub(crate) fn boxed(collection: Collection) -> Box<mts_collection_t> {
        let problem = collection.index_problem();
        Box::new(mts_collection_t {
            index_problem: problem.map(|error| c_string(error.to_string())),
            collection,
            names: OnceLock::new(),
        })
    }

    /// Why the index could not be kept, valid as long as this; or NULL.
    pub(crate) fn index_problem(&self) -> *const c_char {
        self.index_problem
            .as_ref()
            .map_or(null(), |problem| problem.as_ptr())
    }

    /// The names of maps, valid as long as this.
    pub(crate) fn names(&self) -> &[*const c_char] {
        let names = self.names.get_or_init(|| {
            let list = self.collection.names();
            let list: Vec<_> = list.map(|name| c_string(name.to_owned())).collect();
            let pointers = list.iter().map(|name| name.as_ptr()).collect();
            Names { list, pointers }
        });
        debug_assert_eq!(names.list.len(), names.pointers.len());
        &names.pointers
    }
}

/// The collection itself.
impl<'a> Parameter for Option<&'a mts_collection_t> {
    type Value = &'a Collection;

    fn checked(self, name: &str) -> Result<&'a Collection> {
        Ok(&given(self, name)?.collection)
    }
}

/// How a writer of a collection writes the bytes of a map: a `MTS_COLLECTION_` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_collection_form_t(u32);

/// As they are in the file of a map.
pub const MTS_COLLECTION_BARE: u32 = 0;
/// In an array of bytes, as `numpy.save` writes one: for loaders in Python that do `numpy.load` on each member.
pub const MTS_COLLECTION_NUMPY_WRAPPED: u32 = 1;

impl Parameter for mts_collection_form_t {
    type Value = CollectionForm;

    fn checked(self, name: &str) -> Result<CollectionForm> {
        match self.0 {
            MTS_COLLECTION_BARE => Ok(CollectionForm::Bare),
            MTS_COLLECTION_NUMPY_WRAPPED => Ok(CollectionForm::NumpyWrapped),
            other => Err(bad_parameter(format_args!(
                "'{name}' must be one of the MTS_COLLECTION_ values, got {other}"
            ))),
        }
    }
}

/// Writes an archive of very many maps, one after the other, and never holds more than one of them.
///
/// A writer is used by one thread at a time, which need not be the same one.
#[derive(Debug)]
pub struct mts_collection_writer_t(CollectionWriter);

impl mts_collection_writer_t {
    pub(crate) fn boxed(writer: CollectionWriter) -> Box<mts_collection_writer_t> {
        Box::new(mts_collection_writer_t(writer))
    }
}

impl Parameter for Option<Box<mts_collection_writer_t>> {
    type Value = CollectionWriter;

    fn checked(self, name: &str) -> Result<CollectionWriter> {
        Ok(given(self, name)?.0)
    }
}

impl<'a> Parameter for Option<&'a mut mts_collection_writer_t> {
    type Value = &'a mut CollectionWriter;

    fn checked(self, name: &str) -> Result<&'a mut CollectionWriter> {
        Ok(&mut given(self, name)?.0)
    }
}

impl<'a> Parameter for Option<&'a mts_collection_writer_t> {
    type Value = &'a CollectionWriter;

    fn checked(self, name: &str) -> Result<&'a CollectionWriter> {
        Ok(&given(self, name)?.0)
    }
}

/// How to make a batch of several maps. NULL stands for `MTS_LOAD_MANY_OPTIONS_INIT`, which is
/// `{"system", NULL, MTS_JOIN_KEYS_UNION, MTS_MISSING_GRADIENTS_ERROR}`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_load_many_options_t<'a> {
    /// name of a new dimension of the samples: the number of the map that they come from; or NULL
    number: Text<'a>,
    /// name of another one, after that: the position of this map in the list; or NULL. Maps that are in a batch more than once
    /// need it.
    position: Text<'a>,
    /// what to do with keys that are not in all maps
    different_keys: mts_join_keys_t,
    /// what to do with gradients that not all maps have
    missing_gradients: mts_missing_gradients_t,
}

impl<'a> Parameter for Option<&mts_load_many_options_t<'a>> {
    type Value = LoadManyOptions<'a>;

    fn checked(self, _: &str) -> Result<LoadManyOptions<'a>> {
        let Some(options) = self else {
            return Ok(LoadManyOptions::default());
        };
        Ok(LoadManyOptions {
            number: options.number.optional("number")?,
            position: options.position.optional("position")?,
            different_keys: options.different_keys.checked("different_keys")?,
            missing_gradients: options.missing_gradients.checked("missing_gradients")?,
        })
    }
}
