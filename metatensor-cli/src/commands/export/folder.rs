//! A folder of arrays, with the names that they have in a file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use metatensor_core::{Labels, TensorBlock};
use serde_json::json;

use super::target::{INFO, KEYS, NEW, Target};
use super::{Exported, Parts, npy};
use crate::arguments::ExportOptions;
use crate::output::Failure;

/// Writes all arrays and labels of the blocks: to a new folder beside the one that they are for, which becomes it in the end.
pub(super) fn write(
    exported: &Exported<'_>,
    target: &Path,
    options: &ExportOptions,
) -> Result<(), Failure> {
    let Exported::Blocks(parts) = exported else {
        return Err(Failure::Error(
            "labels are one array: the name of its file ends with .npy".into(),
        ));
    };
    if options.gradient.is_some() || options.samples.is_some() {
        return Err(Failure::Error(
            "a folder has all samples and gradients: FILE.npy has some of them, and mts slice makes a map of them".into(),
        ));
    }
    let target = Target::new(target)?;
    let temporary = target.temporary()?;
    blocks(parts, &temporary.path().join(NEW))?;
    target.replace(temporary)
}

fn blocks(parts: &Parts<'_>, folder: &Path) -> Result<(), Failure> {
    make(folder)?;
    let keys = parts.blocks.keys();
    let names: Vec<&str> = keys.names().iter().collect();
    let rows = parts.numbers.iter().map(|&number| keys.rows().row(number));
    labels(folder, KEYS, &Labels::from_rows(&names, rows)?)?;
    let info = parts.blocks.info()?;
    if !info.is_empty() {
        let text = json!(info).to_string();
        file(
            folder,
            INFO,
            |writer| Ok(writer.write_all(text.as_bytes())?),
        )?;
    }
    for (position, &number) in parts.numbers.iter().enumerate() {
        let block = parts.load(number)?;
        let folder = folder.join("blocks").join(position.to_string());
        one(&block, &folder, true)?;
    }
    Ok(())
}

/// A block, or a gradient, whose properties are those of the block.
fn one(block: &TensorBlock, folder: &Path, has_properties: bool) -> Result<(), Failure> {
    make(folder)?;
    file(folder, "values.npy", |writer| npy::array(block, writer))?;
    labels(folder, "samples.npy", block.samples())?;
    if !block.components().is_empty() {
        let folder = folder.join("components");
        make(&folder)?;
        for (axis, components) in block.components().iter().enumerate() {
            labels(&folder, &format!("{axis}.npy"), components)?;
        }
    }
    if has_properties {
        labels(folder, "properties.npy", block.properties())?;
    }
    for (parameter, gradient) in block.gradients() {
        one(gradient, &folder.join("gradients").join(parameter), false)?;
    }
    Ok(())
}

fn labels(folder: &Path, name: &str, labels: &Labels) -> Result<(), Failure> {
    let bytes = labels.save_buffer()?;
    file(folder, name, |writer| Ok(writer.write_all(&bytes)?))
}

fn file(
    folder: &Path,
    name: &str,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let path = folder.join(name);
    let file = File::create(&path).map_err(|error| not_written(&path, &error))?;
    let mut writer = BufWriter::new(file);
    write(&mut writer)?;
    Ok(writer.flush().map_err(|error| not_written(&path, &error))?)
}

fn make(folder: &Path) -> Result<(), Failure> {
    Ok(fs::create_dir_all(folder).map_err(|error| not_written(folder, &error))?)
}

fn not_written(path: &Path, error: &io::Error) -> String {
    format!("could not write '{}': {error}", path.display())
}
