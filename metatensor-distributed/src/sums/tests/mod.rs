//! Tests of sums, against serial operations on the rows of all ranks.

#![expect(clippy::unwrap_used, reason = "a failure is what tests are for")]

mod all_reduce;

use metatensor_core::{Element, TensorMap};

use crate::testing::{Form, Random};

/// A map with random labels: some blocks have no rows.
fn map<T: Element>(random: &mut Random, form: &Form, make: fn(u32) -> T) -> TensorMap {
    let keys = random.keys();
    let blocks: Vec<_> = keys
        .iter()
        .map(|key| ([key[0], key[1]], random.samples()))
        .collect();
    random.map(form, &blocks, make)
}
