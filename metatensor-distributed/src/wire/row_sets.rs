//! All row sets of a map.

use std::ops::Range;

use metatensor_core::{Error, Result};

use crate::schema::{BlockSchema, Schema};

/// What is known of the rows of the values, or of one gradient, of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowSet {
    /// The row set of which this is a gradient.
    pub(crate) parent: Option<usize>,
    pub(crate) has_gradients: bool,
    /// Number of dimensions of samples.
    pub(crate) width: usize,
    /// What the elements of a row take.
    pub(crate) row_bytes: usize,
}

/// The row sets of all blocks, see [`wire`](crate::wire).
#[derive(Debug)]
pub(crate) struct RowSets {
    sets: Vec<RowSet>,
    /// The values of each block, and after the last block the number of all row sets.
    firsts: Vec<usize>,
}

impl RowSets {
    pub(crate) fn new(schema: &Schema) -> Result<RowSets> {
        let item_size = schema.dtype.map_or(0, |dtype| dtype.size());
        let mut sets = Vec::with_capacity(schema.blocks.len());
        let mut firsts = Vec::with_capacity(schema.blocks.len() + 1);
        for (i, block) in schema.blocks.iter().enumerate() {
            firsts.push(sets.len());
            let added = add(&mut sets, block, None, item_size);
            added.map_err(|error| error.context(format!("block {}", schema.keys.describe(i))))?;
        }
        firsts.push(sets.len());
        Ok(RowSets { sets, firsts })
    }

    pub(crate) fn all(&self) -> &[RowSet] {
        &self.sets
    }

    /// The row sets of some blocks.
    pub(crate) fn of_blocks(&self, blocks: Range<usize>) -> Range<usize> {
        self.firsts[blocks.start]..self.firsts[blocks.end]
    }
}

fn add(
    sets: &mut Vec<RowSet>,
    block: &BlockSchema,
    parent: Option<usize>,
    item_size: usize,
) -> Result<()> {
    let mut axes = block.components.iter().chain([&block.properties]);
    let row_bytes = axes.try_fold(item_size, |size, axis| size.checked_mul(axis.count()));
    let position = sets.len();
    sets.push(RowSet {
        parent,
        has_gradients: !block.gradients.is_empty(),
        width: block.samples.size(),
        row_bytes: row_bytes
            .filter(|&bytes| isize::try_from(bytes).is_ok())
            .ok_or_else(|| Error::invalid("the rows of a block are too large"))?,
    });
    if parent.is_some() && block.samples.size() == 0 {
        return Err(Error::invalid(
            "the samples of a gradient have no dimensions",
        ));
    }
    for (parameter, gradient) in &block.gradients {
        let added = add(sets, gradient, Some(position), item_size);
        added.map_err(|error| error.in_gradient(parameter))?;
    }
    Ok(())
}
