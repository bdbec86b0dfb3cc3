//! Rows of gradients that go with rows of values, and their labels as messages.

use metatensor_core::{Error, Labels, Result, TensorBlock};

use super::sets::Sets;
use crate::communicator::reserved;
use crate::schema::Reader;

/// Rows of each row set that are sent to one rank: those of values in any order, and of gradients in the order of the rows that
/// they belong to.
pub(super) type Tree = Vec<Vec<u32>>;

/// All rows below these rows of the values.
pub(super) fn below(sets: &Sets, blocks: &[&TensorBlock], values: Vec<u32>) -> Result<Tree> {
    let mut tree: Tree = Vec::with_capacity(sets.list.len());
    for set in &sets.list {
        let rows = match &set.parent {
            None => values.clone(),
            Some((parent, parameter)) => {
                let map = blocks[*parent].gradient_map(parameter)?;
                let parents = tree[*parent].iter();
                let rows = parents.flat_map(|&row| map.rows_of(row as usize));
                rows.map(|row| row as u32).collect()
            }
        };
        tree.push(rows);
    }
    Ok(tree)
}

/// Labels of all gradient rows of a tree: for each gradient the number of rows, and then samples, with the position of the row
/// above in its own part of the tree in place of "sample".
pub(super) fn write_labels(
    sets: &Sets,
    blocks: &[&TensorBlock],
    tree: &Tree,
    message: &mut Vec<u8>,
) -> Result<()> {
    for (i, (set, block)) in sets.list.iter().zip(blocks).enumerate() {
        let Some((parent, parameter)) = &set.parent else {
            continue;
        };
        let map = blocks[*parent].gradient_map(parameter)?;
        message.extend((tree[i].len() as u64).to_ne_bytes());
        let mut rows = tree[i].iter();
        for (position, &above) in (0_i32..).zip(&tree[*parent]) {
            for _ in map.rows_of(above as usize) {
                let Some(&row) = rows.next() else { break };
                let sample = &block.samples()[row as usize];
                let sample = [position].into_iter().chain(sample[1..].iter().copied());
                message.extend(sample.flat_map(i32::to_ne_bytes));
            }
        }
    }
    Ok(())
}

/// Labels of the gradient rows that one rank sends.
pub(super) struct Received {
    /// Rows of values.
    values: usize,
    /// For each row set, samples of all rows, whose first number is a row of the row set above; nothing for values.
    labels: Vec<Vec<i32>>,
}

impl Received {
    pub(super) fn read(sets: &Sets, values: usize, reader: &mut Reader<'_>) -> Result<Received> {
        let mut received = Received {
            values,
            labels: Vec::with_capacity(sets.list.len()),
        };
        for (i, set) in sets.list.iter().enumerate() {
            let labels = match &set.parent {
                None => Vec::new(),
                Some((parent, _)) => {
                    let above = received.count(sets, *parent);
                    read_set(reader, set.names.len(), above)
                        .map_err(|error| sets.in_set(i, error))?
                }
            };
            received.labels.push(labels);
        }
        Ok(received)
    }

    /// Number of rows of a row set.
    pub(super) fn count(&self, sets: &Sets, set: usize) -> usize {
        match set {
            0 => self.values,
            _ => self.labels[set].len() / sets.list[set].names.len(),
        }
    }

    /// Samples of a gradient.
    pub(super) fn rows(&self, sets: &Sets, set: usize) -> impl Iterator<Item = &[i32]> {
        self.labels[set].chunks_exact(sets.list[set].names.len())
    }
}

fn read_set(reader: &mut Reader<'_>, width: usize, above: usize) -> Result<Vec<i32>> {
    let rows = reader.count(4 * width, "gradient rows")?;
    let bytes = reader.bytes(rows * width * 4, "gradient rows")?;
    let mut labels = reserved(rows * width)?;
    labels.extend(
        bytes
            .as_chunks()
            .0
            .iter()
            .map(|bytes| i32::from_ne_bytes(*bytes)),
    );
    let mut previous = 0;
    for sample in labels.chunks_exact(width) {
        let is_row = usize::try_from(sample[0]).is_ok_and(|row| row < above);
        if !is_row || sample[0] < previous {
            return Err(Error::serialization(
                "gradient rows of another rank are not in the order of their samples",
            ));
        }
        previous = sample[0];
    }
    Ok(labels)
}

/// Checks that labels are what they were: the same ones, or equal ones.
pub(super) fn check_samples(prepared: &Labels, given: &Labels) -> Result<()> {
    if prepared.is_same(given) || prepared == given {
        return Ok(());
    }
    Err(Error::NotEqual(format!(
        "this was prepared for other samples: {} of {}, got {} of {}",
        prepared.count(),
        prepared.names(),
        given.count(),
        given.names()
    )))
}
