//! Putting maps and blocks together.

mod blocks;
mod load_many;
mod size;
#[cfg(test)]
mod tests;

use metatensor_core::{Error, Labels, Result, TensorBlock};

pub use load_many::{LoadManyOptions, load_many, load_many_with};

use crate::engine::{
    Axis, Blocks, MissingGradients, Operand, gradient_of, same_parameters, samples_or_properties,
    with_hint,
};

/// What to do with keys that are not in all of the joined maps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DifferentKeys {
    /// They are an error.
    #[default]
    Error,
    /// They are left out.
    Intersection,
    /// Maps without a block for a key have nothing to add to this block.
    Union,
}

/// Options of [`join`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JoinOptions<'a> {
    /// What to do with keys that are not in all maps. Blocks have none.
    pub different_keys: DifferentKeys,
    /// Name of a new last dimension of the joined axis: the position in the list of the map that an
    /// entry comes from.
    pub add_dimension: Option<&'a str>,
    /// What to do with gradients that not all maps have. Rows that only some of them have are no error in any case: see
    /// [`join`].
    pub missing_gradients: MissingGradients,
}

/// One of the things to join, and its position in the list.
#[derive(Clone, Copy)]
struct Input<'a> {
    position: i32,
    block: &'a TensorBlock,
}

/// A dimension that entries of the joined axis get, after all others.
#[derive(Clone, Copy)]
struct Added<'a> {
    name: &'a str,
    /// Its values, one for each of the inputs, or else their positions. All dimensions that are added are, together, different
    /// for different inputs.
    values: Option<&'a [i32]>,
}

impl<'a> Added<'a> {
    /// The position of the input.
    fn position(name: &'a str) -> Added<'a> {
        Added { name, values: None }
    }

    /// What entries of the input at this position get.
    fn value(&self, position: i32) -> i32 {
        self.values
            .map_or(position, |values| values[position as usize])
    }
}

/// How blocks are joined.
#[derive(Clone, Copy)]
struct Plan<'a> {
    axis: Axis,
    added: &'a [Added<'a>],
    /// Whether properties are replaced by numbers, because they do not have the same dimensions in
    /// all blocks.
    number_properties: bool,
    missing_gradients: MissingGradients,
    /// Blocks that have, together, all gradients that there are.
    models: &'a [&'a TensorBlock],
}

/// Map with the samples, or the properties, of several maps one after the other.
///
/// Blocks with the same key are joined, in the order of the list.
///
/// - Joined samples: components and properties must be the same. The rows of gradients are put one
///   after the other as well, and refer to the joined samples.
/// - Joined properties: samples and components must be the same. If properties do not have the same
///   dimensions everywhere, they are replaced by `joined_index`, the position of a map in the list,
///   and `property`, the position of the property in this map. Gradients have the rows of all the
///   joined ones: those of the first, then those which only the second one has, and so on. Where a
///   gradient has no row, derivatives are zero.
/// - All maps must have gradients with respect to the same parameters. With [`MissingGradients::Zeros`], a gradient that
///   only some of them have is one without rows in the others, at all depths.
///
/// Entries of the joined axis must be different from each other, which
/// [`JoinOptions::add_dimension`] makes sure of. The info of a single map is kept, that of several is
/// not.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{Axis, JoinOptions, join};
/// # use ndarray::arr2;
/// let map = |first_sample, value| {
///     let samples = Labels::new(["s"], &[[first_sample]])?;
///     let properties = Labels::range("p", 1)?;
///     let block = TensorBlock::new(arr2(&[[value]]), &samples, &[], &properties)?;
///     TensorMap::new(Labels::single(), vec![block])
/// };
/// let joined = join(&[&map(0, 1.0)?, &map(7, 2.0)?], Axis::Samples, JoinOptions::default())?;
/// let block = joined.block_by_id(0)?;
/// assert_eq!(*block.samples(), Labels::new(["s"], &[[0], [7]])?);
/// assert_eq!(block.to_ndarray::<f64>()?, arr2(&[[1.0], [2.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If there are no maps; if `axis` is neither samples nor properties; if keys are different and may
/// not be; if blocks do not have the labels in common that they must have, or not the same data type;
/// if entries of the joined axis are repeated; or those of the arrays.
pub fn join<T: Operand>(tensors: &[&T], axis: Axis, options: JoinOptions<'_>) -> Result<T> {
    let added = options.add_dimension.map(Added::position);
    let function = if T::IS_MAP { "join" } else { "join_blocks" };
    let name = |i| format!("input {i}");
    let joined = join_adding(tensors, axis, options, added.as_slice(), name);
    joined.map_err(|error| error.context(function))
}

/// [`join`] with these dimensions. Errors have the `name` of the input that they are about.
fn join_adding<T: Operand>(
    tensors: &[&T],
    axis: Axis,
    options: JoinOptions<'_>,
    added: &[Added<'_>],
    name: impl Fn(usize) -> String,
) -> Result<T> {
    let join = |tensors: &[&T]| join_all(tensors, axis, options, added);
    join(tensors).map_err(|error| name_input(error, tensors, join, name))
}

/// The error of joining these inputs, with the `name` of the first one that can not be joined with those before it.
/// It is looked for by joining only some of them: that is rarely needed, and is right for anything that can differ.
#[cold]
fn name_input<T, R>(
    mut error: Error,
    inputs: &[T],
    join: impl Fn(&[T]) -> Result<R>,
    name: impl Fn(usize) -> String,
) -> Error {
    let (mut joined, mut failed) = (0, inputs.len());
    while joined + 1 < failed {
        let middle = usize::midpoint(joined, failed);
        match join(&inputs[..middle]) {
            Ok(_) => joined = middle,
            Err(earlier) => (failed, error) = (middle, earlier),
        }
    }
    if joined == 0 {
        // not even one of them can be joined
        return error;
    }
    error.context(format!(
        "{} can not be joined with those before it",
        name(joined)
    ))
}

impl<'a> Plan<'a> {
    /// How to join blocks, of which `models` are some with all names of properties, and all gradients, that there are.
    fn new(
        axis: Axis,
        added: &'a [Added<'a>],
        missing_gradients: MissingGradients,
        models: &'a [&'a TensorBlock],
    ) -> Result<Plan<'a>> {
        let all = models.iter().map(|block| block.properties().names());
        let number_properties =
            axis == Axis::Properties && all.clone().zip(all.skip(1)).any(|(a, b)| a != b);
        if let Some(Added { name, .. }) = added.first()
            && number_properties
        {
            return Err(Error::invalid(format!(
                "can not add the dimension '{name}' to properties when joining blocks with \
                 different property names"
            )));
        }
        if let Some(first) = models.first() {
            for block in models {
                let (expected, got) = (first.dtype(), block.dtype());
                if expected != got {
                    return Err(Error::invalid(format!(
                        "can not join arrays of {expected} and {got}"
                    )));
                }
            }
        }
        Ok(Plan {
            axis,
            added,
            number_properties,
            missing_gradients,
            models,
        })
    }
}

/// The gradients with respect to `parameter` of those blocks that have one.
fn gradients_of<'a>(blocks: &[&'a TensorBlock], parameter: &str) -> Vec<&'a TensorBlock> {
    let gradients = blocks
        .iter()
        .filter_map(|block| gradient_of(block, parameter));
    gradients.collect()
}

fn join_all<T: Operand>(
    tensors: &[&T],
    axis: Axis,
    options: JoinOptions<'_>,
    added: &[Added<'_>],
) -> Result<T> {
    samples_or_properties(axis, "an axis that can be joined")?;
    let Some(&first) = tensors.first() else {
        let what = if T::IS_MAP { "map" } else { "block" };
        return Err(Error::invalid(format!(
            "expected at least one {what} to join"
        )));
    };
    let parts: Vec<_> = tensors.iter().map(|tensor| tensor.parts()).collect();
    let Some((keys, blocks)) = join_blocks(&parts, axis, options, added)? else {
        return Ok(first.clone());
    };
    let joined = T::made_of(keys, blocks)?;
    Ok(match tensors {
        [single] => joined.with_info_of(single),
        _ => joined,
    })
}

/// The joined blocks and, of maps, their keys. `None` if there are no blocks.
fn join_blocks(
    all: &[Blocks<'_>],
    axis: Axis,
    options: JoinOptions<'_>,
    added: &[Added<'_>],
) -> Result<Option<(Option<Labels>, Vec<TensorBlock>)>> {
    // All blocks of a map have the same names.
    let models: Vec<_> = all
        .iter()
        .filter_map(|blocks| blocks.list.first())
        .collect();
    let plan = Plan::new(axis, added, options.missing_gradients, &models)?;
    if options.different_keys != DifferentKeys::Error {
        // Blocks that are joined with no others have to have all gradients as well.
        for other in models.iter().skip(1) {
            if options.missing_gradients != MissingGradients::Zeros {
                same_parameters(models[0], other).map_err(with_hint)?;
            }
        }
    }
    let (keys, inputs) = matching_blocks(all, options.different_keys)?;
    let Some(model) = models.first() else {
        return Ok(None);
    };
    let lists: Vec<_> = inputs.iter().map(Vec::as_slice).collect();
    let joined = Blocks {
        keys: keys.as_ref(),
        list: &[],
    };
    let name = |i| match joined.keys {
        Some(keys) => keys.describe(i),
        None => "the joined one".to_owned(),
    };
    size::check(plan, model.dtype().size(), &lists, name)?;
    let known = blocks::Joined::new();
    let blocks = inputs.iter().enumerate().map(|(i, inputs)| {
        blocks::join(inputs, plan, model, &known).map_err(|error| joined.in_block(i, error))
    });
    let blocks = blocks.collect::<Result<_>>()?;
    Ok(Some((keys, blocks)))
}

/// The keys of the joined map, and what to join for each of them.
fn matching_blocks<'a>(
    all: &[Blocks<'a>],
    different_keys: DifferentKeys,
) -> Result<(Option<Labels>, Vec<Vec<Input<'a>>>)> {
    let inputs = || (0..).zip(all).map(|(position, blocks)| (position, *blocks));
    let Some(mut keys) = all[0].keys.cloned() else {
        let inputs = inputs().flat_map(|(position, blocks)| {
            let blocks = blocks.list.iter();
            blocks.map(move |block| Input { position, block })
        });
        return Ok((None, vec![inputs.collect()]));
    };
    for other in &all[1..] {
        let others = other.keys.unwrap_or(&keys);
        match different_keys {
            DifferentKeys::Error => {
                all[0].pairs(*other)?;
            }
            DifferentKeys::Intersection => keys = keys.intersection(others)?,
            DifferentKeys::Union => keys = keys.union(others)?,
        }
    }
    let mut lists = vec![Vec::new(); keys.count()];
    for (position, blocks) in inputs() {
        for (key, block) in blocks.keys.into_iter().flatten().zip(blocks.list) {
            if let Some(joined) = keys.position(key) {
                lists[joined].push(Input { position, block });
            }
        }
    }
    Ok((Some(keys), lists))
}
