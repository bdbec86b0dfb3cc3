//! Ranks for the values of some dimensions.

use metatensor_core::internal::rows::{RowGroups, Rows};
use metatensor_core::{Error, Labels, Names, Result, TensorMap};

use super::rendezvous::home;
use super::shares;
use crate::communicator::{Agreed, Session, reserved};
use crate::schema::Schema;

pub(super) fn strided(
    session: &Session<'_>,
    schema: &Schema,
    tensor: Option<&TensorMap>,
    names: &[&str],
) -> Result<Vec<Vec<u32>>, Agreed> {
    let all = AllValues::of(session, schema, tensor, names)?;
    let ranks = session.size();
    session.step(|| {
        let own = all.own.iter().map(|&value| (value as usize % ranks) as u32);
        Ok(all.values.rank_of_rows(&own.collect::<Vec<_>>()))
    })
}

pub(super) fn contiguous(
    session: &Session<'_>,
    schema: &Schema,
    tensor: Option<&TensorMap>,
    names: &[&str],
) -> Result<Vec<Vec<u32>>, Agreed> {
    let all = AllValues::of(session, schema, tensor, names)?;
    session.step(|| {
        let ranks = shares(&all.counts, session.size());
        let own = all.own.iter().map(|&value| ranks[value as usize]);
        Ok(all.values.rank_of_rows(&own.collect::<Vec<_>>()))
    })
}

pub(super) fn hashed(
    session: &Session<'_>,
    schema: &Schema,
    tensor: Option<&TensorMap>,
    names: &[&str],
) -> Result<Vec<Vec<u32>>, Agreed> {
    let ranks = session.size();
    session.step(|| {
        let values = Values::of(schema, tensor, names)?;
        let own = values
            .distinct()
            .iter()
            .map(|value| home(value, ranks) as u32);
        Ok(values.rank_of_rows(&own.collect::<Vec<_>>()))
    })
}

/// Values of some dimensions in the samples of this rank.
pub(super) struct Values {
    groups: RowGroups,
    /// Number of rows of each block.
    counts: Vec<usize>,
}

impl Values {
    pub(super) fn of(
        schema: &Schema,
        tensor: Option<&TensorMap>,
        names: &[&str],
    ) -> Result<Values> {
        let columns = match schema.blocks.first() {
            Some(block) => columns(block.samples.names(), names, "samples")?,
            None => Vec::new(),
        };
        let mut values = Vec::new();
        let mut counts = Vec::new();
        for block in tensor.map_or(&[][..], TensorMap::blocks) {
            counts.push(block.samples().count());
            values.extend(block.samples().rows().columns(&columns));
        }
        let rows = Rows::try_new(&values, counts.iter().sum(), names.len())?;
        Ok(Values {
            groups: RowGroups::new(rows),
            counts,
        })
    }

    pub(super) fn distinct(&self) -> Rows<'_> {
        self.groups.unique()
    }

    /// The ranks of all rows, given that of each distinct value.
    pub(super) fn rank_of_rows(&self, rank_of: &[u32]) -> Vec<Vec<u32>> {
        let mut values = self.groups.group_of().iter();
        let blocks = self.counts.iter().map(|&count| {
            let values = values.by_ref().take(count);
            values.map(|&value| rank_of[value as usize]).collect()
        });
        blocks.collect()
    }
}

/// The columns with these names.
pub(super) fn columns(names: &Names, wanted: &[&str], what: &str) -> Result<Vec<usize>> {
    if wanted.is_empty() {
        return Err(Error::invalid(
            "a partition by values needs the names of dimensions",
        ));
    }
    let columns = wanted.iter().map(|name| {
        names.position(name).ok_or_else(|| {
            Error::invalid(format!(
                "'{name}' is not a dimension of the {what}, which have {names}"
            ))
        })
    });
    columns.collect()
}

/// Rows of labels, with some of their columns.
pub(super) fn distinct_of(labels: &Labels, names: &[&str], what: &str) -> Result<RowGroups> {
    labels.check_readable("a partition")?;
    let columns = columns(labels.names(), names, what)?;
    let values = labels.rows().columns(&columns);
    let rows = Rows::try_new(&values, labels.count(), names.len())?;
    Ok(RowGroups::new(rows))
}

/// Values of some dimensions in the samples of all ranks, sorted.
struct AllValues {
    /// Those of this rank,
    values: Values,
    /// and which ones of all they are.
    own: Vec<u32>,
    /// How many rows have each of the values.
    counts: Vec<u64>,
}

impl AllValues {
    fn of(
        session: &Session<'_>,
        schema: &Schema,
        tensor: Option<&TensorMap>,
        names: &[&str],
    ) -> Result<AllValues, Agreed> {
        let (values, message) = session.step(|| {
            let values = Values::of(schema, tensor, names)?;
            let message = values.encode()?;
            Ok((values, message))
        })?;
        let messages = session.all_gather(message)?;
        session.step(|| {
            let bytes: usize = messages.iter().map(Vec::len).sum();
            let count = bytes / record_size(names.len());
            let mut all = reserved(count * names.len())?;
            let mut counts_of = reserved(count)?;
            let mut start = 0;
            for (rank, message) in messages.iter().enumerate() {
                if rank == session.rank() {
                    start = counts_of.len();
                }
                decode(message, names.len(), &mut all, &mut counts_of)
                    .map_err(|error| error.context(format!("a message of rank {rank}")))?;
            }
            let groups = RowGroups::new(Rows::try_new(&all, counts_of.len(), names.len())?);
            let mut counts = vec![0_u64; groups.len()];
            for (&value, &count) in groups.group_of().iter().zip(&counts_of) {
                counts[value as usize] = counts[value as usize].saturating_add(count);
            }
            Ok(AllValues {
                own: groups.group_of()[start..][..values.groups.len()].to_vec(),
                values,
                counts,
            })
        })
    }
}

impl Values {
    /// For each distinct value: its integers, and the number of rows as two more.
    fn encode(&self) -> Result<Vec<u8>> {
        let width = self.distinct().width();
        let mut message = reserved(self.groups.len().saturating_mul(record_size(width)))?;
        for (i, value) in self.distinct().iter().enumerate() {
            message.extend(value.iter().flat_map(|value| value.to_ne_bytes()));
            message.extend((self.groups.rows_of(i).len() as u64).to_ne_bytes());
        }
        Ok(message)
    }
}

/// Bytes of a value with so many integers in a message.
fn record_size(width: usize) -> usize {
    4 * width + 8
}

fn decode(
    message: &[u8],
    width: usize,
    values: &mut Vec<i32>,
    counts: &mut Vec<u64>,
) -> Result<()> {
    let mut records = message.chunks_exact(record_size(width));
    for record in &mut records {
        let (integers, count) = record.split_at(4 * width);
        values.extend(
            integers
                .as_chunks()
                .0
                .iter()
                .map(|value| i32::from_ne_bytes(*value)),
        );
        counts.extend(
            count
                .as_chunks()
                .0
                .iter()
                .map(|count| u64::from_ne_bytes(*count)),
        );
    }
    match records.remainder() {
        [] => Ok(()),
        rest => Err(Error::serialization(format!(
            "it has {} bytes too many",
            rest.len()
        ))),
    }
}
