//! Writers of maps.

use metatensor_core::{MapWriter, Result};

use crate::ffi::{Parameter, given};

/// Writes a map to a file block by block, and never holds more than one of them.
///
/// A writer is used by one thread at a time, which need not be the same one.
#[derive(Debug)]
pub struct mts_map_writer_t(MapWriter);

impl mts_map_writer_t {
    pub(crate) fn boxed(writer: MapWriter) -> Box<mts_map_writer_t> {
        Box::new(mts_map_writer_t(writer))
    }
}

impl Parameter for Option<Box<mts_map_writer_t>> {
    type Value = MapWriter;

    fn checked(self, name: &str) -> Result<MapWriter> {
        Ok(given(self, name)?.0)
    }
}

impl<'a> Parameter for Option<&'a mut mts_map_writer_t> {
    type Value = &'a mut MapWriter;

    fn checked(self, name: &str) -> Result<&'a mut MapWriter> {
        Ok(&mut given(self, name)?.0)
    }
}

impl<'a> Parameter for Option<&'a mts_map_writer_t> {
    type Value = &'a MapWriter;

    fn checked(self, name: &str) -> Result<&'a MapWriter> {
        Ok(&given(self, name)?.0)
    }
}
