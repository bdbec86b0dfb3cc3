//! Bringing groups of samples together.

use metatensor_core::internal::rows::{RowGroups, Rows};
use metatensor_core::{Error, Labels, Result, TensorMap};

use crate::communicator::{Agreed, Session, reserved};
use crate::partition::rendezvous::home;
use crate::schema::Schema;

/// For each row of each block the rank where its group will be: that with most rows of it, and the lowest of these. A group is
/// made of all rows that are equal but for the dimensions `removed`.
///
/// Only the labels of groups are sent for this, to a rank that depends on them, and back.
pub(super) fn destinations(
    session: &Session<'_>,
    schema: &Schema,
    tensor: &TensorMap,
    removed: &[&str],
) -> Result<Vec<Vec<u32>>, Agreed> {
    let ranks = session.size();
    let (width, groups) = session.step(|| {
        let kept = match schema.blocks.first() {
            Some(block) => kept_columns(&block.samples, removed)?,
            None => Vec::new(),
        };
        Ok((kept.len(), groups(tensor, &kept)?))
    })?;
    let (homes, questions) = session.step(|| questions(schema, tensor, &groups, ranks))?;
    let questions = session.exchange(questions)?;
    let answers = session.step(|| answers(&questions, width, ranks))?;
    let answers = session.exchange(answers)?;
    session.step(|| {
        let mut answers: Vec<_> = answers
            .iter()
            .map(|answers| answers.as_chunks().0.iter())
            .collect();
        let mut homes = homes.into_iter();
        let mut next = || {
            let answer = homes.next().and_then(|home| answers[home].next());
            let rank = answer.map(|&bytes| u32::from_ne_bytes(bytes));
            rank.filter(|&rank| (rank as usize) < ranks)
                .ok_or_else(damaged)
        };
        let ranks = groups.iter().map(|groups| {
            let owners: Vec<u32> = (0..groups.len()).map(|_| next()).collect::<Result<_>>()?;
            let of_rows = groups.group_of().iter();
            Ok(of_rows.map(|&group| owners[group as usize]).collect())
        });
        ranks.collect()
    })
}

/// The columns of samples that are not removed.
pub(super) fn kept_columns(samples: &Labels, removed: &[&str]) -> Result<Vec<usize>> {
    let names = samples.names();
    if let Some(name) = removed.iter().find(|name| names.position(name).is_none()) {
        return Err(Error::invalid(format!(
            "'{name}' is not a dimension of the samples, which have the dimensions {names}"
        )));
    }
    let columns = names.iter().enumerate();
    let kept = columns.filter(|(_, name)| !removed.contains(name));
    Ok(kept.map(|(column, _)| column).collect())
}

/// Those of each block.
pub(super) fn groups(tensor: &TensorMap, columns: &[usize]) -> Result<Vec<RowGroups>> {
    let blocks = tensor.blocks().iter();
    let groups = blocks.map(|block| {
        let table = block.samples().rows().columns(columns);
        let rows = Rows::try_new(&table, block.samples().count(), columns.len())?;
        Ok(RowGroups::new(rows))
    });
    groups.collect()
}

/// How many rows each group has.
pub(super) fn counts(groups: &RowGroups) -> impl Iterator<Item = u32> {
    groups.offsets().windows(2).map(|ends| ends[1] - ends[0])
}

/// For each group the rank that is asked; and for each rank the block, label and number of rows of groups.
fn questions(
    schema: &Schema,
    tensor: &TensorMap,
    groups: &[RowGroups],
    ranks: usize,
) -> Result<(Vec<usize>, Vec<Vec<u8>>)> {
    let (mut homes, mut messages) = (Vec::new(), vec![Vec::new(); ranks]);
    let mut row = Vec::new();
    for (key, groups) in tensor.keys().iter().zip(groups) {
        let block = schema.keys.position(key);
        let block = block.ok_or_else(|| Error::Internal("a key is not in the schema".into()))?;
        for (label, count) in groups.unique().iter().zip(counts(groups)) {
            row.clear();
            row.push(block as i32);
            row.extend_from_slice(label);
            let home = home(&row, ranks);
            homes.push(home);
            let numbers = row.iter().map(|value| value.to_ne_bytes());
            let message: &mut Vec<u8> = &mut messages[home];
            message.extend(numbers.chain([count.to_ne_bytes()]).flatten());
        }
    }
    Ok((homes, messages))
}

/// For each rank, where the groups that it asks for will be.
fn answers(questions: &[Vec<u8>], width: usize, ranks: usize) -> Result<Vec<Vec<u8>>> {
    // The block and the label.
    let width = width + 1;
    let bytes: usize = questions.iter().map(Vec::len).sum();
    let count = bytes / (4 * (width + 1));
    let (mut rows, mut from) = (reserved(count * width)?, reserved(count)?);
    for (rank, question) in questions.iter().enumerate() {
        let (numbers, []) = question.as_chunks() else {
            return Err(damaged());
        };
        let groups = numbers.chunks_exact(width + 1);
        if !groups.remainder().is_empty() {
            return Err(damaged());
        }
        for group in groups {
            let (row, count) = group.split_at(width);
            rows.extend(row.iter().map(|&bytes| i32::from_ne_bytes(bytes)));
            let count = count.first().map_or(0, |&bytes| u32::from_ne_bytes(bytes));
            from.push((rank, count));
        }
    }
    let groups = RowGroups::new(Rows::try_new(&rows, from.len(), width)?);
    let mut best = vec![(0, ranks); groups.len()];
    for (&(rank, count), &group) in from.iter().zip(groups.group_of()) {
        let best = &mut best[group as usize];
        // Ranks come in their order.
        if best.1 == ranks || count > best.0 {
            *best = (count, rank);
        }
    }
    let sizes = questions
        .iter()
        .map(|question| question.len() / (width + 1));
    let mut answers = sizes.map(reserved).collect::<Result<Vec<Vec<u8>>>>()?;
    for (&(rank, _), &group) in from.iter().zip(groups.group_of()) {
        answers[rank].extend((best[group as usize].1 as u32).to_ne_bytes());
    }
    Ok(answers)
}

#[cold]
fn damaged() -> Error {
    Error::Communication("a message about groups of samples is damaged".into())
}
