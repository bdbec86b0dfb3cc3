//! Sums of products of lines, with sparse coefficients: `z[μ, p, q] = Σ c[m₁, m₂, μ] a[m₁, p] b[m₂, q]`.

use std::array;
use std::ops::Range;

use metatensor_core::internal::{Kernel, Output, run_kernel};
use metatensor_core::{DenseArray, Result};
use num_complex::Complex;
use num_traits::Float;

use super::{TermRow, add_product};
use crate::numbers::Continuous;

/// Elements of a result that are computed before they are written: they stay in the cache closest to the processor.
const TILE: usize = 2048;

/// The coefficients `c[m₁, m₂, μ]` that are not zero.
#[derive(Debug, Default)]
pub(crate) struct Coupling {
    /// Numbers of lines of the first factor, of the second one, and of the result.
    lines: [usize; 3],
    /// For each line of the result, those of the second factor that it has.
    seconds: Vec<Vec<Second>>,
}

/// What a line of the second factor is multiplied with: a sum of lines of the first one.
#[derive(Debug)]
struct Second {
    line: usize,
    firsts: Vec<(usize, f64)>,
}

impl Coupling {
    /// For so many lines of the first factor, of the second one, and of the result: coefficients for some of each, sorted by
    /// the line of the result, and then by that of the second factor.
    pub(crate) fn new(
        lines: [usize; 3],
        coefficients: impl Iterator<Item = ([usize; 3], f64)>,
    ) -> Coupling {
        let mut seconds: Vec<Vec<Second>> = (0..lines[2]).map(|_| Vec::new()).collect();
        for ([first, second, result], coefficient) in coefficients {
            let seconds = &mut seconds[result];
            match seconds.last_mut() {
                Some(last) if last.line == second => last.firsts.push((first, coefficient)),
                _ => seconds.push(Second {
                    line: second,
                    firsts: vec![(first, coefficient)],
                }),
            }
        }
        Coupling { lines, seconds }
    }

    /// Number of lines of the result.
    pub(crate) fn result_lines(&self) -> usize {
        self.lines[2]
    }
}

/// CoupledProducts that are added to rows of a result. A row of a factor has some parts, one after the other, each of them with all
/// lines of this factor; and so has a row of the result.
pub(crate) struct CoupledProducts<'v, T> {
    pub(crate) factors: [&'v [T]; 2],
    /// Numbers of parts of a row of both factors.
    pub(crate) parts: [usize; 2],
    /// For each part of a row of the result, those of the factors.
    pub(crate) sources: &'v [[u32; 2]],
    /// Increasing by the row of the result.
    pub(crate) rows: &'v [TermRow],
}

impl<'v, T> CoupledProducts<'v, T> {
    /// The lines of a factor in one part of a row.
    fn lines(&self, factor: usize, row: u32, part: usize, length: usize) -> &'v [T] {
        let number = row as usize * self.parts[factor] + self.sources[part][factor] as usize;
        &self.factors[factor][number * length..][..length]
    }

    /// Removes the rows before `row` and its own ones from `rest`, which are given.
    fn rows_of(rest: &mut &'v [TermRow], row: usize) -> &'v [TermRow] {
        let start = rest.partition_point(|other| (other.output as usize) < row);
        let after = &rest[start..];
        let count = after
            .iter()
            .take_while(|other| other.output as usize == row);
        let (own, others) = after.split_at(count.count());
        *rest = others;
        own
    }
}

/// Array of this shape: sums of products of lines of two factors, which have so many elements. A row has as many parts as
/// `parts` says.
pub(crate) fn couple<T: Coupled>(
    shape: &[usize],
    parts: usize,
    widths: [usize; 2],
    coupling: &Coupling,
    products: &[CoupledProducts<'_, T>],
) -> Result<DenseArray> {
    let row_length: usize = shape[1..].iter().product();
    let lengths = [0, 1].map(|i| coupling.lines[i] * widths[i]);
    // Each element is written once, and made of a few others that are in the cache.
    let work = 3 * shape[0] * row_length * size_of::<T>();
    DenseArray::write_rows(shape, row_length, work, |range, output| {
        let mut rests: Vec<_> = products.iter().map(|product| product.rows).collect();
        let mut sums = Sums::new(widths);
        let mut pairs = Vec::new();
        for row in range {
            let rows = products.iter().zip(&mut rests);
            let rows: Vec<_> = rows
                .map(|(product, rest)| (product, CoupledProducts::<T>::rows_of(rest, row)))
                .collect();
            for part in 0..parts {
                pairs.clear();
                for (product, rows) in &rows {
                    pairs.extend(rows.iter().map(|row| {
                        let lines = |i, row| product.lines(i, row, part, lengths[i]);
                        (lines(0, row.a), lines(1, row.b))
                    }));
                }
                sums.start(&pairs, coupling.lines[1]);
                for seconds in &coupling.seconds {
                    sums.write(seconds, &pairs, output);
                }
            }
        }
        Ok(())
    })
}

/// What one line of a result is made of: `Σₖ w[k, p] x[k, q]`.
struct Sums<T> {
    widths: [usize; 2],
    /// Number of elements of lines of the first factor that are used at once.
    tile: usize,
    /// All lines of second factors, with zeros up to a multiple of [`COLUMNS`].
    lines: Vec<T>,
    /// Number of lines of each second factor.
    count: usize,
    /// For each `k`, the number of the line `x[k]`.
    places: Vec<usize>,
    /// Sums of lines of first factors, `w[k]`.
    weights: Vec<T>,
    results: Vec<T>,
}

impl<T: Coupled> Sums<T> {
    fn new(widths: [usize; 2]) -> Self {
        Sums {
            widths,
            tile: (TILE / widths[1].max(1)).max(1),
            lines: Vec::new(),
            count: 0,
            places: Vec::new(),
            weights: Vec::new(),
            results: Vec::new(),
        }
    }

    /// For sums of products of these pairs of factors, the second of which have so many lines.
    fn start(&mut self, pairs: &[(&[T], &[T])], count: usize) {
        let width = self.widths[1].max(1);
        self.count = count;
        self.lines.clear();
        for line in pairs.iter().flat_map(|(_, b)| b.chunks_exact(width)) {
            self.lines.extend_from_slice(line);
            let padded = self.lines.len().next_multiple_of(COLUMNS);
            self.lines.resize(padded, T::default());
        }
    }

    /// Writes the line of the result with these lines of second factors.
    fn write(&mut self, seconds: &[Second], pairs: &[(&[T], &[T])], output: &mut Output<'_, T>) {
        let [a_width, b_width] = self.widths;
        self.places.clear();
        for pair in 0..pairs.len() {
            let places = seconds.iter().map(|second| pair * self.count + second.line);
            self.places.extend(places);
        }
        for start in (0..a_width).step_by(self.tile) {
            let tile = start..a_width.min(start + self.tile);
            self.weights.clear();
            for (a, _) in pairs {
                for second in seconds {
                    add_weights(&mut self.weights, a, a_width, &tile, &second.firsts);
                }
            }
            let count = tile.len() * b_width;
            self.results.resize(count + COLUMNS, T::default());
            T::sums(
                tile.len(),
                b_width,
                &self.weights,
                (&self.places, &self.lines),
                &mut self.results,
            );
            output.copy(&self.results[..count]);
        }
    }
}

/// Appends a sum of lines of `a`, multiplied with numbers: the elements in `tile`.
fn add_weights<T: Continuous>(
    weights: &mut Vec<T>,
    a: &[T],
    width: usize,
    tile: &Range<usize>,
    firsts: &[(usize, f64)],
) {
    let start = weights.len();
    for (i, &(line, coefficient)) in firsts.iter().enumerate() {
        let line = a[line * width..][..width][tile.clone()].iter();
        let terms = line.map(|x| x.times_real(coefficient));
        if i == 0 {
            weights.extend(terms);
        } else {
            for (weight, term) in weights[start..].iter_mut().zip(terms) {
                *weight = weight.plus(term);
            }
        }
    }
}

/// Types of elements of such products.
pub(crate) trait Coupled: Continuous {
    /// Sets `results`, with rows of `columns` elements, to `wᵀ x`, where rows of `w` have `rows` elements, and those of `x` are some
    /// of several lines, with elements up to a multiple of [`COLUMNS`]. There is space for as many more elements after the results.
    fn sums(rows: usize, columns: usize, w: &[Self], x: (&[usize], &[Self]), results: &mut [Self]);
}

macro_rules! real_sums {
    ($($type:ty),*) => {$(
        impl Coupled for $type {
            fn sums(
                rows: usize,
                columns: usize,
                w: &[Self],
                (places, lines): (&[usize], &[Self]),
                results: &mut [Self],
            ) {
                run_kernel(RealSums { rows, columns, w, places, lines, results });
            }
        }
    )*};
}

real_sums!(f32, f64);

macro_rules! complex_sums {
    ($($type:ty),*) => {$(
        impl Coupled for Complex<$type> {
            fn sums(
                rows: usize,
                columns: usize,
                w: &[Self],
                (places, lines): (&[usize], &[Self]),
                results: &mut [Self],
            ) {
                results.fill(Self::default());
                let stride = columns.next_multiple_of(COLUMNS);
                for (w, place) in w.chunks_exact(rows).zip(places) {
                    let x = &lines[place * stride..][..columns];
                    for (&w, results) in w.iter().zip(results.chunks_exact_mut(columns.max(1))) {
                        for (result, &x) in results.iter_mut().zip(x) {
                            *result += w * x;
                        }
                    }
                }
            }
        }
    )*};
}

complex_sums!(f32, f64);

/// Columns that are computed at once, and rows for which what is read of lines is used.
const COLUMNS: usize = 8;
const ROWS: usize = 4;

struct RealSums<'v, T> {
    rows: usize,
    columns: usize,
    w: &'v [T],
    places: &'v [usize],
    lines: &'v [T],
    results: &'v mut [T],
}

impl<T: Float> Kernel for RealSums<'_, T> {
    type Output = ();

    #[inline(always)]
    fn fused(self) {
        self.compute::<true>();
    }

    fn plain(self) {
        self.compute::<false>();
    }
}

impl<T: Float> RealSums<'_, T> {
    #[inline(always)]
    fn compute<const FUSED: bool>(mut self) {
        let mut row = 0;
        while row + ROWS <= self.rows {
            self.next_rows::<FUSED, ROWS>(row);
            row += ROWS;
        }
        while row < self.rows {
            self.next_rows::<FUSED, 1>(row);
            row += 1;
        }
    }

    /// `R` rows of the result, from this one on. The last columns come first: what is too much there is the start of the next
    /// row, which is still to be computed.
    #[inline(always)]
    fn next_rows<const FUSED: bool, const R: usize>(&mut self, row: usize) {
        let RealSums {
            rows,
            columns,
            w,
            places,
            lines,
            ..
        } = *self;
        let stride = columns.next_multiple_of(COLUMNS);
        let mut column = stride;
        while column > 0 {
            column -= COLUMNS;
            let mut sums = [[T::zero(); COLUMNS]; R];
            for (w, place) in w.chunks_exact(rows).zip(places) {
                let (Some(&w), Some(&x)) = (
                    w[row..].first_chunk::<R>(),
                    lines[place * stride + column..].first_chunk::<COLUMNS>(),
                ) else {
                    break;
                };
                // Whole vectors, so that the compiler sees that these are vectors.
                for (sums, w) in sums.iter_mut().zip(w) {
                    let sum = *sums;
                    *sums = array::from_fn(|c| add_product::<T, FUSED>(sum[c], w, x[c]));
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                self.results[(row + r) * columns + column..][..COLUMNS].copy_from_slice(sums);
            }
        }
    }
}

#[cfg(test)]
mod tests;
