//! One block after the other.

use metatensor_core::internal::stored_like;
use metatensor_core::{ArrayRef, DenseArray, Error, Labels, Result, TensorBlock, View};

use super::{Axes, Input, Plan, concatenated, gradient_components, gradients_of};
use crate::engine::{
    Axis, EqualMetadataOptions, check_gradients, gradient_of, same_metadata, with_rows,
};
use crate::kernels;

pub(super) fn join(inputs: &[Input<'_>], plan: Plan<'_>, model: &ArrayRef) -> Result<TensorBlock> {
    let blocks: Vec<_> = inputs.iter().map(|input| input.block).collect();
    let others = EqualMetadataOptions::only(&[Axis::Components, Axis::Properties]);
    for block in &blocks[1..] {
        same_metadata(blocks[0], block, others)?;
        let (names, others) = (blocks[0].samples().names(), block.samples().names());
        if names != others {
            return Err(Error::invalid(format!(
                "can not join samples with the dimensions {names} and {others}"
            )));
        }
    }
    check_gradients(&blocks, plan.missing_gradients)?;
    let samples = concatenated(inputs, Axis::Samples, plan.add_dimension)?;
    let axes = Axes {
        samples: &samples,
        components: blocks[0].components(),
        properties: blocks[0].properties(),
    };
    let blocks: Vec<_> = blocks.iter().copied().map(Some).collect();
    stacked(&blocks, plan.models, plan, axes, model)
}

/// The rows of all blocks, with new labels, and gradients that refer to these. Blocks that are not there have no rows. It
/// has the gradients of all of them, and those that only some of the models have, if the plan wants that.
fn stacked(
    blocks: &[Option<&TensorBlock>],
    models: &[&TensorBlock],
    plan: Plan<'_>,
    axes: Axes<'_>,
    model: &ArrayRef,
) -> Result<TensorBlock> {
    let present: Vec<_> = blocks.iter().copied().flatten().collect();
    let values = match present[..] {
        [only] if only.values().origin()? == model.origin()? => only.values().clone(),
        [] => stored_like(&**model, DenseArray::zeros(model.dtype()?, &axes.shape())?)?,
        _ => {
            let views = present.iter().map(|block| block.view());
            let views = views.collect::<Result<Vec<View<'_>>>>()?;
            stored_like(&**model, kernels::stack(&views)?)?
        }
    };
    let mut result = TensorBlock::new(values, axes.samples, axes.components, axes.properties)?;
    for parameter in plan.parameters(present.iter().copied(), models) {
        let gradients = blocks.iter().map(|block| gradient_of((*block)?, parameter));
        let gradients: Vec<_> = gradients.collect();
        let models_of_gradient = gradients_of(models, parameter);
        let rows = shifted(blocks, &gradients, models_of_gradient[0].samples())?;
        let axes = Axes {
            samples: &rows,
            components: &gradient_components(axes.components, models, &models_of_gradient),
            properties: axes.properties,
        };
        let gradient = stacked(&gradients, &models_of_gradient, plan, axes, model)?;
        result.add_gradient(parameter, gradient)?;
    }
    Ok(result)
}

/// The samples of all gradients, where the samples of each block follow those of the ones before.
fn shifted(
    blocks: &[Option<&TensorBlock>],
    gradients: &[Option<&TensorBlock>],
    model: &Labels,
) -> Result<Labels> {
    if let [Some(only)] = gradients {
        return Ok(only.samples().clone());
    }
    let mut values = Vec::new();
    let mut shift = 0_usize;
    for (block, gradient) in blocks.iter().zip(gradients) {
        let Some(block) = block else {
            continue;
        };
        let samples = block.samples().count();
        shift += samples;
        let Some(gradient) = gradient else {
            continue;
        };
        let labels = gradient.samples();
        labels.check_readable("join")?;
        let start = values.len();
        values.extend_from_slice(labels.rows().values());
        let too_many = || Error::invalid(format!("labels can not hold {shift} samples"));
        let end = i32::try_from(shift).map_err(|_| too_many())?;
        let first = end - samples as i32;
        for row in values[start..].chunks_exact_mut(labels.size()) {
            row[0] += first;
        }
    }
    with_rows(model, values)
}
