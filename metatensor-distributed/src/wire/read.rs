//! Messages that were received. Nothing in them is believed.

use std::ops::Range;

use metatensor_core::{Error, Result};

use super::layout::{HEADER, MAGIC, SPARSE, VERSION};
use super::{Layout, RowSets};
use crate::schema::Reader;

/// Rows in a message.
#[derive(Debug)]
pub(crate) struct Received<'a> {
    message: &'a [u8],
    layout: Layout,
}

impl<'a> Received<'a> {
    /// Number of rows of a row set, of those that the message is about.
    pub(super) fn count(&self, set: usize) -> usize {
        self.layout.counts[set]
    }

    /// Samples of a row set.
    pub(super) fn labels(&self, set: usize) -> impl ExactSizeIterator<Item = i32> + use<'a> {
        let values = self.message[self.layout.labels[set].clone()].as_chunks().0;
        values.iter().map(|value| i32::from_ne_bytes(*value))
    }

    /// Elements of a row set.
    pub(super) fn values(&self, set: usize) -> &'a [u8] {
        &self.message[self.layout.values[set].clone()]
    }
}

/// The rows of these row sets in a message of collective function number `collective`.
pub(crate) fn read<'a>(
    message: &'a [u8],
    sets: &RowSets,
    range: Range<usize>,
    collective: u64,
) -> Result<Received<'a>> {
    let mut reader = Reader::new(message);
    let magic = reader.u32("the magic number")?;
    let version = reader.u16("the version")?;
    if (magic, version) != (MAGIC, VERSION) {
        return Err(Error::serialization(format!(
            "it starts with {magic:#x}, version {version}, instead of {MAGIC:#x}, version {VERSION}: ranks must have the same \
             byte order and version of the library"
        )));
    }
    let flags = reader.u16("the flags")?;
    if flags & !SPARSE != 0 {
        return Err(Error::serialization(format!(
            "it has the unknown flags {flags:#x}"
        )));
    }
    let expected = [collective, message.len() as u64, range.len() as u64];
    for (what, expected) in ["collective function", "size", "number of row sets"]
        .into_iter()
        .zip(expected)
    {
        let got = reader.u64(what)?;
        if got != expected {
            return Err(Error::serialization(format!(
                "it has the {what} {got}, expected {expected}"
            )));
        }
    }
    let is_sparse = flags == SPARSE;
    let counts = match is_sparse {
        true => sparse_counts(&mut reader, range.len())?,
        false => dense_counts(&mut reader, range.len())?,
    };
    let layout = Layout::new(sets, range, counts)?;
    if layout.is_sparse != is_sparse || layout.size() != message.len() {
        return Err(Error::serialization(format!(
            "it has {} bytes, but its rows take {}",
            message.len(),
            layout.size()
        )));
    }
    debug_assert!(
        layout
            .labels
            .first()
            .is_none_or(|first| first.start >= HEADER)
    );
    Ok(Received { message, layout })
}

fn dense_counts(reader: &mut Reader<'_>, sets: usize) -> Result<Vec<usize>> {
    let counts = reader.bytes(8 * sets, "numbers of rows")?.as_chunks().0;
    counts
        .iter()
        .map(|count| to_size(u64::from_ne_bytes(*count)))
        .collect()
}

fn sparse_counts(reader: &mut Reader<'_>, sets: usize) -> Result<Vec<usize>> {
    let mut counts = vec![0; sets];
    let mut next = 0;
    for _ in 0..reader.count(16, "numbers of rows")? {
        let set = to_size(reader.u64("a row set")?)?;
        if !(next..sets).contains(&set) {
            return Err(Error::serialization(format!(
                "it has row set {set} at the wrong place"
            )));
        }
        counts[set] = to_size(reader.u64("a number of rows")?)?;
        next = set + 1;
    }
    Ok(counts)
}

fn to_size(number: u64) -> Result<usize> {
    usize::try_from(number).map_err(|_| Error::serialization(format!("it has the number {number}")))
}
