//! One block beside the other.

use metatensor_core::internal::stored_like;
use metatensor_core::{ArrayRef, Labels, Result, TensorBlock};

use super::{Axes, Input, Plan, concatenated, gradient_components, gradients_of};
use crate::engine::{
    Axis, Child, EqualMetadataOptions, check_gradients, same_metadata, union_of_rows,
};
use crate::kernels::{self, Columns};

pub(super) fn join(inputs: &[Input<'_>], plan: Plan<'_>, model: &ArrayRef) -> Result<TensorBlock> {
    let blocks: Vec<_> = inputs.iter().map(|input| input.block).collect();
    let others = EqualMetadataOptions::only(&[Axis::Samples, Axis::Components]);
    for block in &blocks[1..] {
        same_metadata(blocks[0], block, others)?;
    }
    check_gradients(&blocks, plan.missing_gradients)?;
    let properties = if plan.number_properties {
        numbered(inputs)?
    } else {
        concatenated(inputs, Axis::Properties, plan.add_dimension)?
    };
    let children: Vec<_> = blocks
        .iter()
        .map(|&block| Child::same_rows(block))
        .collect();
    let axes = Axes {
        samples: blocks[0].samples(),
        components: blocks[0].components(),
        properties: &properties,
    };
    beside(&children, plan.models, plan, axes, model)
}

fn numbered(inputs: &[Input<'_>]) -> Result<Labels> {
    let mut values = Vec::new();
    for input in inputs {
        let count = input.block.properties().count() as i32;
        values.extend((0..count).flat_map(|property| [input.position, property]));
    }
    Labels::assume_unique(&["joined_index", "property"], values)?
        .stored_like(inputs[0].block.properties())
}

/// Block with the properties of all blocks, some of which may not have all rows. It has the gradients of all of them, and
/// those that only some of the models have, if the plan wants that.
fn beside(
    blocks: &[Child<'_>],
    models: &[&TensorBlock],
    plan: Plan<'_>,
    axes: Axes<'_>,
    model: &ArrayRef,
) -> Result<TensorBlock> {
    let (samples, properties) = (axes.samples, axes.properties);
    let values = match blocks {
        [
            Child {
                block: Some(only), ..
            },
        ] if only.values().origin()? == model.origin()? => only.values().clone(),
        _ => {
            let shape = axes.shape();
            let columns = blocks.iter().map(|child| {
                Ok(Columns {
                    view: child.block.map(|block| block.view()).transpose()?,
                    width: child.width,
                    rows: child.sources(samples.count()),
                })
            });
            let columns = columns.collect::<Result<Vec<_>>>()?;
            stored_like(
                &**model,
                kernels::side_by_side(model.dtype()?, &shape, &columns)?,
            )?
        }
    };
    let mut result = TensorBlock::new(values, samples, axes.components, properties)?;
    let present = blocks.iter().filter_map(|child| child.block);
    for parameter in plan.parameters(present, models) {
        let gradients = gradients_of(models, parameter);
        let (rows, children) = union_of_rows(blocks, parameter, gradients[0].samples())?;
        let axes = Axes {
            samples: &rows,
            components: &gradient_components(axes.components, models, &gradients),
            properties,
        };
        let gradient = beside(&children, &gradients, plan, axes, model)?;
        result.add_gradient(parameter, gradient)?;
    }
    Ok(result)
}
