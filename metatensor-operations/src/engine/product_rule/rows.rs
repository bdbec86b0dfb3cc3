//! The rows that a gradient of a result has.

use std::collections::HashMap;

use metatensor_core::internal::rows::{RowGroups, Rows, first_occurrences};
use metatensor_core::{Error, GradientMap, Labels, Limit, Result, TensorBlock};

use crate::engine::with_rows;
use crate::kernels::ZEROS;

/// A gradient of a factor, with rows for those of the parent of the new gradient.
pub(super) struct Source<'s> {
    /// Number of the part of the path that it is for, and of the factor.
    pub(super) part: usize,
    pub(super) factor: usize,
    pub(super) gradient: &'s TensorBlock,
    pub(super) map: &'s GradientMap,
    /// For each row of the parent of the new gradient, the row of the parent of this one, or [`ZEROS`].
    pub(super) rows: &'s [u32],
}

/// The rows that come from some gradients of factors.
pub(super) struct Union {
    pub(super) samples: Labels,
    /// For each part and factor that there is a source for, for each row, the row of the source or [`ZEROS`].
    pub(super) rows: HashMap<(usize, usize), Vec<u32>>,
}

impl Source<'_> {
    /// Whether each row of the parent of the new gradient is that of the parent of this one.
    fn has_same_rows(&self) -> bool {
        self.rows.len() == self.map.parent_rows()
            && self.rows.iter().copied().eq(0..self.rows.len() as u32)
    }

    /// Calls `visit` with rows of the parent of the new gradient, and rows of this gradient which belong to it.
    fn for_each(&self, keep_order: bool, mut visit: impl FnMut(usize, usize)) {
        if keep_order && self.has_same_rows() {
            for (row, &parent) in self.map.parents().iter().enumerate() {
                visit(parent as usize, row);
            }
            return;
        }
        for (parent, &row) in self
            .rows
            .iter()
            .enumerate()
            .filter(|&(_, &row)| row != ZEROS)
        {
            self.map
                .rows_of(row as usize)
                .for_each(|row| visit(parent, row));
        }
    }

    fn count(&self) -> u64 {
        let rows = self.rows.iter().filter(|&&row| row != ZEROS);
        rows.map(|&row| self.map.rows_of(row as usize).len() as u64)
            .sum()
    }
}

/// All rows that come from one of the sources, of which there is at least one: sorted, or in the order of sources.
pub(super) fn union(sources: &[Source<'_>], is_sorted: bool, path: &str) -> Result<Union> {
    let first = sources
        .first()
        .ok_or_else(|| Error::Internal(format!("nobody has the gradient '{path}' there is")))?;
    let model = first.gradient.samples();
    for source in sources {
        source.gradient.samples().check_readable("a product")?;
    }
    let are_same =
        |source: &Source<'_>| source.gradient.samples() == model && source.has_same_rows();
    if (!is_sorted || model.is_sorted()) && sources.iter().all(are_same) {
        let all: Vec<u32> = (0..model.count() as u32).collect();
        let rows = sources
            .iter()
            .map(|source| ((source.part, source.factor), all.clone()));
        return Ok(Union {
            samples: model.clone(),
            rows: rows.collect(),
        });
    }

    let width = model.size();
    let count: u64 = sources.iter().map(Source::count).sum();
    let bytes = count.saturating_mul(4 * width as u64);
    Limit::check_result(bytes, || format!("the rows of the gradient '{path}'"))?;
    let (mut values, mut found) = (Vec::new(), Vec::new());
    for source in sources {
        let samples = source.gradient.samples();
        source.for_each(!is_sorted, |parent, row| {
            values.push(parent as i32);
            values.extend_from_slice(&samples[row][1..]);
            found.push(row as u32);
        });
    }
    let table = Rows::try_new(&values, found.len(), width)?;
    let (values, positions) = if is_sorted {
        let groups = RowGroups::new(table);
        (
            groups.unique().values().to_vec(),
            groups.group_of().to_vec(),
        )
    } else {
        let (firsts, positions) = first_occurrences(table);
        (table.gather(&firsts), positions)
    };
    let samples = with_rows(model, values)?;
    let mut places = found.iter().zip(&positions);
    let rows = sources.iter().map(|source| {
        let mut rows = vec![ZEROS; samples.count()];
        let own = places.by_ref().take(source.count() as usize);
        own.for_each(|(&row, &position)| rows[position as usize] = row);
        ((source.part, source.factor), rows)
    });
    let rows = rows.collect();
    Ok(Union { samples, rows })
}

/// What `rows` has for each of these.
pub(super) fn gathered(rows: &[u32], of: &[u32]) -> Vec<u32> {
    of.iter().map(|&row| rows[row as usize]).collect()
}
