//! Blocks of the rows of several ranks.

use std::ops::Range;

use metatensor_core::{DType, DenseArray, Error, Labels, Result, TensorBlock, View};

use super::samples::{Joined, join_samples};
use super::values::join_values;
use super::{Order, Received, Routes, RowSets};
use crate::schema::BlockSchema;

/// Everything that blocks of a result are made of.
#[derive(Debug)]
pub(crate) struct Join<'a> {
    pub(crate) sets: &'a RowSets,
    /// The row sets of messages and elements.
    pub(crate) range: Range<usize>,
    /// What this rank keeps,
    pub(crate) routes: &'a Routes<'a>,
    /// which is for this receiver, or nothing,
    pub(crate) own: Option<usize>,
    /// and where it comes among the ranks.
    pub(crate) rank: usize,
    pub(crate) elements: &'a [Option<View<'a>>],
    /// From each rank; none from this one, and from those that have nothing for this one.
    pub(crate) messages: Vec<Option<Received<'a>>>,
    pub(crate) order: Order,
    pub(crate) dtype: DType,
}

impl Join<'_> {
    pub(super) fn ranks(&self) -> usize {
        self.messages.len()
    }

    /// The number of rows of a rank.
    pub(super) fn count(&self, set: usize, rank: usize) -> usize {
        match (&self.messages[rank], self.own) {
            (Some(message), _) => message.count(set - self.range.start),
            (None, Some(own)) if rank == self.rank => self.routes.rows(set, own).len(),
            _ => 0,
        }
    }

    /// Appends the samples of the rows of a rank: "sample" is a row of the same rank.
    pub(super) fn append_labels(&self, set: usize, rank: usize, values: &mut Vec<i32>) {
        match (&self.messages[rank], self.own) {
            (Some(message), _) => values.extend(message.labels(set - self.range.start)),
            (None, Some(own)) if rank == self.rank => {
                self.routes.append_labels(self.sets, set, own, values);
            }
            _ => {}
        }
    }

    /// Elements of a rank, and which rows of these, if not all.
    pub(super) fn values(&self, set: usize, rank: usize) -> (&[u8], Option<&[u32]>) {
        match (&self.messages[rank], self.own) {
            (Some(message), _) => (message.values(set - self.range.start), None),
            (None, Some(own)) if rank == self.rank => {
                let elements = self.elements[set - self.range.start].as_ref();
                let elements = elements.and_then(View::as_bytes).unwrap_or_default();
                (elements, Some(self.routes.rows(set, own)))
            }
            _ => (&[], None),
        }
    }

    /// A block whose values are row set number `set`. Arrays are of the kind of `model`, and equal samples are those of
    /// `previous`, a block of the same structure.
    pub(crate) fn block(
        &self,
        set: usize,
        schema: &BlockSchema,
        model: Option<&TensorBlock>,
        previous: Option<&TensorBlock>,
    ) -> Result<TensorBlock> {
        if let Some(block) = self.unchanged(set, schema)? {
            return Ok(block.clone());
        }
        let (_, block) = self.join(set, schema, None, model, previous)?;
        Ok(block)
    }

    /// The local block, if the result has just the same rows.
    fn unchanged(&self, set: usize, schema: &BlockSchema) -> Result<Option<&TensorBlock>> {
        let (Some(block), Some(own)) = (self.routes.block(set), self.own) else {
            return Ok(None);
        };
        let all = 0..schema.row_sets();
        let mut others = (0..self.ranks()).filter(|&rank| self.messages[rank].is_some());
        let is_whole = self.routes.rows(set, own).len() == block.samples().count()
            && (self.order == Order::Source || is_sorted(block))
            && others.all(|rank| all.clone().all(|i| self.count(set + i, rank) == 0));
        Ok((is_whole && schema.has_order_of(block)?).then_some(block))
    }

    /// The block, and the number of the row set after it.
    fn join(
        &self,
        set: usize,
        schema: &BlockSchema,
        parent: Option<&Joined>,
        model: Option<&TensorBlock>,
        previous: Option<&TensorBlock>,
    ) -> Result<(usize, TensorBlock)> {
        let known = [self.routes.block(set), previous].map(|block| block.map(TensorBlock::samples));
        let joined = join_samples(self, set, &schema.samples, parent, &known)?;
        let lengths = schema.components.iter().chain([&schema.properties]);
        let shape: Vec<_> = [joined.count()]
            .into_iter()
            .chain(lengths.map(Labels::count))
            .collect();
        let values = join_values(self, set, &joined, self.dtype, &shape)?;
        let mut block = block_like(model, values, &joined.samples, schema)?;
        let mut next = set + 1;
        for (parameter, gradient) in &schema.gradients {
            let previous = previous
                .map(|block| block.gradient(parameter))
                .transpose()?;
            let made = self.join(next, gradient, Some(&joined), model, previous);
            let (after, gradient) = made.map_err(|error| error.in_gradient(parameter))?;
            block.add_gradient(parameter, gradient)?;
            next = after;
        }
        Ok((next, block))
    }
}

/// Whether all samples, and those of gradients, are sorted.
fn is_sorted(block: &TensorBlock) -> bool {
    block.samples().is_sorted() && block.gradients().all(|(_, gradient)| is_sorted(gradient))
}

/// A block with an array of the kind of `model`.
fn block_like(
    model: Option<&TensorBlock>,
    values: DenseArray,
    samples: &Labels,
    schema: &BlockSchema,
) -> Result<TensorBlock> {
    let (components, properties) = (&schema.components, &schema.properties);
    match model {
        Some(model) => model.with_new_values(values, samples, components, properties),
        None => TensorBlock::new(values, samples, components, properties),
    }
}

/// The elements of the local blocks with these row sets, one after the other: they are copied if they are not.
pub(crate) fn own_elements<'a>(
    routes: &Routes<'a>,
    sets: Range<usize>,
) -> Result<Vec<Option<View<'a>>>> {
    let elements = sets.map(|set| {
        let block = routes.block(set);
        block
            .filter(|block| !block.samples().is_empty())
            .map(contiguous)
            .transpose()
    });
    elements.collect()
}

/// The elements of a block, one after the other: they are copied if they are not.
pub(crate) fn contiguous(block: &TensorBlock) -> Result<View<'_>> {
    let view = block.view()?;
    if !DType::ALL.contains(&view.dtype()) {
        return Err(Error::Internal(format!("an array of {}", view.dtype())));
    }
    match view.is_contiguous() {
        true => Ok(view),
        false => View::from_dlpack(DenseArray::copy_of(&view)?.into_dlpack()),
    }
}
