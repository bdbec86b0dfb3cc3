//! Rows of memory that messages are made of.

use std::ops::Range;

/// Numbers of rows, in the order in which they are in a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RowList {
    rows: Vec<u32>,
    /// Whether they follow each other: then a message is a piece of memory, and needs no copy.
    is_range: bool,
}

impl RowList {
    pub(super) fn new(rows: Vec<u32>) -> RowList {
        let is_range = rows
            .windows(2)
            .all(|pair| pair[1] == pair[0].wrapping_add(1));
        RowList { rows, is_range }
    }

    pub(super) fn rows(&self) -> &[u32] {
        &self.rows
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The bytes of these rows, of `size` bytes each, if they are one piece of memory.
    pub(super) fn range(&self, size: usize) -> Option<Range<usize>> {
        let start = match self.rows.first() {
            Some(&first) => first as usize * size,
            None => 0,
        };
        self.is_range.then(|| start..start + self.len() * size)
    }

    /// Copies these rows to a message.
    pub(super) fn gather(&self, size: usize, memory: &[u8], message: &mut [u8]) {
        match size {
            0 => {}
            4 => self.gather_short::<4>(memory, message),
            8 => self.gather_short::<8>(memory, message),
            12 => self.gather_short::<12>(memory, message),
            16 => self.gather_short::<16>(memory, message),
            24 => self.gather_short::<24>(memory, message),
            _ => {
                for (&row, target) in self.rows.iter().zip(message.chunks_exact_mut(size)) {
                    target.copy_from_slice(&memory[row as usize * size..][..size]);
                }
            }
        }
    }

    /// Copies a message to these rows.
    pub(super) fn scatter(&self, size: usize, message: &[u8], memory: &mut [u8]) {
        match size {
            0 => {}
            4 => self.scatter_short::<4>(message, memory),
            8 => self.scatter_short::<8>(message, memory),
            12 => self.scatter_short::<12>(message, memory),
            16 => self.scatter_short::<16>(message, memory),
            24 => self.scatter_short::<24>(message, memory),
            _ => {
                for (&row, source) in self.rows.iter().zip(message.chunks_exact(size)) {
                    memory[row as usize * size..][..size].copy_from_slice(source);
                }
            }
        }
    }

    /// Rows of a length that the compiler knows, such as numbers and vectors in space: copying these takes less time than
    /// calling a function for it.
    fn gather_short<const N: usize>(&self, memory: &[u8], message: &mut [u8]) {
        let memory = memory.as_chunks::<N>().0;
        for (&row, target) in self.rows.iter().zip(message.as_chunks_mut::<N>().0) {
            *target = memory[row as usize];
        }
    }

    fn scatter_short<const N: usize>(&self, message: &[u8], memory: &mut [u8]) {
        let memory = memory.as_chunks_mut::<N>().0;
        for (&row, source) in self.rows.iter().zip(message.as_chunks::<N>().0) {
            memory[row as usize] = *source;
        }
    }
}

/// Copies rows `from` of one memory to rows `to` of another one, one after the other.
pub(super) fn copy_rows(
    size: usize,
    from: &RowList,
    source: &[u8],
    to: &RowList,
    target: &mut [u8],
) {
    for (&from, &to) in from.rows.iter().zip(&to.rows) {
        let row = &source[from as usize * size..][..size];
        target[to as usize * size..][..size].copy_from_slice(row);
    }
}
