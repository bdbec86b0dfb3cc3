//! `mts pack`: a collection of the maps in many files.

use std::path::Path;

use metatensor_core::{CollectionForm, CollectionWriter};

use super::new_file::{check_output, write_file};
use crate::Outcome;
use crate::arguments::PackOptions;
use crate::input::load_map;
use crate::output::{Failure, Output};
use crate::progress::Progress;

pub(crate) fn run(options: &PackOptions, output: &mut Output) -> Result<Outcome, Failure> {
    let target = &options.output.output;
    let form = match options.numpy {
        true => CollectionForm::NumpyWrapped,
        false => CollectionForm::Bare,
    };
    let members = (0..).zip(&options.files);
    let members = members.map(|(position, file)| member(file, position, options));
    let members: Vec<(i32, String)> = members.collect::<Result<_, _>>()?;
    if options.append {
        add(CollectionWriter::append(target, form)?, &members, options)?;
        return Ok(Outcome::Good);
    }
    check_output(&options.output)?;
    write_file(target, output, |path| {
        add(CollectionWriter::create(path, form)?, &members, options)
    })?;
    Ok(Outcome::Good)
}

/// Adds all maps, with these numbers and names.
fn add(
    mut writer: CollectionWriter,
    members: &[(i32, String)],
    options: &PackOptions,
) -> Result<(), Failure> {
    let size = |file: &String| std::fs::metadata(file).map_or(0, |data| data.len());
    let mut progress = Progress::new(options.files.iter().map(size));
    for (file, (number, name)) in options.files.iter().zip(members) {
        // what is not valid is no part of a collection
        let map = load_map(file)?;
        let added = writer.add(*number, name, &map);
        added.map_err(|error| error.context(format!("'{file}'")))?;
        progress.add(size(file));
    }
    writer.finish()?;
    Ok(())
}

/// The number and the name of a map: those that are asked for, or those in its path.
fn member(file: &str, position: i32, options: &PackOptions) -> Result<(i32, String), Failure> {
    if let Some(name) = &options.name {
        let number = options.first.checked_add(position);
        let number = number.ok_or("there are no numbers for so many maps".to_owned())?;
        return Ok((number, name.clone()));
    }
    let path = Path::new(file);
    let folder = path.parent().and_then(Path::file_name);
    let number = folder.and_then(|folder| folder.to_str()?.parse().ok());
    let name = path.file_stem().and_then(|name| name.to_str());
    match (number, name) {
        (Some(number), Some(name)) => Ok((number, name.to_owned())),
        _ => Err(Failure::Error(format!(
            "'{file}' is not like NUMBER/NAME.mts: --name is for files that are called otherwise"
        ))),
    }
}
