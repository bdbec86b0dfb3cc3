//! How many threads and how much memory the library uses.

use crate::{Ended, part};

use metatensor::prelude::*;

pub(crate) fn main() -> Ended {
    let map = TensorMap::load("radial-spectrum.mts")?;
    part("threads", || {
        // ANCHOR: threads
        metatensor::set_num_threads(2);
        println!("{} threads", metatensor::num_threads());

        // a function of the values of each block, on all threads; results are in the order of blocks
        let largest = map.values_as::<f64>()?.par_map(|_, values| {
            let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            Ok::<f64, metatensor::Error>(largest)
        });
        // ANCHOR_END: threads
        let _ = largest;
        Ok(())
    })?;
    // ANCHOR: memory
    let kept = metatensor::memory_use();
    metatensor::trim_memory();
    metatensor::set_kept_memory_bound(100_000_000);
    // ANCHOR_END: memory
    let _ = kept;
    Ok(())
}
