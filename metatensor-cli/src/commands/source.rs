//! What new files have of the map that they are made of.

use std::path::Path;

use indexmap::IndexMap;
use metatensor_core::{MapFile, MapWriter, Result};

/// A map whose blocks, or parts of these, go to new files.
pub(super) struct Source<'m> {
    pub(super) map: &'m MapFile,
    names: Vec<String>,
    info: IndexMap<String, String>,
}

impl<'m> Source<'m> {
    pub(super) fn new(map: &'m MapFile) -> Result<Self> {
        Ok(Source {
            map,
            names: map.keys().names().iter().map(str::to_owned).collect(),
            info: map.info()?,
        })
    }

    /// A new file with the names of keys and the info of the map, and no blocks yet.
    pub(super) fn writer(&self, output: impl AsRef<Path>) -> Result<MapWriter> {
        let mut writer = MapWriter::create(output, &self.names)?;
        *writer.info_mut() = self.info.clone();
        Ok(writer)
    }
}
