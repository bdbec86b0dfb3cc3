//! Maps over several processes.

use crate::Ended;

// ANCHOR: means
use metatensor::TensorMap;
use metatensor::distributed::{Communicator, Partition, Placement, SumOrder};

/// On all ranks: each loads the atoms of some systems, and gets the means of these.
fn means(communicator: &Communicator, path: &str) -> metatensor::Result<TensorMap> {
    let mine = communicator.load(path, &Partition::Strided(&["system"]))?;
    communicator.mean_over_samples(&mine, &["atom"], SumOrder::Labels, Placement::Everywhere)
}
// ANCHOR_END: means

pub(crate) fn main() -> Ended {
    // ANCHOR: alone
    let communicator = Communicator::single(); // this process alone; with MPI, metatensor_mpi makes it
    let means = means(&communicator, "radial-spectrum.mts")?;
    // ANCHOR_END: alone
    assert_eq!(means.len(), 5);

    // ANCHOR: threads
    let rows = metatensor::distributed::run_local(3, |communicator| {
        let mine = communicator.load("radial-spectrum.mts", &Partition::Rows)?;
        Ok::<usize, metatensor::Error>(
            mine.blocks()
                .iter()
                .map(|block| block.samples().count())
                .sum(),
        )
    });
    for (rank, rows) in rows.into_iter().enumerate() {
        println!("rank {rank} has {} rows", rows?);
    }
    // ANCHOR_END: threads
    Ok(())
}
