//! Samples of rows of several ranks.

use metatensor_core::internal::rows::{Direction, Rows, argsort, check_unique};
use metatensor_core::{Error, Labels, Result};

use super::{Join, Order};
use crate::communicator::reserved;

/// How the rows of several ranks became those of a row set of the result.
pub(super) struct Joined {
    pub(super) samples: Labels,
    /// Where the rows of each rank start among the rows of all ranks, and then the number of rows.
    pub(super) starts: Vec<usize>,
    /// Which of the rows of all ranks each row of the result is, if not the same one;
    pub(super) rows: Option<Vec<u32>>,
    /// and the other way round, for gradients.
    new_rows: Vec<u32>,
}

impl Joined {
    pub(super) fn count(&self) -> usize {
        self.samples.count()
    }
}

/// The samples of a row set: of a gradient of `parent`, or of values. Labels in `known` are used if they are the same.
pub(super) fn join_samples(
    join: &Join<'_>,
    set: usize,
    names: &Labels,
    parent: Option<&Joined>,
    known: &[Option<&Labels>],
) -> Result<Joined> {
    let info = join.sets.all()[set];
    let mut starts = vec![0];
    let mut total = 0_usize;
    for rank in 0..join.ranks() {
        total = total.saturating_add(join.count(set, rank));
        starts.push(total);
    }
    if total > Rows::MAX_COUNT || (info.has_gradients && i32::try_from(total).is_err()) {
        return Err(Error::invalid(format!(
            "{total} rows are more than labels can have"
        )));
    }
    let mut values = concatenated(join, set, parent, total)?;
    let mut rows = None;
    let mut new_rows = Vec::new();
    if join.order == Order::Labels {
        let table = Rows::try_new(&values, total, info.width)?;
        let order = argsort(table, Direction::Ascending);
        if !order.is_sorted() {
            values = table.gather(&order);
            if info.has_gradients {
                new_rows = vec![0; total];
                for (new, &old) in (0..).zip(&order) {
                    new_rows[old as usize] = new;
                }
            }
            rows = Some(order);
        }
    }
    let is_known = |labels: &&&Labels| {
        labels.rows().values() == values
            && labels.count() == total
            && labels.names() == names.names()
    };
    let mut known = known.iter().flatten();
    let samples = match known.find(is_known) {
        Some(&labels) => labels.clone(),
        None => Labels::from_values(&names.names().to_vec(), values).map_err(|error| {
            let repeated = find_repeated(join, set, names, parent, &starts);
            repeated.unwrap_or(error)
        })?,
    };
    Ok(Joined {
        samples,
        starts,
        rows,
        new_rows,
    })
}

/// The samples of all ranks, one after the other.
fn concatenated(
    join: &Join<'_>,
    set: usize,
    parent: Option<&Joined>,
    total: usize,
) -> Result<Vec<i32>> {
    let info = join.sets.all()[set];
    let mut values = reserved(total.saturating_mul(info.width))?;
    for rank in 0..join.ranks() {
        let before = values.len();
        join.append_labels(set, rank, &mut values);
        let (Some(parent), Some(parent_set)) = (parent, info.parent) else {
            continue;
        };
        let count = join.count(parent_set, rank);
        for row in values[before..].chunks_exact_mut(info.width) {
            let sample = usize::try_from(row[0])
                .ok()
                .filter(|&sample| sample < count);
            let Some(sample) = sample else {
                return Err(Error::serialization(format!(
                    "a message of rank {rank} has a gradient row of sample {}, but {count} samples",
                    row[0]
                )));
            };
            let sample = parent.starts[rank] + sample;
            let sample = parent
                .new_rows
                .get(sample)
                .map_or(sample as u32, |&new| new);
            row[0] = sample.cast_signed();
        }
    }
    Ok(values)
}

/// The error that says which sample comes from two ranks, if there is one.
#[cold]
fn find_repeated(
    join: &Join<'_>,
    set: usize,
    names: &Labels,
    parent: Option<&Joined>,
    starts: &[usize],
) -> Option<Error> {
    let total = *starts.last()?;
    let values = concatenated(join, set, parent, total).ok()?;
    let rows = Rows::try_new(&values, total, join.sets.all()[set].width).ok()?;
    let repeated = check_unique(rows).err()?;
    let ranks = [repeated.first, repeated.second]
        .map(|row| starts.partition_point(|&start| start <= row) - 1);
    let row =
        Labels::assume_unique(&names.names().to_vec(), rows.row(repeated.first).to_vec()).ok()?;
    let row = row.describe(0);
    Some(match ranks {
        [first, second] if first == second => {
            Error::serialization(format!("rank {first} sent the sample {row} twice"))
        }
        [first, second] => Error::invalid(format!(
            "the sample {row} is on rank {first} and on rank {second}: each sample has to be on one rank only"
        )),
    })
}
