//! A block of invariants, before it is computed.

use std::borrow::Cow;

use metatensor_core::{DType, Error, Labels, Limit, Result, TensorBlock};

use super::super::contract::{PairedSamples, SamplePairs};
use super::super::size::check_max_bytes;
use super::super::sums::{Form, Piece, Stride, summed};
use super::groups::{Factors, Group, Groups, numbered};
use super::rows::{Member, Node};
use super::{InvariantsOptions, Normalisation};
use crate::engine::{
    Axis, MissingGradients, ProductGradient, RowOrder, Term, labels_only, product_rule,
    same_labels, with_gradients,
};
use crate::kernels::Lines;
use crate::numbers::{continuous, promote};

/// A block of the result.
pub(super) struct Plan<'a> {
    dtype: DType,
    properties: Labels,
    products: Vec<Product<'a>>,
    values: Node<'a>,
    model: &'a TensorBlock,
}

/// Products of blocks whose rows go together in the same way: the first ones tell how.
struct Product<'a> {
    factors: Vec<(Factors<'a>, Form)>,
}

impl<'a> Plan<'a> {
    /// `None` if there is nothing that has both neighbors. `known` are the properties of the last block.
    pub(super) fn new(
        group: &Group<'a>,
        groups: &Groups<'a>,
        known: &mut Option<Labels>,
        options: InvariantsOptions,
    ) -> Result<Option<Plan<'a>>> {
        let (properties, forms) = properties(group, groups, options)?;
        let properties = match known {
            Some(known) if *known == properties => known.clone(),
            _ => known.insert(properties).clone(),
        };
        let model = group.factors[0].a;
        let mut dtype = model.dtype();
        let mut products: Vec<Product<'a>> = Vec::new();
        for (factors, form) in group.factors.iter().zip(forms) {
            dtype = promote(dtype, promote(factors.a.dtype(), factors.b.dtype())?)?;
            let same = products
                .iter_mut()
                .find(|product| product.has_rows_of(factors));
            match same {
                Some(product) => product.factors.push((*factors, form)),
                None => products.push(Product {
                    factors: vec![(*factors, form)],
                }),
            }
        }
        let members = products.iter().enumerate();
        let members = members.map(|(number, product)| product.member(number));
        let members: Vec<_> = members.collect::<Result<_>>()?;
        let values = Node::merged(members, false)?;
        if values.samples.is_empty() && groups.neighbors.is_none() && group.counts_twice {
            return Ok(None);
        }
        Ok(Some(Plan {
            dtype: continuous(dtype)?,
            properties,
            products,
            values,
            model,
        }))
    }

    /// The labels of the result.
    pub(super) fn labels_only(&self) -> Result<TensorBlock> {
        self.made(&self.values, &|node| {
            labels_only(
                self.dtype,
                &node.samples,
                &node.own_components,
                &self.properties,
            )
        })
    }

    /// The result.
    pub(super) fn compute(&self) -> Result<TensorBlock> {
        self.made(&self.values, &|node| {
            let mut shape = vec![node.samples.count()];
            shape.extend(node.own_components.iter().map(Labels::count));
            shape.push(self.properties.count());
            let pieces = node.parts.iter().map(|part| {
                let factors = &self.products[part.number].factors;
                let (first, _) = &factors[0];
                let factors = factors.iter().filter_map(|(factors, form)| {
                    let a = counterpart(first.a, part.a, factors.a)?;
                    let b = counterpart(first.b, part.b, factors.b)?;
                    Some((a, b, form.clone()))
                });
                Piece {
                    rows: Cow::Borrowed(&part.rows),
                    own: Cow::Borrowed(&part.own),
                    factors: factors.collect(),
                }
            });
            let values = summed(self.dtype, &shape, &pieces.collect::<Vec<_>>())?;
            self.model.with_new_values(
                values,
                &node.samples,
                &node.own_components,
                &self.properties,
            )
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
        let gradients = product_rule(
            a,
            b,
            &samples.pairs,
            RowOrder::Sorted,
            MissingGradients::Error,
        )?;
        let term = Term {
            a,
            b,
            own: Vec::new(),
            rows: samples.rows(),
        };
        Ok(Member {
            number,
            parents: None,
            product: ProductGradient {
                parameter: "",
                samples: samples.labels,
                own_components: Vec::new(),
                terms: vec![term],
                gradients,
            },
        })
    }
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

/// The properties of a block, and where in it all products are.
fn properties<'a>(
    group: &Group<'a>,
    groups: &Groups<'a>,
    options: InvariantsOptions,
) -> Result<(Labels, Vec<Form>)> {
    let model = group.factors[0].a.properties();
    let count = count_of_properties(group, groups);
    let bytes = (count as u64).saturating_mul(4 * (3 + 2 * model.size()) as u64);
    Limit::check_result(bytes, || format!("a block with {count} properties"))?;
    check_max_bytes(bytes, options.max_bytes)?;

    let mut values = Vec::new();
    let mut forms = Vec::with_capacity(group.factors.len());
    let mut first = 0;
    for factors in group.factors.chunk_by(|x, y| x.degree == y.degree) {
        let degree = factors[0].degree;
        let types = groups.neighbors.as_deref();
        if types.is_some() {
            // All pairs have the same place in all blocks.
            let properties = factors[0].a.properties();
            for other in factors {
                same_labels(Axis::Properties, properties, other.a.properties())?;
            }
        }
        let [a, b] = [factors[0].a, factors[0].b].map(TensorBlock::properties);
        same_names(model, a)?;
        same_names(model, b)?;
        let sides = [a, b].map(|labels| rows(labels, types));
        for one in &sides[0] {
            for other in &sides[1] {
                values.push(degree as i32);
                values.extend_from_slice(one);
                values.extend_from_slice(other);
            }
        }
        let (width, stride) = (b.count(), sides[1].len());
        for factors in factors {
            let [i, j] = match types {
                Some(_) => factors.neighbors,
                None => [0, 0],
            };
            forms.push(Form {
                axes: Vec::new(),
                contracted: vec![Stride {
                    length: 2 * degree + 1,
                    lines: [1, 1],
                }],
                lengths: [2 * degree + 1; 2],
                lines: Lines::Outer {
                    properties: [a.count(), width],
                    stride,
                    first: Some(first + i * a.count() * stride + j * width),
                    mirrored: None,
                },
                properties: count,
                scale: scale(degree, group, options),
            });
        }
        first += sides[0].len() * stride;
    }

    let mut names = vec!["l".to_owned()];
    for number in [1, 2] {
        if groups.neighbors.is_some() {
            names.push(numbered("neighbor_type", number));
        }
        names.extend(model.names().iter().map(|name| numbered(name, number)));
    }
    Ok((
        Labels::assume_unique(&names, values)?.stored_like(model)?,
        forms,
    ))
}

/// Number of properties of a block.
fn count_of_properties(group: &Group<'_>, groups: &Groups<'_>) -> usize {
    let degrees = group.factors.chunk_by(|x, y| x.degree == y.degree);
    let types = groups.neighbors.as_ref().map_or(1, Vec::len);
    let counts = degrees.map(|factors| {
        let [a, b] = [factors[0].a, factors[0].b].map(|block| block.properties().count());
        a.saturating_mul(types)
            .saturating_mul(b.saturating_mul(types))
    });
    counts.fold(0, usize::saturating_add)
}

/// The properties of one factor, for each of these types of neighbors.
fn rows(labels: &Labels, types: Option<&[i32]>) -> Vec<Vec<i32>> {
    let Some(types) = types else {
        return labels.iter().map(<[i32]>::to_vec).collect();
    };
    let all = types
        .iter()
        .flat_map(|&kind| labels.iter().map(move |row| [&[kind], row].concat()));
    all.collect()
}

fn same_names(a: &Labels, b: &Labels) -> Result<()> {
    if a.names() == b.names() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "properties have different dimensions: {} and {}",
        a.names(),
        b.names()
    )))
}

/// What a product is multiplied with.
fn scale(degree: usize, group: &Group<'_>, options: InvariantsOptions) -> f64 {
    let sign = if degree.is_multiple_of(2) { 1.0 } else { -1.0 };
    let scale = match options.normalisation {
        Normalisation::ClebschGordan => sign / ((2 * degree + 1) as f64).sqrt(),
        Normalisation::None => 1.0,
    };
    match group.counts_twice {
        true => scale * std::f64::consts::SQRT_2,
        false => scale,
    }
}
