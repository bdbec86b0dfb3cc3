//! Outer products of lines, in registers.

use std::array;

use metatensor_core::internal::Kernel;
use num_traits::Float;

use super::{Factors, Layout, Lines, TermRow};
use crate::kernels::add_product;

/// Lines of `a`, and vectors of lines of `b`, that are multiplied at once: there are registers for as many sums.
const ROWS: usize = 4;
const VECTORS: usize = 3;

/// A row of `b` whose lines start at a multiple of the length of a vector. It is made once for all rows of the result that
/// it is a part of, if they follow each other.
pub(crate) struct Packed<T> {
    row: Option<u32>,
    elements: Vec<T>,
}

impl<T: Float> Packed<T> {
    /// Copies `row`, made of lines of `width` elements, unless it was the last one.
    fn update(&mut self, number: u32, row: &[T], width: usize, padded: usize) {
        if self.row == Some(number) {
            return;
        }
        self.row = Some(number);
        // What is after the end of a line stays zero.
        self.elements.resize(row.len() / width * padded, T::zero());
        let lines = self.elements.chunks_exact_mut(padded);
        for (line, source) in lines.zip(row.chunks_exact(width)) {
            for (element, &x) in line.iter_mut().zip(source) {
                *element = x;
            }
        }
    }
}

impl<T> Packed<T> {
    pub(super) fn new() -> Self {
        Packed {
            row: None,
            elements: Vec::new(),
        }
    }
}

/// Adds the outer products of two rows to `sums`.
pub(super) struct Outer<'a, T, const LANES: usize> {
    a: &'a [T],
    /// With lines of `padded` elements.
    b: &'a [T],
    padded: usize,
    properties: [usize; 2],
    stride: usize,
    first: Option<usize>,
    mirrored: Option<usize>,
    layout: &'a Layout,
    scale: T,
    sums: &'a mut [T],
}

impl<'a, T: Float, const LANES: usize> Outer<'a, T, LANES> {
    /// `None` if this is another kind of product.
    pub(super) fn new(
        factors: &Factors<'a, T>,
        row: TermRow,
        packed: &'a mut Packed<T>,
        sums: &'a mut [T],
    ) -> Option<Self> {
        let Lines::Outer {
            properties,
            stride,
            first,
            mirrored,
        } = factors.layout.lines
        else {
            return None;
        };
        let [length_a, length_b] = factors.lengths;
        let a = &factors.a[row.a as usize * length_a..][..length_a];
        let b = &factors.b[row.b as usize * length_b..][..length_b];
        let width = properties[1];
        let padded = width.next_multiple_of(LANES);
        let b = if padded == width {
            b
        } else {
            packed.update(row.b, b, width, padded);
            &packed.elements
        };
        Some(Outer {
            a,
            b,
            padded,
            properties,
            stride,
            first,
            mirrored,
            layout: factors.layout,
            scale: factors.scale,
            sums,
        })
    }
}

impl<T: Float, const LANES: usize> Kernel for Outer<'_, T, LANES> {
    type Output = ();

    #[inline(always)]
    fn fused(self) {
        self.add::<true>();
    }

    fn plain(self) {
        self.add::<false>();
    }
}

impl<T: Float, const LANES: usize> Outer<'_, T, LANES> {
    #[inline(always)]
    fn add<const FUSED: bool>(mut self) {
        for &[output, a, b] in &self.layout.blocks {
            let start = [output, a * self.properties[0], b * self.padded];
            let mut i = 0;
            while i + ROWS <= self.properties[0] {
                self.rows::<FUSED, ROWS>(start, i);
                i += ROWS;
            }
            match self.properties[0] - i {
                3 => self.rows::<FUSED, 3>(start, i),
                2 => self.rows::<FUSED, 2>(start, i),
                1 => self.rows::<FUSED, 1>(start, i),
                _ => {}
            }
        }
    }

    /// The products for `R` properties of `a`, from `i` on.
    #[inline(always)]
    fn rows<const FUSED: bool, const R: usize>(&mut self, start: [usize; 3], i: usize) {
        let mut j = 0;
        while j + VECTORS * LANES <= self.padded {
            self.tile::<FUSED, R, VECTORS>(start, i, j);
            j += VECTORS * LANES;
        }
        match (self.padded - j) / LANES {
            2 => self.tile::<FUSED, R, 2>(start, i, j),
            1 => self.tile::<FUSED, R, 1>(start, i, j),
            _ => {}
        }
    }

    /// The products of these with `C` vectors of properties of `b`, from `j` on.
    #[inline(always)]
    fn tile<const FUSED: bool, const R: usize, const C: usize>(
        &mut self,
        [output, a, b]: [usize; 3],
        i: usize,
        j: usize,
    ) {
        let [width_a, width_b] = self.properties;
        let mut sums = [[[T::zero(); LANES]; C]; R];
        for &[next_a, next_b] in &self.layout.sums {
            let x = &self.a[a + next_a * width_a + i..][..R];
            let y = &self.b[b + next_b * self.padded + j..][..C * LANES];
            let (y, _) = y.as_chunks::<LANES>();
            for c in 0..C {
                let y = y[c];
                for r in 0..R {
                    let sum = sums[r][c];
                    sums[r][c] =
                        array::from_fn(|lane| add_product::<T, FUSED>(sum[lane], x[r], y[lane]));
                }
            }
        }
        let count = (width_b - j).min(C * LANES);
        if let Some(first) = self.first {
            for (r, sums) in sums.iter().enumerate() {
                let place = output + first + (i + r) * self.stride + j;
                let output = &mut self.sums[place..][..count];
                let (vectors, rest) = output.as_chunks_mut::<LANES>();
                for (output, sums) in vectors.iter_mut().zip(sums) {
                    *output = array::from_fn(|lane| {
                        add_product::<T, FUSED>(output[lane], self.scale, sums[lane])
                    });
                }
                if let Some(sums) = sums.get(vectors.len()) {
                    for (output, &sum) in rest.iter_mut().zip(sums) {
                        *output = add_product::<T, FUSED>(*output, self.scale, sum);
                    }
                }
            }
        }
        if let Some(mirrored) = self.mirrored {
            for column in 0..count {
                let place = output + mirrored + (j + column) * self.stride + i;
                let output = &mut self.sums[place..][..R];
                for r in 0..R {
                    let sum = sums[r][column / LANES][column % LANES];
                    output[r] = add_product::<T, FUSED>(output[r], self.scale, sum);
                }
            }
        }
    }
}
