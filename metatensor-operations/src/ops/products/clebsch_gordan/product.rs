//! Products of two maps.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metatensor_core::{Error, Labels, Limit, Result, TensorMap};

use super::angular::check_components;
use super::blocks::{Matched, PropertyProducts, Structure};
use super::plan::{Combination, Couplings, Plan, Wanted};
use crate::engine::Blocks;
use crate::ops::products::size::{check_bytes, check_max_bytes};

/// What [`cg_product`] computes, and how much memory it may take.
#[derive(Clone, Copy, Debug, Default)]
pub struct CgOptions<'a> {
    /// Only blocks whose key matches one of these rows, whose dimensions are some of those of the result. Others are not
    /// computed, and rows that no key matches mean nothing. `None` for all blocks.
    pub selected_keys: Option<&'a Labels>,
    /// Bytes of elements and labels that the result may take, besides [`Limit::ResultBytes`]. `None` for no limit of this call.
    pub max_bytes: Option<u64>,
}

/// Equivariant product of two maps of spherical components.
///
/// Blocks of both have the key dimensions `o3_lambda` (λ) and `o3_sigma` (σ, 1 for what changes under inversion as spherical
/// harmonics do, -1 for what has the other sign), and one component, `o3_mu` from -λ to λ. For two blocks with λ = l₁ and l₂ the
/// result has blocks for all λ from |l₁-l₂| to l₁+l₂:
///
/// `z[i, μ, (p, q)] = Σ C(l₁ m₁ l₂ m₂; λ μ) a[i, m₁, p] b[i, m₂, q]`, summed over `m₁` and `m₂`,
///
/// with σ = σ₁ σ₂ (-1)^(l₁+l₂+λ), and the rotations of `a` and `b` become those of `z`: `D(λ) z` if they are `D(l₁) a` and `D(l₂) b`.
///
/// - Keys: `o3_lambda`, `o3_sigma`, the other dimensions that both have, which must be equal; those that only `a` has, `name_1` with l₁,
///   those that only `b` has, and `name_2` with l₂. They are sorted by the block of `a`, that of `b`, and λ. Selected keys with all
///   dimensions in this order give their own order, but for blocks made of the same two, which stay together.
/// - Samples: all of `a`, then those that only `b` has, where the product is zero. If the samples of one have only some dimensions
///   of those of the other, each of them is used for all samples of the other that it fits; those without one are left out.
/// - Properties: all pairs, the first changing slowest, with the dimensions of `a` and then those of `b`.
/// - Gradients: `∇z = C (∇a b + a ∇b)`, and so on at all depths. A map without any gradients is constant; otherwise both must have
///   gradients with respect to the same parameters, at all depths. Rows that only one has are zero in the other. The result has
///   the rows that come from `a`, and then those that only come from `b`; those of gradients of gradients are sorted.
///
/// The coefficients `C` are those of real spherical harmonics in the order and with the signs that the field uses: `m < 0` with the sine,
/// `m > 0` with the cosine, and no sign (-1)ᵐ (for λ = 1: y, z, x). They are `U(λ) ⟨l₁ m₁ l₂ m₂|λ μ⟩ (U(l₁)† ⊗ U(l₂)†)` with
/// Racah's coefficients in the middle (Condon-Shortley phases, G. Racah, Physical Review 62, 438, 1942; D. A. Varshalovich,
/// A. N. Moskalev and V. K. Khersonskii, Quantum Theory of Angular Momentum, 1988, chapter 8), and `U` from complex to real
/// harmonics. This is real for even `l₁+l₂+λ`, and imaginary for odd: `C` is then minus the imaginary part, so that for three times
/// λ = 1 it gives minus the vector product, divided by √2. They are right to 1e-14 up to `l₁+l₂+λ = 126`; larger ones are refused.
///
/// Elements are multiplied in the type that holds those of both (integers and booleans become `f64`), with coefficients rounded to it.
///
/// Keys, labels and values are those of `ClebschGordanProduct` of featomic 0.6. What it does not check is an error here: components
/// that are not `o3_mu` from -λ to λ, σ that is not 1 or -1. It has no gradients.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{CgOptions, cg_product};
/// # use ndarray::Array3;
/// let mu = Labels::new(["o3_mu"], [[-1], [0], [1]])?;
/// let vectors = |values: [f64; 3], property: &str| {
///     let values = Array3::from_shape_fn((1, 3, 1), |(_, m, _)| values[m]);
///     let (samples, properties) = (Labels::range("atom", 1)?, Labels::range(property, 1)?);
///     let block = TensorBlock::new(values, &samples, std::slice::from_ref(&mu), &properties)?;
///     TensorMap::new(Labels::new(["o3_lambda", "o3_sigma"], [[1, 1]])?, vec![block])
/// };
/// // y, z and x
/// let (a, b) = (vectors([1.0, 2.0, 3.0], "n_1")?, vectors([4.0, 5.0, 6.0], "n_2")?);
///
/// let product = cg_product(&a, &b, "l_1", "l_2", CgOptions::default())?;
/// assert_eq!(*product.keys().names(), ["o3_lambda", "o3_sigma", "l_1", "l_2"]);
/// assert_eq!(product.len(), 3);
/// let scalar = product.block(&[("o3_lambda", 0)])?.to_ndarray::<f64>()?[[0, 0, 0]];
/// assert!((scalar - -32.0 / 3.0_f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::InvalidParameter`] if keys, components, samples or selected keys are not as above, a property has the same name in both,
/// or two pairs of blocks give the same key; [`Error::NotEqual`] if gradients do not go together; [`Error::Unsupported`] if a
/// gradient of gradients is there without those that it is made of, if angular momenta or the result are too large, or elements
/// are not on the CPU.
pub fn cg_product(
    a: &TensorMap,
    b: &TensorMap,
    name_1: &str,
    name_2: &str,
    options: CgOptions<'_>,
) -> Result<TensorMap> {
    CgProduct::in_function("cg_product", name_1, name_2, options)?.compute(a, b)
}

/// What [`cg_product`] gives for the same arguments, but without elements: all labels, of gradients too, and the type.
///
/// It only looks at labels. [`estimate_bytes`](crate::estimate_bytes) of it is what the product takes.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{CgOptions, cg_product_metadata, estimate_bytes};
/// # use ndarray::Array3;
/// # let map = |property| {
/// #     let (samples, mu) = (Labels::range("atom", 10)?, Labels::new(["o3_mu"], [[0]])?);
/// #     let block = TensorBlock::new(Array3::<f64>::zeros((10, 1, 1)), &samples, &[mu], &Labels::range(property, 1)?)?;
/// #     TensorMap::new(Labels::new(["o3_lambda", "o3_sigma"], [[0, 1]])?, vec![block])
/// # };
/// # let (a, b) = (map("n_1")?, map("n_2")?);
/// let metadata = cg_product_metadata(&a, &b, "l_1", "l_2", CgOptions::default())?;
/// assert_eq!(metadata.block_by_id(0)?.samples().count(), 10);
/// assert!(estimate_bytes(&metadata) >= 10 * 8);
/// assert!(metadata.block_by_id(0)?.view().is_err());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`cg_product`], but those about elements. The size of the result is not checked.
pub fn cg_product_metadata(
    a: &TensorMap,
    b: &TensorMap,
    name_1: &str,
    name_2: &str,
    options: CgOptions<'_>,
) -> Result<TensorMap> {
    CgProduct::in_function("cg_product_metadata", name_1, name_2, options)?.metadata(a, b)
}

/// [`cg_product`] for many pairs of maps: it keeps the coefficients, and what the last keys of both said.
///
/// It can be used by several threads at once.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{CgOptions, CgProduct};
/// # use ndarray::Array3;
/// # let map = |property| {
/// #     let (samples, mu) = (Labels::range("atom", 10)?, Labels::new(["o3_mu"], [[0]])?);
/// #     let block = TensorBlock::new(Array3::<f64>::ones((10, 1, 1)), &samples, &[mu], &Labels::range(property, 1)?)?;
/// #     TensorMap::new(Labels::new(["o3_lambda", "o3_sigma"], [[0, 1]])?, vec![block])
/// # };
/// # let pairs = [(map("n_1")?, map("n_2")?), (map("n_1")?, map("n_2")?)];
/// let product = CgProduct::new("l_1", "l_2", CgOptions::default())?;
/// for (a, b) in &pairs {
///     let z = product.compute(a, b)?;
///     assert_eq!(*z.keys().names(), ["o3_lambda", "o3_sigma", "l_1", "l_2"]);
/// }
/// # Ok::<(), metatensor_core::Error>(())
/// ```
pub struct CgProduct {
    function: &'static str,
    names: [String; 2],
    selected_keys: Option<Labels>,
    max_bytes: Option<u64>,
    kept: Mutex<Kept>,
}

/// What is used again.
#[derive(Default)]
struct Kept {
    couplings: Couplings,
    /// Keys of both factors, and the plan for them.
    last: Option<([Labels; 2], Arc<Plan>)>,
}

impl fmt::Debug for CgProduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CgProduct")
            .field("names", &self.names)
            .field("selected_keys", &self.selected_keys)
            .field("max_bytes", &self.max_bytes)
            .finish_non_exhaustive()
    }
}

impl CgProduct {
    /// Products with these dimensions for the `o3_lambda` of both factors.
    ///
    /// ```
    /// # use metatensor_operations::{CgOptions, CgProduct};
    /// assert!(CgProduct::new("l_1", "l_2", CgOptions::default()).is_ok());
    /// assert!(CgProduct::new("l_1", "l_1", CgOptions::default()).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// If these can not be names of different dimensions.
    pub fn new(name_1: &str, name_2: &str, options: CgOptions<'_>) -> Result<CgProduct> {
        Self::in_function("CgProduct", name_1, name_2, options)
    }

    /// The same, with errors that start with the name of this function.
    fn in_function(
        function: &'static str,
        name_1: &str,
        name_2: &str,
        options: CgOptions<'_>,
    ) -> Result<CgProduct> {
        Labels::empty(&[name_1, name_2]).map_err(|error| error.context(function))?;
        Ok(CgProduct {
            function,
            names: [name_1.to_owned(), name_2.to_owned()],
            selected_keys: options.selected_keys.cloned(),
            max_bytes: options.max_bytes,
            kept: Mutex::default(),
        })
    }

    /// The product of two maps, see [`cg_product`].
    ///
    /// ```
    /// # use metatensor_core::{Labels, TensorBlock, TensorMap};
    /// # use metatensor_operations::{CgOptions, CgProduct, cg_product};
    /// # let map = |property| {
    /// #     let (samples, mu) = (Labels::range("atom", 2)?, Labels::new(["o3_mu"], [[0]])?);
    /// #     let values = ndarray::Array3::<f64>::ones((2, 1, 1));
    /// #     let block = TensorBlock::new(values, &samples, &[mu], &Labels::range(property, 1)?)?;
    /// #     TensorMap::new(Labels::new(["o3_lambda", "o3_sigma"], [[0, 1]])?, vec![block])
    /// # };
    /// # let (a, b) = (map("n_1")?, map("n_2")?);
    /// let product = CgProduct::new("l_1", "l_2", CgOptions::default())?.compute(&a, &b)?;
    /// let expected = cg_product(&a, &b, "l_1", "l_2", CgOptions::default())?;
    /// assert!(metatensor_operations::equal(&product, &expected)?);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`cg_product`].
    pub fn compute(&self, a: &TensorMap, b: &TensorMap) -> Result<TensorMap> {
        let product = self
            .plan(a, b)
            .and_then(|plan| multiply(a, b, &plan, self.max_bytes));
        product.map_err(|error| error.context(self.function))
    }

    /// The labels of the product of two maps, see [`cg_product_metadata`].
    ///
    /// ```
    /// # use metatensor_core::{Labels, TensorBlock, TensorMap};
    /// # use metatensor_operations::{CgOptions, CgProduct, cg_product};
    /// # let map = |property| {
    /// #     let (samples, mu) = (Labels::range("atom", 2)?, Labels::new(["o3_mu"], [[0]])?);
    /// #     let values = ndarray::Array3::<f64>::ones((2, 1, 1));
    /// #     let block = TensorBlock::new(values, &samples, &[mu], &Labels::range(property, 1)?)?;
    /// #     TensorMap::new(Labels::new(["o3_lambda", "o3_sigma"], [[0, 1]])?, vec![block])
    /// # };
    /// # let (a, b) = (map("n_1")?, map("n_2")?);
    /// let labels = CgProduct::new("l_1", "l_2", CgOptions::default())?.metadata(&a, &b)?;
    /// let product = cg_product(&a, &b, "l_1", "l_2", CgOptions::default())?;
    /// assert_eq!(labels.keys(), product.keys());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`cg_product_metadata`].
    pub fn metadata(&self, a: &TensorMap, b: &TensorMap) -> Result<TensorMap> {
        let metadata = self.plan(a, b).and_then(|plan| metadata(a, b, &plan));
        metadata.map_err(|error| error.context(self.function))
    }

    /// The plan for the keys of these maps, which is the last one if they had the same.
    pub(super) fn plan(&self, a: &TensorMap, b: &TensorMap) -> Result<Arc<Plan>> {
        let mut couplings = {
            let kept = self.kept();
            if let Some(([of_a, of_b], plan)) = &kept.last
                && (of_a, of_b) == (a.keys(), b.keys())
            {
                return Ok(Arc::clone(plan));
            }
            kept.couplings.clone()
        };
        // No lock is held while labels are read or released: both can call functions of those who own them.
        let wanted = Wanted {
            names: [&self.names[0], &self.names[1]],
            selected: self.selected_keys.as_ref(),
            cutoff: None,
            sorted: &[],
        };
        let plan = Plan::new([a.keys(), b.keys()], &wanted, &mut couplings)?;
        let plan = Arc::new(plan);
        let mut kept = self.kept();
        kept.couplings.extend(couplings);
        let last = ([a.keys().clone(), b.keys().clone()], Arc::clone(&plan));
        let before = kept.last.replace(last);
        drop(kept);
        drop(before);
        Ok(plan)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The products of a plan.
pub(super) fn multiply(
    a: &TensorMap,
    b: &TensorMap,
    plan: &Plan,
    max_bytes: Option<u64>,
) -> Result<TensorMap> {
    let matched = matched(a, b, plan)?;
    let bytes = matched
        .iter()
        .map(Matched::bytes)
        .fold(0, u64::saturating_add);
    Limit::check_result(bytes, || "the product")?;
    check_max_bytes(bytes, max_bytes)?;
    let structures = structures(a, b, plan, matched)?;
    let labels = labels(plan, &structures)?;
    let parts = Blocks {
        keys: Some(labels.keys()),
        list: labels.blocks(),
    };
    check_bytes(parts, max_bytes)?;
    drop(labels);
    let mut blocks = Vec::with_capacity(plan.keys.count());
    for (structure, combination) in structures.iter().zip(&plan.combinations) {
        let products = structure.compute();
        blocks.extend(products.map_err(|error| in_blocks(a, b, combination, error))?);
    }
    TensorMap::new(&plan.keys, blocks)
}

/// The labels of the products of a plan.
pub(super) fn metadata(a: &TensorMap, b: &TensorMap, plan: &Plan) -> Result<TensorMap> {
    labels(plan, &structures(a, b, plan, matched(a, b, plan)?)?)
}

fn labels(plan: &Plan, structures: &[Structure<'_>]) -> Result<TensorMap> {
    let blocks = structures.iter().map(Structure::metadata);
    let blocks = blocks.collect::<Result<Vec<_>>>()?;
    TensorMap::new(&plan.keys, blocks.into_iter().flatten().collect())
}

/// All pairs of blocks of a plan, with their samples matched.
fn matched<'a>(a: &'a TensorMap, b: &'a TensorMap, plan: &'a Plan) -> Result<Vec<Matched<'a>>> {
    check_components(a).map_err(|error| error.context("the first map"))?;
    check_components(b).map_err(|error| error.context("the second map"))?;
    if let (Some(x), Some(y)) = (a.blocks().first(), b.blocks().first()) {
        let (names, others) = (x.properties().names(), y.properties().names());
        if let Some(name) = names.iter().find(|name| others.contains(name)) {
            return Err(Error::invalid(format!(
                "both maps have a property '{name}', and the result has all properties of both: give it another name in \
                 one of them (see `rename_dimension`)"
            )));
        }
    }
    let matched = plan.combinations.iter().map(|combination| {
        Matched::new(a.blocks(), b.blocks(), combination)
            .map_err(|error| in_blocks(a, b, combination, error))
    });
    matched.collect()
}

fn structures<'a>(
    a: &TensorMap,
    b: &TensorMap,
    plan: &Plan,
    matched: Vec<Matched<'a>>,
) -> Result<Vec<Structure<'a>>> {
    let mut known = PropertyProducts::default();
    let structures = matched.into_iter().zip(&plan.combinations);
    let structures = structures.map(|(matched, combination)| {
        let structure = matched.structure(&mut known);
        structure.map_err(|error| in_blocks(a, b, combination, error))
    });
    structures.collect()
}

/// The error of a product of two blocks, which names them.
#[cold]
fn in_blocks(a: &TensorMap, b: &TensorMap, combination: &Combination, error: Error) -> Error {
    let (first, second) = (
        a.keys().describe(combination.first),
        b.keys().describe(combination.second),
    );
    error.context(format!("block {first} times block {second}"))
}
