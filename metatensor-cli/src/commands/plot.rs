//! `mts plot`: a picture of a map.

use std::path::Path;

use super::new_file::{check_output, write_output};
use crate::Outcome;
use crate::arguments::{PictureFormat, PictureKind, PlotOptions};
use crate::input::Blocks;
use crate::output::{Failure, Output};
use crate::picture::Colors;
use crate::plots::{Selected, histograms, mapping, sparsity, structure};
use crate::progress::waiting;
use crate::selection::selected;

pub(crate) fn run(options: &PlotOptions, output: &mut Output) -> Result<Outcome, Failure> {
    let format = format(options)?;
    check_output(&options.output)?;
    let blocks = Blocks::open_part(&options.input)?;
    let numbers = selected(options.keys.as_ref(), blocks.keys(), "keys")?;
    let selected = Selected::new(&blocks, &numbers)?;
    let bytes = waiting("drawing", || {
        let picture = match options.kind {
            PictureKind::Structure => structure(&selected),
            PictureKind::Mapping => mapping(&selected),
            PictureKind::Sparsity => sparsity(&selected),
            PictureKind::Histogram => histograms(&selected),
        }?;
        Ok::<_, Failure>(match format {
            PictureFormat::Svg if options.dark => picture.to_svg(Colors::Dark).into_bytes(),
            PictureFormat::Svg => picture.to_svg(Colors::Preferred).into_bytes(),
            PictureFormat::Png if options.dark => picture.to_png(Colors::Dark)?,
            PictureFormat::Png => picture.to_png(Colors::Light)?,
        })
    })?;
    write_output(&options.output, &bytes, output)?;
    Ok(Outcome::Good)
}

/// The one that was asked for, or that of the name of the file.
fn format(options: &PlotOptions) -> Result<PictureFormat, Failure> {
    if let Some(format) = options.format {
        return Ok(format);
    }
    let name = &options.output.output;
    let extension = Path::new(name)
        .extension()
        .and_then(|extension| extension.to_str());
    match extension.map(str::to_ascii_lowercase).as_deref() {
        _ if name == "-" => Ok(PictureFormat::Svg),
        Some("svg") => Ok(PictureFormat::Svg),
        Some("png") => Ok(PictureFormat::Png),
        _ => Err(Failure::Error(format!(
            "'{name}' ends neither with .svg nor with .png: --format says what it should be"
        ))),
    }
}
