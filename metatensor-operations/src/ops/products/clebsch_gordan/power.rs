//! Products of a map with itself.

use metatensor_core::{Error, Labels, Result, TensorMap};

use super::plan::{Couplings, Plan, Wanted};
use super::product::{metadata, multiply};
use crate::engine::{Repeated, with_properties};
use crate::ops::products::size::{check_max_bytes, estimate_bytes};

/// What [`cg_power`] computes, and how much memory it may take.
#[derive(Clone, Copy, Debug)]
pub struct CgPowerOptions<'a> {
    /// Largest `o3_lambda` of products. If there are selected keys, it is that of all products but the last one.
    pub angular_cutoff: Option<usize>,
    /// Only blocks of the last product whose key matches one of these rows, as [`CgOptions::selected_keys`](crate::CgOptions).
    pub selected_keys: Option<&'a Labels>,
    /// Leaves out keys that are not sorted: only those with `l_1 <= l_2 <= ...` are computed, in each product. The others say
    /// nothing else, but the norm of the result is not that of all together.
    pub skip_redundant: bool,
    /// Bytes of elements and labels that two products, one of which is made of the other, may take together. `None` for no
    /// limit of this call.
    pub max_bytes: Option<u64>,
}

impl Default for CgPowerOptions<'_> {
    /// Everything that is not redundant.
    fn default() -> Self {
        CgPowerOptions {
            angular_cutoff: None,
            selected_keys: None,
            skip_redundant: true,
            max_bytes: None,
        }
    }
}

/// Equivariant products of a map with itself, `n_products` of them: correlations of a density with more and more neighbours.
///
/// Each product is a [`cg_product`](crate::cg_product) of the one before with the map. The first one has the key dimensions `l_1` and `l_2`
/// for the `o3_lambda` of its factors; the next one has `k_2` for that of the first product, and `l_3` for the map; then come `k_3` and
/// `l_4`, and so on. Names of properties get a number: `n` becomes `n_1`, `n_2`, ..., one for each factor; `neighbor_type` becomes
/// `neighbor_1_type`, and a number that is there is increased.
///
/// Key dimensions other than `o3_lambda` and `o3_sigma` are matched: move them to properties first to have products of different
/// ones. Gradients are those of products, at all depths. Blocks of products which no block of the result is made of are not computed.
///
/// Keys, labels and values are those of `DensityCorrelations` of featomic 0.6, where a name that ends with `type` but not with `_type`
/// loses a letter (`mytype` becomes `mytyp_1_type`), and `n` next to `n_1` is an error: here they are `mytype_1`, and `n_1` next to `n_2`.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{CgPowerOptions, cg_power};
/// # use ndarray::Array3;
/// # let (samples, mu) = (Labels::range("atom", 10)?, Labels::new(["o3_mu"], [[-1], [0], [1]])?);
/// # let block = TensorBlock::new(Array3::<f64>::ones((10, 3, 2)), &samples, &[mu], &Labels::range("n", 2)?)?;
/// # let density = TensorMap::new(Labels::new(["o3_lambda", "o3_sigma"], [[1, 1]])?, vec![block])?;
/// // the bispectrum of a density: invariants that are made of three factors
/// let invariant = Labels::new(["o3_lambda"], [[0]])?;
/// let options = CgPowerOptions { selected_keys: Some(&invariant), ..CgPowerOptions::default() };
/// let bispectrum = cg_power(&density, 2, options)?;
/// assert_eq!(*bispectrum.keys().names(), ["o3_lambda", "o3_sigma", "l_1", "l_2", "k_2", "l_3"]);
/// assert_eq!(*bispectrum.block_by_id(0)?.properties().names(), ["n_1", "n_2", "n_3"]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`cg_product`](crate::cg_product), and [`Error::InvalidParameter`] if `n_products` is not between 1 and 32.
pub fn cg_power(
    x: &TensorMap,
    n_products: usize,
    options: CgPowerOptions<'_>,
) -> Result<TensorMap> {
    power(x, n_products, options).map_err(|error| error.context("cg_power"))
}

/// What [`cg_power`] gives for the same arguments, but without elements: all labels, of gradients too, and the type.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{CgPowerOptions, cg_power_metadata};
/// # use ndarray::Array3;
/// # let (samples, mu) = (Labels::range("atom", 10)?, Labels::new(["o3_mu"], [[-1], [0], [1]])?);
/// # let block = TensorBlock::new(Array3::<f64>::ones((10, 3, 2)), &samples, &[mu], &Labels::range("n", 2)?)?;
/// # let density = TensorMap::new(Labels::new(["o3_lambda", "o3_sigma"], [[1, 1]])?, vec![block])?;
/// let metadata = cg_power_metadata(&density, 2, CgPowerOptions::default())?;
/// assert_eq!(metadata.block_by_id(0)?.properties().count(), 2 * 2 * 2);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`cg_power`], but those about elements. The size of the result is not checked.
pub fn cg_power_metadata(
    x: &TensorMap,
    n_products: usize,
    options: CgPowerOptions<'_>,
) -> Result<TensorMap> {
    let metadata = plans(x, n_products, options).and_then(|plans| {
        let mut product = with_numbers(x, 1)?;
        for (i, plan) in plans.iter().enumerate() {
            product = metadata(&product, &with_numbers(x, i + 2)?, plan)?;
        }
        Ok(product)
    });
    metadata.map_err(|error| error.context("cg_power_metadata"))
}

fn power(x: &TensorMap, n_products: usize, options: CgPowerOptions<'_>) -> Result<TensorMap> {
    let plans = plans(x, n_products, options)?;
    check_size(x, &plans, options.max_bytes)?;
    let mut product = with_numbers(x, 1)?;
    for (i, plan) in plans.iter().enumerate() {
        product = multiply(&product, &with_numbers(x, i + 2)?, plan, options.max_bytes)?;
    }
    Ok(product)
}

/// Fails if two products, one of which is made of the other, take more memory than is allowed.
fn check_size(x: &TensorMap, plans: &[Plan], max_bytes: Option<u64>) -> Result<()> {
    if plans.len() == 1 || max_bytes.is_none() {
        return Ok(()); // the product itself is checked where it is computed
    }
    let mut product = with_numbers(x, 1)?;
    let mut before = 0;
    for (i, plan) in plans.iter().enumerate() {
        product = metadata(&product, &with_numbers(x, i + 2)?, plan)?;
        let bytes = estimate_bytes(&product);
        check_max_bytes(bytes.saturating_add(before), max_bytes)?;
        before = bytes;
    }
    Ok(())
}

/// Each product has more blocks and more properties than the one before it: nobody has memory for so many.
const MOST_PRODUCTS: usize = 32;

/// What each product is made of. All blocks are needed for the next one.
fn plans(x: &TensorMap, n_products: usize, options: CgPowerOptions<'_>) -> Result<Vec<Plan>> {
    if !(1..=MOST_PRODUCTS).contains(&n_products) {
        return Err(Error::invalid(format!(
            "the number of products must be between 1 and {MOST_PRODUCTS}, got {n_products}"
        )));
    }
    let mut couplings = Couplings::new();
    let mut sorted = vec!["l_1".to_owned()];
    let mut plans: Vec<Plan> = Vec::with_capacity(n_products);
    for i in 0..n_products {
        let is_last = i + 1 == n_products;
        let name_1 = if i == 0 {
            "l_1".to_owned()
        } else {
            format!("k_{}", i + 1)
        };
        let name_2 = format!("l_{}", i + 2);
        sorted.push(name_2.clone());
        let selected = options.selected_keys.filter(|_| is_last);
        let wanted = Wanted {
            names: [&name_1, &name_2],
            selected,
            cutoff: options.angular_cutoff.filter(|_| selected.is_none()),
            sorted: if options.skip_redundant { &sorted } else { &[] },
        };
        let keys = plans.last().map_or(x.keys(), |plan| &plan.keys);
        plans.push(Plan::new([keys, x.keys()], &wanted, &mut couplings)?);
    }
    for i in (1..n_products).rev() {
        let (before, last) = plans.split_at_mut(i);
        if let (Some(before), Some(last)) = (before.last_mut(), last.first_mut()) {
            before.keep(&last.renumber_first())?;
        }
    }
    Ok(plans)
}

/// Map whose properties have names with a number, increased by `number`.
fn with_numbers(x: &TensorMap, number: usize) -> Result<TensorMap> {
    let renamed = Repeated::new();
    let blocks = x.blocks().iter().map(|block| {
        let properties = renamed.get(block.properties(), || rename(block.properties(), number))?;
        with_properties(block, &properties)
    });
    TensorMap::new(x.keys(), blocks.collect::<Result<_>>()?)
}

fn rename(properties: &Labels, number: usize) -> Result<Labels> {
    let names = properties.names().iter();
    let names = names
        .map(|name| with_number(name, number))
        .collect::<Result<Vec<_>>>()?;
    properties.check_readable("a product")?;
    Labels::assume_unique(&names, properties.rows().values().to_vec())?.stored_like(properties)
}

/// The name with its number increased, which is 0 if it has none: before `_type`, or at the end.
fn with_number(name: &str, increase: usize) -> Result<String> {
    let (start, end) = match name.strip_suffix("_type") {
        Some(start) => (start, "_type"),
        None => (name, ""),
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    let (start, number) = match start.rsplit_once('_') {
        Some((start, number)) if is_number(number) => (start, number),
        _ => (start, "0"),
    };
    let number = number
        .parse::<u32>()
        .ok()
        .and_then(|n| n.checked_add(increase as u32));
    let number = number.ok_or_else(|| {
        Error::invalid(format!(
            "the number in the name of the property '{name}' is too large"
        ))
    })?;
    Ok(format!("{start}_{number}{end}"))
}

#[cfg(test)]
mod tests;
