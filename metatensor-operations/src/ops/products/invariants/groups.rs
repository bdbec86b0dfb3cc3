//! Which blocks of spherical tensors are multiplied with each other.

use metatensor_core::internal::rows::{RowGroups, Rows};
use metatensor_core::{Error, Result, TensorBlock, TensorMap};

use super::{InvariantsOptions, NeighborPairs};

const NEIGHBOR: &str = "neighbor_type";

/// A map of spherical tensors.
pub(super) struct Spherical<'a> {
    map: &'a TensorMap,
    /// Dimensions of keys that stay what they are.
    center: Vec<usize>,
    neighbor: Option<usize>,
    /// The degree of each block.
    degrees: Vec<usize>,
}

/// Two blocks whose product is a part of a block of the result.
#[derive(Clone, Copy)]
pub(super) struct Factors<'a> {
    pub(super) a: &'a TensorBlock,
    pub(super) b: &'a TensorBlock,
    pub(super) degree: usize,
    /// Numbers of the types of neighbors in [`Groups::neighbors`].
    pub(super) neighbors: [usize; 2],
}

/// A block of the result.
pub(super) struct Group<'a> {
    pub(super) key: Vec<i32>,
    /// By degree, then by neighbors.
    pub(super) factors: Vec<Factors<'a>>,
    /// Whether the two neighbors are different, and come only once.
    pub(super) counts_twice: bool,
}

/// All blocks of the result.
pub(super) struct Groups<'a> {
    pub(super) list: Vec<Group<'a>>,
    center: Vec<&'a str>,
    /// Types of neighbors that are properties of the result.
    pub(super) neighbors: Option<Vec<i32>>,
    /// Whether they are keys.
    are_keys: bool,
}

impl Groups<'_> {
    pub(super) fn key_names(&self) -> Vec<&str> {
        let mut names = self.center.clone();
        if self.are_keys {
            names.extend(["neighbor_1_type", "neighbor_2_type"]);
        }
        names
    }
}

impl<'a> Spherical<'a> {
    /// Checks that these are spherical tensors.
    pub(super) fn new(map: &'a TensorMap) -> Result<Spherical<'a>> {
        let keys = map.keys();
        keys.check_readable("invariants")?;
        let position = |name: &str| {
            keys.names().position(name).ok_or_else(|| {
                Error::invalid(format!(
                    "keys must have the dimension '{name}', got {}",
                    keys.names()
                ))
            })
        };
        let (lambda, sigma) = (position("o3_lambda")?, position("o3_sigma")?);
        let neighbor = keys.names().position(NEIGHBOR);
        let others = 0..keys.size();
        let others = others.filter(|&i| i != lambda && i != sigma && Some(i) != neighbor);
        let mut degrees = Vec::with_capacity(map.len());
        for (i, (key, block)) in keys.iter().zip(map.blocks()).enumerate() {
            let degree = degree(key[lambda], key[sigma], block)
                .map_err(|error| error.context(format!("block {}", keys.describe(i))))?;
            degrees.push(degree);
        }
        Ok(Spherical {
            map,
            center: others.collect(),
            neighbor,
            degrees,
        })
    }

    /// The blocks of the result, sorted by key.
    pub(super) fn groups(&self, options: InvariantsOptions) -> Result<Groups<'a>> {
        let keys = self.map.keys();
        let neighbor = |block: usize| self.neighbor.map_or(0, |i| keys.rows().row(block)[i]);
        let mut neighbors: Vec<i32> = (0..keys.count()).map(neighbor).collect();
        neighbors.sort_unstable();
        neighbors.dedup();
        let number = |block: u32| {
            let found = neighbors.binary_search(&neighbor(block as usize));
            found.unwrap_or_default()
        };
        let has_neighbors = self.neighbor.is_some();
        let are_keys = has_neighbors && options.pairs == NeighborPairs::Unique;

        let mut list = Vec::new();
        for (key, mut members) in self.centers()? {
            members.sort_by_key(|&block| (self.degrees[block as usize], number(block)));
            let mut all: Vec<Factors<'a>> = Vec::new();
            for &first in &members {
                let degree = self.degrees[first as usize];
                for &second in &members {
                    if self.degrees[second as usize] == degree {
                        all.push(Factors {
                            a: &self.map.blocks()[first as usize],
                            b: &self.map.blocks()[second as usize],
                            degree,
                            neighbors: [number(first), number(second)],
                        });
                    }
                }
            }
            if !are_keys {
                list.push(Group {
                    key,
                    factors: all,
                    counts_twice: false,
                });
                continue;
            }
            all.retain(|factors| factors.neighbors[0] <= factors.neighbors[1]);
            all.sort_by_key(|factors| factors.neighbors);
            for factors in all.chunk_by(|x, y| x.neighbors == y.neighbors) {
                let [first, second] = factors[0].neighbors;
                let types = [neighbors[first], neighbors[second]];
                list.push(Group {
                    key: [key.as_slice(), &types].concat(),
                    factors: factors.to_vec(),
                    counts_twice: first != second,
                });
            }
        }
        let center = self.center.iter();
        let center = center.filter_map(|&i| keys.names().iter().nth(i));
        Ok(Groups {
            list,
            center: center.collect(),
            neighbors: (has_neighbors && !are_keys).then_some(neighbors),
            are_keys,
        })
    }

    /// The blocks for each value of what stays in the keys, sorted by it.
    fn centers(&self) -> Result<Vec<(Vec<i32>, Vec<u32>)>> {
        let keys = self.map.keys();
        if self.center.is_empty() {
            let all: Vec<u32> = (0..keys.count() as u32).collect();
            return Ok((!all.is_empty())
                .then_some((Vec::new(), all))
                .into_iter()
                .collect());
        }
        let values = keys.rows().columns(&self.center);
        let groups = RowGroups::new(Rows::try_new(&values, keys.count(), self.center.len())?);
        let centers = groups.unique().iter().enumerate();
        let centers = centers.map(|(i, key)| (key.to_vec(), groups.rows_of(i).to_vec()));
        Ok(centers.collect())
    }
}

/// The degree of a block, which must be a tensor of this degree.
fn degree(lambda: i32, sigma: i32, block: &TensorBlock) -> Result<usize> {
    if sigma != 1 {
        return Err(Error::invalid(
            "'o3_sigma' must be 1: products of pseudotensors are left to `cg_product`",
        ));
    }
    let Ok(degree) = usize::try_from(lambda) else {
        return Err(Error::invalid("'o3_lambda' is negative"));
    };
    let components = block.components();
    let is_mu = |names: Vec<&str>| names == ["o3_mu"];
    match components {
        [mu] if is_mu(mu.names().to_vec()) && mu.count() == 2 * degree + 1 => Ok(degree),
        _ => {
            let all = components.iter().flat_map(|component| {
                let names = component.names().iter();
                names.map(|name| format!("{name} ({})", component.count()))
            });
            Err(Error::invalid(format!(
                "needs one component, 'o3_mu' with {} entries, got [{}]",
                2 * degree + 1,
                all.collect::<Vec<_>>().join(", ")
            )))
        }
    }
}

/// The name of a dimension of properties, for the first or second factor.
pub(super) fn numbered(name: &str, number: usize) -> String {
    match name {
        NEIGHBOR => format!("neighbor_{number}_type"),
        _ => format!("{name}_{number}"),
    }
}
