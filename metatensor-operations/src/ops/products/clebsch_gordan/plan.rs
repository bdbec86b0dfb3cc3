//! Which blocks are multiplied, and the keys of what comes out.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use metatensor_core::{Error, Labels, Result};

use super::angular::{LAMBDA, Momenta, SIGMA};
use super::coefficients::{MAX_SUM, coefficients};
use crate::kernels::Coupling;

/// Two blocks, and all that is made of them.
#[derive(Debug)]
pub(super) struct Combination {
    pub(super) first: usize,
    pub(super) second: usize,
    /// What is made of both for each `o3_lambda` of the result that is wanted.
    pub(super) couplings: Vec<(usize, Arc<Coupling>)>,
}

/// Keys of a product, and what its blocks are made of, in the same order.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) keys: Labels,
    pub(super) combinations: Vec<Combination>,
}

/// Coefficients, by the two angular momenta that they are for, and that of the result.
pub(super) type Couplings = HashMap<[usize; 3], Arc<Coupling>>;

/// Which products are wanted.
pub(super) struct Wanted<'a> {
    /// Dimensions for the `o3_lambda` of both factors.
    pub(super) names: [&'a str; 2],
    /// Keys that match one of these rows. `None` for all.
    pub(super) selected: Option<&'a Labels>,
    /// Largest `o3_lambda`.
    pub(super) cutoff: Option<usize>,
    /// Names of dimensions that must not decrease from one to the next.
    pub(super) sorted: &'a [String],
}

/// A key that is wanted, the blocks it is made of, and its place in the selection.
struct Product {
    blocks: [usize; 2],
    lambdas: [usize; 3],
    place: usize,
    row: Vec<i32>,
}

/// The dimensions of both keys: those in both, and those that only one has.
struct Dimensions {
    /// Column of each dimension that is matched, in both.
    matched: Vec<[usize; 2]>,
    others: [Vec<usize>; 2],
    names: Vec<String>,
}

impl Dimensions {
    fn new(keys: [&Labels; 2], names: [&str; 2]) -> Dimensions {
        let own = |i: usize| {
            let names = keys[i].names().iter().enumerate();
            names.filter(|(_, name)| ![LAMBDA, SIGMA].contains(name))
        };
        let mut result = Dimensions {
            matched: Vec::new(),
            others: [Vec::new(), Vec::new()],
            names: vec![LAMBDA.to_owned(), SIGMA.to_owned()],
        };
        let mut only = [Vec::new(), Vec::new()];
        for (column, name) in own(0) {
            match keys[1].names().position(name) {
                Some(other) => {
                    result.matched.push([column, other]);
                    result.names.push(name.to_owned());
                }
                None => {
                    result.others[0].push(column);
                    only[0].push(name);
                }
            }
        }
        for (column, name) in own(1).filter(|(_, name)| !keys[0].names().contains(name)) {
            result.others[1].push(column);
            only[1].push(name);
        }
        for (only, name) in only.iter().zip(names) {
            let all = only.iter().copied().chain([name]);
            result.names.extend(all.map(str::to_owned));
        }
        result
    }
}

impl Plan {
    /// Products of blocks with these keys, in the order of featomic: by the block of the first, then of the second factor, and by
    /// `o3_lambda`; or else in that of a selection that has all dimensions of the result.
    pub(super) fn new(
        keys: [&Labels; 2],
        wanted: &Wanted<'_>,
        couplings: &mut Couplings,
    ) -> Result<Plan> {
        let dimensions = Dimensions::new(keys, wanted.names);
        let empty = Labels::empty(&dimensions.names)?;
        let filter = Filter::new(&empty, wanted)?;
        let mut products = products(keys, &dimensions, &filter)?;
        if wanted.selected.is_some_and(|s| s.names() == empty.names()) {
            products.sort_by_key(|product| product.place);
        }
        group(&mut products);

        let mut values = Vec::with_capacity(products.len() * empty.size());
        let mut combinations: Vec<Combination> = Vec::new();
        for Product {
            blocks: [first, second],
            lambdas: [l1, l2, lambda],
            row,
            ..
        } in products
        {
            values.extend(row);
            let coupling = match couplings.get(&[l1, l2, lambda]) {
                Some(known) => Arc::clone(known),
                None => {
                    let new = Arc::new(coupling(l1, l2, lambda)?);
                    couplings.insert([l1, l2, lambda], Arc::clone(&new));
                    new
                }
            };
            match combinations.last_mut() {
                Some(last) if (last.first, last.second) == (first, second) => {
                    last.couplings.push((lambda, coupling));
                }
                _ => combinations.push(Combination {
                    first,
                    second,
                    couplings: vec![(lambda, coupling)],
                }),
            }
        }
        let keys = Labels::from_values(&dimensions.names, values)
            .map_err(|error| error.context("different pairs of blocks give the same key"))?;
        Ok(Plan { keys, combinations })
    }
}

/// Parts of a plan.
impl Plan {
    /// The blocks of the first factor that are used, which get new numbers in this order.
    pub(super) fn renumber_first(&mut self) -> Vec<usize> {
        let firsts = self
            .combinations
            .iter()
            .map(|combination| combination.first);
        let used: Vec<_> = firsts.collect::<BTreeSet<_>>().into_iter().collect();
        for combination in &mut self.combinations {
            // it is one of them
            combination.first = used.partition_point(|&first| first < combination.first);
        }
        used
    }

    /// Leaves out all products but those with these numbers, which are increasing.
    pub(super) fn keep(&mut self, numbers: &[usize]) -> Result<()> {
        let values = numbers.iter().flat_map(|&number| &self.keys[number]);
        self.keys = Labels::assume_unique(&self.keys.names().to_vec(), values.copied().collect())?;
        let mut number = 0;
        for combination in &mut self.combinations {
            combination.couplings.retain(|_| {
                let is_kept = numbers.binary_search(&number).is_ok();
                number += 1;
                is_kept
            });
        }
        self.combinations
            .retain(|combination| !combination.couplings.is_empty());
        Ok(())
    }
}

fn coupling(l1: usize, l2: usize, lambda: usize) -> Result<Coupling> {
    let all = coefficients(l1, l2, lambda)?.into_iter();
    let lines = [l1, l2, lambda].map(|l| 2 * l + 1);
    Ok(Coupling::new(
        lines,
        all.map(|c| ([c.m1, c.m2, c.mu], c.value)),
    ))
}

/// All products that are wanted, by block of the first and of the second factor.
fn products(
    keys: [&Labels; 2],
    dimensions: &Dimensions,
    filter: &Filter<'_>,
) -> Result<Vec<Product>> {
    let momenta = [Momenta::of(keys[0])?, Momenta::of(keys[1])?];
    let matched = |i: usize, key: &[i32]| -> Vec<i32> {
        dimensions
            .matched
            .iter()
            .map(|columns| key[columns[i]])
            .collect()
    };
    let mut partners: HashMap<Vec<i32>, Vec<usize>> = HashMap::new();
    for (second, key) in keys[1].iter().enumerate() {
        partners.entry(matched(1, key)).or_default().push(second);
    }
    let mut products = Vec::new();
    let mut row = Vec::with_capacity(dimensions.names.len());
    for (first, key_1) in keys[0].iter().enumerate() {
        let matching = matched(0, key_1);
        for &second in partners.get(&matching).into_iter().flatten() {
            let key_2 = &keys[1][second];
            let [(l1, sigma_1), (l2, sigma_2)] = [momenta[0].get(first), momenta[1].get(second)];
            let largest = filter.cutoff.map_or(l1 + l2, |cutoff| cutoff.min(l1 + l2));
            for lambda in l1.abs_diff(l2)..=largest {
                let parity = if (l1 + l2 + lambda) % 2 == 0 { 1 } else { -1 };
                row.clear();
                row.extend([lambda as i32, sigma_1 * sigma_2 * parity]);
                row.extend(&matching);
                row.extend(dimensions.others[0].iter().map(|&column| key_1[column]));
                row.push(l1 as i32);
                row.extend(dimensions.others[1].iter().map(|&column| key_2[column]));
                row.push(l2 as i32);
                if let Some(place) = filter.place(&row) {
                    if l1 + l2 + lambda > MAX_SUM {
                        coefficients(l1, l2, lambda)?;
                    }
                    products.push(Product {
                        blocks: [first, second],
                        lambdas: [l1, l2, lambda],
                        place,
                        row: row.clone(),
                    });
                }
            }
        }
    }
    Ok(products)
}

/// Puts all products of the same two blocks behind the first of them.
fn group(products: &mut [Product]) {
    let mut groups = HashMap::new();
    for product in &*products {
        let next = groups.len();
        groups.entry(product.blocks).or_insert(next);
    }
    products.sort_by_key(|product| groups.get(&product.blocks).copied());
}

/// What is wanted, as columns of the keys of a product.
struct Filter<'a> {
    cutoff: Option<usize>,
    selected: Option<(&'a Labels, Vec<usize>)>,
    sorted: Vec<usize>,
}

impl<'a> Filter<'a> {
    fn new(dimensions: &Labels, wanted: &Wanted<'a>) -> Result<Filter<'a>> {
        let column = |name: &str| dimensions.names().position(name);
        let sorted = wanted.sorted.iter().filter_map(|name| column(name));
        let sorted = sorted.collect();
        let Some(selected) = wanted.selected else {
            return Ok(Filter {
                cutoff: wanted.cutoff,
                selected: None,
                sorted,
            });
        };
        selected.check_readable("a selection")?;
        let columns = selected.names().iter().map(|name| {
            column(name).ok_or_else(|| {
                Error::invalid(format!(
                    "can not select keys by '{name}': their dimensions are {}",
                    dimensions.names()
                ))
            })
        });
        let columns = columns.collect::<Result<_>>()?;
        if let Ok(sigmas) = selected.column(SIGMA)
            && let Some(sigma) = sigmas.iter().find(|sigma| ![1, -1].contains(*sigma))
        {
            return Err(Error::invalid(format!(
                "can not select keys with '{SIGMA}' {sigma}: it is 1 or -1"
            )));
        }
        Ok(Filter {
            cutoff: wanted.cutoff,
            selected: Some((selected, columns)),
            sorted,
        })
    }

    /// The place of a key in the selection, or 0 without one. `None` if it is not wanted.
    fn place(&self, key: &[i32]) -> Option<usize> {
        if !self.sorted.is_sorted_by_key(|&column| key[column]) {
            return None;
        }
        match &self.selected {
            None => Some(0),
            // selects everything, as elsewhere
            Some((_, columns)) if columns.is_empty() => Some(0),
            Some((selected, columns)) => {
                let row: Vec<_> = columns.iter().map(|&column| key[column]).collect();
                selected.position(&row)
            }
        }
    }
}
