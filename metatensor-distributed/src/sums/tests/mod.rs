//! Tests of sums, against serial operations on the rows of all ranks.

mod all_reduce;
mod by_labels;
mod lstsq;
mod over_samples;

use metatensor_core::{Element, TensorMap};
use metatensor_operations::drop_empty_blocks;

use crate::testing::{Form, Random};
use crate::{Communicator, Partition};

/// A map with random labels: some blocks have no rows.
fn map<T: Element>(random: &mut Random, form: &Form, make: fn(u32) -> T) -> TensorMap {
    let keys = random.keys();
    let blocks: Vec<_> = keys
        .iter()
        .map(|key| ([key[0], key[1]], random.samples()))
        .collect();
    random.map(form, &blocks, make)
}

/// The part of a map that is on this rank. Some ranks have no rows; with `sparse`, blocks without rows are left out.
fn scattered(communicator: &Communicator, map: &TensorMap, sparse: bool) -> TensorMap {
    let ranks = communicator.size() as i32;
    let rank_of = |_: usize, row: &[i32]| {
        let hash = row
            .iter()
            .fold(7_i32, |hash, &x| hash.wrapping_mul(31).wrapping_add(x));
        Ok((hash >> 1).rem_euclid(ranks.max(2) - 1))
    };
    let root = (communicator.rank() == 0).then_some(map);
    let part = communicator
        .scatter(0, root, &Partition::By(&rank_of))
        .unwrap();
    match sparse {
        true => drop_empty_blocks(&part).unwrap(),
        false => part,
    }
}
