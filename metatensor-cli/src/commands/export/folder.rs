//! A folder of arrays, with the names that they have in a file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use metatensor_core::{Labels, TensorBlock};
use serde_json::json;

use super::{Exported, Parts, npy};
use crate::arguments::ExportOptions;
use crate::output::Failure;

/// What tells that a folder was made by this.
const KEYS: &str = "keys.npy";

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
    let parent = match target.parent() {
        Some(parent) if parent != "" => parent,
        _ => Path::new("."),
    };
    check_replaceable(target)?;
    let failed = |error: io::Error| format!("could not write to '{}': {error}", parent.display());
    let temporary = tempfile::Builder::new()
        .prefix(".mts-export")
        .tempdir_in(parent)
        .map_err(failed)?;
    let new = temporary.path().join("new");
    blocks(parts, &new)?;
    let old = temporary.path().join("old");
    let has_old = target.symlink_metadata().is_ok();
    if has_old {
        fs::rename(target, &old).map_err(failed)?;
    }
    if let Err(error) = fs::rename(&new, target) {
        if has_old {
            fs::rename(&old, target).map_err(failed)?;
        }
        return Err(failed(error).into());
    }
    Ok(())
}

/// Refuses to replace folders that have other things in them.
fn check_replaceable(target: &Path) -> Result<(), Failure> {
    let Ok(mut entries) = fs::read_dir(target) else {
        return Ok(());
    };
    match entries.next().is_none() || target.join(KEYS).exists() {
        true => Ok(()),
        false => Err(Failure::Error(format!(
            "'{}' is a folder without {KEYS}, which nobody may want to lose: it is not replaced",
            target.display()
        ))),
    }
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
        file(folder, "info.json", |writer| {
            Ok(writer.write_all(text.as_bytes())?)
        })?;
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
