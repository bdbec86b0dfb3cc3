//! The way of elements to large arrays, past the caches: in whole lines.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::{Output, Slices, write_each};
use crate::simd::{LINE, Line, finish_streaming, stream_line};

/// Bytes of a page, and how many pages are written in turn: memory is faster if lines that follow each other in time are
/// on several pages.
const PAGE: usize = 4 << 10;
const PAGES: usize = 4;

/// The first elements of a line that is not complete, which are not in memory yet.
#[derive(Debug)]
pub(super) struct Started<T> {
    elements: [MaybeUninit<T>; LINE],
    count: usize,
}

impl<T> Started<T> {
    pub(super) fn nothing() -> Started<T> {
        Started {
            elements: [const { MaybeUninit::uninit() }; LINE],
            count: 0,
        }
    }
}

/// Elements that are written together.
pub(super) struct Piece {
    pub(super) range: Range<usize>,
    /// Whether they go to whole lines.
    pub(super) fills_lines: bool,
}

impl<T: Copy> Output<'_, T> {
    /// Which of these elements to write next, if there are any.
    #[inline(always)]
    pub(super) fn next_piece(&self, range: Range<usize>) -> Option<Piece> {
        if range.is_empty() {
            return None;
        }
        Some(match self.started {
            None => Piece {
                range,
                fills_lines: false,
            },
            Some(_) => self.next_streamed(range),
        })
    }

    fn next_streamed(&self, range: Range<usize>) -> Piece {
        let per_line = LINE / size_of::<T>();
        let to_line = self.memory[self.written..].as_ptr().align_offset(LINE);
        let fills_lines = to_line == 0 && range.len() >= per_line;
        let length = match to_line {
            0 if fills_lines => range.len() - range.len() % per_line,
            0 => range.len(),
            _ => range.len().min(to_line).min(per_line),
        };
        Piece {
            range: range.start..range.start + length,
            fills_lines,
        }
    }

    /// Where the next `count` elements are written, which fill no lines.
    #[inline(always)]
    pub(super) fn place(&mut self, count: usize) -> &mut [MaybeUninit<T>] {
        match &mut self.started {
            None => &mut self.memory[self.written..][..count],
            Some(line) => &mut line.elements[line.count..][..count],
        }
    }

    /// Takes note that so many elements are in their [`place`](Output::place).
    #[inline(always)]
    pub(super) fn put(&mut self, count: usize) {
        self.written += count;
        if let Some(started) = &mut self.started {
            started.count += count;
            // more than a line where no element starts where a line does
            let is_complete = started.count >= LINE / size_of::<T>();
            if is_complete || self.memory[self.written..].as_ptr().align_offset(LINE) == 0 {
                self.write_started();
            }
        }
    }

    /// Writes the line that was started, as far as it is known.
    pub(super) fn write_started(&mut self) {
        if let Some(started) = &mut self.started {
            let elements = &started.elements[..started.count];
            let memory = &mut self.memory[self.written - started.count..self.written];
            match Line::of(memory) {
                Some([line]) => stream_line(elements, line),
                _ => memory.copy_from_slice(elements),
            }
            started.count = 0;
        }
    }

    /// Lets all threads see what was written.
    pub(super) fn finish(&mut self) {
        if self.started.is_some() {
            self.write_started();
            finish_streaming();
        }
    }
}

/// Writes `f(x)` for all elements of `slices` to `memory`, which is made of whole lines.
#[inline(never)]
pub(super) fn fill_lines<T: Copy, S: Slices>(
    memory: &mut [MaybeUninit<T>],
    slices: S,
    f: &impl Fn(S::Item) -> T,
) {
    let per_line = LINE / size_of::<T>();
    let Some(lines) = Line::of(memory) else {
        return write_each(memory, slices, f);
    };
    let slices = slices.part(0, lines.len() * per_line);
    let per_page = PAGE / LINE;
    let in_blocks = lines.len() - lines.len() % (PAGES * per_page);
    for block in (0..in_blocks).step_by(PAGES * per_page) {
        for i in block..block + per_page {
            for page in 0..PAGES {
                fill_line(
                    &mut lines[i + page * per_page],
                    slices,
                    i + page * per_page,
                    f,
                );
            }
        }
    }
    for (i, line) in lines.iter_mut().enumerate().skip(in_blocks) {
        fill_line(line, slices, i, f);
    }
}

/// Writes `f(x)` for those elements of `slices` that belong to line number `i`.
#[inline(always)]
fn fill_line<T: Copy, S: Slices>(line: &mut Line, slices: S, i: usize, f: &impl Fn(S::Item) -> T) {
    let count = LINE / size_of::<T>();
    let slices = slices.part(i * count, count);
    // which is in registers
    let mut elements = [const { MaybeUninit::<T>::uninit() }; LINE];
    let mut k = 0;
    while k < count {
        elements[k].write(f(slices.item(k)));
        k += 1;
    }
    stream_line(&elements[..count], line);
}
