//! Messages of rows.

use std::ops::Range;

use metatensor_core::internal::{Output, prefetch};
use metatensor_core::{DType, DenseArray, Result, View};

use super::{Layout, Routes, RowSets};

/// The message with the rows of some row sets that go to one receiver, or `None` if there are no such rows. `elements` are
/// those of these row sets.
pub(crate) fn write(
    sets: &RowSets,
    range: Range<usize>,
    (routes, elements): (&Routes<'_>, &[Option<View<'_>>]),
    receiver: usize,
    collective: u64,
) -> Result<Option<DenseArray>> {
    let layout = Layout::new(sets, range.clone(), routes.counts(range.clone(), receiver))?;
    if layout.size() == 0 {
        return Ok(None);
    }
    let head = layout.head(collective);
    let mut labels = Vec::with_capacity(layout.labels.iter().map(|part| part.len() / 4).sum());
    for set in range.clone() {
        routes.append_labels(sets, set, receiver, &mut labels);
    }
    let labels: Vec<_> = labels.into_iter().map(i32::to_ne_bytes).collect();
    let labels = labels.as_flattened();
    let mut parts = vec![
        Part {
            start: 0,
            content: Content::Bytes(&head),
        },
        Part {
            start: head.len(),
            content: Content::Bytes(labels),
        },
    ];
    for (i, set) in range.enumerate() {
        let rows = routes.rows(set, receiver);
        if let (Some(elements), false) = (&elements[i], layout.values[i].is_empty()) {
            parts.push(Part {
                start: layout.values[i].start,
                content: Content::Rows {
                    elements: elements.as_bytes().unwrap_or_default(),
                    row_bytes: sets.all()[set].row_bytes,
                    rows,
                },
            });
        }
    }
    let message = DenseArray::write_items::<1>(DType::U8, &[layout.size()], |bytes, output| {
        write_bytes(&parts, bytes, output);
        Ok(())
    })?;
    Ok(Some(message))
}

/// Some bytes of a message, and where they are in it. Those between two parts are zero.
struct Part<'a> {
    start: usize,
    content: Content<'a>,
}

enum Content<'a> {
    Bytes(&'a [u8]),
    Rows {
        elements: &'a [u8],
        row_bytes: usize,
        rows: &'a [u32],
    },
}

impl Content<'_> {
    fn len(&self) -> usize {
        match self {
            Content::Bytes(bytes) => bytes.len(),
            Content::Rows {
                row_bytes, rows, ..
            } => row_bytes * rows.len(),
        }
    }
}

type Bytes<'a> = Output<'a, [u8; 1]>;

/// Writes this range of bytes of a message.
fn write_bytes(parts: &[Part<'_>], range: Range<usize>, output: &mut Bytes<'_>) {
    let mut next = parts.partition_point(|part| part.start + part.content.len() <= range.start);
    let mut position = range.start;
    while position < range.end {
        let part = parts.get(next);
        let start = part.map_or(range.end, |part| part.start.min(range.end));
        if position < start {
            output.fill(start - position, [0]);
            position = start;
            continue;
        }
        if let Some(Part { start, content }) = part {
            let end = range.end.min(start + content.len());
            write_part(content, position - start..end - start, output);
            position = end;
        }
        next += 1;
    }
}

fn write_part(content: &Content<'_>, range: Range<usize>, output: &mut Bytes<'_>) {
    let (elements, row_bytes, rows) = match *content {
        Content::Bytes(bytes) => return copy(output, &bytes[range]),
        Content::Rows {
            elements,
            row_bytes,
            rows,
        } => (elements, row_bytes, rows),
    };
    let mut position = range.start;
    while position < range.end {
        let (row, skipped) = (position / row_bytes, position % row_bytes);
        // rows that follow each other are one piece
        let run = run_length(&rows[row..range.end.div_ceil(row_bytes)]);
        let end = range.end.min((row + run) * row_bytes);
        if let Some(&next) = rows.get(row + run) {
            prefetch(&elements[next as usize * row_bytes..]);
        }
        let start = rows[row] as usize * row_bytes + skipped;
        copy(output, &elements[start..start + end - position]);
        position = end;
    }
}

fn copy(output: &mut Bytes<'_>, bytes: &[u8]) {
    output.copy(bytes.as_chunks::<1>().0);
}

/// How many of these numbers, from the first one on, follow each other.
pub(super) fn run_length(rows: &[u32]) -> usize {
    let next = rows.windows(2).position(|pair| pair[1] != pair[0] + 1);
    next.map_or(rows.len(), |last| last + 1)
}
