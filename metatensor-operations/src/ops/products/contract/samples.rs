//! Which samples of two blocks are multiplied.

use metatensor_core::{Error, Labels, Result};

use super::super::join::Matches;
use super::SamplePairs;
use crate::engine::{Pair, with_rows};

/// The samples of a product, and the rows of both blocks that each of them is made of.
pub(crate) struct PairedSamples {
    pub(crate) labels: Labels,
    pub(crate) pairs: Vec<Pair>,
}

impl PairedSamples {
    /// The samples of the block that has more dimensions, or of the first one, in their order. If both have the same
    /// dimensions, samples that only the second one has come last.
    pub(crate) fn new(a: &Labels, b: &Labels, samples: SamplePairs) -> Result<PairedSamples> {
        if a == b {
            let rows = 0..a.count() as u32;
            return Ok(PairedSamples {
                labels: a.clone(),
                pairs: rows.map(|row| pair(Some(row), Some(row))).collect(),
            });
        }
        for labels in [a, b] {
            labels.check_readable("a contraction")?;
        }
        let [names_a, names_b] = [a, b].map(dimensions);
        let has_all = |names: &[&str], others: &[&str]| others.iter().all(|n| names.contains(n));
        match (has_all(&names_a, &names_b), has_all(&names_b, &names_a)) {
            (true, true) => same_dimensions(a, b, samples),
            (true, false) => broadcast(a, b, samples, false),
            (false, true) => broadcast(b, a, samples, true),
            (false, false) => {
                let only = |names: &[&str], others: &[&str]| {
                    let only = names.iter().filter(|n| !others.contains(n));
                    only.map(|n| format!("'{n}'"))
                        .collect::<Vec<_>>()
                        .join(", ")
                };
                Err(Error::invalid(format!(
                    "samples of one block must have all dimensions that those of the other have: only the first has {}, \
                     only the second {}",
                    only(&names_a, &names_b),
                    only(&names_b, &names_a),
                )))
            }
        }
    }
}

/// The dimensions of samples: none of those of a single row that nothing is said about.
fn dimensions(labels: &Labels) -> Vec<&str> {
    let names = labels.names().to_vec();
    match names.as_slice() {
        ["_"] if labels.count() <= 1 => Vec::new(),
        _ => names,
    }
}

/// Positions in both labels of the dimensions of `b`.
fn shared(a: &Labels, b: &Labels) -> Vec<[usize; 2]> {
    let names = dimensions(b).into_iter().enumerate();
    let places = names.filter_map(|(j, name)| Some([a.names().position(name)?, j]));
    places.collect()
}

fn same_dimensions(a: &Labels, b: &Labels, samples: SamplePairs) -> Result<PairedSamples> {
    let matches = Matches::new(a.rows(), b.rows(), &shared(a, b))?;
    let (mut pairs, mut values) = (Vec::new(), Vec::new());
    let mut is_used = vec![false; b.count()];
    for (i, row) in (0..).zip(a.iter()) {
        let other = matches.of(i as usize).first().copied();
        if let Some(j) = other {
            is_used[j as usize] = true;
        } else if samples == SamplePairs::Intersection {
            continue;
        }
        pairs.push(pair(Some(i), other));
        values.extend_from_slice(row);
    }
    if samples == SamplePairs::Union {
        let order = a.names().iter().map(|name| b.names().position(name));
        let order: Vec<_> = order.map(Option::unwrap_or_default).collect();
        for (j, row) in (0..).zip(b.iter()).filter(|&(j, _)| !is_used[j as usize]) {
            pairs.push(pair(None, Some(j)));
            values.extend(order.iter().map(|&column| row[column]));
        }
    }
    Ok(PairedSamples {
        labels: with_rows(a, values)?,
        pairs,
    })
}

/// Samples `large`, each of which has at most one row in `small`, which has some of their dimensions.
fn broadcast(
    large: &Labels,
    small: &Labels,
    samples: SamplePairs,
    is_first_small: bool,
) -> Result<PairedSamples> {
    let matches = Matches::new(large.rows(), small.rows(), &shared(large, small))?;
    let (mut pairs, mut values) = (Vec::new(), Vec::new());
    for (i, row) in (0..).zip(large.iter()) {
        let other = matches.of(i as usize).first().copied();
        if other.is_none() && samples == SamplePairs::Intersection {
            continue;
        }
        pairs.push(match is_first_small {
            true => pair(other, Some(i)),
            false => pair(Some(i), other),
        });
        values.extend_from_slice(row);
    }
    Ok(PairedSamples {
        labels: with_rows(large, values)?,
        pairs,
    })
}

fn pair(a: Option<u32>, b: Option<u32>) -> Pair {
    Pair { a, b }
}
