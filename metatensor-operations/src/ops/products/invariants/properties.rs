//! The properties of a block of invariants, and where products are in it.

use metatensor_core::{Error, Labels, Limit, Result, TensorBlock};

use super::super::size::check_max_bytes;
use super::groups::{Factors, Group, Groups, numbered};
use super::{InvariantsOptions, Normalisation};
use crate::engine::{Axis, same_labels};

/// The properties of a block, and all places in it.
pub(super) struct Properties {
    pub(super) labels: Labels,
    /// The place of each pair of factors.
    pub(super) corners: Vec<Corner>,
    /// For each degree, the place of all neighbors.
    pub(super) wholes: Vec<Corner>,
    /// How many neighbors there are in each of these.
    pub(super) neighbors: usize,
}

/// The place of a product in a block.
#[derive(Clone, Copy)]
pub(super) struct Corner {
    pub(super) degree: usize,
    /// Properties of both factors.
    pub(super) counts: [usize; 2],
    pub(super) stride: usize,
    /// The first property of the product, and that of the product of both factors the other way around.
    pub(super) places: [Option<usize>; 2],
    pub(super) scale: f64,
}

impl Corner {
    /// For the second factor times the first one.
    pub(super) fn exchanged(&self) -> Corner {
        let [a, b] = self.counts;
        Corner {
            counts: [b, a],
            ..*self
        }
    }

    /// For the first factor times what is multiplied in `whole`, of which it is a part.
    pub(super) fn beside(&self, whole: &Corner) -> Corner {
        let start = whole.places[0].unwrap_or_default();
        let row = self.places[0].unwrap_or_default() - start;
        // This is the product of a part of `whole` with itself: both factors start at the same property.
        let part = row / (whole.stride + 1);
        Corner {
            counts: [self.counts[0], whole.counts[1]],
            places: [Some(start + part * whole.stride), Some(start + part)],
            ..*self
        }
    }
}

impl Properties {
    /// `known` are the properties of the last block.
    pub(super) fn new(
        group: &Group<'_>,
        groups: &Groups<'_>,
        known: &mut Option<Labels>,
        options: InvariantsOptions,
    ) -> Result<Properties> {
        let model = group.factors[0].a.properties();
        let count = count(group, groups);
        let bytes = (count as u64).saturating_mul(4 * (3 + 2 * model.size()) as u64);
        Limit::check_result(bytes, || format!("a block with {count} properties"))?;
        check_max_bytes(bytes, options.max_bytes)?;

        let types = groups.neighbors.as_deref();
        let (mut values, mut corners, mut wholes) = (Vec::new(), Vec::new(), Vec::new());
        let mut first = 0;
        for factors in group.factors.chunk_by(|x, y| x.degree == y.degree) {
            let degree = factors[0].degree;
            let [a, b] = labels(factors, model, types.is_some())?;
            let sides = [a, b].map(|labels| rows(labels, types));
            for one in &sides[0] {
                for other in &sides[1] {
                    values.push(degree as i32);
                    values.extend_from_slice(one);
                    values.extend_from_slice(other);
                }
            }
            let stride = sides[1].len();
            let corner = |[i, j]: [usize; 2], counts| {
                let [i, j] = [i * a.count(), j * b.count()];
                Corner {
                    degree,
                    counts,
                    stride,
                    places: [first + i * stride + j, first + j * stride + i].map(Some),
                    scale: scale(degree, group, options),
                }
            };
            wholes.push(corner([0, 0], [sides[0].len(), stride]));
            for factors in factors {
                let neighbors = types.map_or([0, 0], |_| factors.neighbors);
                corners.push(corner(neighbors, [a.count(), b.count()]));
            }
            first += sides[0].len() * stride;
        }

        let mut names = vec!["l".to_owned()];
        for number in [1, 2] {
            if types.is_some() {
                names.push(numbered("neighbor_type", number));
            }
            names.extend(model.names().iter().map(|name| numbered(name, number)));
        }
        let is_same = |known: &Labels, names: &[String], values: &[i32]| {
            known.names().iter().eq(names.iter().map(String::as_str))
                && known.check_readable("invariants").is_ok()
                && known.rows().values() == values
        };
        let labels = match known {
            Some(known) if is_same(known, &names, &values) => known.clone(),
            _ => {
                let labels = Labels::assume_unique(&names, values)?.stored_like(model)?;
                known.insert(labels).clone()
            }
        };
        Ok(Properties {
            labels,
            corners,
            wholes,
            neighbors: types.map_or(1, <[i32]>::len),
        })
    }
}

/// The properties of both factors for one degree, which have the dimensions of `model`.
fn labels<'a>(factors: &[Factors<'a>], model: &Labels, has_all: bool) -> Result<[&'a Labels; 2]> {
    let both = [factors[0].a, factors[0].b].map(TensorBlock::properties);
    for labels in both {
        labels.check_readable("invariants")?;
        if labels.names() != model.names() {
            return Err(Error::invalid(format!(
                "properties have different dimensions: {} and {}",
                model.names(),
                labels.names()
            )));
        }
    }
    if has_all {
        // All pairs have the same place in all blocks.
        for other in factors {
            same_labels(Axis::Properties, both[0], other.a.properties())?;
        }
    }
    Ok(both)
}

/// Number of properties of a block.
fn count(group: &Group<'_>, groups: &Groups<'_>) -> usize {
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
