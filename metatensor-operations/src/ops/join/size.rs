//! How many bytes a joined map takes, which is checked before anything of this size is made.
//!
//! Where properties are joined, gradients have the rows of all blocks: those without any in common make one that is as
//! many times larger than all of them as there are blocks.

use metatensor_core::internal::ResultBytes;
use metatensor_core::{Limit, Result, TensorBlock};

use super::{Input, Plan, gradients_of};
use crate::engine::{Axis, Child, parameters, union_of_rows};

/// Checks that joining the blocks of each list is not too much, for elements of this size. `name` tells which block of
/// the result a list makes.
///
/// # Errors
/// If it is, or if gradients do not fit together.
pub(super) fn check(
    plan: Plan<'_>,
    element: usize,
    lists: &[&[Input<'_>]],
    name: impl Fn(usize) -> String,
) -> Result<()> {
    let most = lists.iter().map(|inputs| at_most(plan, element, inputs));
    if most.fold(0, u64::saturating_add) <= Limit::ResultBytes.get() {
        return Ok(());
    }
    let mut total = ResultBytes::default();
    for (i, &inputs) in lists.iter().enumerate() {
        let bytes = match plan.axis {
            Axis::Properties => beside(element, inputs)?,
            _ => at_most(plan, element, inputs),
        };
        total.add(bytes, || name(i));
    }
    total.check()
}

fn sum(numbers: impl Iterator<Item = usize>) -> u64 {
    numbers.fold(0, |sum, number| sum.saturating_add(number as u64))
}

/// Bytes of a block like `model` with this many samples and properties, without gradients and the labels of properties.
fn own_bytes(model: &TensorBlock, element: usize, samples: u64, properties: u64) -> u64 {
    let components = model.components().iter().map(|c| c.count() as u64);
    let values = components
        .chain([properties, element as u64])
        .fold(samples, u64::saturating_mul);
    values.saturating_add(labels_bytes(samples, model.samples().size() + 1))
}

/// Bytes of labels, which may have one dimension less than this.
fn labels_bytes(count: u64, dimensions: usize) -> u64 {
    count.saturating_mul((size_of::<i32>() * dimensions) as u64)
}

fn properties_bytes(inputs: &[Input<'_>], properties: u64) -> u64 {
    let dimensions = inputs.iter().map(|input| input.block.properties().size());
    labels_bytes(properties, dimensions.max().unwrap_or(0) + 1)
}

/// The bytes of joined blocks if no row of their gradients is the same.
fn at_most(plan: Plan<'_>, element: usize, inputs: &[Input<'_>]) -> u64 {
    let Some(first) = inputs.first() else {
        return 0;
    };
    let samples = inputs.iter().map(|input| input.block.samples().count());
    let properties = inputs.iter().map(|input| input.block.properties().count());
    let (samples, properties) = match plan.axis {
        Axis::Properties => (first.block.samples().count() as u64, sum(properties)),
        _ => (sum(samples), first.block.properties().count() as u64),
    };
    let blocks: Vec<_> = inputs.iter().map(|input| input.block).collect();
    stacked(&blocks, element, samples, properties)
        .saturating_add(properties_bytes(inputs, properties))
}

/// The bytes of a block with gradients that have the rows of all of these.
fn stacked(blocks: &[&TensorBlock], element: usize, samples: u64, properties: u64) -> u64 {
    let mut bytes = own_bytes(blocks[0], element, samples, properties);
    for parameter in parameters(blocks.iter().copied()) {
        let gradients = gradients_of(blocks, parameter);
        let samples = sum(gradients.iter().map(|g| g.samples().count()));
        let gradient = stacked(&gradients, element, samples, properties);
        bytes = bytes.saturating_add(gradient);
    }
    bytes
}

/// The bytes of blocks joined along properties.
fn beside(element: usize, inputs: &[Input<'_>]) -> Result<u64> {
    let Some(first) = inputs.first() else {
        return Ok(0);
    };
    let properties = sum(inputs.iter().map(|input| input.block.properties().count()));
    let children: Vec<_> = inputs
        .iter()
        .map(|input| Child::same_rows(input.block))
        .collect();
    let samples = first.block.samples().count();
    let bytes = union_bytes(&children, element, samples, properties)?;
    Ok(bytes.saturating_add(properties_bytes(inputs, properties)))
}

fn union_bytes(
    blocks: &[Child<'_>],
    element: usize,
    samples: usize,
    properties: u64,
) -> Result<u64> {
    let present: Vec<_> = blocks.iter().filter_map(|child| child.block).collect();
    let mut bytes = own_bytes(present[0], element, samples as u64, properties);
    for parameter in parameters(present.iter().copied()) {
        let gradients = gradients_of(&present, parameter);
        let (samples, children) = union_of_rows(blocks, parameter, gradients[0].samples())?;
        let gradient = union_bytes(&children, element, samples.count(), properties)?;
        bytes = bytes.saturating_add(gradient);
    }
    Ok(bytes)
}
