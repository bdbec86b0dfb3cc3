//! `mts export`: values with their labels, for other programs.

mod csv;
mod folder;
mod json;
mod npy;
mod target;

use std::io::{BufWriter, Write};
use std::path::Path;

use metatensor_core::internal::files::save_with;
use metatensor_core::{Labels, TensorBlock};
use metatensor_operations::{Axis, slice};

use super::new_file::check_new;
use super::{describe, part};
use crate::Outcome;
use crate::arguments::{ExportOptions, Format};
use crate::input::{Blocks, Input, open_part};
use crate::output::{Failure, Output};
use crate::selection::selected;

pub(crate) fn run(options: &ExportOptions, output: &mut Output) -> Result<Outcome, Failure> {
    let format = format(options, output.is_json())?;
    let target = options.output.as_deref().filter(|&target| target != "-");
    if let Some(target) = target {
        check_new(target, options.force)?;
    }
    let exported = Exported::open(options)?;
    match target {
        None if format == Format::Npy && options.output.is_none() => {
            return Err(Failure::Error(
                "npy needs --output: FILE.npy for one array, or a folder for all of them".into(),
            ));
        }
        Some(target) if format == Format::Npy && !has_extension(target, "npy") => {
            folder::write(&exported, Path::new(target), options)?;
        }
        None => exported.write(format, output.writer())?,
        Some(target) => save_with(Path::new(target), |file| {
            let mut writer = BufWriter::new(file);
            exported.write(format, &mut writer)?;
            Ok::<_, Failure>(writer.flush()?)
        })?,
    }
    Ok(Outcome::Good)
}

/// The one that was asked for, or that of the name of the file.
fn format(options: &ExportOptions, is_json: bool) -> Result<Format, Failure> {
    let name = options.output.as_deref().unwrap_or_default();
    match options.format {
        Some(format) if is_json && format != Format::Json => Err(Failure::Error(
            "--json and --format ask for two formats".into(),
        )),
        Some(format) => Ok(format),
        None if is_json && (has_extension(name, "npy") || has_extension(name, "csv")) => {
            Err(Failure::Error(format!(
                "--json and the name of '{name}' ask for two formats"
            )))
        }
        None if is_json || has_extension(name, "json") => Ok(Format::Json),
        None if has_extension(name, "npy") => Ok(Format::Npy),
        None => Ok(Format::Csv),
    }
}

fn has_extension(name: &str, expected: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case(expected))
}

/// What is written.
enum Exported<'o> {
    Labels(Labels),
    Blocks(Parts<'o>),
}

impl<'o> Exported<'o> {
    fn open(options: &'o ExportOptions) -> Result<Self, Failure> {
        let blocks = match open_part(&options.input)?.input {
            Input::Labels(labels) => {
                if options.gradient.is_some() || options.block.is_some() {
                    return Err(Failure::Error(
                        "labels have no blocks and no gradients".into(),
                    ));
                }
                let rows = selected(options.samples.as_ref(), &labels, "labels")?;
                let names: Vec<&str> = labels.names().iter().collect();
                let rows = rows.into_iter().map(|row| labels.rows().row(row));
                return Ok(Exported::Labels(Labels::from_rows(&names, rows)?));
            }
            input => Blocks::of(input, &options.input.file)?,
        };
        let numbers = selected(options.block.as_ref(), blocks.keys(), "keys")?;
        Ok(Exported::Blocks(Parts {
            blocks,
            numbers,
            options,
        }))
    }

    /// Writes one document.
    fn write(&self, format: Format, writer: &mut dyn Write) -> Result<(), Failure> {
        match (self, format) {
            (Exported::Labels(labels), Format::Csv) => csv::labels(labels, writer),
            (Exported::Labels(_), Format::Triplets) => {
                Err(Failure::Error("labels have no values".into()))
            }
            (Exported::Labels(labels), Format::Json) => json::labels(labels, writer),
            (Exported::Labels(labels), Format::Npy) => {
                Ok(writer.write_all(&labels.save_buffer()?)?)
            }
            (Exported::Blocks(parts), Format::Csv) => csv::table(parts, writer),
            (Exported::Blocks(parts), Format::Triplets) => csv::triplets(parts, writer),
            (Exported::Blocks(parts), Format::Json) => json::map(parts, writer),
            (Exported::Blocks(parts), Format::Npy) => npy::only_array(parts, writer),
        }
    }
}

/// The blocks that are selected, or gradients of these.
struct Parts<'o> {
    blocks: Blocks,
    numbers: Vec<usize>,
    options: &'o ExportOptions,
}

impl Parts<'_> {
    /// What errors call a block.
    fn place(&self, number: usize) -> String {
        format!("block ({})", describe(self.blocks.keys(), number))
    }

    /// What is wanted of a block, read when this is called: its values or a gradient, with the rows that are selected.
    fn load(&self, number: usize) -> Result<TensorBlock, Failure> {
        let load = || {
            let block = self.blocks.block(number)?;
            let wanted = part(&block, self.options.gradient.as_deref())?;
            let Some(samples) = &self.options.samples else {
                return Ok(wanted.clone());
            };
            let rows = samples.rows(wanted.samples(), "samples")?;
            let rows: Vec<i64> = rows.into_iter().map(|row| row as i64).collect();
            Ok(slice(wanted, Axis::Samples, &rows[..])?)
        };
        load().map_err(|failure: Failure| failure.context(self.place(number)))
    }
}
