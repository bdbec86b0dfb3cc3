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
    let bytes = |exact| {
        lists
            .iter()
            .map(move |inputs| joined_bytes(plan, element, inputs, exact))
    };
    let most = bytes(false).collect::<Result<Vec<_>>>()?;
    if most.iter().copied().fold(0, u64::saturating_add) <= Limit::ResultBytes.get() {
        return Ok(());
    }
    let mut total = ResultBytes::default();
    for (i, bytes) in bytes(plan.axis == Axis::Properties).enumerate() {
        total.add(bytes?, || name(i));
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

/// The bytes of joined blocks: exactly, or as if no row of their gradients was the same.
fn joined_bytes(plan: Plan<'_>, element: usize, inputs: &[Input<'_>], exact: bool) -> Result<u64> {
    let Some(first) = inputs.first() else {
        return Ok(0);
    };
    let samples = inputs.iter().map(|input| input.block.samples().count());
    let properties = inputs.iter().map(|input| input.block.properties().count());
    let (samples, properties) = match plan.axis {
        Axis::Properties => (first.block.samples().count() as u64, sum(properties)),
        _ => (sum(samples), first.block.properties().count() as u64),
    };
    let children: Vec<_> = inputs
        .iter()
        .map(|input| Child::same_rows(input.block))
        .collect();
    let bytes = block_bytes(&children, element, samples, properties, exact)?;
    let dimensions = inputs.iter().map(|input| input.block.properties().size());
    let labels = labels_bytes(properties, dimensions.max().unwrap_or(0) + 1);
    Ok(bytes.saturating_add(labels))
}

/// The bytes of a block with gradients that have the rows of those of all children, each of them once if this is to be exact.
fn block_bytes(
    children: &[Child<'_>],
    element: usize,
    samples: u64,
    properties: u64,
    exact: bool,
) -> Result<u64> {
    let present: Vec<_> = children.iter().filter_map(|child| child.block).collect();
    let mut bytes = own_bytes(present[0], element, samples, properties);
    for parameter in parameters(present.iter().copied()) {
        let gradients = gradients_of(&present, parameter);
        let (samples, children) = if exact {
            let (samples, children) = union_of_rows(children, parameter, gradients[0].samples())?;
            (samples.count() as u64, children)
        } else {
            let samples = sum(gradients.iter().map(|gradient| gradient.samples().count()));
            (
                samples,
                gradients.into_iter().map(Child::same_rows).collect(),
            )
        };
        let gradient = block_bytes(&children, element, samples, properties, exact)?;
        bytes = bytes.saturating_add(gradient);
    }
    Ok(bytes)
}
