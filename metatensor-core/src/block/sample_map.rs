//! The sample → gradient mapping: which rows of a gradient are derivatives of which sample.

use crate::rows::Order;
use crate::rows::Rows;
use crate::{Error, Labels, Result};

use super::SAMPLE;

/// Link between the rows of a gradient and the samples of the values, in both directions.
///
/// For a gradient with G rows, of values with N samples:
///
/// - *parents* is the sample of each gradient row: `parents[r] < N` for all `r < G`;
/// - the inverse lists the gradient rows of each sample, in compressed form: those of sample `i`
///   are `rows[offsets[i]..offsets[i + 1]]`, increasing. A sample may have no gradient row at all.
///
/// The inverse is found by counting, in a time that is linear in N + G.
///
/// ```
/// # use metatensor_core::{GradientMap, Labels, Result};
/// let samples = Labels::new(["sample", "i"], &[[0, 7], [2, 7], [2, 8], [1, 7]])?;
/// let map = GradientMap::from_samples(&samples, 3)?;
/// assert_eq!(map.parents(), [0, 2, 2, 1]);
/// assert!(map.rows_of(2).eq([1, 2]));
/// # Ok::<(), metatensor_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradientMap {
    parents: Box<[u32]>,
    offsets: Box<[u32]>,
    /// `None` if parents never decrease: then the rows of a sample follow each other.
    rows: Option<Box<[u32]>>,
}

/// A mapping after some samples moved and some were removed, and the gradient rows that are left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renumbered {
    /// The mapping for the gradient rows that are left.
    pub map: GradientMap,
    /// These rows, in the order they had.
    pub kept_rows: Vec<u32>,
}

/// Checks that these can be the samples of a gradient of values with `parent_rows` samples.
pub(crate) fn check(samples: &Labels, parent_rows: usize) -> Result<()> {
    if samples.size() == 0 || &samples.names()[0] != SAMPLE {
        return Err(Error::invalid(format!(
            "the first dimension of the samples of a gradient must be '{SAMPLE}', got {}",
            samples.names()
        )));
    }
    let is_sample = |value: i32| usize::try_from(value).is_ok_and(|sample| sample < parent_rows);
    let rows = samples.rows();
    let all_are = match (rows.count(), samples.known_order()) {
        (0, _) => true,
        // The first dimension is the most significant one.
        (count, Some(Order::StrictlyIncreasing | Order::NonDecreasing)) => {
            is_sample(rows.row(0)[0]) && is_sample(rows.row(count - 1)[0])
        }
        _ => match samples.known_range(0) {
            Some((min, max)) => is_sample(min) && is_sample(max),
            None => rows.column_is_below(0, parent_rows),
        },
    };
    if all_are {
        return Ok(());
    }
    let row = rows.iter().position(|row| !is_sample(row[0])).unwrap_or(0);
    Err(Error::invalid(format!(
        "row {row} of a gradient, {}, refers to sample {}, but the values have {parent_rows} samples",
        samples.describe(row),
        samples[row][0]
    )))
}

/// Checks that labels can have this many rows.
fn check_count(count: usize) -> Result<()> {
    if count <= Rows::MAX_COUNT {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "a mapping of {count} rows is too large"
    )))
}

impl GradientMap {
    /// The mapping described by the samples of a gradient, for values with `parent_rows` samples.
    ///
    /// ```
    /// # use metatensor_core::{GradientMap, Labels, Result};
    /// let samples = Labels::new(["sample", "atom"], [[1, 0], [1, 4]])?;
    /// let map = GradientMap::from_samples(&samples, 2)?;
    /// assert_eq!(map.parents(), [1, 1]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the first dimension is not `"sample"`, or contains something that is not the position of
    /// a sample, or if the samples can not be read, or there are more of them than labels can have.
    pub fn from_samples(samples: &Labels, parent_rows: usize) -> Result<GradientMap> {
        check(samples, parent_rows)?;
        samples.check_readable("the mapping")?;
        check_count(parent_rows)?;
        let parents = samples.iter().map(|row| row[0] as u32).collect();
        Ok(Self::from_checked_parents(parents, parent_rows))
    }

    /// The mapping with these parents.
    ///
    /// ```
    /// # use metatensor_core::{GradientMap, Result};
    /// let map = GradientMap::from_parents(vec![0, 2, 0], 3)?;
    /// assert_eq!((map.gradient_rows(), map.parent_rows()), (3, 3));
    /// assert!(GradientMap::from_parents(vec![3], 3).is_err());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If one of the parents is not less than `parent_rows`, or there are more rows than labels can
    /// have.
    pub fn from_parents(parents: Vec<u32>, parent_rows: usize) -> Result<GradientMap> {
        if let Some(row) = parents
            .iter()
            .position(|&parent| parent as usize >= parent_rows)
        {
            return Err(Error::invalid(format!(
                "row {row} of a gradient refers to sample {}, but the values have {parent_rows} \
                 samples",
                parents[row]
            )));
        }
        check_count(parents.len())?;
        check_count(parent_rows)?;
        Ok(Self::from_checked_parents(parents.into(), parent_rows))
    }

    fn from_checked_parents(parents: Box<[u32]>, parent_rows: usize) -> GradientMap {
        let mut offsets = vec![0_u32; parent_rows + 1].into_boxed_slice();
        for &parent in &parents {
            offsets[parent as usize + 1] += 1;
        }
        let mut sum = 0;
        for offset in &mut offsets {
            sum += *offset;
            *offset = sum;
        }
        let grouped = parents.is_sorted();
        let rows = (!grouped).then(|| {
            let mut next = offsets.clone();
            let mut rows = vec![0; parents.len()].into_boxed_slice();
            for (row, &parent) in (0..).zip(&parents) {
                let position = &mut next[parent as usize];
                rows[*position as usize] = row;
                *position += 1;
            }
            rows
        });
        GradientMap {
            parents,
            offsets,
            rows,
        }
    }

    /// Number of samples of the values, N.
    pub fn parent_rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of rows of the gradient, G.
    pub fn gradient_rows(&self) -> usize {
        self.parents.len()
    }

    /// Sample that the gradient row `row` belongs to.
    ///
    /// ```
    /// # use metatensor_core::{GradientMap, Result};
    /// let map = GradientMap::from_parents(vec![0, 2, 0], 3)?;
    /// assert_eq!(map.parent(1), 2);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there are not that many rows.
    pub fn parent(&self, row: usize) -> usize {
        self.parents[row] as usize
    }

    /// Sample of each of the gradient rows.
    pub fn parents(&self) -> &[u32] {
        &self.parents
    }

    /// Gradient rows of one sample, increasing.
    ///
    /// ```
    /// # use metatensor_core::{GradientMap, Result};
    /// let map = GradientMap::from_parents(vec![0, 2, 0], 3)?;
    /// assert!(map.rows_of(0).eq([0, 2]));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there are not that many samples.
    pub fn rows_of(
        &self,
        parent: usize,
    ) -> impl ExactSizeIterator<Item = usize> + DoubleEndedIterator + '_ {
        let range = self.offsets[parent] as usize..self.offsets[parent + 1] as usize;
        range.map(move |i| match &self.rows {
            Some(rows) => rows[i] as usize,
            None => i,
        })
    }

    /// For each sample, where its gradient rows start in [`GradientMap::rows`]; and then G.
    pub fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    /// Gradient rows of all samples, one sample after the other. `None` if they are 0, 1, ... G - 1.
    pub fn rows(&self) -> Option<&[u32]> {
        self.rows.as_deref()
    }

    /// Whether all gradient rows of a sample follow each other, in the order of samples.
    pub fn is_grouped(&self) -> bool {
        self.rows.is_none()
    }

    /// Whether gradient row `i` belongs to sample `i`, for all of them.
    pub fn is_identity(&self) -> bool {
        let rows = self.gradient_rows();
        self.parent_rows() == rows && self.parents.iter().copied().eq(0..rows as u32)
    }

    /// Mapping from the rows of a gradient of this gradient to the samples of the values, given the
    /// mapping to the rows of this gradient.
    ///
    /// ```
    /// # use metatensor_core::{GradientMap, Result};
    /// let outer = GradientMap::from_parents(vec![0, 2, 0], 3)?;
    /// let inner = GradientMap::from_parents(vec![1, 1], 3)?;
    /// assert_eq!(outer.compose(&inner)?.parents(), [2, 2]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `inner` is for a gradient with another number of rows.
    pub fn compose(&self, inner: &GradientMap) -> Result<GradientMap> {
        if inner.parent_rows() != self.gradient_rows() {
            return Err(Error::invalid(format!(
                "can not compose a mapping to {} rows with a mapping from {} rows",
                inner.parent_rows(),
                self.gradient_rows()
            )));
        }
        let parents = inner.parents.iter().map(|&row| self.parents[row as usize]);
        Ok(Self::from_checked_parents(
            parents.collect(),
            self.parent_rows(),
        ))
    }

    /// The mapping after sample `i` became sample `new_positions[i]` out of `new_rows`, or was
    /// removed (`None`) with all of its gradient rows.
    ///
    /// # Errors
    ///
    /// If there is not one new position per sample, or one of them is not less than `new_rows`.
    #[doc(hidden)]
    pub fn renumber(&self, new_positions: &[Option<u32>], new_rows: usize) -> Result<Renumbered> {
        if new_positions.len() != self.parent_rows() {
            return Err(Error::invalid(format!(
                "expected {} new positions, got {}",
                self.parent_rows(),
                new_positions.len()
            )));
        }
        let mut kept_rows = Vec::new();
        let mut parents = Vec::new();
        for (row, &parent) in (0..).zip(&self.parents) {
            if let Some(position) = new_positions[parent as usize] {
                kept_rows.push(row);
                parents.push(position);
            }
        }
        let map = Self::from_parents(parents, new_rows)?;
        Ok(Renumbered { map, kept_rows })
    }
}
