//! A block of invariants, before it is computed.

use std::borrow::Cow;

use metatensor_core::{DType, Error, Labels, Result, TensorBlock};

use super::super::contract::{PairedSamples, SamplePairs};
use super::super::sums::{Form, Piece, Stride, summed};
use super::InvariantsOptions;
use super::groups::{Factors, Group, Groups};
use super::neighbors::{Values, side_by_side};
use super::properties::{Corner, Properties};
use super::rows::{Member, Node, Part};
use super::symmetry::Kind;
use crate::engine::{
    MissingGradients, ProductGradient, RowOrder, Term, labels_only, product_rule, with_gradients,
};
use crate::kernels::{Lines, TermRow};
use crate::numbers::{continuous, promote};

/// A block of the result.
pub(super) struct Plan<'a> {
    dtype: DType,
    properties: Properties,
    products: Vec<Product<'a>>,
    values: Node<'a>,
    /// For each product, the rows of the values of all neighbors that it gives, if these are multiplied with each other.
    all_neighbors: Option<Vec<Vec<TermRow>>>,
    model: &'a TensorBlock,
}

/// Products of blocks whose rows go together in the same way: the first ones tell how.
pub(super) struct Product<'a> {
    pub(super) factors: Vec<(Factors<'a>, Corner)>,
}

impl<'a> Plan<'a> {
    /// `None` if there is nothing that has both neighbors. `known` are the properties of the last block.
    pub(super) fn new(
        group: &Group<'a>,
        groups: &Groups<'a>,
        known: &mut Option<Labels>,
        options: InvariantsOptions,
    ) -> Result<Option<Plan<'a>>> {
        let properties = Properties::new(group, groups, known, options)?;
        let model = group.factors[0].a;
        // Rows of gradients of values come from the products of blocks with themselves already.
        let is_simple = group.factors.iter().all(|factors| depth(factors.a) < 2);
        let all_neighbors = groups.neighbors.is_some();
        let mut dtype = model.dtype();
        let mut products: Vec<Product<'a>> = Vec::new();
        for (factors, corner) in group.factors.iter().zip(&properties.corners) {
            dtype = promote(dtype, promote(factors.a.dtype(), factors.b.dtype())?)?;
            if all_neighbors && is_simple && factors.neighbors[0] != factors.neighbors[1] {
                continue;
            }
            let same = products
                .iter_mut()
                .find(|product| product.has_rows_of(factors));
            match same {
                Some(product) => product.factors.push((*factors, *corner)),
                None => products.push(Product {
                    factors: vec![(*factors, *corner)],
                }),
            }
        }
        let members = products.iter().enumerate();
        let members = members.map(|(number, product)| product.member(number));
        let members: Vec<_> = members.collect::<Result<_>>()?;
        let mut values = Node::merged(members, false)?;
        if values.samples.is_empty() && group.counts_twice {
            return Ok(None);
        }
        let all_neighbors = all_neighbors.then(|| values.use_all_neighbors(&products));
        if all_neighbors.is_none() {
            values.use_symmetry(&products);
        }
        Ok(Some(Plan {
            dtype: continuous(dtype)?,
            properties,
            products,
            values,
            all_neighbors,
            model,
        }))
    }

    /// The labels of the result.
    pub(super) fn labels_only(&self) -> Result<TensorBlock> {
        let properties = &self.properties.labels;
        self.made(&self.values, &|node| {
            labels_only(self.dtype, &node.samples, &node.own_components, properties)
        })
    }

    /// The result.
    pub(super) fn compute(&self) -> Result<TensorBlock> {
        let all = self.values_of_all_neighbors()?;
        let properties = &self.properties.labels;
        self.made(&self.values, &|node| {
            let mut shape = vec![node.samples.count()];
            shape.extend(node.own_components.iter().map(Labels::count));
            shape.push(properties.count());
            let pieces: Result<Vec<_>> = node.parts.iter().map(|p| self.piece(p, &all)).collect();
            let values = summed(self.dtype, &shape, &pieces?)?;
            self.model
                .with_new_values(values, &node.samples, &node.own_components, properties)
        })
    }

    /// What `make` makes of values and gradients, at all depths.
    fn made(
        &self,
        node: &Node<'a>,
        make: &dyn Fn(&Node<'a>) -> Result<TensorBlock>,
    ) -> Result<TensorBlock> {
        let gradients = node.gradients.iter().map(|gradient| {
            let made = self.made(gradient, make);
            let made = made.map_err(|error| error.in_gradient(gradient.parameter))?;
            Ok((gradient.parameter, made))
        });
        let gradients = gradients.collect::<Result<_>>()?;
        with_gradients(make(node)?, gradients)
    }

    /// For each degree, the values of all neighbors side by side, if there are several.
    fn values_of_all_neighbors(&self) -> Result<Vec<TensorBlock>> {
        let Some(rows) = &self.all_neighbors else {
            return Ok(Vec::new());
        };
        let degrees = self.properties.wholes.iter().map(|corner| {
            let products = self.products.iter().zip(rows);
            let values = products.flat_map(|(product, rows)| {
                let factors = product.factors.iter().filter(|(factors, _)| {
                    factors.degree == corner.degree && factors.neighbors[0] == factors.neighbors[1]
                });
                factors.map(|(factors, _)| Values {
                    block: factors.a,
                    neighbor: factors.neighbors[0],
                    rows,
                })
            });
            let values: Vec<_> = values.collect();
            let count = self.properties.neighbors;
            side_by_side(self.dtype, &self.values.samples, count, &values)
        });
        degrees.collect()
    }

    /// A part of an array of the result.
    fn piece<'t>(&'t self, part: &'t Part<'a>, all: &'t [TensorBlock]) -> Result<Piece<'t>> {
        let mut factors = Vec::new();
        let wholes = self.properties.wholes.iter().zip(all);
        if part.kind == Kind::All {
            factors.extend(wholes.map(|(corner, all)| {
                let [first, _] = corner.places;
                (all, all, self.form(corner, [first, None]))
            }));
        } else {
            let product = &self.products[part.number].factors;
            let [a, b] = match part.kind {
                Kind::Exchanged => [product[0].0.b, product[0].0.a],
                _ => [product[0].0.a, product[0].0.b],
            };
            for (other, corner) in product {
                let missing = || Error::Internal("a gradient has no counterpart".into());
                let of =
                    |block, target, other| counterpart(block, target, other).ok_or_else(missing);
                let [first, mirrored] = corner.places;
                let form = |places| self.form(corner, places);
                factors.push(match part.kind {
                    Kind::Exchanged => (
                        of(a, part.a, other.b)?,
                        of(b, part.b, other.a)?,
                        self.form(&corner.exchanged(), [None, first]),
                    ),
                    Kind::BothWithAll => {
                        let same = |(whole, _): &(&Corner, _)| whole.degree == corner.degree;
                        let mut wholes = self.properties.wholes.iter().zip(all);
                        let (whole, all) = wholes.find(same).ok_or_else(missing)?;
                        let corner = corner.beside(whole);
                        (
                            of(a, part.a, other.a)?,
                            all,
                            self.form(&corner, corner.places),
                        )
                    }
                    Kind::Both => (
                        of(a, part.a, other.a)?,
                        of(b, part.b, other.b)?,
                        form([first, mirrored]),
                    ),
                    _ => (
                        of(a, part.a, other.a)?,
                        of(b, part.b, other.b)?,
                        form([first, None]),
                    ),
                });
            }
        }
        Ok(Piece {
            rows: Cow::Borrowed(&part.rows),
            own: Cow::Borrowed(&part.own),
            factors,
        })
    }

    /// How lines of tensors are multiplied, and added to the result from these places on.
    fn form(&self, corner: &Corner, [first, mirrored]: [Option<usize>; 2]) -> Form {
        let lines = 2 * corner.degree + 1;
        Form {
            axes: Vec::new(),
            contracted: vec![Stride {
                length: lines,
                lines: [1, 1],
            }],
            lengths: [lines; 2],
            lines: Lines::Outer {
                properties: corner.counts,
                stride: corner.stride,
                first,
                mirrored,
            },
            properties: self.properties.labels.count(),
            scale: corner.scale,
        }
    }
}

impl<'a> Product<'a> {
    /// Whether the blocks have the samples and gradients that the first ones of this product have.
    fn has_rows_of(&self, other: &Factors<'_>) -> bool {
        let (first, _) = &self.factors[0];
        first.neighbors == other.neighbors
            && have_same_rows(first.a, other.a)
            && have_same_rows(first.b, other.b)
    }

    /// The rows of the products of the first blocks.
    fn member(&self, number: usize) -> Result<Member<'a>> {
        let (Factors { a, b, .. }, _) = self.factors[0];
        let samples = PairedSamples::new(a.samples(), b.samples(), SamplePairs::Intersection)?;
        let order = RowOrder::Sorted;
        let missing = MissingGradients::Error;
        let gradients = product_rule(a, b, &samples.pairs, order, missing)?;
        Ok(Member {
            number,
            parents: None,
            product: ProductGradient {
                parameter: "",
                samples: samples.labels,
                own_components: Vec::new(),
                terms: vec![Term::of_values(a, b, &samples.pairs)],
                gradients,
            },
        })
    }
}

/// How deep gradients of gradients go.
fn depth(block: &TensorBlock) -> usize {
    let gradients = block.gradients().map(|(_, gradient)| 1 + depth(gradient));
    gradients.max().unwrap_or(0)
}

/// Whether blocks, which are tensors of different degrees, have the same samples and gradients, at all depths.
fn have_same_rows(a: &TensorBlock, b: &TensorBlock) -> bool {
    let own = |block: &'_ TensorBlock| block.components().len() - 1;
    a.samples() == b.samples()
        && a.gradients_list() == b.gradients_list()
        && a.components()[..own(a)] == b.components()[..own(b)]
        && a.gradients()
            .zip(b.gradients())
            .all(|((_, a), (_, b))| have_same_rows(a, b))
}

/// The gradient of `other` which is what `target` is of `block`.
fn counterpart<'t>(
    block: &'t TensorBlock,
    target: &TensorBlock,
    other: &'t TensorBlock,
) -> Option<&'t TensorBlock> {
    if std::ptr::eq(block, target) {
        return Some(other);
    }
    let mut pairs = block.gradients().zip(other.gradients());
    pairs.find_map(|((_, gradient), (_, other))| counterpart(gradient, target, other))
}
