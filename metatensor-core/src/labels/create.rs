//! New labels.

use std::sync::{Arc, OnceLock};

use ndarray::Array2;

use super::values::LabelsValues;
use super::{Inner, Labels, RowCheck};
use crate::names::Names;
use crate::rows::{self, Order, Rows};
use crate::{ArrayRef, DenseArray, Error, Result};

impl Labels {
    /// Labels with these dimensions and rows.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let samples = Labels::new(["system", "atom"], [[0, 4], [0, 5]])?;
    /// assert_eq!(samples.count(), 2);
    /// assert!(Labels::new(["n"], [[1], [1]]).is_err());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a name is not an identifier or comes twice, or if a row comes twice.
    pub fn new<const N: usize>(names: [&str; N], rows: impl AsRef<[[i32; N]]>) -> Result<Labels> {
        Self::from_values(&names, rows.as_ref().as_flattened().to_vec())
    }

    /// Labels with these dimensions and rows.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let pairs = (0..3).map(|atom| [0, atom]);
    /// let samples = Labels::from_rows(&["system", "atom"], pairs)?;
    /// assert_eq!(samples[2], [0, 2]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Labels::new`], and if the length of a row is not the number of names.
    pub fn from_rows<S: AsRef<str>, R: AsRef<[i32]>>(
        names: &[S],
        rows: impl IntoIterator<Item = R>,
    ) -> Result<Labels> {
        let mut values = Vec::new();
        for (i, row) in rows.into_iter().enumerate() {
            let row = row.as_ref();
            if row.len() != names.len() {
                return Err(Error::invalid(format!(
                    "row {i} of the labels has {} values, but there are {} dimensions",
                    row.len(),
                    names.len()
                )));
            }
            values.extend_from_slice(row);
        }
        Self::from_values(names, values)
    }

    /// Labels with these dimensions and the rows of `values`, one after the other.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let samples = Labels::from_values(&["system", "atom"], vec![0, 4, 0, 5])?;
    /// assert_eq!(samples[1], [0, 5]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Labels::new`], and if there is not a whole number of rows.
    pub fn from_values<S: AsRef<str>>(names: &[S], values: Vec<i32>) -> Result<Labels> {
        let labels = Self::assume_unique(names, values)?;
        labels.check_unique()?;
        Ok(labels)
    }

    /// Labels with these dimensions and the rows of `values`.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let samples = Labels::from_array(&["system", "atom"], ndarray::arr2(&[[0, 4], [0, 5]]))?;
    /// assert_eq!(samples[1], [0, 5]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Labels::new`], and if the number of columns is not the number of names.
    pub fn from_array<S: AsRef<str>>(names: &[S], values: Array2<i32>) -> Result<Labels> {
        Self::from_storage(names, DenseArray::from(values).into(), RowCheck::Unique)
    }

    /// Labels whose rows are known to be distinct, which is not checked: see
    /// [`RowCheck::AssumeUnique`].
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let squares = Labels::assume_unique(&["n"], (0..10).map(|n| n * n).collect())?;
    /// assert_eq!(squares.count(), 10);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a name is not an identifier or comes twice, or if there is not a whole number of rows.
    pub fn assume_unique<S: AsRef<str>>(names: &[S], values: Vec<i32>) -> Result<Labels> {
        let names = Names::dimensions(names)?;
        let width = names.len();
        if width == 0 && values.is_empty() {
            return Ok(Self::from_parts(Arc::new(names), Vec::new()));
        }
        if width == 0 || !values.len().is_multiple_of(width) {
            return Err(Error::invalid(format!(
                "{} values can not be rows of labels with the dimensions {names}",
                values.len()
            )));
        }
        Rows::try_new(&values, values.len() / width, width)?;
        Ok(Self::from_parts(Arc::new(names), values))
    }

    /// Labels on top of an array of any kind, with one row per entry and one column per name. The
    /// array must not be changed after this.
    ///
    /// # Errors
    ///
    /// As for [`Labels::new`], and if the array does not have two axes, as many columns as there
    /// are names, and 32-bit integers.
    #[doc(hidden)]
    pub fn from_storage<S: AsRef<str>>(
        names: &[S],
        array: ArrayRef,
        check: RowCheck,
    ) -> Result<Labels> {
        let names = Names::dimensions(names)?;
        let values = LabelsValues::from_array(array, &names)?;
        let labels = Labels(Arc::new(Inner {
            names: Arc::new(names),
            values,
            order: OnceLock::new(),
            index: OnceLock::new(),
        }));
        if check == RowCheck::Unique {
            labels.check_unique()?;
        }
        Ok(labels)
    }

    /// The labels of an axis with a single entry that means nothing: `"_"` is 0.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// assert_eq!(Labels::single(), Labels::new(["_"], [[0]])?);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn single() -> Labels {
        Self::from_names_and_values("_", vec![0])
    }

    /// Labels with one dimension and the values 0, 1, ... `count - 1`.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// assert_eq!(Labels::range("n", 3)?, Labels::new(["n"], [[0], [1], [2]])?);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `name` is not an identifier, or `count` does not fit in labels.
    pub fn range(name: &str, count: usize) -> Result<Labels> {
        let end = i32::try_from(count)
            .map_err(|_| Error::invalid(format!("labels can not hold 0 to {count}")))?;
        Self::assume_unique(&[name], (0..end).collect())
    }

    /// Labels without rows.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let labels = Labels::empty(&["system", "atom"])?;
    /// assert_eq!((labels.count(), labels.size()), (0, 2));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a name is not an identifier or comes twice.
    pub fn empty<S: AsRef<str>>(names: &[S]) -> Result<Labels> {
        Self::assume_unique(names, Vec::new())
    }

    fn from_names_and_values(name: &'static str, values: Vec<i32>) -> Labels {
        let mut names = Names::default();
        // There is no NUL in these names, which come from this file.
        let _ = names.push(name);
        Self::from_parts(Arc::new(names), values)
    }

    /// Labels with distinct rows, in memory of our own.
    fn from_parts(names: Arc<Names>, values: Vec<i32>) -> Labels {
        let width = names.len();
        Labels(Arc::new(Inner {
            names,
            values: LabelsValues::owned(values, width),
            order: OnceLock::new(),
            index: OnceLock::new(),
        }))
    }

    /// Labels with the same dimensions, and rows known to be distinct.
    pub(crate) fn with_rows(&self, values: Vec<i32>) -> Labels {
        Self::from_parts(Arc::clone(&self.0.names), values)
    }

    fn check_unique(&self) -> Result<()> {
        let rows = self.rows();
        match rows::check_unique(rows) {
            Ok(rows::Uniqueness::Sorted) => {
                let _ = self.0.order.set(Order::StrictlyIncreasing);
                Ok(())
            }
            Ok(rows::Uniqueness::Indexed(index)) => {
                let _ = self.0.order.set(Order::Unordered);
                let _ = self.0.index.set(index);
                Ok(())
            }
            Err(rows::Duplicate { first, second }) => Err(Error::invalid(format!(
                "labels must have distinct rows, but rows {first} and {second} both are {}",
                self.describe(first)
            ))),
        }
    }
}
