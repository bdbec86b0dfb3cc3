//! One block beside the other.

use metatensor_core::{ArrayRef, Labels, Result, TensorBlock, stored_like};

use super::{Input, Plan, concatenated};
use crate::Axis;
use crate::compare::{EqualMetadataOptions, same_metadata};
use crate::gradient_rows::{Child, GradientRowUnion};
use crate::kernels::{self, Columns};

pub(super) fn join(inputs: &[Input<'_>], plan: Plan<'_>, model: &ArrayRef) -> Result<TensorBlock> {
    let blocks: Vec<_> = inputs.iter().map(|input| input.block).collect();
    let only_samples = EqualMetadataOptions {
        samples: true,
        components: false,
        properties: false,
        gradients: false,
    };
    let components_and_gradients = EqualMetadataOptions {
        samples: false,
        components: true,
        properties: false,
        gradients: true,
    };
    for block in &blocks[1..] {
        same_metadata(blocks[0], block, only_samples)?;
        same_metadata(blocks[0], block, components_and_gradients)?;
    }
    let properties = if plan.number_properties {
        numbered(inputs)?
    } else {
        let labels = TensorBlock::properties;
        concatenated(inputs, labels, Axis::Properties, plan.add_dimension)?
    };
    let children: Vec<_> = blocks
        .iter()
        .map(|&block| Child::same_rows(block))
        .collect();
    beside(&children, blocks[0].samples(), &properties, model)
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

/// Block with these samples, and the properties of all blocks, some of which may not have all rows.
fn beside(
    blocks: &[Child<'_>],
    samples: &Labels,
    properties: &Labels,
    model: &ArrayRef,
) -> Result<TensorBlock> {
    let first = blocks[0].block;
    let values = if blocks.len() == 1 && first.values().origin()? == model.origin()? {
        first.values().clone()
    } else {
        let columns = blocks.iter().map(|child| {
            Ok(Columns {
                view: child.block.view()?,
                rows: child.sources(samples.count()),
            })
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        stored_like(&**model, kernels::side_by_side(samples.count(), &columns)?)?
    };
    let mut result = TensorBlock::new(values, samples, first.components(), properties)?;
    for parameter in first.gradients_list().iter() {
        let union = GradientRowUnion::new(blocks, parameter)?;
        let gradient = beside(&union.children, &union.samples, properties, model)?;
        result.add_gradient(parameter, gradient)?;
    }
    Ok(result)
}
