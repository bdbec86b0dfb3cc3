//! Rows that say which rank they come from, so that the rows of several ranks with the same label can be in one block.

use metatensor_core::{Labels, Result, TensorBlock, TensorMap};

/// Map whose samples have the columns `tags(block)` before their own ones: one value for each sample and name.
pub(super) fn with_tags(
    tensor: &TensorMap,
    names: &[&str],
    mut tags: impl FnMut(usize) -> Result<Vec<i32>>,
) -> Result<TensorMap> {
    let mut blocks = Vec::with_capacity(tensor.len());
    for (i, block) in tensor.blocks().iter().enumerate() {
        blocks.push(tagged(block, names, &tags(i)?)?);
    }
    TensorMap::new(tensor.keys(), blocks)
}

fn tagged(block: &TensorBlock, names: &[&str], tags: &[i32]) -> Result<TensorBlock> {
    let old = block.samples();
    let all: Vec<String> = new_names(names, old)
        .into_iter()
        .chain(old.names().iter().map(str::to_owned))
        .collect();
    let mut values = Vec::with_capacity(old.count() * all.len());
    for (row, tags) in old.iter().zip(tags.chunks(names.len().max(1))) {
        values.extend_from_slice(tags);
        values.extend_from_slice(row);
    }
    let samples = Labels::assume_unique(&all, values)?;
    let mut result = block.relabeled(&samples, block.components(), block.properties())?;
    for (parameter, gradient) in block.gradients() {
        result.add_gradient(parameter, gradient.clone())?;
    }
    Ok(result)
}

/// These names, or longer ones if there are such dimensions already.
fn new_names(names: &[&str], samples: &Labels) -> Vec<String> {
    let new = names.iter().map(|name| {
        let mut name = (*name).to_owned();
        while samples.names().position(&name).is_some() {
            name.push('_');
        }
        name
    });
    new.collect()
}

/// The names of the first columns of the samples, of which all blocks have the same.
pub(super) fn tag_names(tensor: &TensorMap, count: usize) -> Vec<&str> {
    let first = tensor.blocks().first();
    let names = first.map(|block| block.samples().names().iter().take(count));
    names.into_iter().flatten().collect()
}
