//! Labels of several blocks merged into one.

use super::SampleOrder;
use super::merged_size::labels_bytes;
use crate::rows::{self, Order, RowGroups, Rows};
use crate::{Error, Labels, Limit, Result};

/// The distinct rows of several tables, and where the rows of each table are among them.
pub(super) struct MergedRows {
    pub(super) labels: Labels,
    positions: Vec<u32>,
    /// Part of `positions` for each table.
    parts: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Part {
    start: usize,
    end: usize,
}

/// Tables whose rows are to be merged, one after the other.
pub(super) struct Tables<'a> {
    values: Vec<i32>,
    count: usize,
    parts: Vec<Part>,
    /// The labels whose rows these are, if there are no others.
    only: Option<&'a Labels>,
    /// Whether no row of one table is in another one as well.
    distinct: bool,
}

impl<'a> Tables<'a> {
    fn new() -> Self {
        Tables {
            values: Vec::new(),
            count: 0,
            parts: Vec::new(),
            only: None,
            distinct: true,
        }
    }

    /// The rows of some labels that have the same dimensions.
    pub(super) fn of_labels(labels: &[&'a Labels]) -> Result<Self> {
        let mut tables = Tables::new();
        for &entry in labels {
            if entry == labels[0] && !tables.parts.is_empty() {
                tables.repeat_first();
                continue;
            }
            let rows = readable(entry)?;
            tables.values.extend_from_slice(rows.values());
            tables.only = Some(entry);
            tables.distinct = tables.parts.is_empty();
            tables.end_part(rows.count());
        }
        Ok(tables)
    }

    /// The rows of some labels that have the same dimensions, each followed by what comes with
    /// these labels and no others.
    pub(super) fn of_labels_with<'b>(
        labels: impl IntoIterator<Item = (&'b Labels, &'b [i32])>,
    ) -> Result<Self> {
        let mut tables = Tables::new();
        for (labels, suffix) in labels {
            let rows = readable(labels)?;
            tables
                .values
                .reserve(rows.values().len() + rows.count() * suffix.len());
            for row in rows {
                tables.values.extend_from_slice(row);
                tables.values.extend_from_slice(suffix);
            }
            tables.end_part(rows.count());
        }
        Ok(tables)
    }

    /// The samples of gradients of values whose samples were merged to `parents`.
    pub(super) fn of_gradients(samples: &[&'a Labels], parents: &MergedRows) -> Result<Self> {
        let mut tables = Tables::new();
        for (block, &labels) in samples.iter().enumerate() {
            let same_parents = parents.parts[block] == parents.parts[0];
            if !tables.parts.is_empty() && same_parents && labels == samples[0] {
                tables.repeat_first();
                continue;
            }
            let rows = readable(labels)?;
            let positions = parents.positions(block);
            let start = tables.values.len();
            tables.values.extend_from_slice(rows.values());
            let mut moved = false;
            for row in tables.values[start..].chunks_exact_mut(rows.width()) {
                // The structure of blocks makes sure that this is a sample of the values.
                let position = positions[row[0] as usize] as i32;
                moved |= row[0] != position;
                row[0] = position;
            }
            tables.only = (!moved).then_some(labels);
            tables.distinct = tables.parts.is_empty();
            tables.end_part(rows.count());
        }
        Ok(tables)
    }

    /// The next table has the rows of the first one.
    fn repeat_first(&mut self) {
        self.parts.push(self.parts[0]);
    }

    fn end_part(&mut self, count: usize) {
        if !self.parts.is_empty() {
            self.only = None;
        }
        let start = self.count;
        self.count += count;
        self.parts.push(Part {
            start,
            end: self.count,
        });
    }

    /// Merges the rows to labels with the dimensions of `model`, kept in arrays of the same kind as
    /// those of `stored_like`.
    pub(super) fn merge(
        self,
        order: SampleOrder,
        model: &Labels,
        stored_like: &Labels,
    ) -> Result<MergedRows> {
        let rows = Rows::try_new(&self.values, self.count, model.size())?;
        let in_order = match order {
            SampleOrder::Sorted => rows.order() == Order::StrictlyIncreasing,
            SampleOrder::AsInBlocks => self.distinct,
        };
        let (labels, positions) = if in_order {
            let positions = (0..self.count as u32).collect();
            if let Some(only) = self.only {
                return Ok(MergedRows {
                    labels: only.clone(),
                    positions,
                    parts: self.parts,
                });
            }
            (model.with_rows(self.values), positions)
        } else if order == SampleOrder::Sorted {
            let groups = RowGroups::new(rows);
            let labels = model.with_rows(groups.unique().values().to_vec());
            (labels, groups.group_of().to_vec())
        } else {
            let (firsts, positions) = rows::first_occurrences(rows);
            (model.with_rows(rows.gather(&firsts)), positions)
        };
        Ok(MergedRows {
            labels: labels.stored_like(stored_like)?,
            positions,
            parts: self.parts,
        })
    }
}

impl MergedRows {
    /// Position of each row of one of the tables.
    pub(super) fn positions(&self, table: usize) -> &[u32] {
        let Part { start, end } = self.parts[table];
        &self.positions[start..end]
    }
}

/// The rows of labels, which can be out of reach on some devices.
pub(super) fn readable(labels: &Labels) -> Result<Rows<'_>> {
    let rows = labels.rows();
    if rows.count() == labels.count() {
        return Ok(rows);
    }
    Err(Error::unsupported(format!(
        "labels {} on device {}, where their values can not be read",
        labels.names(),
        labels.array().device()?
    )))
}

/// All combinations of rows, one of each of these labels, the last varying fastest, as labels with the dimensions of
/// `model`.
pub(super) fn product(factors: &[&Labels], model: &Labels) -> Result<Labels> {
    let rows = factors.iter().map(|&labels| readable(labels));
    let rows = rows.collect::<Result<Vec<_>>>()?;
    let count = rows.iter().map(|rows| rows.count());
    let count = count.fold(1, usize::saturating_mul);
    let what = || {
        let factors = factors.iter();
        let factors = factors.map(|labels| format!("{} for {}", labels.count(), labels.names()));
        let factors = factors.collect::<Vec<_>>().join(" with ");
        format!("can not combine the entries of labels, {factors}")
    };
    Limit::check_result(labels_bytes(count as u64, model.size()), what)?;
    let mut values = Vec::new();
    if count > Rows::MAX_COUNT || values.try_reserve_exact(count * model.size()).is_err() {
        return Err(Error::invalid(format!("{}: these are too many", what())));
    }
    if count > 0 {
        let mut row: Vec<i32> = rows.iter().flat_map(|rows| rows.row(0).to_vec()).collect();
        let mut positions = vec![0; rows.len()];
        values.extend_from_slice(&row);
        while next_combination(&rows, &mut positions, &mut row) {
            values.extend_from_slice(&row);
        }
    }
    Ok(model.with_rows(values))
}

/// Go on to the next combination of rows, unless this is the last one.
fn next_combination(rows: &[Rows<'_>], positions: &mut [usize], row: &mut [i32]) -> bool {
    let mut end = row.len();
    for (rows, position) in rows.iter().zip(positions).rev() {
        let start = end - rows.width();
        *position += 1;
        let more = *position < rows.count();
        if !more {
            *position = 0;
        }
        row[start..end].copy_from_slice(rows.row(*position));
        if more {
            return true;
        }
        end = start;
    }
    false
}
