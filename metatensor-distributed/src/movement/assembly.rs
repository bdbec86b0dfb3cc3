//! Maps of what was received.

use std::ops::Range;

use metatensor_core::{DType, DenseArray, Result, TensorBlock, TensorMap, View};

use super::buffers::bytes;
use super::plan::Plan;
use crate::communicator::Session;
use crate::schema::Schema;
use crate::wire::{Join, Order, read};

/// The blocks of a result, in the making.
pub(super) struct Assembly<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) schema: &'a Schema,
    pub(super) plan: &'a Plan<'a>,
    /// Arrays are of the kind of this map.
    pub(super) model: Option<&'a TensorMap>,
    pub(super) order: Order,
    /// Whether rows of the local map that go to this rank are in the result.
    pub(super) with_own: bool,
    pub(super) blocks: Vec<TensorBlock>,
}

impl Assembly<'_> {
    /// Adds blocks with the rows in messages, one of each rank. `elements` are those of the local blocks.
    pub(super) fn add(
        &mut self,
        blocks: Range<usize>,
        elements: &[Option<View<'_>>],
        messages: &[Option<DenseArray>],
    ) -> Result<()> {
        let Assembly {
            session,
            schema,
            plan,
            ..
        } = *self;
        let range = plan.sets.of_blocks(blocks.clone());
        let views: Vec<_> = messages
            .iter()
            .map(|message| message.as_ref().map(DenseArray::view))
            .collect();
        let read = views.iter().enumerate().map(|(rank, view)| {
            let Some(view) = view else {
                return Ok(None);
            };
            let read = read(bytes(view), &plan.sets, range.clone(), session.number());
            read.map(Some)
                .map_err(|error| error.context(format!("a message of rank {rank}")))
        });
        let join = Join {
            sets: &plan.sets,
            range: range.clone(),
            routes: &plan.routes,
            own: self.with_own.then(|| plan.receiver(session.rank())),
            rank: session.rank(),
            elements,
            messages: read.collect::<Result<_>>()?,
            order: self.order,
            dtype: schema.dtype.unwrap_or(DType::F64),
        };
        let any = self.model.and_then(|model| model.blocks().first());
        for i in blocks {
            let set = plan.sets.of_blocks(i..i).start;
            let block = join.block(set, &schema.blocks[i], any, self.blocks.last());
            let block = block
                .map_err(|error| error.context(format!("block {}", schema.keys.describe(i))))?;
            self.blocks.push(block);
        }
        Ok(())
    }

    /// The map, once all blocks were added.
    pub(super) fn finish(self) -> Result<TensorMap> {
        let mut map = TensorMap::new(&self.schema.keys, self.blocks)?;
        map.info_mut().extend(self.schema.info.iter().cloned());
        Ok(map)
    }
}
