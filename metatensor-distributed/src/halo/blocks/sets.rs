//! Row sets of one block: the values, and all gradients.

use metatensor_core::{DType, DenseArray, Error, Labels, Result, TensorBlock, TensorMap, View};

use crate::communicator::{Agreed, Session};
use crate::schema::{self, BlockSchema, Schema};
use crate::wire::contiguous;

/// The rows of the values, or of one gradient.
#[derive(Debug)]
pub(super) struct Set {
    /// The row set of which this is a gradient, and the parameter.
    pub(super) parent: Option<(usize, String)>,
    /// Of samples.
    pub(super) names: Vec<String>,
    pub(super) components: Vec<Labels>,
    pub(super) properties: Labels,
    pub(super) row_bytes: usize,
}

/// What blocks of all ranks have in common. Values are the first row set, and gradients come before the next gradients of the
/// same block.
#[derive(Debug)]
pub(in crate::halo) struct Sets {
    pub(super) list: Vec<Set>,
    pub(super) dtype: DType,
}

impl Sets {
    /// Those of blocks that have to be alike on all ranks.
    pub(in crate::halo) fn agree(
        session: &Session<'_>,
        block: &TensorBlock,
    ) -> Result<Sets, Agreed> {
        let map = session.step(|| TensorMap::new(Labels::single(), vec![block.clone()]))?;
        let schema = schema::agree(session, Some(&map))?;
        session.step(|| Sets::new(&schema))
    }

    fn new(schema: &Schema) -> Result<Sets> {
        let (Some(dtype), [block]) = (schema.dtype, &schema.blocks[..]) else {
            return Err(Error::Internal("blocks of ranks are not one block".into()));
        };
        let mut sets = Sets {
            list: Vec::new(),
            dtype,
        };
        sets.add(block, None)?;
        Ok(sets)
    }

    fn add(&mut self, schema: &BlockSchema, parent: Option<(usize, String)>) -> Result<()> {
        let axes = schema.components.iter().chain([&schema.properties]);
        let mut lengths = axes.map(Labels::count);
        let row_bytes = lengths.try_fold(self.dtype.size(), usize::checked_mul);
        let set = self.list.len();
        self.list.push(Set {
            parent,
            names: schema.samples.names().iter().map(str::to_owned).collect(),
            components: schema.components.clone(),
            properties: schema.properties.clone(),
            row_bytes: row_bytes
                .filter(|&bytes| isize::try_from(bytes).is_ok())
                .ok_or_else(|| Error::invalid("the rows of a block are too large"))?,
        });
        for (parameter, gradient) in &schema.gradients {
            let added = self.add(gradient, Some((set, parameter.clone())));
            added.map_err(|error| error.in_gradient(parameter))?;
        }
        Ok(())
    }

    /// The block and its gradients, as row sets.
    pub(super) fn blocks_of<'a>(&self, block: &'a TensorBlock) -> Result<Vec<&'a TensorBlock>> {
        let mut blocks: Vec<&TensorBlock> = Vec::with_capacity(self.list.len());
        for set in &self.list {
            blocks.push(match &set.parent {
                None => block,
                Some((parent, parameter)) => blocks[*parent].gradient(parameter)?,
            });
        }
        Ok(blocks)
    }

    /// The same, after checking that everything but rows is what it was.
    pub(super) fn checked<'a>(&self, block: &'a TensorBlock) -> Result<Vec<&'a TensorBlock>> {
        if block.dtype() != self.dtype {
            return Err(Error::NotEqual(format!(
                "this was prepared for blocks of {}, got {}",
                self.dtype,
                block.dtype()
            )));
        }
        let blocks = self.blocks_of(block)?;
        for (i, (set, block)) in self.list.iter().zip(&blocks).enumerate() {
            let children = self.list.iter().filter_map(|set| set.parent.as_ref());
            let children = children.filter(|(parent, _)| *parent == i).count();
            let is_alike = block.components() == set.components
                && block.properties() == &set.properties
                && block.gradients_list().len() == children;
            if !is_alike {
                return Err(self.in_set(
                    i,
                    Error::NotEqual(
                        "this was prepared for blocks with other components, properties or gradients"
                            .into(),
                    ),
                ));
            }
        }
        Ok(blocks)
    }

    /// An error of one of the row sets, with the gradient that it is.
    pub(super) fn in_set(&self, set: usize, error: Error) -> Error {
        match &self.list[set].parent {
            None => error,
            Some((parent, parameter)) => self.in_set(*parent, error.in_gradient(parameter)),
        }
    }

    /// Elements of all row sets, one after the other in memory.
    pub(super) fn views<'a>(&self, blocks: &[&'a TensorBlock]) -> Result<Vec<View<'a>>> {
        let views = blocks.iter().enumerate().map(|(i, block)| {
            let view = contiguous(block);
            view.map_err(|error| self.in_set(i, error))
        });
        views.collect()
    }

    /// The shape of an array with so many rows.
    pub(super) fn shape(&self, set: usize, rows: usize) -> Vec<usize> {
        let set = &self.list[set];
        let axes = set.components.iter().chain([&set.properties]);
        [rows].into_iter().chain(axes.map(Labels::count)).collect()
    }

    /// A block made of values for all row sets, in arrays of the kind that `models` have.
    pub(super) fn block(
        &self,
        models: &[&TensorBlock],
        samples: &[Labels],
        values: Vec<DenseArray>,
    ) -> Result<TensorBlock> {
        let parts = self.list.iter().zip(models).zip(samples).zip(values);
        let parts = parts.map(|(((set, model), samples), values)| {
            model.with_new_values(values, samples, &set.components, &set.properties)
        });
        let mut parts: Vec<TensorBlock> = parts.collect::<Result<_>>()?;
        // Gradients are after what they are gradients of, and in the order in which they are added: from the end, each one is
        // complete, and those of one block are collected in reverse.
        let mut gradients: Vec<Vec<(&str, TensorBlock)>> =
            parts.iter().map(|_| Vec::new()).collect();
        let mut result = None;
        for (i, set) in self.list.iter().enumerate().rev() {
            let Some(mut part) = parts.pop() else { break };
            for (parameter, gradient) in std::mem::take(&mut gradients[i]).into_iter().rev() {
                part.add_gradient(parameter, gradient)?;
            }
            match &set.parent {
                Some((parent, parameter)) => gradients[*parent].push((parameter, part)),
                None => result = Some(part),
            }
        }
        result.ok_or_else(|| Error::Internal("a block without values".into()))
    }
}
