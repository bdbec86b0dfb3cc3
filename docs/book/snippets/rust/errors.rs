//! What fails, and how it is said.

use crate::{Ended, part};

use metatensor::prelude::*;

// ANCHOR: kinds
fn load_or_none(path: &str) -> metatensor::Result<Option<TensorMap>> {
    match TensorMap::load(path) {
        Ok(map) => Ok(Some(map)),
        Err(metatensor::Error::Io { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
// ANCHOR_END: kinds

pub(crate) fn main() -> Ended {
    assert!(load_or_none("no-such-file.mts")?.is_none());
    let map = TensorMap::load("radial-spectrum.mts")?;
    part("messages", || {
        // ANCHOR: messages
        let errors = [
            TensorMap::load("no-such-file.mts").unwrap_err(),
            map.block(&[("center_type", 8)]).unwrap_err(),
            operations::sum_over_samples(&map, &["element"]).unwrap_err(),
            operations::add(&map, &operations::remove_gradients(&map, None)?).unwrap_err(),
        ];
        for error in errors {
            println!("{error}");
        }
        // ANCHOR_END: messages
        Ok(())
    })
}
