//! The blocks of which this rank reads the labels.

use std::ops::Range;

use metatensor_core::internal::files::PartReader;
use metatensor_core::{DenseArray, Error, Labels, Result, TensorBlock, TensorMap};
use ndarray::{ArrayD, IxDyn};

use super::open::Opened;
use crate::communicator::Session;
use crate::partition::shares;

/// Blocks of arrays that all have less bytes are read by one rank: reading a header for each rank would take longer than
/// sending them.
pub(super) const SMALL: u64 = 64 << 10;

/// Blocks that follow each other in the file.
#[derive(Debug)]
pub(super) struct OwnBlocks {
    /// Number of the first one.
    pub(super) first: usize,
    /// All that is in the file but values.
    pub(super) labels: TensorMap,
    /// The same blocks with values, if they were read as a whole.
    whole: Vec<Option<TensorBlock>>,
}

/// A map that is moved to other ranks.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) map: TensorMap,
    pub(super) destinations: Vec<Vec<u32>>,
}

impl OwnBlocks {
    /// Reads the labels that this rank reads, and blocks that can not be read in parts, or are too small for it.
    pub(super) fn read(
        file: &Opened,
        session: &Session<'_>,
        is_for_first: bool,
        small: u64,
    ) -> Result<OwnBlocks> {
        let count = file.keys.count();
        let range = match is_for_first {
            true if session.rank() == 0 => 0..count,
            true => 0..0,
            false => own_range(&file.map.work(count, small), session),
        };
        let mut reader = file.map.reader();
        let (mut labels, mut whole) = (Vec::new(), Vec::new());
        for number in range.clone() {
            let (block, has_to_be_whole) = reader.labels(number)?;
            whole.push(match has_to_be_whole || largest_array(&block) < small {
                true => Some(reader.block(number)?),
                false => None,
            });
            labels.push(block);
        }
        check_others(&mut reader, count, &range, session.rank() == 0)?;
        let first = range.start;
        let numbers: Vec<u32> = range.map(|row| row as u32).collect();
        let mut labels = TensorMap::new(rows_of(&file.keys, &numbers)?, labels)?;
        labels.info_mut().clone_from(&file.info);
        Ok(OwnBlocks {
            first,
            labels,
            whole,
        })
    }

    /// The numbers of rows of the blocks that are read in parts, and the blocks that were read as a whole, with where they go.
    pub(super) fn maps(&self, destinations: &[Vec<u32>]) -> Result<[Moved; 2]> {
        let keys = self.labels.keys();
        let mut parts = [(); 2].map(|()| (Vec::new(), Vec::new(), Vec::new()));
        let blocks = self.labels.blocks().iter().zip(&self.whole);
        for (i, ((labels, whole), destinations)) in blocks.zip(destinations).enumerate() {
            let (is_whole, block) = match whole {
                Some(block) => (1, block.clone()),
                None => (0, numbers_of_rows(labels)?),
            };
            let (numbers, blocks, list) = &mut parts[is_whole];
            numbers.push(i as u32);
            blocks.push(block);
            list.push(destinations.clone());
        }
        let [rows, whole] = parts.map(|(numbers, blocks, destinations)| {
            let map = TensorMap::new(rows_of(keys, &numbers)?, blocks)?;
            Ok::<_, Error>(Moved { map, destinations })
        });
        Ok([rows?, whole?])
    }
}

/// The blocks of which this rank reads the labels: all ranks have about the same work.
fn own_range(work: &[u64], session: &Session<'_>) -> Range<usize> {
    let ranks = shares(work, session.size());
    let own = session.rank() as u32;
    ranks.partition_point(|&rank| rank < own)..ranks.partition_point(|&rank| rank <= own)
}

/// Checks that what was not read of these blocks belongs to nothing, and on one rank, what is in no block.
fn check_others(
    reader: &mut PartReader,
    count: usize,
    own: &Range<usize>,
    is_first: bool,
) -> Result<()> {
    reader.check_others(count, |block| match block {
        Some(block) if block < count => own.contains(&block),
        _ => is_first,
    })
}

/// Bytes of the largest array in a block.
fn largest_array(block: &TensorBlock) -> u64 {
    let elements: usize = block.shape().iter().product();
    let size = (elements * block.dtype().size()) as u64;
    let gradients = block
        .gradients()
        .map(|(_, gradient)| largest_array(gradient));
    gradients.fold(size, u64::max)
}

/// A block with these samples and those of its gradients, whose values are the numbers of their rows.
fn numbers_of_rows(block: &TensorBlock) -> Result<TensorBlock> {
    let count = block.samples().count();
    let numbers: Vec<u32> = (0..count as u32).collect();
    let values = ArrayD::from_shape_vec(IxDyn(&[count, 1]), numbers);
    let values = values.map_err(|error| Error::Internal(error.to_string()))?;
    let property = Labels::single();
    let mut numbers = TensorBlock::new(DenseArray::from(values), block.samples(), [], &property)?;
    for (parameter, gradient) in block.gradients() {
        numbers.add_gradient(parameter, numbers_of_rows(gradient)?)?;
    }
    Ok(numbers)
}

/// Some rows of labels, one after the other.
fn rows_of(labels: &Labels, numbers: &[u32]) -> Result<Labels> {
    let rows = labels.rows().gather(numbers);
    Labels::assume_unique(&labels.names().to_vec(), rows)
}
