//! Schemas as bytes:
//!
//! ```text
//! magic "MTSS" and version           u32, u32
//! data type                          u32: 0 without blocks, or 1, code, bits in a byte each
//! strings                            u64 count; for each: u64 length, bytes
//! labels                             u64 count; for each: u64 dimensions, u32 string for each; u64 rows, i32 values
//! keys                               u32 labels
//! info                               u64 count; for each: u32 string, u32 string
//! blocks, one for each key           u32 samples (labels without rows), u64 components, u32 labels for each; u32 properties;
//!                                    u64 gradients; for each: u32 string, and a block again
//! ```
//!
//! Numbers are in the byte order of this machine: ranks with another one do not find the magic number. Equal schemas are equal
//! bytes, which is what their hash is made of.

use std::collections::HashMap;

use metatensor_core::{DType, Error, Labels, Result};

use super::{BlockSchema, Schema};

pub(super) const MAGIC: u32 = u32::from_be_bytes(*b"MTSS");
pub(super) const VERSION: u32 = 1;

pub(super) fn encode(schema: &Schema) -> Result<Vec<u8>> {
    let mut tables = Tables::default();
    let mut blocks = Vec::new();
    push(&mut blocks, tables.labels(&schema.keys)?);
    push_count(&mut blocks, schema.info.len());
    for (name, text) in &schema.info {
        push(&mut blocks, tables.string(name)?);
        push(&mut blocks, tables.string(text)?);
    }
    for block in &schema.blocks {
        encode_block(&mut blocks, block, &mut tables)?;
    }
    let mut bytes = Vec::with_capacity(blocks.len() + 1024);
    push(&mut bytes, MAGIC);
    push(&mut bytes, VERSION);
    push(&mut bytes, schema.dtype.map_or(0, encode_dtype));
    push_count(&mut bytes, tables.strings.len());
    for string in &tables.strings {
        push_count(&mut bytes, string.len());
        bytes.extend_from_slice(string.as_bytes());
    }
    push_count(&mut bytes, tables.labels.len());
    bytes.extend_from_slice(&tables.encoded);
    bytes.extend_from_slice(&blocks);
    Ok(bytes)
}

fn encode_dtype(dtype: DType) -> u32 {
    1 << 16 | u32::from(dtype.code) << 8 | u32::from(dtype.bits)
}

pub(super) fn decode_dtype(number: u32) -> Result<Option<DType>> {
    if number == 0 {
        return Ok(None);
    }
    let dtype = DType::ALL
        .into_iter()
        .find(|&dtype| encode_dtype(dtype) == number);
    let unknown = || Error::serialization(format!("a schema has the unknown data type {number}"));
    dtype.ok_or_else(unknown).map(Some)
}

fn encode_block<'a>(
    bytes: &mut Vec<u8>,
    block: &'a BlockSchema,
    tables: &mut Tables<'a>,
) -> Result<()> {
    push(bytes, tables.labels(&block.samples)?);
    push_count(bytes, block.components.len());
    for component in &block.components {
        push(bytes, tables.labels(component)?);
    }
    push(bytes, tables.labels(&block.properties)?);
    push_count(bytes, block.gradients.len());
    for (parameter, gradient) in &block.gradients {
        push(bytes, tables.string(parameter)?);
        encode_block(bytes, gradient, tables)?;
    }
    Ok(())
}

fn push(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend_from_slice(&number.to_ne_bytes());
}

fn push_count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend_from_slice(&(count as u64).to_ne_bytes());
}

/// What is used in several places, once.
#[derive(Default)]
struct Tables<'a> {
    strings: Vec<&'a str>,
    number_of: HashMap<&'a str, u32>,
    labels: Vec<&'a Labels>,
    /// By address of the rows. Labels of schemas are the same object if they are equal, but those without rows, which are
    /// few.
    labels_at: HashMap<usize, u32>,
    encoded: Vec<u8>,
}

impl<'a> Tables<'a> {
    fn string(&mut self, string: &'a str) -> Result<u32> {
        if let Some(&number) = self.number_of.get(string) {
            return Ok(number);
        }
        let number = number(self.strings.len())?;
        self.strings.push(string);
        self.number_of.insert(string, number);
        Ok(number)
    }

    fn labels(&mut self, labels: &'a Labels) -> Result<u32> {
        let address = labels.rows().values().as_ptr().addr();
        if let Some(&number) = self.labels_at.get(&address)
            && self.labels[number as usize].is_same(labels)
        {
            return Ok(number);
        }
        if labels.is_empty()
            && let Some(known) = self.labels.iter().position(|known| known.is_same(labels))
        {
            return number(known);
        }
        push_count(&mut self.encoded, labels.size());
        for name in labels.names().iter() {
            let name = self.string(name)?;
            push(&mut self.encoded, name);
        }
        push_count(&mut self.encoded, labels.count());
        let values = labels.rows().values().iter();
        self.encoded
            .extend(values.flat_map(|value| value.to_ne_bytes()));
        let number = number(self.labels.len())?;
        self.labels.push(labels);
        self.labels_at.insert(address, number);
        Ok(number)
    }
}

fn number(position: usize) -> Result<u32> {
    u32::try_from(position).map_err(|_| Error::unsupported("communication of 2^32 labels"))
}
