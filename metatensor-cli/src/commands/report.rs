//! `mts report`: a page about a file, for a browser.

use std::path::Path;

use super::new_file::{check_output, write_output};
use crate::Outcome;
use crate::arguments::ReportOptions;
use crate::input::open_part;
use crate::output::{Failure, Output};
use crate::report::page;

pub(crate) fn run(options: &ReportOptions, output: &mut Output) -> Result<Outcome, Failure> {
    check_output(&options.output)?;
    let name = match &*options.input.file {
        "-" => "standard input".to_owned(),
        file => Path::new(file).file_name().map_or_else(
            || file.to_owned(),
            |name| name.to_string_lossy().into_owned(),
        ),
    };
    let page = page(&name, open_part(&options.input)?)?;
    write_output(&options.output, page.as_bytes(), output)?;
    Ok(Outcome::Good)
}
