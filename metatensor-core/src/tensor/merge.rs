//! Merging of blocks whose keys differ only in some dimensions.

use super::fill_value::FillArray;
use super::merged_rows::{MergedRows, Tables, readable};
use super::{FillValue, TensorMap};
use crate::array::{Placement, PropertyRun, assemble};
use crate::names::Names;
use crate::rows::{RowGroups, Rows};
use crate::{Array, Error, Labels, Result, TensorBlock};

/// In which order the samples of merged blocks are. Those of their gradients are always sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SampleOrder {
    /// Sorted, the first dimension being the most significant.
    #[default]
    Sorted,
    /// As they come in the blocks, those of the first block first.
    AsInBlocks,
}

/// Which blocks of a map have to be merged when dimensions are taken out of its keys.
pub(super) struct MergePlan<'a> {
    map: &'a TensorMap,
    fill_value: FillValue<'a>,
    /// What remains of the keys, one for each merged block.
    keys: Labels,
    /// The blocks that are merged for each of these keys, in their order in the map.
    groups: Vec<Vec<u32>>,
    moved: Vec<i32>,
    moved_width: usize,
}

/// The blocks to be merged for one of the new keys.
pub(super) struct Group<'a> {
    pub(super) blocks: Vec<&'a TensorBlock>,
    /// For each block, the values that are taken out of its key.
    pub(super) moved: Vec<&'a [i32]>,
}

/// Where the properties of some blocks are in the block that they are merged to.
pub(super) struct MergedProperties {
    pub(super) labels: Labels,
    /// For each block, the properties that are kept.
    pub(super) runs: Vec<Vec<PropertyRun>>,
}

impl<'a> MergePlan<'a> {
    pub(super) fn new(
        map: &'a TensorMap,
        moved: &Names,
        fill_value: FillValue<'a>,
    ) -> Result<MergePlan<'a>> {
        let keys = &map.keys;
        let columns = key_columns(keys, moved)?;
        let rows = readable(keys)?;
        let remaining: Vec<_> = (0..keys.size()).filter(|c| !columns.contains(c)).collect();
        let (new_keys, groups) = if remaining.is_empty() {
            match rows.count() as u32 {
                0 => (Labels::empty(&["_"])?, Vec::new()),
                count => (Labels::single(), vec![(0..count).collect()]),
            }
        } else {
            let names: Vec<_> = remaining.iter().map(|&c| &keys.names()[c]).collect();
            let (values, groups) = group(&rows.columns(&remaining), rows.count(), remaining.len());
            (Labels::assume_unique(&names, values)?, groups)
        };
        Ok(MergePlan {
            map,
            fill_value,
            keys: new_keys.stored_like(keys)?,
            groups,
            moved: rows.columns(&columns),
            moved_width: columns.len(),
        })
    }

    /// The first block of the map, if there is any: all others have the same structure.
    pub(super) fn first_block(&self) -> Option<&'a TensorBlock> {
        self.map.blocks.first()
    }

    /// The map made of one block per group: `merge` tells the samples and properties.
    pub(super) fn merge_groups(
        &self,
        mut merge: impl FnMut(&Group<'_>) -> Result<(MergedRows, MergedProperties)>,
    ) -> Result<TensorMap> {
        let mut blocks = Vec::with_capacity(self.groups.len());
        if let Some(first) = self.first_block() {
            let fill_value = FillArray::new(self.fill_value, first.values())?;
            for (members, key) in self.groups.iter().zip(&self.keys) {
                let members = || members.iter().map(|&block| block as usize);
                members().try_for_each(|block| self.map.check_arrays(block))?;
                let group = Group {
                    blocks: members().map(|block| &self.map.blocks[block]).collect(),
                    moved: members()
                        .map(|block| &self.moved[block * self.moved_width..][..self.moved_width])
                        .collect(),
                };
                let block = merge(&group).and_then(|(samples, properties)| {
                    merge_blocks(&group.blocks, &samples, &properties, fill_value.array())
                });
                blocks.push(block.map_err(|error| {
                    error.context(format!(
                        "can not merge the blocks with {}={key:?}",
                        self.keys.names()
                    ))
                })?);
            }
        }
        let mut merged = TensorMap::new(self.keys.clone(), blocks)?;
        merged.info.clone_from(&self.map.info);
        Ok(merged)
    }
}

/// The columns of `keys` with these names.
pub(super) fn key_columns(keys: &Labels, names: &Names) -> Result<Vec<usize>> {
    let column = |name| {
        keys.names().position(name).ok_or_else(|| {
            Error::invalid(format!(
                "'{name}' is not a dimension of the keys of this map, which are {}",
                keys.names()
            ))
        })
    };
    names.iter().map(column).collect()
}

/// One block made of several, and gradients made of theirs.
fn merge_blocks(
    blocks: &[&TensorBlock],
    samples: &MergedRows,
    properties: &MergedProperties,
    fill_value: &dyn Array,
) -> Result<TensorBlock> {
    let first = blocks[0];
    for block in blocks {
        check_components(first, block)?;
    }
    let mut shape = vec![samples.labels.count()];
    shape.extend(first.components().iter().map(Labels::count));
    shape.push(properties.labels.count());
    let placements = blocks.iter().zip(&properties.runs).enumerate();
    let placements = placements.map(|(i, (block, runs))| Placement {
        input: &**block.values(),
        rows: samples.positions(i),
        properties: runs,
    });
    let values = assemble(
        &**first.values(),
        &shape,
        fill_value,
        &placements.collect::<Vec<_>>(),
    )?;
    let mut merged = TensorBlock::new(
        values,
        &samples.labels,
        first.components(),
        &properties.labels,
    )?;
    for (parameter, gradient) in first.gradients() {
        let gradients = blocks.iter().map(|block| block.gradient(parameter));
        let gradients = gradients.collect::<Result<Vec<_>>>()?;
        let labels: Vec<_> = gradients.iter().map(|g| g.samples()).collect();
        let model = gradient.samples();
        let gradient = Tables::of_gradients(&labels, samples)
            .and_then(|tables| tables.merge(SampleOrder::Sorted, model, model))
            .and_then(|rows| merge_blocks(&gradients, &rows, properties, fill_value))
            .map_err(|error| error.context(format!("gradient '{parameter}'")))?;
        merged.add_gradient(parameter, gradient)?;
    }
    Ok(merged)
}

/// The distinct rows of a table and the rows equal to each of them, in the order of the first of these.
fn group(values: &[i32], count: usize, width: usize) -> (Vec<i32>, Vec<Vec<u32>>) {
    let rows = Rows::new(values, count, width);
    let groups = RowGroups::new(rows);
    let mut members: Vec<_> = (0..groups.len())
        .map(|group| groups.rows_of(group).to_vec())
        .collect();
    members.sort_unstable_by_key(|members| members[0]);
    let firsts: Vec<_> = members.iter().map(|members| members[0]).collect();
    (rows.gather(&firsts), members)
}

fn check_components(first: &TensorBlock, block: &TensorBlock) -> Result<()> {
    for (expected, got) in first.components().iter().zip(block.components()) {
        if expected != got {
            return Err(Error::invalid(format!(
                "the component '{}' does not have the same entries in all of them: move it to the \
                 properties first",
                &expected.names()[0]
            )));
        }
    }
    Ok(())
}
