//! Blocks with ghosts, made of those of owners.

use std::ops::Range;

use metatensor_core::{DType, DenseArray, Error, Result, TensorBlock, View, with_item_size};

use super::forward_plan::{ForwardPlan, Run};
use super::sets::Sets;
use super::tree::check_samples;
use super::{BlockHalo, exchange};
use crate::communicator::Call;
use crate::halo::buffers::Buffers;
use crate::halo::plan::Plan;
use crate::halo::row_list::RowList;

impl BlockHalo {
    /// A block with the rows of `block`, and then those of ghosts, as their owners have them: values and gradients, at all
    /// depths. Collective.
    ///
    /// `block` has the labels that this was [prepared](crate::Halo::prepare) for. Gradient rows of ghosts are those of the owner; their
    /// "sample" is the ghost. One message goes to each neighbor, with values and gradients, and no labels.
    ///
    /// ```
    /// # use metatensor_core::{Labels, TensorBlock};
    /// # use metatensor_distributed::{Communicator, Halo};
    /// # use ndarray::arr2;
    /// # let owned = Labels::new(["atom", "image"], [[4, 0]])?;
    /// # let images = Labels::new(["atom", "image"], [[4, 1]])?;
    /// # let halo = Halo::of_labels(&Communicator::single(), &owned, &images, &["atom"])?;
    /// # let mut block = TensorBlock::new(arr2(&[[2.5]]), &owned, [], Labels::single())?;
    /// let rows = Labels::new(["sample", "atom"], [[0, 9]])?;
    /// block.add_gradient("charge", TensorBlock::new(arr2(&[[7.0]]), &rows, [], Labels::single())?)?;
    /// let all = halo.prepare(&block)?.forward(&block)?;
    /// assert_eq!(all.to_ndarray::<f64>()?, arr2(&[[2.5], [2.5]]).into_dyn());
    /// let rows = Labels::new(["sample", "atom"], [[0, 9], [1, 9]])?;
    /// assert_eq!(all.gradient("charge")?.samples(), &rows);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the block has other labels, another type of elements, or elements that are not in main memory.
    pub fn forward(&mut self, block: &TensorBlock) -> Result<TensorBlock> {
        let (plan, forward) = (&*self.plan, &self.forward);
        let (send, receive) = (&mut self.send, &mut self.receive);
        let call = Call::new("halo_forward_block").option("block_halo", self.number);
        self.communicator.collective(call, |session| {
            let (blocks, views) = session.step(|| {
                let blocks = forward.checked(block)?;
                let views = forward.sets.views(&blocks)?;
                for (i, _) in plan.others() {
                    send.grow(i, forward.sent[i])?;
                    receive.grow(i, forward.received[i])?;
                    forward.sets.pack(&forward.send[i], &views, &mut send.0[i]);
                }
                Ok((blocks, views))
            })?;
            exchange(
                session,
                plan,
                (&forward.sent, send),
                (&forward.received, receive),
            )?;
            // New arrays can fail, here and in other libraries, so that ranks agree once more.
            session.step(|| forward.result(plan, &blocks, &views, receive))
        })
    }
}

impl Sets {
    /// Copies rows of all row sets to a message.
    pub(super) fn pack(&self, lists: &[RowList], views: &[View<'_>], message: &mut [u8]) {
        let mut rest = message;
        for ((set, list), view) in self.list.iter().zip(lists).zip(views) {
            let (rows, after) = rest.split_at_mut(list.len() * set.row_bytes);
            list.gather(set.row_bytes, view.as_bytes().unwrap_or_default(), rows);
            rest = after;
        }
    }
}

impl ForwardPlan {
    fn checked<'a>(&self, block: &'a TensorBlock) -> Result<Vec<&'a TensorBlock>> {
        let blocks = self.sets.checked(block)?;
        for (i, (block, samples)) in blocks.iter().zip(&self.own_samples).enumerate() {
            let checked = check_samples(samples, block.samples());
            checked.map_err(|error| self.sets.in_set(i, error))?;
        }
        Ok(blocks)
    }

    fn result(
        &self,
        plan: &Plan,
        blocks: &[&TensorBlock],
        views: &[View<'_>],
        messages: &Buffers,
    ) -> Result<TensorBlock> {
        let own = plan.own().map(|(own, _)| own);
        let mut values = Vec::with_capacity(blocks.len());
        for (set, view) in views.iter().enumerate() {
            let array = self.array(set, own, view, messages);
            values.push(array.map_err(|error| self.sets.in_set(set, error))?);
        }
        self.sets.block(blocks, &self.samples, values)
    }

    /// Rows of this rank, and then those of ghosts.
    fn array(
        &self,
        set: usize,
        own: Option<usize>,
        view: &View<'_>,
        messages: &Buffers,
    ) -> Result<DenseArray> {
        let size = self.sets.list[set].row_bytes;
        let own_bytes = view.as_bytes().unwrap_or_default();
        let bytes = |run: &Run, rows: Range<usize>| {
            let rows = (run.source + rows.start) * size..(run.source + rows.end) * size;
            match own == Some(run.neighbor) {
                true => &own_bytes[rows],
                false => &messages.0[run.neighbor][self.starts[run.neighbor][set]..][rows],
            }
        };
        if self.sets.dtype == DType::BOOL8 {
            let mut runs = self.sources[set].iter();
            if runs.any(|run| bytes(run, 0..run.count).iter().any(|&byte| byte > 1)) {
                return Err(Error::serialization(
                    "a message has booleans that are neither 0 nor 1",
                ));
            }
        }
        let first = self.own_samples[set].count();
        let shape = self.sets.shape(set, self.samples[set].count());
        let runs = &self.sources[set];
        with_item_size!(self.sets.dtype.size(), N => {
            DenseArray::write_items::<N>(self.sets.dtype, &shape, |rows, output| {
                let of_own = rows.start.min(first)..rows.end.min(first);
                output.copy(own_bytes[of_own.start * size..of_own.end * size].as_chunks().0);
                let mut next = runs.partition_point(|run| run.target + run.count <= rows.start);
                while let Some(run) = runs.get(next).filter(|run| run.target < rows.end) {
                    let start = rows.start.max(run.target) - run.target;
                    let end = rows.end.min(run.target + run.count) - run.target;
                    output.copy(bytes(run, start..end).as_chunks().0);
                    next += 1;
                }
                Ok(())
            })
        })
    }
}
