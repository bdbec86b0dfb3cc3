//! Very many small maps in one file.

use crate::{Ended, part};

// ANCHOR: write
use metatensor::ndarray::Array2;
use metatensor::operations::{LoadManyOptions, load_many};
use metatensor::prelude::*;
use metatensor::{Collection, CollectionForm, CollectionWriter};

fn write(path: &str) -> metatensor::Result<()> {
    let mut writer = CollectionWriter::create(path, CollectionForm::Bare)?;
    for structure in 0..1000 {
        let energies = Array2::from_elem((2 + structure % 3, 1), structure as f64);
        let samples = Labels::range("atom", energies.nrows())?;
        let block = TensorBlock::new(energies, samples, [], Labels::range("energy", 1)?)?;
        let map = TensorMap::new(Labels::single(), vec![block])?;
        writer.add(structure as i32, "energy", &map)?;
    }
    writer.finish()
}
// ANCHOR_END: write

pub(crate) fn main() -> Ended {
    let path = "energies.zip";
    write(path)?;
    part("batch", || {
        // ANCHOR: batch
        let collection = Collection::open(path)?;
        let batch = load_many(
            &collection,
            "energy",
            &[700, 3, 42],
            LoadManyOptions::default(),
        )?;
        println!("{}", batch.block_by_id(0)?.samples());
        // ANCHOR_END: batch
        Ok(())
    })
}
