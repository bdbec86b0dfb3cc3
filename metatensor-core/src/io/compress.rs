//! Compressed copies of files.

use std::path::Path;

use super::archive_file::ArchiveFile;
use super::opened::open_map;
use crate::{Limits, Result};

/// Makes a copy of the file of a map with all of its members compressed (DEFLATE), which takes long to write and to read. The
/// file at `output` is replaced when everything is written, as by [`TensorMap::save`](crate::TensorMap::save).
///
/// # Errors
///
/// If there is no map in the file, if it is damaged, or if the new one can not be written.
pub fn compress_file(path: &Path, output: &Path) -> Result<()> {
    let mut archive = open_map(path, &Limits::default())?;
    let place = archive.source().name().to_owned();
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    let mut file = ArchiveFile::create(output)?;
    for name in names {
        file.change(|writer| {
            let member = archive.open_member(&name);
            writer.compress(member.map_err(|error| error.in_source(&place))?)
        })?;
    }
    file.finish()
}
