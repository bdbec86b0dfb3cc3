//! Blocks of owners, made of those with ghosts.

use metatensor_core::internal::rows::{RowGroups, Rows};
use metatensor_core::{Array as _, DenseArray, Error, Labels, Result, TensorBlock, View};

use super::sets::Sets;
use super::tree::{Received, Tree, below, check_samples, write_labels};
use super::{BlockHalo, exchange};
use crate::communicator::{Agreed, Call, Session};
use crate::halo::Combine;
use crate::halo::buffers::Buffers;
use crate::halo::combine::Kernel;
use crate::halo::plan::Plan;
use crate::halo::row_list::{RowList, copy_rows};
use crate::schema::Reader;

/// Which rows of blocks with ghosts are added to which rows of owners.
#[derive(Debug)]
pub(super) struct ReversePlan {
    sets: Sets,
    /// Samples of blocks with ghosts, for each row set.
    given: Vec<Labels>,
    /// Those of results.
    samples: Vec<Labels>,
    /// For each neighbor and row set, rows that it gets; for the own rank those that it adds itself.
    send: Vec<Vec<RowList>>,
    /// Bytes for each neighbor.
    sent: Vec<usize>,
    received: Vec<usize>,
    /// For each row set, rows of owned samples, and where they go.
    own: Vec<(RowList, RowList)>,
    /// For each neighbor and row set, where the rows of its message are added.
    targets: Vec<Vec<Vec<u32>>>,
}

impl ReversePlan {
    fn new(
        session: &Session<'_>,
        plan: &Plan,
        halo: &BlockHalo,
        block: &TensorBlock,
    ) -> Result<ReversePlan, Agreed> {
        let sets = Sets::agree(session, block)?;
        let (blocks, trees, messages) = session.step(|| {
            let blocks = sets.blocks_of(block)?;
            let mut messages = vec![Vec::new(); session.size()];
            let mut trees = Vec::with_capacity(plan.neighbors.len());
            for (neighbor, ghosts) in plan.neighbors.iter().zip(&halo.forward.ghosts) {
                let tree = below(&sets, &blocks, ghosts.clone())?;
                write_labels(&sets, &blocks, &tree, &mut messages[neighbor.rank])?;
                trees.push(tree);
            }
            Ok((blocks, trees, messages))
        })?;
        let messages = session.exchange(messages)?;
        session.step(|| {
            let mut received = Vec::with_capacity(plan.neighbors.len());
            for (neighbor, sent) in plan.neighbors.iter().zip(&halo.forward.send) {
                let mut reader = Reader::new(&messages[neighbor.rank]);
                let read = Received::read(&sets, sent[0].len(), &mut reader)
                    .and_then(|read| reader.finish().map(|()| read));
                received
                    .push(read.map_err(|error| error.context(format!("rank {}", neighbor.rank)))?);
            }
            Self::of_messages(halo, sets, &blocks, trees, &received)
        })
    }

    fn of_messages(
        halo: &BlockHalo,
        sets: Sets,
        blocks: &[&TensorBlock],
        trees: Vec<Tree>,
        received: &[Received],
    ) -> Result<ReversePlan> {
        let owned = halo.forward.own_samples().count() as u32;
        let own_tree = below(&sets, blocks, (0..owned).collect())?;
        let mut result = ReversePlan {
            given: blocks.iter().map(|block| block.samples().clone()).collect(),
            samples: vec![halo.forward.own_samples().clone()],
            sent: Vec::new(),
            received: Vec::new(),
            own: Vec::with_capacity(sets.list.len()),
            targets: Vec::with_capacity(received.len()),
            send: Vec::new(),
            sets,
        };
        result.add_sizes(&trees, received)?;
        let rows = (0..owned).collect::<Vec<_>>();
        result
            .own
            .push((RowList::new(rows.clone()), RowList::new(rows)));
        for sent in &halo.forward.send {
            result.targets.push(vec![sent[0].rows().to_vec()]);
        }
        for set in 1..result.sets.list.len() {
            let merged = result.merge(set, blocks, &own_tree, received);
            merged.map_err(|error| result.sets.in_set(set, error))?;
        }
        let lists = trees.into_iter();
        result.send = lists
            .map(|tree| tree.into_iter().map(RowList::new).collect())
            .collect();
        Ok(result)
    }

    fn add_sizes(&mut self, trees: &[Tree], received: &[Received]) -> Result<()> {
        for (tree, received) in trees.iter().zip(received) {
            let counts = |rows: &dyn Fn(usize) -> usize| {
                let sets = self.sets.list.iter().enumerate();
                let mut bytes = sets.map(|(i, set)| rows(i).checked_mul(set.row_bytes));
                let sum = bytes.try_fold(0_usize, |sum, bytes| sum.checked_add(bytes?));
                sum.ok_or_else(|| Error::invalid("rows are too long for a message"))
            };
            let sent = counts(&|i| tree[i].len())?;
            let read = counts(&|i| received.count(&self.sets, i))?;
            self.sent.push(sent);
            self.received.push(read);
        }
        Ok(())
    }

    /// Finds where the rows of a gradient go: those with equal labels are added, and all of them sorted.
    fn merge(
        &mut self,
        set: usize,
        blocks: &[&TensorBlock],
        own_tree: &Tree,
        received: &[Received],
    ) -> Result<()> {
        let Some((parent, parameter)) = &self.sets.list[set].parent else {
            return Ok(());
        };
        let (parent, width) = (*parent, self.sets.list[set].names.len());
        let mut values: Vec<i32> = Vec::new();
        let mut add = |above: u32, others: &[i32]| -> Result<()> {
            let above = i32::try_from(above).map_err(|_| {
                Error::invalid("there are too many rows for the samples of a gradient")
            })?;
            values.push(above);
            values.extend_from_slice(others);
            Ok(())
        };
        let (from, to) = &self.own[parent];
        let map = blocks[parent].gradient_map(parameter)?;
        for (&row, &target) in from.rows().iter().zip(to.rows()) {
            for row in map.rows_of(row as usize) {
                add(target, &blocks[set].samples()[row][1..])?;
            }
        }
        for (received, targets) in received.iter().zip(&self.targets) {
            for sample in received.rows(&self.sets, set) {
                add(targets[parent][sample[0] as usize], &sample[1..])?;
            }
        }
        let groups = RowGroups::new(Rows::try_new(&values, values.len() / width, width)?);
        let names = &self.sets.list[set].names;
        // rows of groups are distinct
        let samples = Labels::assume_unique(names, groups.unique().values().to_vec())?;
        let own = &own_tree[set];
        let (of_own, mut rest) = groups.group_of().split_at(own.len());
        self.own
            .push((RowList::new(own.clone()), RowList::new(of_own.to_vec())));
        for (received, targets) in received.iter().zip(&mut self.targets) {
            let (of_neighbor, after) = rest.split_at(received.count(&self.sets, set));
            targets.push(of_neighbor.to_vec());
            rest = after;
        }
        let is_known = samples == self.given[set];
        self.samples.push(if is_known {
            self.given[set].clone()
        } else {
            samples
        });
        Ok(())
    }

    /// The same block with other values, if this can be used for it.
    fn checked<'a>(&self, block: &'a TensorBlock) -> Result<Vec<&'a TensorBlock>> {
        let blocks = self.sets.checked(block)?;
        for (block, samples) in blocks.iter().zip(&self.given) {
            check_samples(samples, block.samples())?;
        }
        Ok(blocks)
    }

    fn array(
        &self,
        plan: &Plan,
        kernel: Kernel,
        set: usize,
        view: &View<'_>,
        messages: &[&[u8]],
    ) -> Result<DenseArray> {
        let size = self.sets.list[set].row_bytes;
        let shape = self.sets.shape(set, self.samples[set].count());
        let mut array = DenseArray::zeros(self.sets.dtype, &shape)?;
        let given = view.as_bytes().unwrap_or_default();
        let mut view = array.view_mut()?;
        let memory = view.as_bytes_mut().unwrap_or_default();
        let (from, to) = &self.own[set];
        copy_rows(size, from, given, to, memory);
        for (i, neighbor) in plan.neighbors.iter().enumerate() {
            let targets = &self.targets[i][set];
            if neighbor.rank == plan.rank {
                kernel(size, targets, Some(self.send[i][set].rows()), given, memory);
            } else {
                kernel(size, targets, None, messages[i], memory);
            }
        }
        drop(view);
        Ok(array)
    }

    fn result(
        &self,
        plan: &Plan,
        kernel: Kernel,
        blocks: &[&TensorBlock],
        views: &[View<'_>],
        messages: &Buffers,
    ) -> Result<TensorBlock> {
        let mut rest: Vec<&[u8]> = messages.0.iter().map(Vec::as_slice).collect();
        let mut values = Vec::with_capacity(blocks.len());
        for (set, view) in views.iter().enumerate() {
            let array = self.array(plan, kernel, set, view, &rest);
            values.push(array.map_err(|error| self.sets.in_set(set, error))?);
            for (i, _) in plan.others() {
                let rows = self.targets[i][set].len();
                rest[i] = &rest[i][rows * self.sets.list[set].row_bytes..];
            }
        }
        self.sets.block(blocks, &self.samples, values)
    }
}

impl BlockHalo {
    /// A block of owned samples, to which what ghosts have is added: values, and gradients at all depths. Collective.
    ///
    /// `block` has the samples that [`forward`](BlockHalo::forward) gives, and any other labels that are the same on all ranks: it can
    /// be a derivative with respect to what `forward` gave, or something else that was computed for ghosts as well. A gradient row
    /// of a ghost is added to that of its owner with the same other dimensions, or becomes a new row there; the
    /// gradient rows of the result are sorted.
    ///
    /// Where gradient rows go is found out when this is called for the first time, or with other labels than the last time. Then one
    /// message goes to each neighbor, with values and gradients, and no labels. Sums are in the order of ranks, as for
    /// [`Halo::reverse`](crate::Halo::reverse), and for the same types of elements.
    ///
    /// ```
    /// # use metatensor_core::{Labels, TensorBlock};
    /// # use metatensor_distributed::{Communicator, Halo};
    /// # use ndarray::arr2;
    /// # let owned = Labels::new(["atom", "image"], [[4, 0]])?;
    /// # let images = Labels::new(["atom", "image"], [[4, 1]])?;
    /// # let halo = Halo::of_labels(&Communicator::single(), &owned, &images, &["atom"])?;
    /// # let block = TensorBlock::new(arr2(&[[2.5]]), &owned, [], Labels::single())?;
    /// let mut blocks = halo.prepare(&block)?;
    /// let samples = Labels::new(["atom", "image"], [[4, 0], [4, 1]])?;
    /// let mut energies = TensorBlock::new(arr2(&[[1.0], [10.0]]), samples, [], Labels::single())?;
    /// let rows = Labels::new(["sample", "atom"], [[0, 5], [1, 4], [1, 5]])?;
    /// let values = arr2(&[[1.0], [2.0], [3.0]]);
    /// energies.add_gradient("r", TensorBlock::new(values, &rows, [], Labels::single())?)?;
    ///
    /// let sum = blocks.reverse_add(&energies)?;
    /// assert_eq!(sum.to_ndarray::<f64>()?, arr2(&[[11.0]]).into_dyn());
    /// let gradient = sum.gradient("r")?;
    /// assert_eq!(gradient.samples(), &Labels::new(["sample", "atom"], [[0, 4], [0, 5]])?);
    /// assert_eq!(gradient.to_ndarray::<f64>()?, arr2(&[[2.0], [4.0]]).into_dyn());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If samples are not those that `forward` gives; if blocks of ranks are different in anything but their rows; or if elements are
    /// of a type that can not be added, or not in main memory.
    pub fn reverse_add(&mut self, block: &TensorBlock) -> Result<TensorBlock> {
        let communicator = self.communicator.clone();
        let plan = self.plan.clone();
        let call = Call::new("halo_reverse_add_block").option("block_halo", self.number);
        communicator.collective(call, |session| {
            let ((kernel, is_known), alike) = session.step_alike(|| {
                let kernel = Combine::Add.kernel(block.dtype())?;
                check_samples(self.samples(), block.samples())?;
                let known = self.reverse.as_ref();
                let is_known = known.is_some_and(|reverse| reverse.checked(block).is_ok());
                Ok(((kernel, is_known), Some(u64::from(is_known))))
            })?;
            if !alike || !is_known {
                self.reverse = None;
                self.reverse = Some(ReversePlan::new(session, &plan, self, block)?);
            }
            let (send, receive) = (&mut self.send, &mut self.receive);
            let reverse = self.reverse.as_ref();
            let (reverse, blocks, views) = session.step(|| {
                let reverse = reverse.ok_or_else(|| Error::Internal("there is no plan".into()))?;
                let blocks = reverse.checked(block)?;
                let views = reverse.sets.views(&blocks)?;
                for (i, _) in plan.others() {
                    receive.grow(i, reverse.sent[i])?;
                    send.grow(i, reverse.received[i])?;
                    reverse
                        .sets
                        .pack(&reverse.send[i], &views, &mut receive.0[i]);
                }
                Ok((reverse, blocks, views))
            })?;
            exchange(
                session,
                &plan,
                (&reverse.sent, receive),
                (&reverse.received, send),
            )?;
            // New arrays can fail, here and in other libraries, so that ranks agree once more.
            session.step(|| reverse.result(&plan, kernel, &blocks, &views, send))
        })
    }
}
