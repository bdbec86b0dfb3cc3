//! How many bytes the result of a merge takes, which is checked before anything of this size is made.
//!
//! Blocks without samples and properties in common make a merged one that is as many times larger than all of them as
//! there are blocks.

use super::merge::{Group, MergedProperties, merged_gradient};
use super::merged_rows::MergedRows;
use crate::{Labels, Result, TensorBlock};

/// Bytes of labels with this many rows and dimensions.
pub(super) fn labels_bytes(count: u64, dimensions: usize) -> u64 {
    count
        .saturating_mul(dimensions as u64)
        .saturating_mul(size_of::<i32>() as u64)
}

/// Bytes of an array with the components of `block`, whose elements have this size.
fn array_bytes(block: &TensorBlock, samples: u64, properties: u64, element: usize) -> u64 {
    let components = block.components().iter().map(|c| c.count() as u64);
    components
        .chain([properties, element as u64])
        .fold(samples, u64::saturating_mul)
}

/// What `of` gives for all of `entries`.
pub(super) fn sum<T>(entries: impl IntoIterator<Item = T>, of: impl Fn(T) -> u64) -> u64 {
    entries.into_iter().map(of).fold(0, u64::saturating_add)
}

/// At least as many bytes as merging these blocks to one with `properties` gives, without these, if no rows are equal.
pub(super) fn at_most(
    blocks: &[&TensorBlock],
    new_dimensions: usize,
    properties: u64,
    element: usize,
) -> u64 {
    let first = blocks[0];
    let samples = sum(blocks, |block| block.samples().count() as u64);
    let bytes = array_bytes(first, samples, properties, element).saturating_add(labels_bytes(
        samples,
        first.samples().size() + new_dimensions,
    ));
    let gradients = first.gradients_list().iter().map(|parameter| {
        let gradients = blocks.iter().filter_map(|b| b.gradient(parameter).ok());
        at_most(&gradients.collect::<Vec<_>>(), 0, properties, element)
    });
    gradients.fold(bytes, u64::saturating_add)
}

/// The bytes that merging blocks to one gives.
pub(super) fn exact(
    group: &Group<'_>,
    samples: &MergedRows,
    properties: &MergedProperties,
    element: usize,
) -> Result<u64> {
    let bytes = block_bytes(&group.blocks, samples, &properties.labels, element)?;
    Ok(bytes.saturating_add(bytes_of(&properties.labels)))
}

fn bytes_of(labels: &Labels) -> u64 {
    labels_bytes(labels.count() as u64, labels.size())
}

fn block_bytes(
    blocks: &[&TensorBlock],
    samples: &MergedRows,
    properties: &Labels,
    element: usize,
) -> Result<u64> {
    let (rows, columns) = (samples.labels.count() as u64, properties.count() as u64);
    let mut bytes = array_bytes(blocks[0], rows, columns, element);
    bytes = bytes.saturating_add(bytes_of(&samples.labels));
    for parameter in blocks[0].gradients_list().iter() {
        let (gradients, rows) = merged_gradient(blocks, parameter, samples)?;
        let gradient = block_bytes(&gradients, &rows, properties, element)?;
        bytes = bytes.saturating_add(gradient);
    }
    Ok(bytes)
}
