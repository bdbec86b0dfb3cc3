//! The rows that several gradients have together.

use std::sync::Arc;

use metatensor_core::internal::rows::{Rows, first_occurrences};
use metatensor_core::{Error, GradientMap, Labels, Result, TensorBlock};

use super::{gradient_of, with_rows};
use crate::kernels::ZEROS;

/// A block whose rows are some of the rows of a new block.
pub(crate) struct Child<'a> {
    /// `None` if it has no rows at all, because there is no such gradient.
    pub(crate) block: Option<&'a TensorBlock>,
    /// For each row, its number in the new block. `None` if it stays the same, and there are no others.
    positions: Option<Vec<u32>>,
    /// Number of properties.
    pub(crate) width: usize,
}

impl<'a> Child<'a> {
    /// A block whose rows are those of the new block.
    pub(crate) fn same_rows(block: &'a TensorBlock) -> Child<'a> {
        Child {
            block: Some(block),
            positions: None,
            width: block.properties().count(),
        }
    }

    /// The gradient of this block, with rows of its own.
    pub(crate) fn gradient(&self, parameter: &str) -> Child<'a> {
        Child {
            block: self.block.and_then(|block| gradient_of(block, parameter)),
            positions: None,
            width: self.width,
        }
    }

    /// For each row of the new block, which has `count` rows, where to find it, or [`ZEROS`]. `None` if all of them are
    /// those of this block.
    pub(crate) fn sources(&self, count: usize) -> Option<Vec<u32>> {
        let mut sources = vec![ZEROS; count];
        if self.block.is_some() {
            for (row, &position) in (0..).zip(self.positions.as_ref()?) {
                sources[position as usize] = row;
            }
        }
        Some(sources)
    }
}

/// The samples of the values that the rows of a gradient of `block` belong to. `block` is the values, or a gradient whose rows
/// belong to these `samples`.
pub(crate) fn samples_of(
    block: &TensorBlock,
    parameter: &str,
    samples: Option<&GradientMap>,
) -> Result<Arc<GradientMap>> {
    let map = block.gradient_map(parameter)?;
    match samples {
        None => Ok(Arc::clone(map)),
        Some(samples) => Ok(Arc::new(samples.compose(map)?)),
    }
}

/// The rows of the gradients of some blocks with respect to `parameter`: those of the first gradient, then those that only
/// the second one has, and so on, with the dimensions of `model`. Blocks without this gradient have no rows.
pub(crate) fn union_of_rows<'a>(
    parents: &[Child<'a>],
    parameter: &str,
    model: &Labels,
) -> Result<(Labels, Vec<Child<'a>>)> {
    let gradients = parents.iter().map(|parent| parent.gradient(parameter));
    let mut gradients: Vec<_> = gradients.collect();
    let in_place = parents.iter().all(|parent| parent.positions.is_none());
    let mut present = gradients.iter().filter_map(|gradient| gradient.block);
    if in_place
        && let Some(first) = present.next()
        && present.all(|block| block.samples() == first.samples())
    {
        return Ok((first.samples().clone(), gradients));
    }

    let mut values = Vec::new();
    for (parent, gradient) in parents.iter().zip(&gradients) {
        let Some(block) = gradient.block else {
            continue;
        };
        let labels = block.samples();
        if labels.names() != model.names() {
            return Err(Error::invalid(format!(
                "the samples of the gradient '{parameter}' have different dimensions: {} and {}",
                model.names(),
                labels.names()
            )));
        }
        labels.check_readable("the union")?;
        let start = values.len();
        values.extend_from_slice(labels.rows().values());
        if let Some(positions) = &parent.positions {
            for row in values[start..].chunks_exact_mut(labels.size()) {
                row[0] = positions[row[0] as usize] as i32;
            }
        }
    }
    let rows = Rows::try_new(&values, values.len() / model.size(), model.size())?;
    let (firsts, positions) = first_occurrences(rows);
    let samples = with_rows(model, rows.gather(&firsts))?;
    let mut positions = positions.into_iter();
    for gradient in &mut gradients {
        let count = gradient.block.map_or(0, |block| block.samples().count());
        let positions: Vec<u32> = positions.by_ref().take(count).collect();
        let stay = positions.iter().copied().eq(0..samples.count() as u32);
        gradient.positions = (!stay).then_some(positions);
    }
    Ok((samples, gradients))
}
