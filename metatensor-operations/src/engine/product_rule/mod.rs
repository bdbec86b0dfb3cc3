//! The product rule for any function of two blocks that is linear in both of them, at every depth.
//!
//! For `z = x · y` and a gradient with respect to p, `∇p z = x[π] · ∇p y + ∇p x · y[π]`, where `x[π]` has for each row of
//! the gradient the row of `x` that it belongs to. Both terms are products again: applied to itself, the rule gives for the
//! path `p/q` the terms `x · ∇q∇p y`, `∇q x · ∇p y`, `∇p x · ∇q y` and `∇q∇p x · y`. There is one term for each way to give
//! the parameters of the path to the two factors, in the order they have: these are the *parts* of a path. A factor for
//! which `p` is left has the gradient with this path, in a row for the same things that are varied.
//!
//! This knows labels and rows, and no elements: what the product is of a row of `x` and one of `y`, with components and
//! properties, is for whoever asks. [`Derivatives`] has the same for any number of factors, and for functions of one block.

mod checks;
mod elements;
mod paths;
mod rows;
#[cfg(test)]
mod tests;

pub(crate) use checks::same_trees;
pub(crate) use elements::{Elements, elements};
pub(crate) use paths::{Derivatives, Factor, Node, RowOrder, Rule};

use metatensor_core::{Labels, Result, TensorBlock};

use super::MissingGradients;
pub(crate) use crate::kernels::TermRow;
use crate::kernels::ZEROS;

/// A row of a product, and the rows of both factors that it is made of. Without one of them it is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) a: Option<u32>,
    pub(crate) b: Option<u32>,
}

impl Pair {
    /// Those rows of products that are not zero.
    pub(crate) fn rows(pairs: &[Pair]) -> Vec<TermRow> {
        let rows = (0..).zip(pairs);
        let rows = rows.filter_map(|(output, pair)| {
            let (a, b) = (pair.a?, pair.b?);
            Some(TermRow { output, a, b })
        });
        rows.collect()
    }
}

/// One of two factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    A,
    B,
}

/// Products of rows of two arrays, which are added to the rows of one array of the result.
#[derive(Clone, Debug)]
pub(crate) struct Term<'a> {
    /// The blocks whose values are the factors: those that were given, or gradients of them.
    pub(crate) a: &'a TensorBlock,
    pub(crate) b: &'a TensorBlock,
    /// For each component of the result that the values do not have, the factor that has it. In the result, and in the
    /// factor, these are the first components, in this order.
    pub(crate) own: Vec<Side>,
    /// Increasing by `output`.
    pub(crate) rows: Vec<TermRow>,
}

/// The combinations of components that a result has, and its values have not.
pub(crate) struct OwnEntries {
    /// How many both factors have.
    pub(crate) counts: [usize; 2],
    /// For each combination, those of the factors.
    pub(crate) entries: Vec<[u32; 2]>,
}

impl<'a> Term<'a> {
    /// The products of the values of two blocks, for the rows of a result that are made of these.
    pub(crate) fn of_values(a: &'a TensorBlock, b: &'a TensorBlock, pairs: &[Pair]) -> Term<'a> {
        Term {
            a,
            b,
            own: Vec::new(),
            rows: Pair::rows(pairs),
        }
    }

    /// For own components of these lengths.
    pub(crate) fn own_entries(&self, lengths: &[usize]) -> OwnEntries {
        let is_first: Vec<_> = self.own.iter().map(|&side| side == Side::A).collect();
        let count = |first: bool| {
            let own = is_first.iter().zip(lengths);
            let own = own.filter(|&(&is_first, _)| is_first == first);
            own.map(|(_, length)| length).product()
        };
        OwnEntries {
            counts: [count(true), count(false)],
            entries: elements::entries(&is_first, lengths),
        }
    }
}

/// A gradient of a product.
#[derive(Clone, Debug)]
pub(crate) struct ProductGradient<'a> {
    pub(crate) parameter: &'a str,
    pub(crate) samples: Labels,
    /// Components that the values do not have, which are in front of theirs: those of the last parameter of the path first.
    pub(crate) own_components: Vec<Labels>,
    /// It is the sum of these.
    pub(crate) terms: Vec<Term<'a>>,
    pub(crate) gradients: Vec<ProductGradient<'a>>,
}

/// The gradients of a product of two blocks, whose row `i` is made of the rows `pairs[i]` of both.
///
/// A block without any gradients is constant, whatever `missing` is. Otherwise both must have gradients with respect to the
/// same parameters, at all depths, if not `missing` says that those which only one has are zero for the other. Rows that
/// only one has are zero in the other in any case.
///
/// Gradients of values have the rows of both factors in this order, see [`RowOrder`]; gradients of gradients have their
/// rows, and for each row of the parent one for each row that the gradient with respect to the same parameter has for its
/// sample, sorted.
///
/// # Errors
///
/// [`Error::NotEqual`](crate::Error::NotEqual) if gradients are different, which it names; if what comes after `sample` in
/// the samples of gradients with respect to some parameter is not the same everywhere, or components of their own are not.
/// [`Error::Unsupported`](crate::Error::Unsupported) if there is a gradient `p/q` but none with respect to `q`, or more
/// than [`Derivatives::MAX_DEPTH`] parameters in a path, unless one of the blocks is constant.
pub(crate) fn product_rule<'a>(
    a: &'a TensorBlock,
    b: &'a TensorBlock,
    pairs: &[Pair],
    order: RowOrder,
    missing: MissingGradients,
) -> Result<Vec<ProductGradient<'a>>> {
    let rule = Rule::of_product(a, b);
    if rule == Rule::Product && missing != MissingGradients::Zeros {
        same_trees(a, b)?;
    }
    let rows = |row: fn(&Pair) -> Option<u32>| {
        Some(
            pairs
                .iter()
                .map(|pair| row(pair).unwrap_or(ZEROS))
                .collect(),
        )
    };
    let factors = vec![
        Factor {
            block: a,
            rows: rows(|pair| pair.a),
        },
        Factor {
            block: b,
            rows: rows(|pair| pair.b),
        },
    ];
    let derivatives = Derivatives::new(factors, pairs.len(), rule, order)?;
    Ok(gradients(&derivatives, derivatives.values()))
}

fn gradients<'a>(derivatives: &Derivatives<'a>, node: &Node<'a>) -> Vec<ProductGradient<'a>> {
    let children = node.children.iter().map(|&child| {
        let child = &derivatives.nodes()[child];
        ProductGradient {
            parameter: child.parameter,
            samples: child.samples.clone(),
            own_components: child.own_components.clone(),
            terms: terms(derivatives, child),
            gradients: gradients(derivatives, child),
        }
    });
    children.collect()
}

/// What a gradient of the product of the first two factors is the sum of.
fn terms<'a>(derivatives: &Derivatives<'a>, node: &Node<'a>) -> Vec<Term<'a>> {
    let pairs = node.parts.iter().rev().zip(&node.parts);
    let terms = pairs.filter_map(|(of_a, of_b)| {
        let (rows_of_a, rows_of_b) = (of_a.rows[0].as_deref()?, of_b.rows[1].as_deref()?);
        let rows = (0..).zip(rows_of_a).zip(rows_of_b);
        let rows = rows.filter(|&((_, &a), &b)| a != ZEROS && b != ZEROS);
        let side = |&is_of_a: &bool| if is_of_a { Side::A } else { Side::B };
        Some(Term {
            a: derivatives.nodes()[of_a.node].blocks[0]?,
            b: derivatives.nodes()[of_b.node].blocks[1]?,
            own: of_a.own.iter().map(side).collect(),
            rows: rows
                .map(|((output, &a), &b)| TermRow { output, a, b })
                .collect(),
        })
    });
    terms.collect()
}
