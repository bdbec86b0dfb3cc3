//! Loading a map to several ranks.

use std::path::Path;

use metatensor_core::{Array, DType, Result, TensorMap};

use crate::communicator::{Agreed, Call, Communicator, Session};
use crate::movement::redistribute_in;
use crate::partition::{Partition, destinations};
use crate::schema;
use crate::wire::Order;

mod assemble;
mod checksums;
mod labels;
mod open;

#[cfg(test)]
mod tests;

use assemble::Assembly;
use labels::{OwnBlocks, SMALL};

/// Makes the arrays that data is read into.
type Create<'a> = dyn FnMut(&[usize], DType) -> Result<Box<dyn Array>> + 'a;

impl Communicator {
    /// Loads the map in the file at `path`, each rank the rows that the partition gives it: what
    /// [`scatter`](Communicator::scatter) makes of the map that [`TensorMap::load`] loads, without a rank that has all of it. Collective.
    ///
    /// The directory is read by rank 0, and the labels of each block by one of the ranks, which is the one that calls functions
    /// of the partition for this block; with [`Partition::Ranks`], rank 0 reads all labels. Then each rank reads its rows from the file:
    /// ranges of rows at once, and with what is between them if this is little. Blocks of small arrays, and those that only
    /// other programs write (compressed, or with the first index varying fastest), are read by one rank as a whole, and sent to the
    /// others. All ranks have to see the same file, which has to be a regular one, unless there is only one rank.
    ///
    /// [`Partition::Ranks`] lists the rows of all blocks of the file, on rank 0.
    ///
    /// Checksums are compared of everything that is read as a whole, by one rank or by all of them together; if a rank gets rows of an
    /// array that are not one after the other, nobody knows whether they are damaged.
    ///
    /// ```
    /// use metatensor_core::{Labels, TensorBlock, TensorMap};
    /// use metatensor_distributed::{Partition, run_local};
    ///
    /// let directory = tempfile::tempdir().unwrap();
    /// let path = directory.path().join("map.mts");
    /// let values = ndarray::arr2(&[[1.0], [2.0], [3.0]]);
    /// let block = TensorBlock::new(values, Labels::range("atom", 3)?, [], Labels::single())?;
    /// TensorMap::new(Labels::single(), vec![block])?.save(&path)?;
    ///
    /// let sums = run_local(2, |communicator| {
    ///     let map = communicator.load(&path, &Partition::Rows)?;
    ///     let sum = map.block_by_id(0)?.values_as::<f64>()?.sum();
    ///     Ok(sum)
    /// });
    /// let sums = sums.into_iter().collect::<metatensor_core::Result<Vec<_>>>()?;
    /// assert_eq!(sums.iter().sum::<f64>(), 6.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// On all ranks, if one can not read the file, if it does not hold a valid map, or as for [`redistribute`](Communicator::redistribute)
    /// with this partition.
    pub fn load(&self, path: impl AsRef<Path>, partition: &Partition<'_>) -> Result<TensorMap> {
        self.load_into(path.as_ref(), partition, None)
    }

    /// The same into arrays made by `create`, which gets their shape and data type. These must be in main memory.
    ///
    /// ```
    /// use metatensor_core::{DenseArray, Labels, TensorBlock, TensorMap};
    /// use metatensor_distributed::{Partition, run_local};
    ///
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("map.mts");
    /// # let block = TensorBlock::new(ndarray::arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    /// # TensorMap::new(Labels::single(), vec![block])?.save(&path)?;
    /// let maps = run_local(2, |communicator| {
    ///     communicator.load_with(&path, &Partition::Rows, |shape, dtype| {
    ///         Ok(Box::new(DenseArray::zeros(dtype, shape)?))
    ///     })
    /// });
    /// assert_eq!(maps.into_iter().map(|map| map.unwrap().len()).collect::<Vec<_>>(), [1, 1]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `create`, or as for [`load`](Communicator::load).
    pub fn load_with(
        &self,
        path: impl AsRef<Path>,
        partition: &Partition<'_>,
        mut create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
    ) -> Result<TensorMap> {
        self.load_into(path.as_ref(), partition, Some(&mut create))
    }

    fn load_into(
        &self,
        path: &Path,
        partition: &Partition<'_>,
        create: Option<&mut Create<'_>>,
    ) -> Result<TensorMap> {
        let call = Call::new("load")
            .option("path", path)
            .option("partition", partition);
        self.collective(call, |session| match session.size() {
            1 => load_alone(session, path, partition, create),
            _ => load_parts(session, path, partition, create, SMALL),
        })
    }
}

/// One rank reads the file from start to end.
fn load_alone(
    session: &Session<'_>,
    path: &Path,
    partition: &Partition<'_>,
    create: Option<&mut Create<'_>>,
) -> Result<TensorMap, Agreed> {
    let map = session.step(|| match create {
        Some(create) => TensorMap::load_with(path, create),
        None => TensorMap::load(path),
    })?;
    let schema = schema::agree(session, Some(&map))?;
    destinations(session, &schema, Some(&map), partition)?;
    Ok(map)
}

/// Each rank reads its rows of blocks that have arrays of at least `small` bytes.
fn load_parts(
    session: &Session<'_>,
    path: &Path,
    partition: &Partition<'_>,
    create: Option<&mut Create<'_>>,
    small: u64,
) -> Result<TensorMap, Agreed> {
    let file = open::open(session, path)?;
    // who gives a list of ranks for all rows of all blocks does it for one rank, as for `scatter`
    let is_for_first = matches!(partition, Partition::Ranks(_));
    let own = session.step(|| OwnBlocks::read(&file, session, is_for_first, small))?;
    let is_without = is_for_first && session.rank() != 0;
    let labels = (!is_without).then_some(&own.labels);
    let schema = schema::agree(session, labels)?;
    let destinations = match *partition {
        // which block of the file it is, not of those whose labels are read here
        Partition::By(rank_of) => {
            let rank_of = |block: usize, sample: &[i32]| rank_of(own.first + block, sample);
            destinations(session, &schema, labels, &Partition::By(&rank_of))?
        }
        _ => destinations(session, &schema, labels, partition)?,
    };

    // what is moved: the numbers of rows that each rank reads, and blocks that were read as a whole
    let [rows, whole] = session.step(|| own.maps(&destinations))?;
    drop(own);
    let mut are_there = [!rows.map.is_empty(), !whole.map.is_empty()].map(i64::from);
    session.max(&mut are_there)?;
    let mut moved = [None, None];
    for ((part, is_there), moved) in [rows, whole].iter().zip(are_there).zip(&mut moved) {
        if is_there == 1 {
            let map = redistribute_in(session, Some(&part.map), &part.destinations, Order::Source)?;
            *moved = Some(map);
        }
    }
    let [rows, whole] = moved;
    let mut assembly = Assembly::new(&file.map, &schema, create);
    let map = session.step(|| assembly.read(rows.as_ref(), whole.as_ref()))?;
    checksums::check(session, &file.map, assembly.into_sums())?;
    Ok(map)
}
