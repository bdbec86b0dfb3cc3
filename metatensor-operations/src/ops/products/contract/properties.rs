//! The properties of a product.

use metatensor_core::internal::rows::{Rows, first_occurrences};
use metatensor_core::{Labels, Limit, Result};

use super::super::join::Matches;
use super::super::size::check_max_bytes;
use super::ContractOptions;
use super::dimensions::Dimensions;
use crate::engine::{Axis, NotEqual};
use crate::kernels::Lines;

/// The properties of a product, and which pairs of properties each of them is made of.
#[derive(Debug)]
pub(super) struct PairedProperties {
    pub(super) labels: Labels,
    pub(super) lines: Lines,
}

impl PairedProperties {
    /// For each property of `a`, those of `b` that it is multiplied with, one after the other. Each of them will take at least
    /// so many bytes in the result.
    pub(super) fn new(
        a: &Labels,
        b: &Labels,
        options: &ContractOptions<'_>,
        bytes: u64,
    ) -> Result<PairedProperties> {
        for labels in [a, b] {
            labels.check_readable("a contraction")?;
        }
        let names = [a, b].map(|labels| labels.names().to_vec());
        let is_single = [a, b].map(|labels| labels.count() <= 1);
        let axis = Axis::Properties;
        let dimensions = Dimensions::new(axis, &names[0], &names[1], is_single, options)?;
        let (matched, contracted) = (&dimensions.matched, &dimensions.contracted);
        let has_outer = dimensions.outer.iter().any(|outer| !outer.is_empty());
        let properties = [a.count(), b.count()];
        if matched.is_empty() && contracted.is_empty() {
            let count = (a.count() as u64).saturating_mul(b.count() as u64);
            let each = bytes.saturating_add(4 * dimensions.names().len() as u64);
            let bytes = count.saturating_mul(each);
            Limit::check_result(bytes, || format!("a product with {count} properties"))?;
            check_max_bytes(bytes, options.max_bytes)?;
        } else if contracted.is_empty() && !has_outer && a == b {
            return Ok(PairedProperties {
                labels: a.clone(),
                lines: Lines::Equal {
                    properties: a.count(),
                },
            });
        }

        let both = [matched.as_slice(), contracted.as_slice()].concat();
        let matches = Matches::new(a.rows(), b.rows(), &both)?;
        if let Some(different) = only_in_one(&matches, [a, b], &both) {
            return Err(different.into());
        }
        let names = dimensions.names();
        if !both.is_empty() {
            let count = (0..a.count())
                .map(|i| matches.of(i).len() as u64)
                .sum::<u64>();
            let row = 4 * names.len() as u64;
            let name = || format!("a product with {count} pairs of properties");
            Limit::check_result(count.saturating_mul(12 + row), name)?;
            if contracted.is_empty() {
                // Each pair is a property of the result.
                check_max_bytes(
                    count.saturating_mul(bytes.saturating_add(row)),
                    options.max_bytes,
                )?;
            }
        }
        let (mut values, mut products) = (Vec::new(), Vec::new());
        for (i, row) in (0..).zip(a.iter()) {
            for &j in matches.of(i as usize) {
                dimensions.extend(&mut values, row, b.rows().row(j as usize));
                if !both.is_empty() || names.is_empty() {
                    products.push([products.len() as u32, i, j]);
                }
            }
        }
        if names.is_empty() {
            products.iter_mut().for_each(|product| product[0] = 0);
            return Ok(PairedProperties {
                labels: Labels::single(),
                lines: Lines::Some {
                    properties,
                    products: products.into(),
                },
            });
        }
        if both.is_empty() {
            return Ok(PairedProperties {
                labels: Labels::assume_unique(&names, values)?.stored_like(a)?,
                lines: Lines::Outer {
                    properties,
                    stride: b.count(),
                    first: Some(0),
                    mirrored: None,
                },
            });
        }
        let rows = Rows::try_new(&values, products.len(), names.len())?;
        let (firsts, places) = first_occurrences(rows);
        for (product, place) in products.iter_mut().zip(places) {
            product[0] = place;
        }
        products.sort_unstable();
        Ok(PairedProperties {
            labels: Labels::assume_unique(&names, rows.gather(&firsts))?.stored_like(a)?,
            lines: Lines::Some {
                properties,
                products: products.into(),
            },
        })
    }
}

/// The error for properties that are multiplied with nothing: they would be lost.
fn only_in_one(
    matches: &Matches,
    labels: [&Labels; 2],
    columns: &[[usize; 2]],
) -> Option<NotEqual> {
    let unmatched = matches.first_unmatched();
    let (side, row) = unmatched
        .iter()
        .enumerate()
        .find_map(|(side, row)| Some((side, (*row)?)))?;
    let names: Vec<_> = columns
        .iter()
        .filter_map(|columns| labels[0].names().iter().nth(columns[0]))
        .collect();
    let reason = format!(
        "only the {} block has {}, and [{}] are matched or contracted",
        ["first", "second"][side],
        labels[side].describe(row),
        names.join(", "),
    );
    Some(NotEqual::on_axis(Axis::Properties, reason))
}
