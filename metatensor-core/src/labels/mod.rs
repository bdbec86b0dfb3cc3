//! Labels: the metadata of one axis of the data.

use std::fmt;
use std::ops::Index;
use std::sync::{Arc, OnceLock};

use ndarray::ArrayView2;

use crate::names::Names;
use crate::rows::{Order, RowIndex, RowSet, Rows, RowsIter};
use crate::{Array, ArrayRef, Device, Error, Result};

mod create;
mod set_operations;
#[cfg(test)]
mod tests;
mod values;

pub use set_operations::Mapped;
use values::LabelsValues;

/// Name and meaning of the entries along one axis: a table of integers with named columns (called
/// dimensions) and distinct rows.
///
/// Labels are immutable, and clones share everything: the rows, and the index from a row to its
/// position, which is made when it is first needed.
///
/// ```
/// # use metatensor_core::{Labels, Result};
/// let samples = Labels::new(["system", "atom"], &[[0, 4], [0, 5], [1, 0]])?;
/// assert_eq!(samples.count(), 3);
/// assert_eq!(samples.position(&[0, 5]), Some(1));
/// assert_eq!(samples.position(&[7, 7]), None);
/// assert_eq!(samples.column("atom")?, [4, 5, 0]);
/// for row in &samples {
///     println!("atom {} of system {}", row[1], row[0]);
/// }
/// # Ok::<(), metatensor_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Labels(Arc<Inner>);

struct Inner {
    names: Arc<Names>,
    values: LabelsValues,
    order: OnceLock<Order>,
    index: OnceLock<RowIndex>,
}

/// Whether the rows of new labels have to be compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowCheck {
    /// Repeated rows are an error.
    Unique,
    /// The caller knows that rows are distinct. If they are not, the position of a repeated row is
    /// that of any of its copies, and operations give labels with repeated rows.
    AssumeUnique,
}

impl Labels {
    /// Names of the dimensions.
    pub fn names(&self) -> &Names {
        &self.0.names
    }

    /// Number of dimensions: columns of the table.
    pub fn size(&self) -> usize {
        self.0.names.len()
    }

    /// Number of entries: rows of the table.
    pub fn count(&self) -> usize {
        self.0.values.count()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// The rows, for the algebra in [`crate::rows`].
    #[doc(hidden)]
    pub fn rows(&self) -> Rows<'_> {
        self.0.values.rows()
    }

    /// Checks that rows can be looked at, which `action` needs.
    ///
    /// # Errors
    ///
    /// If they are on a device that only its owner knows, such as torch's meta device.
    #[doc(hidden)]
    #[inline]
    pub fn check_readable(&self, action: &str) -> Result<()> {
        if self.0.values.are_hidden() {
            return Err(self.hidden(action));
        }
        Ok(())
    }

    #[cold]
    fn hidden(&self, action: &str) -> Error {
        match self.array().device() {
            Ok(device) => Error::unsupported(format!(
                "{action} of labels on device {device}, where nobody can read them"
            )),
            Err(error) => error,
        }
    }

    /// The table, with one row per entry and one column per dimension.
    pub fn values(&self) -> ArrayView2<'_, i32> {
        let rows = self.rows();
        let shape = (rows.count(), rows.width());
        ArrayView2::from_shape(shape, rows.values()).unwrap_or_else(|_| ArrayView2::from(&[[]; 0]))
    }

    /// The table as an array of the kind these labels were made with, or else as a native array
    /// that shares the memory of these labels.
    pub fn array(&self) -> &ArrayRef {
        self.0.values.array()
    }

    /// Device of the table: the main memory, unless the labels were made with an array that is somewhere else.
    ///
    /// # Errors
    ///
    /// Those of the array.
    #[inline]
    pub fn device(&self) -> Result<Device> {
        self.0.values.device()
    }

    /// The same labels, in an array of the kind that `other` has, on the same device. They stay where
    /// they are if `other` is in a native array.
    ///
    /// # Errors
    ///
    /// Those of the array of `other`.
    #[doc(hidden)]
    pub fn stored_like(self, other: &Labels) -> Result<Labels> {
        let values = self.0.values.converted_to_kind_of(&other.0.values)?;
        Ok(self.with_values(values))
    }

    /// The same labels on the `device` of `model`: where they are, or in an array of the kind of `model`.
    ///
    /// # Errors
    ///
    /// Those of the arrays.
    #[doc(hidden)]
    pub fn on_device_of(self, model: &dyn Array, device: Device) -> Result<Labels> {
        if self.device()? == device {
            return Ok(self);
        }
        let values = self
            .0
            .values
            .converted_to_kind_of_array(model, || Ok(device))?;
        Ok(self.with_values(values))
    }

    /// The same labels with the same rows somewhere else, if there are any.
    fn with_values(self, values: Option<LabelsValues>) -> Labels {
        let Some(values) = values else {
            return self;
        };
        Labels(Arc::new(Inner {
            names: Arc::clone(&self.0.names),
            values,
            order: self.0.order.clone(),
            index: self.0.index.clone(),
        }))
    }

    /// All rows, in order.
    pub fn iter(&self) -> RowsIter<'_> {
        self.rows().iter()
    }

    /// Values of one dimension, for all rows.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let samples = Labels::new(["system", "atom"], [[0, 4], [0, 5]])?;
    /// assert_eq!(samples.column("atom")?, [4, 5]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such dimension, or the values of these labels can not be read.
    pub fn column(&self, name: &str) -> Result<Vec<i32>> {
        let Some(column) = self.names().position(name) else {
            return Err(Error::invalid(format!(
                "'{name}' is not a dimension of labels with the dimensions {}",
                self.names()
            )));
        };
        self.check_readable("a column")?;
        Ok(self.rows().columns(&[column]))
    }

    /// Whether rows are sorted, the first dimension being the most significant.
    pub fn is_sorted(&self) -> bool {
        self.order() != Order::Unordered
    }

    /// The order of rows, if somebody asked for it before.
    pub(crate) fn known_order(&self) -> Option<Order> {
        self.0.order.get().copied()
    }

    /// The smallest and the largest value of one dimension, if somebody had to find out before.
    pub(crate) fn known_range(&self, dimension: usize) -> Option<(i32, i32)> {
        self.0.index.get()?.range(dimension)
    }

    pub(crate) fn order(&self) -> Order {
        *self.0.order.get_or_init(|| self.rows().order())
    }

    #[inline]
    fn index(&self) -> &RowIndex {
        let build = || RowIndex::assume_unique(self.rows());
        self.0.index.get_or_init(build)
    }

    fn as_set(&self) -> RowSet<'_> {
        RowSet::with_order(self.rows(), self.order(), self.0.index.get())
    }

    /// Position of `row`, if it is one of the rows.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let samples = Labels::new(["system", "atom"], [[0, 4], [0, 5]])?;
    /// assert_eq!(samples.position(&[0, 5]), Some(1));
    /// assert_eq!(samples.position(&[1, 5]), None);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    #[inline]
    pub fn position(&self, row: &[i32]) -> Option<usize> {
        self.index().find(self.rows(), row)
    }

    /// What [`Labels::position`] gives, if finding it takes a few instructions and no memory. That depends on which rows
    /// there are, and on what was asked before.
    #[doc(hidden)]
    #[inline]
    pub fn position_at_once(&self, row: &[i32]) -> Option<Option<usize>> {
        if row.len() != self.rows().width() {
            return None;
        }
        self.0.index.get()?.find_in_box(row)
    }

    /// Whether `row` is one of the rows.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let samples = Labels::new(["system", "atom"], [[0, 4], [0, 5]])?;
    /// assert!(samples.contains(&[0, 5]) && !samples.contains(&[1, 5]));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn contains(&self, row: &[i32]) -> bool {
        self.position(row).is_some()
    }

    /// Whether these are the very same labels, not only equal ones.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let labels = Labels::range("n", 3)?;
    /// assert!(labels.is_same(&labels.clone()));
    /// assert!(!labels.is_same(&Labels::range("n", 3)?));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn is_same(&self, other: &Labels) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// One row with the names of its dimensions, for messages: `(system=0, atom=4)`. Rows that do not
    /// exist or can not be looked at are described by their number: `(row 3)`.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let samples = Labels::new(["system", "atom"], [[0, 4], [0, 5]])?;
    /// assert_eq!(samples.describe(1), "(system=0, atom=5)");
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn describe(&self, row: usize) -> String {
        let rows = self.rows();
        if row >= rows.count() {
            return format!("(row {row})");
        }
        let entries = self.names().iter().zip(rows.row(row));
        let entries: Vec<_> = entries
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("({})", entries.join(", "))
    }
}

/// Pointers to shared labels, for interfaces that can not name the type.
#[expect(unsafe_code, reason = "gives away a reference count")]
impl Labels {
    /// Gives away one reference to these labels, as a pointer: see [`Labels::from_raw`].
    #[doc(hidden)]
    pub fn into_raw(self) -> *const () {
        Arc::into_raw(self.0).cast()
    }

    /// Takes back what [`Labels::into_raw`] gave.
    ///
    /// # Safety
    ///
    /// `pointer` must come from [`Labels::into_raw`], and each such pointer can be taken back once.
    #[doc(hidden)]
    pub unsafe fn from_raw(pointer: *const ()) -> Labels {
        // SAFETY: made by `Arc::into_raw` of the same type.
        Labels(unsafe { Arc::from_raw(pointer.cast()) })
    }
}

/// Labels are shared, not copied.
impl From<&Labels> for Labels {
    fn from(labels: &Labels) -> Labels {
        labels.clone()
    }
}

impl Index<usize> for Labels {
    type Output = [i32];

    /// One row.
    ///
    /// # Panics
    ///
    /// If there are not that many rows.
    fn index(&self, row: usize) -> &[i32] {
        self.rows().row(row)
    }
}

impl<'a> IntoIterator for &'a Labels {
    type Item = &'a [i32];
    type IntoIter = RowsIter<'a>;

    fn into_iter(self) -> RowsIter<'a> {
        self.iter()
    }
}

/// Labels are equal if they have the same dimensions and rows, both in the same order. Labels whose
/// values can not be looked at (those on torch's meta device) are compared by dimensions and counts.
impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        if self.is_same(other) {
            return true;
        }
        if self.names() != other.names() || self.count() != other.count() {
            return false;
        }
        if self.0.values.are_hidden() || other.0.values.are_hidden() {
            return true;
        }
        self.rows().values() == other.rows().values()
    }
}

impl Eq for Labels {}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Labels").finish_non_exhaustive()
    }
}
