//! From products of blocks to arrays: where the elements are that are multiplied, and what they are added to.

use std::borrow::Cow;
use std::collections::HashMap;

use metatensor_core::{DType, DenseArray, Error, Result, TensorBlock, View};

use crate::engine::Side;
use crate::kernels::{Contract, Factors, Layout, Lines, Products, TermRow, contract_rows};
use crate::numbers::{read, stored, with_number};

/// An axis of a product: its length, and by how many lines both factors go on along it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stride {
    pub(super) length: usize,
    pub(super) lines: [usize; 2],
}

/// How the values of two blocks are multiplied, whatever their samples are. Gradients have further components before theirs.
#[derive(Clone, Debug)]
pub(super) struct Form {
    /// The components of the result.
    pub(super) axes: Vec<Stride>,
    /// Axes whose products are added up.
    pub(super) contracted: Vec<Stride>,
    /// Lines in each row of the values of both.
    pub(super) lengths: [usize; 2],
    /// How properties are multiplied.
    pub(super) lines: Lines,
    /// How many properties the result has.
    pub(super) properties: usize,
    /// What products are multiplied with.
    pub(super) scale: f64,
}

/// Products of blocks for the same rows of the result.
pub(super) struct Piece<'t> {
    pub(super) rows: Cow<'t, [TermRow]>,
    /// The components that only gradients have: which factor has them.
    pub(super) own: Cow<'t, [Side]>,
    pub(super) factors: Vec<(&'t TensorBlock, &'t TensorBlock, Form)>,
}

/// Array of this shape with sums of products of blocks, as elements of type `dtype`.
pub(super) fn summed(dtype: DType, shape: &[usize], pieces: &[Piece<'_>]) -> Result<DenseArray> {
    let mut blocks = Blocks::default();
    for (a, b, _) in pieces.iter().flat_map(|piece| &piece.factors) {
        blocks.add(a)?;
        blocks.add(b)?;
    }
    with_number!(dtype, T => stored(summed_as::<T>(shape, pieces, &blocks)?, dtype))
}

/// The arrays of blocks, each of them once.
#[derive(Default)]
struct Blocks<'t> {
    numbers: HashMap<*const TensorBlock, usize>,
    views: Vec<View<'t>>,
}

impl<'t> Blocks<'t> {
    fn add(&mut self, block: &'t TensorBlock) -> Result<()> {
        if !self.numbers.contains_key(&std::ptr::from_ref(block)) {
            self.views.push(block.view()?);
            let number = self.numbers.len();
            self.numbers.insert(block, number);
        }
        Ok(())
    }

    fn number(&self, block: &TensorBlock) -> Result<usize> {
        let number = self.numbers.get(&std::ptr::from_ref(block)).copied();
        number.ok_or_else(|| Error::Internal("a factor was not read".into()))
    }
}

fn summed_as<T: Contract>(
    shape: &[usize],
    pieces: &[Piece<'_>],
    blocks: &Blocks<'_>,
) -> Result<DenseArray> {
    let elements: Vec<Cow<'_, [T]>> = blocks.views.iter().map(read).collect::<Result<_>>()?;
    let layouts: Vec<Vec<_>> = pieces
        .iter()
        .map(|piece| {
            let lengths = &shape[1..=piece.own.len()];
            let layouts = piece.factors.iter();
            let layouts = layouts.map(|(_, _, form)| form.layout(&piece.own, lengths));
            layouts.collect()
        })
        .collect();
    let products = pieces.iter().zip(&layouts).map(|(piece, layouts)| {
        let factors = piece.factors.iter().zip(layouts);
        let factors = factors.map(|((a, b, form), (layout, lengths))| {
            Ok(Factors {
                a: &elements[blocks.number(a)?],
                b: &elements[blocks.number(b)?],
                lengths: *lengths,
                layout,
                scale: T::from_real(form.scale),
            })
        });
        Ok(Products {
            rows: &piece.rows,
            factors: factors.collect::<Result<_>>()?,
        })
    });
    contract_rows(shape, &products.collect::<Result<Vec<_>>>()?)
}

impl Form {
    /// The same for arrays with components of their own of these lengths, and the elements in a row of both.
    fn layout(&self, own: &[Side], lengths: &[usize]) -> (Layout, [usize; 2]) {
        let mut rows = self.lengths;
        let mut axes: Vec<Stride> = Vec::new();
        for (&side, &length) in own.iter().zip(lengths).rev() {
            let mut lines = [0, 0];
            let side = match side {
                Side::A => 0,
                Side::B => 1,
            };
            lines[side] = rows[side];
            rows[side] *= length;
            axes.insert(0, Stride { length, lines });
        }
        axes.extend(&self.axes);
        let blocks = (0..).zip(starts(&axes));
        let blocks = blocks.map(|(i, [a, b])| [i * self.properties, a, b]);
        let properties = self.lines.properties();
        let layout = Layout {
            blocks: blocks.collect(),
            sums: starts(&self.contracted),
            lines: self.lines.clone(),
        };
        (layout, [rows[0] * properties[0], rows[1] * properties[1]])
    }
}

/// The lines of both factors for all points of these axes, the last axis being the fastest.
fn starts(axes: &[Stride]) -> Vec<[usize; 2]> {
    let mut starts = vec![[0, 0]];
    for axis in axes {
        let points = starts.iter().flat_map(|&[a, b]| {
            (0..axis.length).map(move |i| [a + i * axis.lines[0], b + i * axis.lines[1]])
        });
        starts = points.collect();
    }
    starts
}
