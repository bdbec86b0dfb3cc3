//! Merging of blocks whose keys differ only in some dimensions.

use super::fill_value::FillArray;
use super::merged_rows::{MergedRows, Tables, readable};
use super::merged_size;
use super::{FillValue, TensorMap};
use crate::array::{Placement, PropertyRun, assemble};
use crate::limits::ResultBytes;
use crate::names::Names;
use crate::rows::{RowGroups, Rows};
use crate::{Array, Error, Labels, Limit, Result, TensorBlock};

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
        let mut is_moved = vec![false; keys.size()];
        for &column in &columns {
            is_moved[column] = true;
        }
        let remaining: Vec<_> = (0..keys.size()).filter(|&c| !is_moved[c]).collect();
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

    /// The map made of one block per group: `merge` tells the samples and properties, and `most_properties` how many of
    /// these there can be.
    pub(super) fn merge_groups(
        &self,
        most_properties: impl Fn(&Group<'_>) -> u64,
        mut merge: impl FnMut(&Group<'_>) -> Result<(MergedRows, MergedProperties)>,
    ) -> Result<TensorMap> {
        let mut blocks = Vec::with_capacity(self.groups.len());
        if let Some(first) = self.first_block() {
            self.check_size(first, most_properties, &mut merge)?;
            let fill_value = FillArray::new(self.fill_value, first.values())?;
            for (i, group) in self.groups().enumerate() {
                let members = self.groups[i].iter();
                members
                    .map(|&block| block as usize)
                    .try_for_each(|block| self.map.check_arrays(block))?;
                let block = merge(&group).and_then(|(samples, properties)| {
                    merge_blocks(&group.blocks, &samples, &properties, fill_value.array())
                });
                blocks.push(block.map_err(|error| self.group_error(error, i))?);
            }
        }
        let mut merged = TensorMap::new(self.keys.clone(), blocks)?;
        merged.info.clone_from(&self.map.info);
        Ok(merged)
    }

    fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        let moved = |block: usize| &self.moved[block * self.moved_width..][..self.moved_width];
        self.groups.iter().map(move |members| {
            let members = || members.iter().map(|&block| block as usize);
            Group {
                blocks: members().map(|block| &self.map.blocks[block]).collect(),
                moved: members().map(moved).collect(),
            }
        })
    }

    #[cold]
    fn group_error(&self, error: Error, group: usize) -> Error {
        error.context(format!(
            "can not merge the blocks with {}={:?}",
            self.keys.names(),
            &self.keys[group]
        ))
    }

    /// Checks that the result is not too large. Only where it could be are rows merged to know.
    fn check_size(
        &self,
        first: &TensorBlock,
        most_properties: impl Fn(&Group<'_>) -> u64,
        merge: &mut impl FnMut(&Group<'_>) -> Result<(MergedRows, MergedProperties)>,
    ) -> Result<()> {
        let element = first.dtype().size();
        let dimensions = first.properties().size() + self.moved_width;
        let at_most = merged_size::sum(self.groups(), |group| {
            let properties = most_properties(&group);
            merged_size::at_most(&group.blocks, self.moved_width, properties, element)
                .saturating_add(merged_size::labels_bytes(properties, dimensions))
        });
        if at_most <= Limit::ResultBytes.get() {
            return Ok(());
        }
        let mut total = ResultBytes::default();
        for (i, group) in self.groups().enumerate() {
            let bytes = merge(&group).and_then(|(samples, properties)| {
                merged_size::exact(&group, &samples, &properties, element)
            });
            let bytes = bytes.map_err(|error| self.group_error(error, i))?;
            total.add(bytes, || self.keys.describe(i));
        }
        let check = total.check();
        check.map_err(|error| error.context("can not merge blocks"))
    }
}

/// As many properties as the blocks of a group have together.
pub(super) fn all_properties(group: &Group<'_>) -> u64 {
    merged_size::sum(&group.blocks, |block| block.properties().count() as u64)
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
    let mut merged = first.with_array_alike(
        values,
        &samples.labels,
        first.components(),
        &properties.labels,
    )?;
    for parameter in first.gradients_list().iter() {
        let gradient = merged_gradient(blocks, parameter, samples)
            .and_then(|(gradients, rows)| merge_blocks(&gradients, &rows, properties, fill_value))
            .map_err(|error| error.in_gradient(parameter))?;
        merged.add_gradient(parameter, gradient)?;
    }
    Ok(merged)
}

/// The gradients of blocks whose samples were merged to `samples`, and their own samples, merged.
pub(super) fn merged_gradient<'b>(
    blocks: &[&'b TensorBlock],
    parameter: &str,
    samples: &MergedRows,
) -> Result<(Vec<&'b TensorBlock>, MergedRows)> {
    let gradients = blocks.iter().map(|block| block.gradient(parameter));
    let gradients = gradients.collect::<Result<Vec<_>>>()?;
    let labels: Vec<_> = gradients.iter().map(|g| g.samples()).collect();
    let model = labels[0];
    let rows = Tables::of_gradients(&labels, samples)?.merge(SampleOrder::Sorted, model, model)?;
    Ok((gradients, rows))
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
