//! Sums of products of the elements of two rows: what contractions do with each pair of rows.

mod outer;

use std::sync::Arc;

use metatensor_core::{DenseArray, Result};
use num_complex::Complex;

use crate::numbers::Number;
use outer::{Outer, Packed};

/// The product of these rows of the factors is added to a row of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TermRow {
    pub(crate) output: u32,
    pub(crate) a: u32,
    pub(crate) b: u32,
}

/// Which elements of a row of each factor are multiplied, and what they are added to.
///
/// Rows are made of lines, which have all properties. For each of `blocks`, all of `sums` are added up.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Where a block starts: the element of the result, and the lines of both factors.
    pub(crate) blocks: Vec<[usize; 3]>,
    /// The lines of both factors, after those where a block starts, whose products are added.
    pub(crate) sums: Vec<[usize; 2]>,
    pub(crate) lines: Lines,
}

/// What the product of two lines is. The first number of properties is that of the first factor.
#[derive(Clone, Debug)]
pub(crate) enum Lines {
    /// `result[first + i * stride + j] += a[i] b[j]`, if there is a first element, and `result[mirrored + j * stride + i]` as
    /// well, if there is one of these.
    Outer {
        properties: [usize; 2],
        stride: usize,
        first: Option<usize>,
        mirrored: Option<usize>,
    },
    /// `result[i] += a[i] b[i]`
    Equal { properties: usize },
    /// `result[q] += a[i] b[j]` for some `[q, i, j]`, sorted.
    Some {
        properties: [usize; 2],
        products: Arc<[[u32; 3]]>,
    },
}

impl Lines {
    pub(crate) fn properties(&self) -> [usize; 2] {
        match *self {
            Lines::Outer { properties, .. } | Lines::Some { properties, .. } => properties,
            Lines::Equal { properties } => [properties; 2],
        }
    }

    /// Products of elements for each pair of lines.
    fn work(&self) -> usize {
        match self {
            Lines::Outer {
                properties: [a, b], ..
            } => a * b,
            Lines::Equal { properties } => *properties,
            Lines::Some { products, .. } => 2 * products.len(),
        }
    }
}

/// Two arrays whose rows are multiplied, all elements in row-major order.
#[derive(Clone, Copy)]
pub(crate) struct Factors<'v, T> {
    pub(crate) a: &'v [T],
    pub(crate) b: &'v [T],
    /// Elements in each row of both.
    pub(crate) lengths: [usize; 2],
    pub(crate) layout: &'v Layout,
    /// What products are multiplied with.
    pub(crate) scale: T,
}

/// Products that are parts of the same rows of the result.
pub(crate) struct Products<'v, T> {
    /// Sorted by row of the result.
    pub(crate) rows: &'v [TermRow],
    pub(crate) factors: Vec<Factors<'v, T>>,
}

/// Bytes that take about as long to read as a product takes.
const WORK: usize = 4;

/// Array of this shape, whose rows are sums of products. Those without any are zero.
///
/// Each row is made where it stays in the cache, and written once. The order of all additions is that of `products`.
pub(crate) fn contract_rows<T: Contract>(
    shape: &[usize],
    products: &[Products<'_, T>],
) -> Result<DenseArray> {
    let length = shape[1..].iter().product();
    let elements = shape.iter().product::<usize>();
    let terms: usize = products.iter().map(Products::work).sum();
    let work = elements * size_of::<T>() + terms * WORK;
    DenseArray::write_rows(shape, length, work, |range, output| {
        let mut sums = vec![T::default(); length];
        let mut states: Vec<State<'_, '_, T>> = products
            .iter()
            .map(|products| State::new(products, range.start))
            .collect();
        for row in range {
            sums.fill(T::default());
            for state in &mut states {
                state.add(row, &mut sums);
            }
            output.copy(&sums);
        }
        Ok(())
    })
}

impl<T> Products<'_, T> {
    fn work(&self) -> usize {
        let each = self.factors.iter().map(|factors| {
            let layout = factors.layout;
            layout.blocks.len() * layout.sums.len() * layout.lines.work()
        });
        self.rows.len() * each.sum::<usize>()
    }
}

/// How far the rows of some products were used.
struct State<'s, 'v, T> {
    rows: &'v [TermRow],
    factors: &'s [Factors<'v, T>],
    packed: Vec<Packed<T>>,
}

impl<'s, 'v, T: Contract> State<'s, 'v, T> {
    fn new(products: &'s Products<'v, T>, first: usize) -> Self {
        let before = products.rows;
        let before = before.partition_point(|row| (row.output as usize) < first);
        State {
            rows: &products.rows[before..],
            factors: &products.factors,
            packed: products.factors.iter().map(|_| Packed::new()).collect(),
        }
    }

    /// Adds the products that are a part of `row`.
    fn add(&mut self, row: usize, sums: &mut [T]) {
        while let [first, rest @ ..] = self.rows
            && first.output as usize == row
        {
            self.rows = rest;
            for (factors, packed) in self.factors.iter().zip(&mut self.packed) {
                T::add_products(factors, *first, packed, sums);
            }
        }
    }
}

/// Numbers that rows can be contracted of.
pub(crate) trait Contract: Number {
    /// Adds the products of two rows to `sums`.
    fn add_products(
        factors: &Factors<'_, Self>,
        row: TermRow,
        packed: &mut Packed<Self>,
        sums: &mut [Self],
    );
}

macro_rules! contract {
    ($($type:ty),*; outer products in vectors of $($float:ty: $lanes:expr),*) => {
        $(impl Contract for $type {
            fn add_products(
                factors: &Factors<'_, Self>,
                row: TermRow,
                _: &mut Packed<Self>,
                sums: &mut [Self],
            ) {
                add_simple(factors, row, sums);
            }
        })*
        $(impl Contract for $float {
            fn add_products(
                factors: &Factors<'_, Self>,
                row: TermRow,
                packed: &mut Packed<Self>,
                sums: &mut [Self],
            ) {
                match Outer::<_, $lanes>::new(factors, row, packed, sums) {
                    Some(outer) => metatensor_core::internal::run_kernel(outer),
                    None => add_simple(factors, row, sums),
                }
            }
        })*
    };
}

contract! {
    bool, i32, i64, Complex<f32>, Complex<f64>;
    outer products in vectors of f32: 8, f64: 4
}

/// [`Contract::add_products`] for all kinds of numbers and layouts.
fn add_simple<T: Number>(factors: &Factors<'_, T>, row: TermRow, sums: &mut [T]) {
    let Factors { layout, scale, .. } = *factors;
    let [length_a, length_b] = factors.lengths;
    let a = &factors.a[row.a as usize * length_a..][..length_a];
    let b = &factors.b[row.b as usize * length_b..][..length_b];
    let [width_a, width_b] = layout.lines.properties();
    for &[output, start_a, start_b] in &layout.blocks {
        let output = &mut sums[output..];
        for &[next_a, next_b] in &layout.sums {
            let a = &a[(start_a + next_a) * width_a..][..width_a];
            let b = &b[(start_b + next_b) * width_b..][..width_b];
            match &layout.lines {
                Lines::Outer {
                    stride,
                    first,
                    mirrored,
                    ..
                } => {
                    for (i, &x) in a.iter().enumerate() {
                        for (j, &y) in b.iter().enumerate() {
                            let product = x.times(scale).times(y);
                            let places = [
                                first.map(|first| first + i * stride + j),
                                mirrored.map(|first| first + j * stride + i),
                            ];
                            for place in places.into_iter().flatten() {
                                output[place] = output[place].plus(product);
                            }
                        }
                    }
                }
                Lines::Equal { .. } => {
                    for ((sum, &x), &y) in output.iter_mut().zip(a).zip(b) {
                        *sum = sum.plus(x.times(scale).times(y));
                    }
                }
                Lines::Some { products, .. } => {
                    for &[q, i, j] in products.iter() {
                        let sum = &mut output[q as usize];
                        let product = a[i as usize].times(scale).times(b[j as usize]);
                        *sum = sum.plus(product);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
