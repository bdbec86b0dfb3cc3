//! One block after the other.

use metatensor_core::{ArrayRef, Error, Labels, Result, TensorBlock, View, stored_like};

use super::{Input, concatenated};
use crate::Axis;
use crate::compare::{EqualMetadataOptions, same_metadata};
use crate::kernels;
use crate::structure::with_rows;

pub(super) fn join(
    inputs: &[Input<'_>],
    add_dimension: Option<&str>,
    model: &ArrayRef,
) -> Result<TensorBlock> {
    let blocks: Vec<_> = inputs.iter().map(|input| input.block).collect();
    let all_but_samples = EqualMetadataOptions {
        samples: false,
        ..EqualMetadataOptions::default()
    };
    for block in &blocks[1..] {
        same_metadata(blocks[0], block, all_but_samples)?;
        check_sample_names(blocks[0], block)?;
    }
    let samples = concatenated(inputs, TensorBlock::samples, Axis::Samples, add_dimension)?;
    stacked(&blocks, &samples, model)
}

fn check_sample_names(first: &TensorBlock, other: &TensorBlock) -> Result<()> {
    let (names, others) = (first.samples().names(), other.samples().names());
    if names != others {
        return Err(Error::invalid(format!(
            "can not join samples with the dimensions {names} and {others}"
        )));
    }
    for (parameter, gradient) in first.gradients() {
        check_sample_names(gradient, other.gradient(parameter)?)
            .map_err(|error| error.context(format!("gradient '{parameter}'")))?;
    }
    Ok(())
}

/// The rows of all blocks, with new labels, and gradients that refer to these.
fn stacked(blocks: &[&TensorBlock], samples: &Labels, model: &ArrayRef) -> Result<TensorBlock> {
    let first = blocks[0];
    let values = if blocks.len() == 1 && first.values().origin()? == model.origin()? {
        first.values().clone()
    } else {
        let views = blocks.iter().map(|block| block.view());
        let views = views.collect::<Result<Vec<View<'_>>>>()?;
        stored_like(&**model, kernels::stack(&views)?)?
    };
    let mut result = TensorBlock::new(values, samples, first.components(), first.properties())?;
    for parameter in first.gradients_list().iter() {
        let gradients = blocks.iter().map(|block| block.gradient(parameter));
        let gradients = gradients.collect::<Result<Vec<_>>>()?;
        let rows = shifted(blocks, &gradients)?;
        result.add_gradient(parameter, stacked(&gradients, &rows, model)?)?;
    }
    Ok(result)
}

/// The samples of all gradients, where the samples of each block follow those of the ones before.
fn shifted(blocks: &[&TensorBlock], gradients: &[&TensorBlock]) -> Result<Labels> {
    let model = gradients[0].samples();
    if gradients.len() == 1 {
        return Ok(model.clone());
    }
    let mut values = Vec::new();
    let mut shift = 0_usize;
    for (block, gradient) in blocks.iter().zip(gradients) {
        let labels = gradient.samples();
        labels.check_readable("join")?;
        let start = values.len();
        values.extend_from_slice(labels.rows().values());
        shift += block.samples().count();
        let too_many = || Error::invalid(format!("labels can not hold {shift} samples"));
        let end = i32::try_from(shift).map_err(|_| too_many())?;
        let first = end - block.samples().count() as i32;
        for row in values[start..].chunks_exact_mut(labels.size()) {
            row[0] += first;
        }
    }
    with_rows(model, values)
}
