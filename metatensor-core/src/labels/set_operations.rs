//! Labels as sets of rows.

use super::Labels;
use crate::rows::{self, Order, RowSet};
use crate::{Error, Result};

/// So many times as many rows as are looked for are worth an index.
const MANY: usize = 64;

/// Result of a set operation, and where the rows of its inputs went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// The rows of the result.
    pub labels: Labels,
    /// Position in the result of each row of the first input, -1 if it is not there.
    pub first: Vec<i64>,
    /// Position in the result of each row of the second input, -1 if it is not there.
    pub second: Vec<i64>,
}

impl Labels {
    /// The rows of `self`, then the rows of `other` that are not in `self`.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let a = Labels::new(["n"], [[1], [2]])?;
    /// let b = Labels::new(["n"], [[2], [3]])?;
    /// assert_eq!(a.union(&b)?, Labels::new(["n"], [[1], [2], [3]])?);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the dimensions are not the same, here and in the other set operations.
    pub fn union(&self, other: &Labels) -> Result<Labels> {
        self.union_into(other, None, None)
    }

    /// [`Labels::union`], and where the rows of both went.
    ///
    /// # Errors
    ///
    /// As for [`Labels::union`].
    pub fn union_and_mapping(&self, other: &Labels) -> Result<Mapped> {
        let (mut first, mut second) = (vec![0; self.count()], vec![0; other.count()]);
        let labels = self.union_into(other, Some(&mut first), Some(&mut second))?;
        Ok(Mapped {
            labels,
            first,
            second,
        })
    }

    /// [`Labels::union`], writing where the rows of both went to memory of the caller.
    ///
    /// # Errors
    ///
    /// As for [`Labels::union`], and if there is not one entry per row in the mappings.
    #[doc(hidden)]
    pub fn union_into(
        &self,
        other: &Labels,
        first: Option<&mut [i64]>,
        second: Option<&mut [i64]>,
    ) -> Result<Labels> {
        self.check_set_operation("union", other, first.as_deref(), second.as_deref())?;
        let (a, b) = sets(self, other);
        self.with_rows(rows::union(a, b, first, second))
            .stored_like(self)
    }

    /// The rows in both `self` and `other`, in the order of the one with fewer rows (`self` if they
    /// have as many).
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let a = Labels::new(["n"], [[1], [2]])?;
    /// let b = Labels::new(["n"], [[2], [3]])?;
    /// assert_eq!(a.intersection(&b)?, Labels::new(["n"], [[2]])?);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Labels::union`].
    pub fn intersection(&self, other: &Labels) -> Result<Labels> {
        self.intersection_into(other, None, None)
    }

    /// [`Labels::intersection`], and where the rows of both went.
    ///
    /// # Errors
    ///
    /// As for [`Labels::union`].
    pub fn intersection_and_mapping(&self, other: &Labels) -> Result<Mapped> {
        let (mut first, mut second) = (vec![0; self.count()], vec![0; other.count()]);
        let labels = self.intersection_into(other, Some(&mut first), Some(&mut second))?;
        Ok(Mapped {
            labels,
            first,
            second,
        })
    }

    /// [`Labels::intersection`], writing where the rows of both went to memory of the caller.
    ///
    /// # Errors
    ///
    /// As for [`Labels::union_into`].
    #[doc(hidden)]
    pub fn intersection_into(
        &self,
        other: &Labels,
        first: Option<&mut [i64]>,
        second: Option<&mut [i64]>,
    ) -> Result<Labels> {
        self.check_set_operation("intersection", other, first.as_deref(), second.as_deref())?;
        let (a, b) = sets(self, other);
        self.with_rows(rows::intersection(a, b, first, second))
            .stored_like(self)
    }

    /// The rows of `self` that are not in `other`, in order.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let a = Labels::new(["n"], [[1], [2]])?;
    /// let b = Labels::new(["n"], [[2], [3]])?;
    /// assert_eq!(a.difference(&b)?, Labels::new(["n"], [[1]])?);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Labels::union`].
    pub fn difference(&self, other: &Labels) -> Result<Labels> {
        self.difference_into(other, None)
    }

    /// [`Labels::difference`], and the position in the result of each row of `self`, or -1.
    ///
    /// # Errors
    ///
    /// As for [`Labels::union`].
    pub fn difference_and_mapping(&self, other: &Labels) -> Result<(Labels, Vec<i64>)> {
        let mut first = vec![0; self.count()];
        let labels = self.difference_into(other, Some(&mut first))?;
        Ok((labels, first))
    }

    /// [`Labels::difference`], writing where the rows of `self` went to memory of the caller.
    ///
    /// # Errors
    ///
    /// As for [`Labels::union_into`].
    #[doc(hidden)]
    pub fn difference_into(&self, other: &Labels, first: Option<&mut [i64]>) -> Result<Labels> {
        self.check_set_operation("difference", other, first.as_deref(), None)?;
        let (a, b) = sets(self, other);
        self.with_rows(rows::difference(a, b, first))
            .stored_like(self)
    }

    /// Positions of the rows that match one row of `selection`, whose dimensions are some of those
    /// of `self`.
    ///
    /// If both have the same dimensions in the same order, positions are in the order of
    /// `selection`; else they are increasing. A selection without dimensions selects everything.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let labels = Labels::new(["a", "b"], [[0, 1], [1, 1], [1, 2]])?;
    /// assert_eq!(labels.select(&Labels::new(["b"], [[1]])?)?, [0, 1]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `selection` has a dimension that `self` has not, or the values of labels can not be read.
    pub fn select(&self, selection: &Labels) -> Result<Vec<u32>> {
        let columns = selection.names().iter().map(|name| {
            self.names().position(name).ok_or_else(|| {
                Error::invalid(format!(
                    "can not select on dimension '{name}': the dimensions are {}",
                    self.names()
                ))
            })
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        if columns.is_empty() {
            return Ok((0..self.count() as u32).collect());
        }
        if selection.is_empty() {
            return Ok(Vec::new());
        }
        self.check_readable("select")?;
        selection.check_readable("select")?;
        let (rows, wanted) = (self.rows(), selection.rows());
        if selection.names() == self.names() {
            // not worth an index of all rows, as those in a large file of which little is wanted
            let is_indexed = self.0.index.get().is_some();
            let are_few = wanted.count() < rows.count() / MANY;
            if !is_indexed && are_few && self.known_order() == Some(Order::StrictlyIncreasing) {
                return Ok(rows::select_sorted(rows, wanted));
            }
            let mut selected = Vec::new();
            self.index().find_all(rows, wanted, |_, position| {
                selected.extend(position.map(|p| p as u32));
            });
            return Ok(selected);
        }
        let index = || selection.index();
        Ok(rows::select(rows, &columns, wanted, index))
    }

    fn check_set_operation(
        &self,
        operation: &str,
        other: &Labels,
        first: Option<&[i64]>,
        second: Option<&[i64]>,
    ) -> Result<()> {
        if self.names() != other.names() {
            return Err(Error::invalid(format!(
                "{operation} needs labels with the same dimensions, got {} and {}",
                self.names(),
                other.names()
            )));
        }
        self.check_readable(operation)?;
        other.check_readable(operation)?;
        for (which, mapping, labels) in [("first", first, self), ("second", second, other)] {
            if mapping.is_some_and(|mapping| mapping.len() != labels.count()) {
                return Err(Error::BufferSize(format!(
                    "the mapping of the {which} labels must have {} entries, got {}",
                    labels.count(),
                    mapping.map_or(0, <[i64]>::len)
                )));
            }
        }
        Ok(())
    }
}

fn sets<'a>(a: &'a Labels, b: &'a Labels) -> (RowSet<'a>, RowSet<'a>) {
    (a.as_set(), b.as_set())
}
