//! Saving a map whose rows are on several ranks.

use std::path::Path;

use metatensor_core::{Error, Result, TensorMap};

use crate::communicator::{Agreed, Call, Communicator, Session};
use crate::movement::redistribute_in;
use crate::partition::{Partition, destinations};
use crate::schema;
use crate::wire::Order;

mod checksums;
mod distinct;
mod file;
mod pieces;
mod regions;
mod rows;
mod write;

#[cfg(test)]
mod tests;

use file::Output;
use pieces::Pieces;
use regions::Regions;
use rows::{LocalRows, row_counts};

/// How a map is saved by [`Communicator::save`]. What is in the file does not depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaveOptions {
    /// How many ranks write to the file, at most all of them: each writes a region of it. By default, one for each GiB.
    pub writers: Option<usize>,
}

/// No rank gets more bytes than this for what it writes, before it has written them.
const ROUND: u64 = 64 << 20;
/// How many bytes there are for each writer, as a rule.
const BYTES_PER_WRITER: u64 = 1 << 30;

impl Communicator {
    /// Saves the map that the maps of all ranks are together to one file: byte for byte what
    /// [`TensorMap::save`] writes on the rank that [`gather`](Communicator::gather) brings it to, without that rank. Collective.
    ///
    /// Rows are sent to the ranks that write, which have a region of the file each, in rounds of at most 64 MiB. Until the file is
    /// complete, it is a temporary one beside the old one: if any rank fails or dies, the old one stays. All ranks have to see the
    /// same folder. Where nobody may make files in it, but the file could be overwritten, rank 0 writes everything. Pipes and devices
    /// can only be saved to by a communicator of one rank.
    ///
    /// With [`Order::Labels`], rows are moved to other ranks first, so that each has those that follow each other: this needs memory for
    /// them, and for all samples on all ranks. Arrays that are not contiguous are copied.
    ///
    /// ```
    /// use metatensor_core::{Labels, TensorBlock, TensorMap};
    /// use metatensor_distributed::{Order, SaveOptions, run_local};
    ///
    /// let directory = tempfile::tempdir().unwrap();
    /// let path = directory.path().join("map.mts");
    /// let saved = run_local(3, |communicator| {
    ///     // one sample per rank
    ///     let samples = Labels::new(["atom"], [[communicator.rank() as i32]])?;
    ///     let block = TensorBlock::new(ndarray::arr2(&[[0.5]]), samples, [], Labels::single())?;
    ///     let map = TensorMap::new(Labels::single(), vec![block])?;
    ///     communicator.save(&path, &map, Order::Source, SaveOptions::default())
    /// });
    /// assert!(saved.iter().all(Result::is_ok));
    /// assert_eq!(TensorMap::load(&path)?.block_by_id(0)?.samples(), &Labels::range("atom", 3)?);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// On all ranks, if the file can not be written, or if the map can not be in a file, see [`TensorMap::save`]; if maps do not [fit
    /// together](crate#maps), or a sample is on two ranks; if there should be no writers. What was there before still is.
    pub fn save(
        &self,
        path: impl AsRef<Path>,
        tensor: &TensorMap,
        order: Order,
        options: SaveOptions,
    ) -> Result<()> {
        let path = path.as_ref();
        let call = Call::new("save")
            .option("path", path)
            .option("order", order)
            .option("writers", options.writers);
        self.collective(call, |session| {
            let writers = session.step(|| match options.writers {
                Some(0) => Err(Error::invalid("a file needs at least one writer, got 0")),
                writers => Ok(writers),
            })?;
            save_in(
                session,
                path,
                tensor,
                order,
                &Sizes {
                    writers,
                    round: ROUND,
                },
            )
        })
    }
}

/// What only changes how a file is written.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    writers: Option<usize>,
    round: u64,
}

fn save_in(
    session: &Session<'_>,
    path: &Path,
    tensor: &TensorMap,
    order: Order,
    sizes: &Sizes,
) -> Result<(), Agreed> {
    match order {
        Order::Source => save_rows(session, path, tensor, sizes),
        Order::Labels => {
            let sorted = sorted(session, tensor)?;
            save_rows(session, path, &sorted, sizes)
        }
    }
}

/// The same rows on other ranks, sorted by labels if the rows of each block are taken in the order of the ranks.
fn sorted(session: &Session<'_>, tensor: &TensorMap) -> Result<TensorMap, Agreed> {
    let schema = schema::agree(session, Some(tensor))?;
    let names = schema.blocks.first().map(|block| block.samples.names());
    let names: Vec<&str> = names.into_iter().flat_map(|names| names.iter()).collect();
    let partition = match names.is_empty() {
        // There are no rows to be sorted, but ranks that have none have to agree all the same.
        true => Partition::Rows,
        false => Partition::Contiguous(&names),
    };
    let destinations = destinations(session, &schema, Some(tensor), &partition)?;
    redistribute_in(session, Some(tensor), &destinations, Order::Labels)
}

/// Saves the rows of each block in the order of the ranks that they are on.
fn save_rows(
    session: &Session<'_>,
    path: &Path,
    tensor: &TensorMap,
    sizes: &Sizes,
) -> Result<(), Agreed> {
    if session.size() == 1 {
        return session.step(|| tensor.save(path));
    }
    let schema = schema::agree(session, Some(tensor))?;
    let found = session.step(|| rows::find(&schema, tensor))?;
    distinct::check_samples(session, &schema, &found)?;
    let counts = session.step(|| Ok(row_counts(&found)))?;
    let counts = session.all_gather(counts)?;
    let counts = session.step(|| rows::Counts::new(&schema, &counts))?;

    let mut layout = session.step(|| counts.layout(&schema))?;
    let views = session.step(|| {
        found
            .iter()
            .map(|set| set.view())
            .collect::<Result<Vec<_>>>()
    })?;
    let local =
        session.step(|| LocalRows::new(&found, &views, &counts, &layout, session.rank()))?;
    checksums::set(session, &mut layout, &local, &counts)?;
    let pieces = session.step(|| Pieces::new(&layout, &counts, &local, session.rank()))?;

    let output = Output::new(session, path, layout.size())?;
    let writers = match output.can_be_shared() {
        true => sizes
            .writers
            .unwrap_or_else(|| default_writers(layout.size())),
        false => 1,
    };
    let regions = Regions::new(layout.size(), writers, session.size());
    let part = session.step(|| output.part(&regions, session.rank()))?;
    for round in 0..regions.rounds(sizes.round) {
        let windows = regions.windows(round, sizes.round);
        write::round(session, &pieces, &windows, part.as_ref())?;
    }
    session.step(|| part.as_ref().map_or(Ok(()), |part| part.sync()))?;
    drop(part);
    session.step(|| output.commit())
}

fn default_writers(size: u64) -> usize {
    usize::try_from(size.div_ceil(BYTES_PER_WRITER)).unwrap_or(usize::MAX)
}
