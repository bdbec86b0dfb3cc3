//! Labels.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;

use metatensor_core::{Labels, Result};

use crate::ffi::{Parameter, given};

/// Labels: a table of 32-bit integers with named columns (called dimensions) and distinct rows, which says
/// what the entries along one axis of an array are.
///
/// Labels never change. They can be used from several threads at the same time, and be freed on another
/// thread than the one that made them.
// This stands where `Labels::into_raw` points to, and is never made. The cell says that what is behind it changes: the
// number of references.
#[derive(Debug)]
pub struct mts_labels_t {
    _private: UnsafeCell<[u8; 0]>,
}

impl mts_labels_t {
    /// A handle that owns a reference to `labels`.
    pub(crate) fn new(labels: Labels) -> *const mts_labels_t {
        labels.into_raw().cast()
    }

    #[inline]
    pub(crate) fn borrow(&self) -> BorrowedLabels<'_> {
        // SAFETY: handles are made by `new`. The reference stays theirs: it is neither used up nor released.
        let labels = unsafe { Labels::from_raw(std::ptr::from_ref(self).cast()) };
        BorrowedLabels {
            labels: ManuallyDrop::new(labels),
            lent: PhantomData,
        }
    }
}

/// Labels that still belong to a handle.
pub(crate) struct BorrowedLabels<'a> {
    labels: ManuallyDrop<Labels>,
    lent: PhantomData<&'a mts_labels_t>,
}

impl Deref for BorrowedLabels<'_> {
    type Target = Labels;

    fn deref(&self) -> &Labels {
        &self.labels
    }
}

impl<'a> Parameter for Option<&'a mts_labels_t> {
    type Value = BorrowedLabels<'a>;

    fn checked(self, name: &str) -> Result<BorrowedLabels<'a>> {
        Ok(given(self, name)?.borrow())
    }
}
