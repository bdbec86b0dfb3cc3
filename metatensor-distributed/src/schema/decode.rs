//! Schemas of messages, see `encode.rs`.

use metatensor_core::{Error, Labels, Limit, Result};

use super::distinct::DistinctLabels;
use super::encode::{MAGIC, VERSION, decode_dtype};
use super::{BlockSchema, Reader, Schema};

/// The schema in a message. Labels that are in `labels` as well are taken from there.
pub(super) fn decode(message: &[u8], labels: &mut DistinctLabels) -> Result<Schema> {
    decode_all(message, labels).map_err(|error| error.context("a received schema"))
}

fn decode_all(message: &[u8], labels: &mut DistinctLabels) -> Result<Schema> {
    let mut reader = Reader::new(message);
    let (magic, version) = (reader.u32("the magic number")?, reader.u32("the version")?);
    if (magic, version) != (MAGIC, VERSION) {
        return Err(Error::serialization(format!(
            "it starts with {magic:#x}, version {version}, instead of {MAGIC:#x}, version {VERSION}: ranks must have the same \
             byte order and version of the library"
        )));
    }
    let dtype = decode_dtype(reader.u32("the data type")?)?;
    let tables = Tables::decode(&mut reader, labels)?;
    let keys = tables.labels(&mut reader)?;
    let info = (0..reader.count(8, "entries of info")?)
        .map(|_| Ok((tables.string(&mut reader)?, tables.string(&mut reader)?)))
        .collect::<Result<_>>()?;
    let mut blocks = Vec::new();
    for _ in 0..keys.count() {
        blocks.push(tables.block(&mut reader, 0)?);
    }
    reader.finish()?;
    if dtype.is_none() && !blocks.is_empty() {
        return Err(Error::serialization("it has blocks without a data type"));
    }
    Ok(Schema {
        keys,
        dtype,
        blocks,
        info,
    })
}

struct Tables<'a> {
    strings: Vec<&'a str>,
    labels: Vec<Labels>,
}

impl<'a> Tables<'a> {
    fn decode(reader: &mut Reader<'a>, distinct: &mut DistinctLabels) -> Result<Tables<'a>> {
        let mut tables = Tables {
            strings: Vec::new(),
            labels: Vec::new(),
        };
        for _ in 0..reader.count(8, "strings")? {
            let length = reader.count(1, "bytes of a string")?;
            let bytes = reader.bytes(length, "a string")?;
            let string = std::str::from_utf8(bytes)
                .map_err(|_| Error::serialization("it has a string that is not UTF-8"))?;
            tables.strings.push(string);
        }
        for _ in 0..reader.count(16, "labels")? {
            let dimensions = reader.count(4, "dimensions")?;
            let mut names = Vec::with_capacity(dimensions);
            for _ in 0..dimensions {
                names.push(entry(&tables.strings, reader)?);
            }
            let rows = reader.count(4 * dimensions.max(1), "rows of labels")?;
            let bytes = reader.bytes(4 * rows * dimensions, "labels")?;
            let values = bytes.as_chunks::<4>().0.iter();
            let values = values.map(|value| i32::from_ne_bytes(*value)).collect();
            let labels = Labels::from_values(&names, values)?;
            tables.labels.push(distinct.received(labels));
        }
        Ok(tables)
    }

    fn string(&self, reader: &mut Reader<'_>) -> Result<String> {
        Ok((*entry(&self.strings, reader)?).to_owned())
    }

    fn labels(&self, reader: &mut Reader<'_>) -> Result<Labels> {
        entry(&self.labels, reader).cloned()
    }

    fn block(&self, reader: &mut Reader<'_>, depth: u64) -> Result<BlockSchema> {
        if depth > Limit::Depth.get() {
            return Err(Error::serialization(format!(
                "it has more than {} levels of gradients (see `Limit::Depth`)",
                Limit::Depth.get()
            )));
        }
        let samples = self.labels(reader)?;
        if !samples.is_empty() {
            return Err(Error::serialization("it has samples"));
        }
        let components = (0..reader.count(4, "components")?)
            .map(|_| self.labels(reader))
            .collect::<Result<_>>()?;
        let properties = self.labels(reader)?;
        let gradients = (0..reader.count(24, "gradients")?)
            .map(|_| Ok((self.string(reader)?, self.block(reader, depth + 1)?)))
            .collect::<Result<_>>()?;
        Ok(BlockSchema {
            samples,
            components,
            properties,
            gradients,
        })
    }
}

/// The entry of a table that the message names.
fn entry<'a, T>(table: &'a [T], reader: &mut Reader<'_>) -> Result<&'a T> {
    let number = reader.u32("the number of an entry")?;
    table.get(number as usize).ok_or_else(|| {
        Error::serialization(format!(
            "it names entry {number} of a table of {}",
            table.len()
        ))
    })
}
