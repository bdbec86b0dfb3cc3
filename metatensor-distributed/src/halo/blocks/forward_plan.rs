//! Which rows of blocks go from owners to ghosts.

use metatensor_core::{Error, Labels, Result, TensorBlock};

use super::sets::Sets;
use super::tree::{Received, Tree, below, write_labels};
use crate::communicator::{Agreed, Session};
use crate::halo::HaloLabels;
use crate::halo::plan::Plan;
use crate::halo::row_list::RowList;
use crate::schema::Reader;

/// Which rows of each row set go where.
#[derive(Debug)]
pub(super) struct ForwardPlan {
    pub(super) sets: Sets,
    /// What blocks have as samples, for each row set.
    pub(super) own_samples: Vec<Labels>,
    /// What they have with ghosts.
    pub(super) samples: Vec<Labels>,
    /// For each neighbor and row set, rows that it gets; for the own rank what it gives to itself.
    pub(super) send: Vec<Vec<RowList>>,
    /// For each neighbor, rows of blocks with ghosts that came from it, of the values.
    pub(super) ghosts: Vec<Vec<u32>>,
    /// Bytes for each neighbor.
    pub(super) sent: Vec<usize>,
    pub(super) received: Vec<usize>,
    /// For each row set, where rows after the own ones come from.
    pub(super) sources: Vec<Vec<Run>>,
    /// For each neighbor, where row sets start in its messages.
    pub(super) starts: Vec<Vec<usize>>,
}

/// Rows that follow each other.
#[derive(Debug)]
pub(super) struct Run {
    /// Their first row in the result.
    pub(super) target: usize,
    pub(super) neighbor: usize,
    /// Their first row in a message of this neighbor, or in the array of this rank.
    pub(super) source: usize,
    pub(super) count: usize,
}

impl ForwardPlan {
    pub(super) fn new(
        session: &Session<'_>,
        plan: &Plan,
        labels: &HaloLabels,
        block: &TensorBlock,
    ) -> Result<ForwardPlan, Agreed> {
        let sets = Sets::agree(session, block)?;
        let (blocks, trees, messages) = session.step(|| {
            let blocks = sets.blocks_of(block)?;
            let rows = rows_of_owned(labels, block.samples())?;
            let mut messages = vec![Vec::new(); session.size()];
            let mut trees = Vec::with_capacity(plan.neighbors.len());
            for neighbor in &plan.neighbors {
                let message = &mut messages[neighbor.rank];
                let wanted = neighbor
                    .send
                    .rows()
                    .iter()
                    .map(|&owned| rows[owned as usize]);
                message.extend(wanted.clone().map(|row| u8::from(row.is_some())));
                let tree = below(&sets, &blocks, wanted.flatten().collect())?;
                write_labels(&sets, &blocks, &tree, message)?;
                trees.push(tree);
            }
            Ok((blocks, trees, messages))
        })?;
        let messages = session.exchange(messages)?;
        session.step(|| ForwardPlan::of_messages(plan, labels, sets, &blocks, trees, &messages))
    }

    fn of_messages(
        plan: &Plan,
        labels: &HaloLabels,
        sets: Sets,
        blocks: &[&TensorBlock],
        trees: Vec<Tree>,
        messages: &[Vec<u8>],
    ) -> Result<ForwardPlan> {
        let mut ghosts = Vec::with_capacity(plan.neighbors.len());
        let mut received = Vec::with_capacity(plan.neighbors.len());
        for neighbor in &plan.neighbors {
            let mut reader = Reader::new(&messages[neighbor.rank]);
            let wanted = neighbor.receive.rows();
            let is_there = reader.bytes(wanted.len(), "ghosts")?;
            let there = wanted
                .iter()
                .zip(is_there)
                .filter(|(_, is_there)| **is_there != 0);
            let there: Vec<u32> = there.map(|(&ghost, _)| ghost).collect();
            let read = Received::read(&sets, there.len(), &mut reader)
                .and_then(|read| reader.finish().map(|()| read));
            let read = read.map_err(|error| error.context(format!("rank {}", neighbor.rank)))?;
            received.push(read);
            ghosts.push(there);
        }
        let mut result = ForwardPlan {
            own_samples: blocks.iter().map(|block| block.samples().clone()).collect(),
            samples: Vec::with_capacity(sets.list.len()),
            send: Vec::new(),
            ghosts: Vec::new(),
            sent: Vec::new(),
            received: Vec::new(),
            sources: Vec::with_capacity(sets.list.len()),
            starts: Vec::new(),
            sets,
        };
        result.add_sizes(&trees, &received)?;
        let lists = trees
            .iter()
            .map(|tree| tree.iter().cloned().map(RowList::new).collect());
        result.send = lists.collect();
        let own = plan.own().map(|(own, _)| own);
        let mut places: Vec<Places> = Vec::with_capacity(result.sets.list.len());
        while places.len() < result.sets.list.len() {
            let set = places.len();
            let joined = match &result.sets.list[set].parent {
                None => join_values(labels, &blocks[0].samples().clone(), &ghosts),
                Some((parent, _)) => result.join_gradient(set, &places[*parent], &received),
            };
            let (samples, order) = joined.map_err(|error| result.sets.in_set(set, error))?;
            let first = result.own_samples[set].count();
            result.sources.push(runs(
                first,
                &order,
                own.map(|own| (own, &trees[own][set][..])),
            ));
            places.push(Places::new(first, &order, plan.neighbors.len()));
            result.samples.push(samples);
        }
        result.ghosts = std::mem::take(&mut places[0].0);
        Ok(result)
    }

    /// Samples without ghosts.
    pub(super) fn own_samples(&self) -> &Labels {
        &self.own_samples[0]
    }

    fn add_sizes(&mut self, trees: &[Tree], received: &[Received]) -> Result<()> {
        let too_large = || Error::invalid("rows are too long for a message");
        for (tree, received) in trees.iter().zip(received) {
            let (mut sent, mut start) = (Some(0_usize), Some(0_usize));
            let mut starts = Vec::with_capacity(self.sets.list.len());
            for (i, set) in self.sets.list.iter().enumerate() {
                let bytes = |rows: usize| rows.checked_mul(set.row_bytes);
                starts.push(start.ok_or_else(too_large)?);
                let (more, next) = (bytes(tree[i].len()), bytes(received.count(&self.sets, i)));
                sent = sent.and_then(|sent| sent.checked_add(more?));
                start = start.and_then(|start| start.checked_add(next?));
            }
            self.sent.push(sent.ok_or_else(too_large)?);
            self.received.push(start.ok_or_else(too_large)?);
            self.starts.push(starts);
        }
        Ok(())
    }

    /// Samples of a gradient with ghosts, and for each row of these its neighbor, and its row in the message of it.
    fn join_gradient(
        &self,
        set: usize,
        above: &Places,
        received: &[Received],
    ) -> Result<(Labels, Vec<(u32, u32)>)> {
        let mut rows: Vec<(u32, u32, u32, &[i32])> = Vec::new();
        for (neighbor, (received, above)) in (0..).zip(received.iter().zip(&above.0)) {
            for (row, sample) in (0..).zip(received.rows(&self.sets, set)) {
                rows.push((above[sample[0] as usize], neighbor, row, &sample[1..]));
            }
        }
        // A row is on one neighbor, whose gradient rows keep their order.
        rows.sort_by_key(|row| row.0);
        let own = &self.own_samples[set];
        let mut values = own.rows().values().to_vec();
        for (parent, _, _, others) in &rows {
            values.push(i32::try_from(*parent).map_err(|_| too_many_rows())?);
            values.extend_from_slice(others);
        }
        let samples = match rows.is_empty() {
            true => own.clone(),
            false => Labels::from_values(&self.sets.list[set].names, values)?,
        };
        let order = rows
            .into_iter()
            .map(|(_, neighbor, row, _)| (neighbor, row));
        Ok((samples, order.collect()))
    }
}

#[cold]
fn too_many_rows() -> Error {
    Error::invalid("there are too many rows for the samples of a gradient")
}

/// The row of the block for each owned row, if it has one.
fn rows_of_owned(labels: &HaloLabels, samples: &Labels) -> Result<Vec<Option<u32>>> {
    let owned = &labels.owned;
    if samples.names() != owned.names() {
        return Err(Error::invalid(format!(
            "the halo is for samples with the dimensions {}, got {}",
            owned.names(),
            samples.names()
        )));
    }
    let mut rows = vec![None; owned.count()];
    for (row, sample) in (0..).zip(samples) {
        match owned.position(sample) {
            Some(position) => rows[position] = Some(row),
            None => {
                return Err(Error::invalid(format!(
                    "sample {} is not one of those that this rank owns",
                    samples.describe(row as usize)
                )));
            }
        }
    }
    Ok(rows)
}

/// Own samples and then ghosts, in the order that they have in the halo.
fn join_values(
    labels: &HaloLabels,
    own: &Labels,
    ghosts: &[Vec<u32>],
) -> Result<(Labels, Vec<(u32, u32)>)> {
    let mut rows: Vec<(u32, u32, u32)> = Vec::new();
    for (neighbor, ghosts) in (0..).zip(ghosts) {
        rows.extend(
            (0..)
                .zip(ghosts)
                .map(|(row, &ghost)| (ghost, neighbor, row)),
        );
    }
    rows.sort_unstable();
    let mut values = own.rows().values().to_vec();
    for &(ghost, ..) in &rows {
        values.extend_from_slice(&labels.ghosts[ghost as usize]);
    }
    let names: Vec<&str> = own.names().iter().collect();
    let samples = match rows.is_empty() {
        true => own.clone(),
        false => Labels::from_values(&names, values)?,
    };
    Ok((
        samples,
        rows.into_iter()
            .map(|(_, neighbor, row)| (neighbor, row))
            .collect(),
    ))
}

/// For each neighbor, where the rows of its message are in the result.
struct Places(Vec<Vec<u32>>);

impl Places {
    fn new(first: usize, order: &[(u32, u32)], neighbors: usize) -> Places {
        let mut places = vec![Vec::new(); neighbors];
        // Those of one neighbor come in the order of its message.
        for (place, &(neighbor, _)) in (first as u32..).zip(order) {
            places[neighbor as usize].push(place);
        }
        Places(places)
    }
}

/// Rows from `first` on, as runs. Those that the rank gives to itself come from its own array: `own` says from which rows.
fn runs(first: usize, order: &[(u32, u32)], own: Option<(usize, &[u32])>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (target, &(neighbor, row)) in (first..).zip(order) {
        let neighbor = neighbor as usize;
        let source = match own {
            Some((own, rows)) if own == neighbor => rows[row as usize] as usize,
            _ => row as usize,
        };
        match runs.last_mut() {
            Some(run) if run.neighbor == neighbor && run.source + run.count == source => {
                run.count += 1;
            }
            _ => runs.push(Run {
                target,
                neighbor,
                source,
                count: 1,
            }),
        }
    }
    runs
}
