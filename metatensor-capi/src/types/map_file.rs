//! Maps in files that stay open.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use metatensor_core::{BlockHeader, Error, MapFile, MapSelection, Mapping, Result};

use super::mts_labels_t;
use super::tensor_map::InfoStrings;
use crate::ffi::{Parameter, c_string, given};

/// A map in a file, of which the directory and the keys are in memory, and all else is read when it is asked for.
///
/// All functions but `mts_map_file_free` can be called from several threads at the same time, and read on their own.
#[derive(Debug)]
pub struct mts_map_file_t {
    file: MapFile,
    /// The info for C, read when first needed.
    info: OnceLock<InfoStrings>,
}

impl mts_map_file_t {
    pub(crate) fn boxed(file: MapFile) -> Box<mts_map_file_t> {
        let info = OnceLock::new();
        Box::new(mts_map_file_t { file, info })
    }

    pub(crate) fn file(&self) -> &MapFile {
        &self.file
    }

    /// The info, valid as long as this.
    pub(crate) fn info(&self) -> Result<&InfoStrings> {
        if let Some(known) = self.info.get() {
            return Ok(known);
        }
        let info = InfoStrings::new(self.file.info()?.iter());
        Ok(self.info.get_or_init(|| info))
    }
}

impl<'a> Parameter for Option<&'a mts_map_file_t> {
    type Value = &'a mts_map_file_t;

    fn checked(self, name: &str) -> Result<Self::Value> {
        given(self, name)
    }
}

/// Everything of a block, or of a gradient, in a file but its values.
///
/// It can be used from several threads at the same time, and after the file that it is from was freed.
#[derive(Debug)]
pub struct mts_map_file_header_t {
    header: BlockHeader,
    gradients: Vec<CString>,
    pointers: Vec<*const c_char>,
}

// SAFETY: the pointers are to strings owned by `gradients`, which are never written to.
unsafe impl Send for mts_map_file_header_t {}
// SAFETY: as above.
unsafe impl Sync for mts_map_file_header_t {}

impl mts_map_file_header_t {
    pub(crate) fn boxed(header: BlockHeader) -> Box<mts_map_file_header_t> {
        let gradients = header.gradients_list().iter().cloned();
        let gradients: Vec<_> = gradients.map(c_string).collect();
        Box::new(mts_map_file_header_t {
            pointers: gradients.iter().map(|name| name.as_ptr()).collect(),
            gradients,
            header,
        })
    }

    pub(crate) fn header(&self) -> &BlockHeader {
        &self.header
    }

    /// The parameters of all gradients, valid as long as this.
    pub(crate) fn gradients(&self) -> &[*const c_char] {
        debug_assert_eq!(self.pointers.len(), self.gradients.len());
        &self.pointers
    }
}

impl<'a> Parameter for Option<&'a mts_map_file_header_t> {
    type Value = &'a mts_map_file_header_t;

    fn checked(self, name: &str) -> Result<Self::Value> {
        given(self, name)
    }
}

/// Which part of a map to load: labels that are NULL stand for everything.
///
/// The labels have some or all of the dimensions of what they select from: what matches one of their entries is loaded. Keys
/// and samples are in the order of labels that have all dimensions in the same order, and else in that of the file;
/// properties always are. This is what loading everything, selecting blocks, and `mts_slice` give. Gradients have the rows of
/// the selected samples, with their new numbers. Blocks stay if nothing of them is selected.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_map_selection_t<'a> {
    /// which blocks to load
    keys: Option<&'a mts_labels_t>,
    /// which samples of them
    samples: Option<&'a mts_labels_t>,
    /// which properties of them
    properties: Option<&'a mts_labels_t>,
}

impl Parameter for Option<&mts_map_selection_t<'_>> {
    type Value = MapSelection;

    fn checked(self, name: &str) -> Result<MapSelection> {
        let given = given(self, name)?;
        let labels = |labels: Option<&mts_labels_t>| labels.map(|labels| labels.borrow().clone());
        Ok(MapSelection {
            keys: labels(given.keys),
            samples: labels(given.samples),
            properties: labels(given.properties),
        })
    }
}

/// What may be done with the memory of a mapped file: a `MTS_MAPPING_` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_mapping_t(u32);

/// It is only read: DLPack tensors are flagged as read-only, and functions that change an array change a copy. A change
/// through a pointer ends the process (`SIGSEGV`).
pub const MTS_MAPPING_READ_ONLY: u32 = 0;
/// Pages that are written to are copied then: neither the file nor anybody else sees the change. For those who can not use
/// arrays that are read-only.
pub const MTS_MAPPING_PRIVATE: u32 = 1;

impl Parameter for mts_mapping_t {
    type Value = Mapping;

    fn checked(self, name: &str) -> Result<Mapping> {
        match self.0 {
            MTS_MAPPING_READ_ONLY => Ok(Mapping::ReadOnly),
            MTS_MAPPING_PRIVATE => Ok(Mapping::Private),
            other => Err(Error::invalid(format!(
                "'{name}' must be one of the MTS_MAPPING_ values, got {other}"
            ))),
        }
    }
}
