//! The components of a product.

use metatensor_core::{Labels, Result, TensorBlock};

use super::super::sums::Stride;
use super::ContractOptions;
use super::dimensions::Dimensions;
use crate::engine::{Axis, same_labels};

/// The components of a product, and what they are made of.
#[derive(Debug)]
pub(super) struct PairedComponents {
    pub(super) components: Vec<Labels>,
    /// An axis for each of these.
    pub(super) axes: Vec<Stride>,
    /// Axes that are contracted.
    pub(super) contracted: Vec<Stride>,
    /// Lines in each row of the values of both factors.
    pub(super) lines: [usize; 2],
}

impl PairedComponents {
    /// What is not contracted, in the order of the first block, then what only the second one has.
    pub(super) fn new(
        a: &TensorBlock,
        b: &TensorBlock,
        options: &ContractOptions<'_>,
    ) -> Result<PairedComponents> {
        let all = [a, b].map(TensorBlock::components);
        for component in all.into_iter().flatten() {
            component.check_readable("a contraction")?;
        }
        let names = all.map(|components| {
            let names = components.iter().flat_map(|c| c.names().iter());
            names.collect::<Vec<_>>()
        });
        // All components are axes of the result, whatever their names.
        let axis = Axis::Components;
        let dimensions = Dimensions::new(axis, &names[0], &names[1], [false; 2], options)?;
        for &[i, j] in dimensions.matched.iter().chain(&dimensions.contracted) {
            same_labels(Axis::Components, &all[0][i], &all[1][j])?;
        }
        let strides = all.map(|components| {
            let mut lines = 1;
            let mut strides = vec![1; components.len()];
            for (stride, component) in strides.iter_mut().zip(components).rev() {
                *stride = lines;
                lines *= component.count();
            }
            (strides, lines)
        });
        let both = |&[i, j]: &[usize; 2]| Stride {
            length: all[0][i].count(),
            lines: [strides[0].0[i], strides[1].0[j]],
        };
        let (mut components, mut axes) = (Vec::new(), Vec::new());
        for (i, component) in all[0].iter().enumerate() {
            if let Some(pair) = dimensions.matched.iter().find(|pair| pair[0] == i) {
                components.push(component.clone());
                axes.push(both(pair));
            }
            if let Some((_, name)) = dimensions.outer[0].iter().find(|(place, _)| *place == i) {
                components.push(renamed(component, name)?);
                axes.push(Stride {
                    length: component.count(),
                    lines: [strides[0].0[i], 0],
                });
            }
        }
        for (j, name) in &dimensions.outer[1] {
            components.push(renamed(&all[1][*j], name)?);
            axes.push(Stride {
                length: all[1][*j].count(),
                lines: [0, strides[1].0[*j]],
            });
        }
        Ok(PairedComponents {
            components,
            axes,
            contracted: dimensions.contracted.iter().map(both).collect(),
            lines: [strides[0].1, strides[1].1],
        })
    }
}

fn renamed(component: &Labels, name: &str) -> Result<Labels> {
    if component.names().contains(name) {
        return Ok(component.clone());
    }
    let values = component.rows().values().to_vec();
    Labels::assume_unique(&[name], values)?.stored_like(component)
}
