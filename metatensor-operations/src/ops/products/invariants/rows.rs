//! The rows of products that are parts of the same block.

use metatensor_core::internal::rows::{RowGroups, Rows};
use metatensor_core::{Labels, Result, TensorBlock};

use super::symmetry::Kind;
use crate::engine::{Axis, NotEqual, ProductGradient, Side, with_rows};
use crate::kernels::TermRow;

/// The values of a block, or a gradient, with all that is added to its rows.
pub(super) struct Node<'a> {
    pub(super) parameter: &'a str,
    pub(super) samples: Labels,
    /// Components that the values do not have.
    pub(super) own_components: Vec<Labels>,
    pub(super) parts: Vec<Part<'a>>,
    pub(super) gradients: Vec<Node<'a>>,
}

/// Products of the rows of two arrays.
pub(super) struct Part<'a> {
    /// Number of the product that this is a part of.
    pub(super) number: usize,
    pub(super) kind: Kind,
    pub(super) a: &'a TensorBlock,
    pub(super) b: &'a TensorBlock,
    pub(super) own: Vec<Side>,
    pub(super) rows: Vec<TermRow>,
}

/// A product, and the row of the merged parent for each row of its own parent, if these are not the same.
pub(super) struct Member<'a> {
    pub(super) number: usize,
    pub(super) parents: Option<Vec<u32>>,
    pub(super) product: ProductGradient<'a>,
}

impl<'a> Node<'a> {
    /// All rows that some products have, sorted. `is_gradient` tells if the first dimension of samples is the row of a parent.
    pub(super) fn merged(members: Vec<Member<'a>>, is_gradient: bool) -> Result<Node<'a>> {
        let (samples, positions) = union(&members, is_gradient)?;
        let (mut parts, mut gradients) = (Vec::new(), Vec::<(&str, Vec<Member<'a>>)>::new());
        let mut model = None;
        for (member, positions) in members.into_iter().zip(positions) {
            let product = member.product;
            for mut term in product.terms {
                if let Some(positions) = &positions {
                    for row in &mut term.rows {
                        row.output = positions[row.output as usize];
                    }
                    term.rows.sort_by_key(|row| row.output);
                }
                parts.push(Part {
                    number: member.number,
                    kind: Kind::Pair,
                    a: term.a,
                    b: term.b,
                    own: term.own,
                    rows: term.rows,
                });
            }
            for gradient in product.gradients {
                let mut same = gradients.iter_mut();
                let same = same.find(|(parameter, _)| *parameter == gradient.parameter);
                let child = Member {
                    number: member.number,
                    parents: positions.clone(),
                    product: gradient,
                };
                match same {
                    Some((_, members)) => members.push(child),
                    None => gradients.push((child.product.parameter, vec![child])),
                }
            }
            model.get_or_insert((product.parameter, product.own_components));
        }
        let (parameter, own_components) = model.unwrap_or_default();
        let gradients = gradients.into_iter().map(|(parameter, members)| {
            Node::merged(members, true).map_err(|error| error.in_gradient(parameter))
        });
        Ok(Node {
            parameter,
            samples,
            own_components,
            parts,
            gradients: gradients.collect::<Result<_>>()?,
        })
    }
}

/// The samples of all products, sorted, and for each product the position of its samples in these, if they are not the same.
fn union(members: &[Member<'_>], is_gradient: bool) -> Result<(Labels, Vec<Option<Vec<u32>>>)> {
    let Some(first) = members.first() else {
        return Ok((Labels::empty(&["_"])?, Vec::new()));
    };
    let model = &first.product.samples;
    let is_same =
        |member: &Member<'_>| member.parents.is_none() && member.product.samples == *model;
    if model.is_sorted() && members.iter().all(is_same) {
        return Ok((model.clone(), members.iter().map(|_| None).collect()));
    }
    let mut values = Vec::new();
    for member in members {
        let samples = &member.product.samples;
        if samples.names() != model.names() {
            let reason = format!(
                "samples have different dimensions: {} and {}",
                model.names(),
                samples.names()
            );
            return Err(NotEqual::on_axis(Axis::Samples, reason).into());
        }
        samples.check_readable("invariants")?;
        let start = values.len();
        values.extend_from_slice(samples.rows().values());
        if let (true, Some(parents)) = (is_gradient, &member.parents) {
            for row in values[start..].chunks_exact_mut(model.size()) {
                row[0] = parents[row[0] as usize] as i32;
            }
        }
    }
    let width = model.size();
    let groups = RowGroups::new(Rows::try_new(&values, values.len() / width, width)?);
    let mut all = groups.group_of().iter().copied();
    let positions = members.iter().map(|member| {
        let count = member.product.samples.count();
        let positions: Vec<u32> = all.by_ref().take(count).collect();
        let stay = positions.iter().copied().eq(0..groups.len() as u32);
        (!stay).then_some(positions)
    });
    let positions = positions.collect();
    Ok((
        with_rows(model, groups.unique().values().to_vec())?,
        positions,
    ))
}
