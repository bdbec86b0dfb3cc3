//! Selected entries of an axis.

use std::marker::PhantomData;

use metatensor_core::Result;
use metatensor_operations::Selection;

use super::super::{BorrowedLabels, mts_labels_t};
use crate::ffi::{Parameter, slice};

/// Which entries of an axis to keep.
// Only C makes these, so that the positions are what the fields say.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_selection_t<'a> {
    /// the entries that match one of these, in some or all of the dimensions of the axis. If this is NULL, the
    /// entries at some positions:
    labels: Option<&'a mts_labels_t>,
    /// positions of entries, each of them once; can be NULL if there are none. Negative positions count from the end: -1
    /// is the last entry
    indices: *const i64,
    /// number of positions
    indices_count: usize,
    lent: PhantomData<&'a [i64]>,
}

/// What a selection borrows while it is used.
pub(crate) enum Selected<'a> {
    Labels(BorrowedLabels<'a>),
    Indices(&'a [i64]),
}

impl<'a> Parameter for mts_selection_t<'a> {
    type Value = Selected<'a>;

    fn checked(self, name: &str) -> Result<Selected<'a>> {
        if let Some(labels) = self.labels {
            return Ok(Selected::Labels(labels.borrow()));
        }
        // SAFETY: there are `indices_count` positions at `indices`, or NULL.
        let indices = |name: &str| unsafe { slice(self.indices, self.indices_count, name) };
        let indices = indices(name).or_else(|_| indices(&format!("{name}.indices")));
        Ok(Selected::Indices(indices?))
    }
}

impl Selected<'_> {
    pub(crate) fn as_selection(&self) -> Selection<'_> {
        match self {
            Selected::Labels(labels) => Selection::Labels(labels),
            Selected::Indices(indices) => Selection::Indices(indices),
        }
    }
}
