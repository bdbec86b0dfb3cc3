//! Files that are larger than what is needed of them.

use crate::{Ended, part};

use metatensor::prelude::*;

// ANCHOR: write
use metatensor::ndarray::Array2;
use metatensor::{MapFile, MapSelection, MapWriter, Mapping};

/// Energies of the atoms of some structures.
fn energies(structures: i32, atoms: i32) -> metatensor::Result<TensorBlock> {
    let rows = (0..structures).flat_map(|system| (0..atoms).map(move |atom| [system, atom]));
    let samples = Labels::from_rows(&["system", "atom"], rows)?;
    let values = Array2::from_shape_fn((samples.count(), 1), |(row, _)| row as f64);
    TensorBlock::new(values, samples, [], Labels::range("energy", 1)?)
}

fn write(path: &str) -> metatensor::Result<()> {
    let mut writer = MapWriter::create(path, &["center_type"])?;
    writer.add(&[1], &energies(1000, 20)?)?; // none but this block is in memory
    writer.finish()?;

    let mut writer = MapWriter::append(path)?; // costs what is added
    writer.add(&[8], &energies(1000, 10)?)?;
    writer.finish()
}
// ANCHOR_END: write

pub(crate) fn main() -> Ended {
    let path = "energies.mts";
    write(path)?;
    part("part", || {
        // ANCHOR: part
        let file = MapFile::open(path)?; // reads the keys
        println!("shape: {:?}", file.block_header(0)?.shape());
        let selection = MapSelection {
            samples: Some(Labels::new(["system"], [[3], [500]])?),
            ..MapSelection::default()
        };
        println!("{}", file.load_selected(&selection)?);
        // ANCHOR_END: part
        Ok(())
    })?;
    part("mapped", || {
        // ANCHOR: mapped
        let block = MapFile::open(path)?.block_mapped(0, Mapping::ReadOnly)?;
        println!("{}", block.values_as::<f64>()?[[19_999, 0]]);
        // ANCHOR_END: mapped
        Ok(())
    })?;
    part("check", || {
        // ANCHOR: check
        println!("{} problems", metatensor::validate(path)?.len());
        metatensor::recover_file(path)?; // only for readers of other libraries, after a crash
        // ANCHOR_END: check
        Ok(())
    })
}
