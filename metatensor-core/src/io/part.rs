//! Parts of arrays in files: some rows and some columns, read from start to end in as few pieces as make sense.

use std::ops::Range;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::Result;

/// Bytes between two wanted pieces are read with them if they are at most this many: reading so many takes about as long as
/// asking the system once more.
const GAP: usize = 16 << 10;
/// What is read with gaps in it goes through memory of this size.
const BATCH: usize = 1 << 20;

/// Reads a range of the bytes of an array into memory of this size.
pub(super) type ReadRange<'a> = dyn FnMut(Range<usize>, &mut [u8]) -> Result<()> + 'a;

/// Entries of an axis.
#[derive(Clone, Debug)]
pub(super) struct Picked {
    /// Their positions, each of them once.
    pub(super) entries: Vec<u32>,
    /// How many the axis has.
    pub(super) count: usize,
}

impl Picked {
    /// These entries of an axis with `count` entries, or `None` if they are all of them, in order.
    pub(super) fn new(entries: Vec<u32>, count: usize) -> Option<Picked> {
        let is_everything =
            entries.len() == count && (0..).zip(&entries).all(|(i, &entry)| i == entry);
        (!is_everything).then_some(Picked { entries, count })
    }

    /// The same in the order of the axis.
    pub(super) fn sorted(mut self) -> Picked {
        self.entries.sort_unstable();
        self
    }
}

/// Which part of an array is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    /// Entries of the first axis, or `None` for all of them.
    pub(super) rows: Option<Picked>,
    /// Entries of the last axis, in order. Gradients have those of the values.
    pub(super) columns: Option<Arc<Picked>>,
}

impl Part {
    /// The shape of the part of an array of this shape, or why there is no such part.
    pub(super) fn shape(&self, full: &[usize]) -> Result<SmallVec<[usize; 6]>, String> {
        let mut shape = SmallVec::from_slice(full);
        let [rows, .., columns] = &mut shape[..] else {
            return Err(format!(
                "expected values with samples and properties, got an array of shape {full:?}"
            ));
        };
        for (axis, length, picked) in [
            ("samples", rows, self.rows.as_ref()),
            ("properties", columns, self.columns.as_deref()),
        ] {
            let Some(picked) = picked else { continue };
            if picked.count != *length {
                return Err(format!(
                    "the values are for {length} {axis}, but there are {} in the labels",
                    picked.count
                ));
            }
            *length = picked.entries.len();
        }
        Ok(shape)
    }

    /// Fill `out` with this part of a row-major array of this shape. `read` gets ranges of bytes of the array, each after
    /// the one before, and the memory for them.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) fn read_into(
        &self,
        full: &[usize],
        item_size: usize,
        out: &mut [u8],
        read: &mut ReadRange<'_>,
    ) -> Result<()> {
        let [count, inner @ .., columns] = full else {
            return Ok(());
        };
        let (slabs, columns) = (inner.iter().product::<usize>(), *columns);
        let pattern = self.pattern(slabs, columns * item_size, item_size);
        let row_size = slabs * columns * item_size;
        let new_size: usize = pattern.iter().map(|piece| piece.length).sum();

        let mut batch = Batch::default();
        let mut add = |row: usize, new_row: usize| {
            for piece in &pattern {
                let piece = Piece {
                    start: row * row_size + piece.start,
                    length: piece.length,
                    to: new_row * new_size + piece.to,
                };
                if !batch.accept(&piece) {
                    batch.read(out, read)?;
                    batch.accept(&piece);
                }
            }
            Ok(())
        };
        match &self.rows {
            None => (0..*count).try_for_each(|row| add(row, row))?,
            Some(rows) => {
                let mut order: Vec<(u32, u32)> = rows.entries.iter().copied().zip(0..).collect();
                order.sort_unstable();
                order
                    .iter()
                    .try_for_each(|&(row, new_row)| add(row as usize, new_row as usize))?;
            }
        }
        batch.read(out, read)
    }

    /// The wanted pieces of a row that has so many slabs of all columns.
    fn pattern(&self, slabs: usize, slab_size: usize, item_size: usize) -> Vec<Piece> {
        let Some(columns) = &self.columns else {
            let length = slabs * slab_size;
            let whole = Piece {
                start: 0,
                length,
                to: 0,
            };
            return if length == 0 { vec![] } else { vec![whole] };
        };
        let mut pieces: Vec<Piece> = Vec::new();
        let mut to = 0;
        for slab in 0..slabs {
            for run in columns.entries.chunk_by(|a, b| a + 1 == *b) {
                let piece = Piece {
                    start: slab * slab_size + run[0] as usize * item_size,
                    length: run.len() * item_size,
                    to,
                };
                to += piece.length;
                match pieces.last_mut() {
                    Some(last) if last.goes_on_with(&piece) => last.length += piece.length,
                    _ => pieces.push(piece),
                }
            }
        }
        pieces
    }
}

/// Bytes that are wanted.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: usize,
    length: usize,
    /// Where they go.
    to: usize,
}

impl Piece {
    fn end(&self) -> usize {
        self.start + self.length
    }

    /// Whether `next` comes right after this, where it is and where it goes.
    fn goes_on_with(&self, next: &Piece) -> bool {
        self.end() == next.start && self.to + self.length == next.to
    }
}

/// Pieces that are read together, with what is between them.
#[derive(Default)]
struct Batch {
    pieces: Vec<Piece>,
    memory: Vec<u8>,
}

impl Batch {
    /// Whether the next piece should be read with those before. It is one of them then.
    fn accept(&mut self, piece: &Piece) -> bool {
        let (Some(first), Some(last)) = (self.pieces.first().copied(), self.pieces.last_mut())
        else {
            self.pieces.push(*piece);
            return true;
        };
        let goes_on = last.goes_on_with(piece);
        let gap = piece.start - last.end();
        let fits = piece.end() - first.start <= BATCH;
        if goes_on && (first.to == last.to || fits) {
            last.length += piece.length;
            return true;
        }
        if gap <= GAP && fits {
            self.pieces.push(*piece);
            return true;
        }
        false
    }

    /// Read the pieces, and forget them.
    fn read(&mut self, out: &mut [u8], read: &mut ReadRange<'_>) -> Result<()> {
        match self.pieces[..] {
            [] => return Ok(()),
            [only] => read(only.start..only.end(), &mut out[only.to..][..only.length])?,
            [first, .., last] => {
                let range = first.start..last.end();
                self.memory.resize(range.len(), 0);
                read(range, &mut self.memory)?;
                for piece in &self.pieces {
                    let from = piece.start - first.start;
                    out[piece.to..][..piece.length]
                        .copy_from_slice(&self.memory[from..][..piece.length]);
                }
            }
        }
        self.pieces.clear();
        Ok(())
    }
}
