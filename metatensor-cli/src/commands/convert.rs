//! `mts convert`: the same map with another data type, or in another form. Rows are read and written in pieces.

use std::path::Path;

use metatensor_core::internal::files::{ByteOrder, compress_file, reorder_file};
use metatensor_core::{DType, FileAlignment, MapFile, MapWriter, Mapping, TensorBlock};
use tempfile::TempPath;

use super::describe;
use super::new_file::{check_output, write_file};
use super::source::Source;
use crate::Outcome;
use crate::arguments::{ConvertOptions, Order};
use crate::conversion::converted;
use crate::input::open_checked;
use crate::outline::bytes_of;
use crate::output::{Failure, Output};
use crate::progress::{Progress, waiting};

/// Rows are converted in pieces of about so many bytes.
const PIECE: usize = 8 << 20;

pub(crate) fn run(options: &ConvertOptions, output: &mut Output) -> Result<Outcome, Failure> {
    check_output(&options.output)?;
    let map = open_checked(&options.file)?;
    write_file(&options.output.output, output, |path| {
        convert(&map, options, path)
    })?;
    Ok(Outcome::Good)
}

fn convert(map: &MapFile, options: &ConvertOptions, output: &Path) -> Result<(), Failure> {
    let order = match options.byte_order {
        Order::Little => ByteOrder::Little,
        Order::Big => ByteOrder::Big,
        Order::Native => ByteOrder::NATIVE,
    };
    let alignment = match options.packed {
        true => FileAlignment::Packed,
        false => FileAlignment::Aligned,
    };
    let is_other = order != ByteOrder::NATIVE || options.packed;
    let forms = [
        is_other.then_some(Form::Reordered(order, alignment)),
        options.compress.then_some(Form::Compressed),
    ];
    let mut forms = forms.into_iter().flatten().peekable();
    if forms.peek().is_none() {
        return write(map, options.dtype, output);
    }
    // these forms are made of a file, not block by block
    let mut between = temporary(output)?;
    write(map, options.dtype, &between)?;
    while let Some(form) = forms.next() {
        match forms.peek() {
            None => form.make(&between, output)?,
            Some(_) => {
                let next = temporary(output)?;
                form.make(&between, &next)?;
                between = next;
            }
        }
    }
    Ok(())
}

/// What files can be made into that this library has written.
enum Form {
    Reordered(ByteOrder, FileAlignment),
    Compressed,
}

impl Form {
    fn make(self, input: &Path, output: &Path) -> Result<(), Failure> {
        match self {
            Form::Reordered(order, alignment) => waiting("reordering", || {
                reorder_file(input, output, order, alignment)
            })?,
            Form::Compressed => waiting("compressing", || compress_file(input, output))?,
        }
        Ok(())
    }
}

/// A file beside the one that is made, on the same disk.
fn temporary(output: &Path) -> Result<TempPath, Failure> {
    let folder = match output.parent() {
        Some(folder) if folder != "" => folder,
        _ => Path::new("."),
    };
    let file = tempfile::Builder::new()
        .prefix(".mts-convert")
        .tempfile_in(folder);
    match file {
        Ok(file) => Ok(file.into_temp_path()),
        Err(error) => Err(Failure::Error(format!(
            "could not write to '{}': {error}",
            folder.display()
        ))),
    }
}

/// Writes a file as this library does.
fn write(map: &MapFile, dtype: Option<DType>, output: &Path) -> Result<(), Failure> {
    let keys = map.keys();
    let mut writer = Source::new(map)?.writer(output)?;
    let bytes = bytes_of(map, 0..map.len())?;
    let mut progress = Progress::new(bytes.iter().copied());
    for (number, key) in keys.iter().enumerate() {
        let block = map.block_mapped(number, Mapping::ReadOnly)?;
        let dtype = dtype.unwrap_or(block.dtype());
        if dtype == block.dtype() {
            writer.add(key, &block)?;
            progress.add(bytes[number]);
            continue;
        }
        let mut pieces = Pieces {
            writer: &mut writer,
            dtype,
            progress: &mut progress,
        };
        let place = || format!("block ({})", describe(keys, number));
        let written = pieces.block(key, &block);
        written.map_err(|failure| failure.context(place()))?;
    }
    writer.finish()?;
    Ok(())
}

/// Writes blocks with another data type.
struct Pieces<'w> {
    writer: &'w mut MapWriter,
    dtype: DType,
    progress: &'w mut Progress,
}

impl Pieces<'_> {
    fn block(&mut self, key: &[i32], block: &TensorBlock) -> Result<(), Failure> {
        let (components, properties) = (block.components(), block.properties());
        self.writer
            .begin_block(key, self.dtype, components, properties)?;
        self.rows(block)?;
        self.gradients(block, &[])?;
        self.writer.end_block()?;
        Ok(())
    }

    fn gradients(&mut self, block: &TensorBlock, parents: &[&str]) -> Result<(), Failure> {
        for (parameter, gradient) in block.gradients() {
            let parameters = [parents, &[parameter]].concat();
            self.writer
                .begin_gradient(&parameters, gradient.components())?;
            let written = self.rows(gradient);
            let place = || format!("gradient '{}'", parameters.join("/"));
            written.map_err(|failure| failure.context(place()))?;
            self.gradients(gradient, &parameters)?;
        }
        Ok(())
    }

    fn rows(&mut self, block: &TensorBlock) -> Result<(), Failure> {
        let shape = block.shape();
        let row_bytes = shape[1..].iter().product::<usize>() * block.dtype().size();
        let step = (PIECE / row_bytes.max(1)).max(1);
        for start in (0..shape[0]).step_by(step) {
            let rows = start..shape[0].min(start + step);
            let bytes = (rows.len() * row_bytes) as u64;
            self.writer.push_rows(converted(block, rows, self.dtype)?)?;
            self.progress.add(bytes);
        }
        self.writer.end_rows(block.samples())?;
        Ok(())
    }
}
