//! Files that are larger than what is needed of them: appended to, read in part, and mapped. And many maps in one file, for a loop
//! that needs some of them in each step.

use metatensor::ndarray::Array2;
use std::path::Path;

use metatensor::operations::{LoadManyOptions, load_many};
use metatensor::prelude::*;
use metatensor::{Collection, CollectionForm, CollectionWriter};
use metatensor::{MapFile, MapSelection, MapWriter, Mapping, validate};

/// Energies of all atoms of some structures, of one type of atoms.
fn energies(structures: i32, atoms: i32) -> metatensor::Result<TensorBlock> {
    let rows = (0..structures).flat_map(|system| (0..atoms).map(move |atom| [system, atom]));
    let samples = Labels::from_rows(&["system", "atom"], rows)?;
    let values = Array2::from_shape_fn((samples.count(), 1), |(row, _)| row as f64);
    TensorBlock::new(values, samples, [], Labels::range("energy", 1)?)
}

fn main() -> metatensor::Result<()> {
    let path = std::env::temp_dir().join(format!("metatensor-files-{}.mts", std::process::id()));

    // A file is written block by block, so that none but the one that is written is in memory...
    let mut writer = MapWriter::create(&path, &["center_type"])?;
    writer.add(&[1], &energies(1000, 20)?)?;
    writer.finish()?;
    // ... and grows: what is in it already is neither read nor written again.
    let mut writer = MapWriter::append(&path)?;
    writer.add(&[8], &energies(1000, 10)?)?;
    writer.finish()?;

    // Opening it reads the keys. Shapes and labels are there without values.
    let file = MapFile::open(&path)?;
    for (i, key) in file.keys().iter().enumerate() {
        let shape = file.block_header(i)?.shape().to_vec();
        println!("type {}: {shape:?}", key[0]);
    }

    // Some structures of all blocks: little more is read than these rows.
    let selection = MapSelection {
        samples: Some(Labels::new(["system"], [[3], [500]])?),
        ..MapSelection::default()
    };
    let part = file.load_selected(&selection)?;
    println!("{part}");

    // One block, whose values are in the file itself: nothing is read until somebody looks at them.
    let block = file.block_mapped(0, Mapping::ReadOnly)?;
    println!(
        "the last energy is {}",
        block.values_as::<f64>()?[[19_999, 0]]
    );

    // Checksums of what is mapped, or read in part, are not compared: this does, and tells all that is wrong.
    assert!(validate(&path)?.is_empty());

    batch(&path)?;
    std::fs::remove_file(&path).map_err(|error| metatensor::Error::io("remove", &path, error))
}

/// Writes a collection of maps with the energies of one structure each, and loads some of them as a batch.
fn batch(path: &Path) -> metatensor::Result<()> {
    let mut writer = CollectionWriter::create(path, CollectionForm::Bare)?;
    for structure in 0..1000 {
        let energies = Array2::from_elem((1 + structure % 3, 1), structure as f64);
        let samples = Labels::range("atom", energies.nrows())?;
        let block = TensorBlock::new(energies, samples, [], Labels::range("energy", 1)?)?;
        let map = TensorMap::new(Labels::single(), vec![block])?;
        writer.add(structure as i32, "energy", &map)?;
    }
    writer.finish()?;

    // Samples get the number of the map that they come from.
    let collection = Collection::open(path)?;
    let options = LoadManyOptions::default();
    let batch = load_many(&collection, "energy", &[700, 3, 42], options)?;
    println!("{}", batch.block_by_id(0)?.samples());
    Ok(())
}
