//! Blocks joined to one: their rows one after the other, or their columns side by side.

use metatensor_core::{DenseArray, Error, Labels, Result, TensorBlock};

use super::{Added, Input, Plan, gradients_of};
use crate::engine::{
    Axis, Child, EqualMetadataOptions, MissingGradients, Repeated, check_gradients, parameters,
    same_metadata, union_of_rows, with_rows,
};
use crate::kernels::{self, Columns};

/// Labels that were joined, for other blocks with the same ones.
pub(super) struct Joined {
    axis: Repeated<Labels>,
    /// The samples of gradients.
    rows: Repeated<Labels>,
}

impl Joined {
    pub(super) fn new() -> Joined {
        Joined {
            axis: Repeated::new(),
            rows: Repeated::new(),
        }
    }
}

/// Blocks joined to one with arrays of the same kind as `model`. `known` has what was joined for other blocks.
pub(super) fn join(
    inputs: &[Input<'_>],
    plan: Plan<'_>,
    model: &TensorBlock,
    known: &Joined,
) -> Result<TensorBlock> {
    let first = inputs[0].block;
    let others = match plan.axis {
        Axis::Samples => [Axis::Components, Axis::Properties],
        _ => [Axis::Samples, Axis::Components],
    };
    for Input { block, .. } in &inputs[1..] {
        same_metadata(first, block, EqualMetadataOptions::only(&others))?;
        let (names, others) = (first.samples().names(), block.samples().names());
        if names != others {
            return Err(Error::invalid(format!(
                "can not join samples with the dimensions {names} and {others}"
            )));
        }
    }
    let blocks: Vec<_> = inputs.iter().map(|input| input.block).collect();
    check_gradients(&blocks, plan.missing_gradients)?;
    let labels = inputs.iter().map(|input| plan.axis.labels(input.block));
    let positions = inputs.iter().map(|input| input.position as usize);
    let (labels, positions): (Vec<_>, Vec<_>) = (labels.collect(), positions.collect());
    let joined = known.axis.get_for(&labels, &positions, || {
        if plan.number_properties {
            return numbered(inputs);
        }
        concatenated(inputs, plan.axis, plan.added)
    })?;
    let (samples, properties) = match plan.axis {
        Axis::Samples => (&*joined, first.properties()),
        _ => (first.samples(), &*joined),
    };
    let axes = Axes {
        samples,
        components: first.components(),
        properties,
    };
    let children: Vec<_> = blocks.into_iter().map(Child::same_rows).collect();
    join_children(&children, plan.models, plan, axes, model, known)
}

/// The rows of the labels of all inputs, with the dimensions that are added.
fn concatenated(inputs: &[Input<'_>], axis: Axis, added: &[Added<'_>]) -> Result<Labels> {
    let model = axis.labels(inputs[0].block);
    if inputs.len() == 1 && added.is_empty() {
        return Ok(model.clone());
    }
    let mut names = model.names().to_vec();
    names.extend(added.iter().map(|dimension| dimension.name));
    let mut values = Vec::new();
    for input in inputs {
        let labels = axis.labels(input.block);
        labels.check_readable("join")?;
        if added.is_empty() {
            values.extend_from_slice(labels.rows().values());
            continue;
        }
        for row in labels {
            values.extend_from_slice(row);
            values.extend(
                added
                    .iter()
                    .map(|dimension| dimension.value(input.position)),
            );
        }
    }
    let joined = match added {
        [] => Labels::from_values(&names, values)
            .map_err(|error| error.context("can not join without an additional dimension")),
        _ => Labels::assume_unique(&names, values),
    };
    joined
        .and_then(|labels| labels.stored_like(model))
        .map_err(|error| error.context(axis))
}

/// Properties that are numbers, because they do not have the same dimensions in all inputs.
fn numbered(inputs: &[Input<'_>]) -> Result<Labels> {
    let mut values = Vec::new();
    for input in inputs {
        let count = input.block.properties().count() as i32;
        values.extend((0..count).flat_map(|property| [input.position, property]));
    }
    Labels::assume_unique(&["joined_index", "property"], values)?
        .stored_like(inputs[0].block.properties())
}

/// The axes of a joined block.
#[derive(Clone, Copy)]
struct Axes<'a> {
    samples: &'a Labels,
    components: &'a [Labels],
    properties: &'a Labels,
}

impl Axes<'_> {
    fn shape(&self) -> Vec<usize> {
        let mut shape = vec![self.samples.count()];
        shape.extend(self.components.iter().map(Labels::count));
        shape.push(self.properties.count());
        shape
    }
}

/// The joined block with these axes. It has the gradients of all children, and those that only some of the models have, if
/// the plan wants that.
fn join_children(
    children: &[Child<'_>],
    models: &[&TensorBlock],
    plan: Plan<'_>,
    axes: Axes<'_>,
    model: &TensorBlock,
    known: &Joined,
) -> Result<TensorBlock> {
    let mut result = joined_values(children, plan.axis, axes, model)?;
    let present = children.iter().filter_map(|child| child.block);
    let others = match plan.missing_gradients {
        MissingGradients::Zeros => models,
        _ => &[],
    };
    for parameter in parameters(present.chain(others.iter().copied())) {
        let models_of_gradient = gradients_of(models, parameter);
        let first = models_of_gradient[0];
        let (samples, children) = match plan.axis {
            Axis::Samples => shifted(children, parameter, first.samples(), known)?,
            _ => union_of_rows(children, parameter, first.samples())?,
        };
        // The first gradient belongs to the first model that has any, and all models have as many components.
        let extra = first.components().len() - models[0].components().len();
        let axes = Axes {
            samples: &samples,
            components: &[&first.components()[..extra], axes.components].concat(),
            properties: axes.properties,
        };
        let gradient = join_children(&children, &models_of_gradient, plan, axes, model, known)?;
        result.add_gradient(parameter, gradient)?;
    }
    Ok(result)
}

fn joined_values(
    children: &[Child<'_>],
    axis: Axis,
    axes: Axes<'_>,
    model: &TensorBlock,
) -> Result<TensorBlock> {
    let present: Vec<_> = children.iter().filter_map(|child| child.block).collect();
    if let [only] = present[..]
        && (axis == Axis::Samples || children.len() == 1)
        && only.origin()? == model.origin()?
    {
        return only.relabeled(axes.samples, axes.components, axes.properties);
    }
    let values = match axis {
        Axis::Samples if present.is_empty() => DenseArray::zeros(model.dtype(), &axes.shape())?,
        Axis::Samples => {
            let views = present.iter().map(|block| block.view());
            kernels::stack(&views.collect::<Result<Vec<_>>>()?)?
        }
        _ => {
            let columns = children.iter().map(|child| {
                Ok(Columns {
                    view: child.block.map(|block| block.view()).transpose()?,
                    width: child.width,
                    rows: child.sources(axes.samples.count()),
                })
            });
            let columns = columns.collect::<Result<Vec<_>>>()?;
            kernels::side_by_side(model.dtype(), &axes.shape(), &columns)?
        }
    };
    model.with_new_values(values, axes.samples, axes.components, axes.properties)
}

/// The samples of the gradients of all blocks, where those of each block follow those of the ones before.
fn shifted<'a>(
    blocks: &[Child<'a>],
    parameter: &str,
    model: &Labels,
    known: &Joined,
) -> Result<(Labels, Vec<Child<'a>>)> {
    let gradients = blocks.iter().map(|child| child.gradient(parameter));
    let gradients: Vec<_> = gradients.collect();
    if let [
        Child {
            block: Some(only), ..
        },
    ] = gradients[..]
    {
        return Ok((only.samples().clone(), gradients));
    }
    // The rows of each gradient there is, and the first of the joined samples that they refer to.
    let (mut rows, mut shifts) = (Vec::new(), Vec::new());
    let mut shift = 0;
    for (block, gradient) in blocks.iter().zip(&gradients) {
        if let Some(gradient) = gradient.block {
            rows.push(gradient.samples());
            shifts.push(shift);
        }
        shift += block.block.map_or(0, |block| block.samples().count());
    }
    let all: Vec<_> = rows.iter().copied().chain([model]).collect();
    let samples = known
        .rows
        .get_for(&all, &shifts, || stacked(&rows, &shifts, model))?;
    Ok((Labels::clone(&samples), gradients))
}

/// The rows of all of these labels, in the dimensions of `model`, where those of each refer to samples from this one on.
fn stacked(all: &[&Labels], shifts: &[usize], model: &Labels) -> Result<Labels> {
    let mut values = Vec::new();
    for (labels, &shift) in all.iter().zip(shifts) {
        labels.check_readable("join")?;
        let too_many = || Error::invalid(format!("labels can not hold samples after {shift}"));
        let first = i32::try_from(shift).map_err(|_| too_many())?;
        let start = values.len();
        values.extend_from_slice(labels.rows().values());
        for row in values[start..].chunks_exact_mut(labels.size()) {
            row[0] = row[0].checked_add(first).ok_or_else(too_many)?;
        }
    }
    with_rows(model, values)
}
