//! Sums of products of lines, with sparse coefficients: `z[μ, p, q] = Σ c[m₁, m₂, μ] a[m₁, p] b[m₂, q]`.

use std::ops::Range;

use metatensor_core::internal::{Kernel, Output, run_kernel};
use metatensor_core::{DenseArray, Result};
use num_complex::Complex;
use num_traits::Float;

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
    pub(crate) sources: &'v [[usize; 2]],
    /// Rows of the result, and of both factors, sorted by the first.
    pub(crate) rows: &'v [[u32; 3]],
}

impl<'v, T> CoupledProducts<'v, T> {
    /// The lines of a factor in one part of a row.
    fn lines(&self, factor: usize, row: u32, part: usize, length: usize) -> &'v [T] {
        let number = row as usize * self.parts[factor] + self.sources[part][factor];
        &self.factors[factor][number * length..][..length]
    }

    /// Removes the rows before `row` and its own ones from `rest`, which are given.
    fn rows_of(rest: &mut &'v [[u32; 3]], row: usize) -> &'v [[u32; 3]] {
        let start = rest.partition_point(|&[output, ..]| (output as usize) < row);
        let after = &rest[start..];
        let count = after
            .iter()
            .take_while(|&&[output, ..]| output as usize == row);
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
                    pairs.extend(rows.iter().map(|&[_, a, b]| {
                        let lines = |i, row| product.lines(i, row, part, lengths[i]);
                        (lines(0, a), lines(1, b))
                    }));
                }
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
    /// The lines `x[k]`, of second factors.
    lines: Vec<T>,
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
            weights: Vec::new(),
            results: Vec::new(),
        }
    }

    /// Writes the line of the result with these lines of second factors, for the sum of products of these pairs of factors.
    fn write(&mut self, seconds: &[Second], pairs: &[(&[T], &[T])], output: &mut Output<'_, T>) {
        let [a_width, b_width] = self.widths;
        self.lines.clear();
        for (_, b) in pairs {
            for second in seconds {
                let line = &b[second.line * b_width..][..b_width];
                self.lines.extend_from_slice(line);
            }
        }
        for start in (0..a_width).step_by(self.tile) {
            let tile = start..a_width.min(start + self.tile);
            self.weights.clear();
            for (a, _) in pairs {
                for second in seconds {
                    add_weights(&mut self.weights, a, a_width, &tile, &second.firsts);
                }
            }
            self.results.resize(tile.len() * b_width, T::default());
            if b_width == 1 {
                // Loops over columns are fast, those over rows are not.
                T::sums(1, &self.lines, &self.weights, &mut self.results);
            } else {
                T::sums(tile.len(), &self.weights, &self.lines, &mut self.results);
            }
            output.copy(&self.results);
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
    /// Sets `results` to `wᵀ x`, where rows of `w` have `rows` elements.
    fn sums(rows: usize, w: &[Self], x: &[Self], results: &mut [Self]);
}

macro_rules! real_sums {
    ($($type:ty),*) => {$(
        impl Coupled for $type {
            fn sums(rows: usize, w: &[Self], x: &[Self], results: &mut [Self]) {
                run_kernel(RealSums { rows, w, x, results });
            }
        }
    )*};
}

real_sums!(f32, f64);

macro_rules! complex_sums {
    ($($type:ty),*) => {$(
        impl Coupled for Complex<$type> {
            fn sums(rows: usize, w: &[Self], x: &[Self], results: &mut [Self]) {
                let columns = results.len().checked_div(rows).unwrap_or(0).max(1);
                results.fill(Self::default());
                for (w, x) in w.chunks_exact(rows).zip(x.chunks_exact(columns)) {
                    for (&w, results) in w.iter().zip(results.chunks_exact_mut(columns)) {
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

struct RealSums<'v, T> {
    rows: usize,
    w: &'v [T],
    x: &'v [T],
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
    fn compute<const FUSED: bool>(self) {
        let RealSums {
            rows,
            w,
            x,
            results,
        } = self;
        let columns = results.len() / rows.max(1);
        if columns == 0 {
            return;
        }
        let mut row = 0;
        while row + ROWS <= rows {
            let results = &mut results[row * columns..][..ROWS * columns];
            sums_of_rows::<T, FUSED, ROWS>(row, rows, w, x, columns, results);
            row += ROWS;
        }
        for row in row..rows {
            let results = &mut results[row * columns..][..columns];
            sums_of_rows::<T, FUSED, 1>(row, rows, w, x, columns, results);
        }
    }
}

/// Rows that are computed at once: what is read of lines is used for each of them.
const ROWS: usize = 2;

/// `R` rows of the result, from this one on, of all `rows`.
#[inline(always)]
fn sums_of_rows<T: Float, const FUSED: bool, const R: usize>(
    row: usize,
    rows: usize,
    w: &[T],
    x: &[T],
    columns: usize,
    results: &mut [T],
) {
    let mut column = 0;
    while column + 8 <= columns {
        tile::<T, FUSED, R, 8>(row, rows, w, x, column, columns, results);
        column += 8;
    }
    if column + 4 <= columns {
        tile::<T, FUSED, R, 4>(row, rows, w, x, column, columns, results);
        column += 4;
    }
    for column in column..columns {
        tile::<T, FUSED, R, 1>(row, rows, w, x, column, columns, results);
    }
}

/// The next `C` columns of `R` rows.
#[inline(always)]
fn tile<T: Float, const FUSED: bool, const R: usize, const C: usize>(
    row: usize,
    rows: usize,
    w: &[T],
    x: &[T],
    column: usize,
    columns: usize,
    results: &mut [T],
) {
    let mut sums = [[T::zero(); C]; R];
    for (w, x) in w.chunks_exact(rows).zip(x.chunks_exact(columns)) {
        let (Some(w), Some(x)) = (w[row..].first_chunk::<R>(), x[column..].first_chunk::<C>())
        else {
            break;
        };
        for (sums, &w) in sums.iter_mut().zip(w) {
            for (sum, &x) in sums.iter_mut().zip(x) {
                *sum = if FUSED {
                    w.mul_add(x, *sum)
                } else {
                    *sum + w * x
                };
            }
        }
    }
    for (sums, results) in sums.iter().zip(results.chunks_exact_mut(columns)) {
        results[column..][..C].copy_from_slice(sums);
    }
}

#[cfg(test)]
mod tests;
