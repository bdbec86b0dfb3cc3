//! Equivariant products.

use std::mem::MaybeUninit;

use metatensor_operations as operations;
use metatensor_operations::CgProduct;

use crate::ffi::{Parameter, Text, mts_status_t, status};
use crate::functions::map_files::give;
use crate::functions::operations::give_object;
use crate::types::{mts_cg_options_t, mts_cg_power_options_t, mts_cg_product_t, mts_tensormap_t};

/// Compute the equivariant product of two maps of spherical tensors, by Clebsch-Gordan coefficients for real spherical harmonics.
///
/// Blocks of both have the key dimensions `o3_lambda` and `o3_sigma`, and one component, `o3_mu` from `-o3_lambda` to `o3_lambda`. Blocks with
/// `o3_lambda` equal to `l1` and `l2` make blocks for all `o3_lambda` from `|l1 - l2|` to `l1 + l2`, with
/// `o3_sigma = sigma_1 sigma_2 (-1)^(l1 + l2 + o3_lambda)`.
///
/// - Keys: `o3_lambda`, `o3_sigma`, the other dimensions that both have, which must be equal; those that only `a` has, `name_1` with `l1`,
///   those that only `b` has, and `name_2` with `l2`.
/// - Samples: all of `a`, then those that only `b` has, where the product is zero.
/// - Properties: all pairs, the first changing slowest, with the dimensions of `a` and then those of `b`, which must have different
///   names.
/// - Gradients: by the product rule, at all depths. A map without any gradients is constant; otherwise both must have gradients with
///   respect to the same parameters. Rows that only one has are zero in the other.
///
/// Results are those of featomic's `ClebschGordanProduct`. Integers and booleans become 64-bit floats.
///
/// @param a a map of spherical tensors
/// @param b another one
/// @param name_1 name of the new dimension of keys for the `o3_lambda` of `a`
/// @param name_2 name of the new dimension of keys for the `o3_lambda` of `b`
/// @param options which blocks to compute, or NULL for all
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_cg_product(
    a: Option<&mts_tensormap_t>,
    b: Option<&mts_tensormap_t>,
    name_1: Text<'_>,
    name_2: Text<'_>,
    options: Option<&mts_cg_options_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let options = options.checked("options")?;
        let (name_1, name_2) = (name_1.checked("name_1")?, name_2.checked("name_2")?);
        let (a, b) = (a.checked("a")?, b.checked("b")?);
        operations::cg_product(a, b, name_1, name_2, options.as_options())
    })
}

/// Make what the result of `mts_cg_product` will be: its labels, and the type of its elements, of which there are none.
///
/// Only labels are looked at. `mts_estimate_bytes` tells how much memory the product will take.
///
/// @param a a map of spherical tensors
/// @param b another one
/// @param name_1 name of the new dimension of keys for the `o3_lambda` of `a`
/// @param name_2 name of the new dimension of keys for the `o3_lambda` of `b`
/// @param options which blocks to compute, or NULL for all
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_cg_product_metadata(
    a: Option<&mts_tensormap_t>,
    b: Option<&mts_tensormap_t>,
    name_1: Text<'_>,
    name_2: Text<'_>,
    options: Option<&mts_cg_options_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let options = options.checked("options")?;
        let (name_1, name_2) = (name_1.checked("name_1")?, name_2.checked("name_2")?);
        let (a, b) = (a.checked("a")?, b.checked("b")?);
        operations::cg_product_metadata(a, b, name_1, name_2, options.as_options())
    })
}

/// Compute equivariant products of a map with itself: correlations of a density with more and more neighbors.
///
/// Each product is a `mts_cg_product` of the one before with the map. The first one has the key dimensions `l_1` and `l_2` for the
/// `o3_lambda` of its factors, the next one `k_2` for that of the first product and `l_3` for the map, and so on. Names of properties get a
/// number for each factor: `n` becomes `n_1`, `n_2`, ..., and `neighbor_type` becomes `neighbor_1_type`, ... Results are those of
/// featomic's `DensityCorrelations`, with gradients at all depths.
///
/// @param x a map of spherical tensors
/// @param n_products number of products, between 1 and 32
/// @param options which blocks to compute, or NULL for all that are not redundant
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_cg_power(
    x: Option<&mts_tensormap_t>,
    n_products: usize,
    options: Option<&mts_cg_power_options_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let options = options.checked("options")?;
        operations::cg_power(x.checked("x")?, n_products, options.as_options())
    })
}

/// Make what the result of `mts_cg_power` will be: its labels, and the type of its elements, of which there are none.
///
/// @param x a map of spherical tensors
/// @param n_products number of products, between 1 and 32
/// @param options which blocks to compute, or NULL for all that are not redundant
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_cg_power_metadata(
    x: Option<&mts_tensormap_t>,
    n_products: usize,
    options: Option<&mts_cg_power_options_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let options = options.checked("options")?;
        operations::cg_power_metadata(x.checked("x")?, n_products, options.as_options())
    })
}

/// Prepare `mts_cg_product` for many pairs of maps.
///
/// @param name_1 name of the new dimension of keys for the `o3_lambda` of the first maps
/// @param name_2 name of the new dimension of keys for the `o3_lambda` of the second maps
/// @param options which blocks to compute, or NULL for all
/// @param product is set to an object *owned* by the caller, to be given to `mts_cg_product_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_cg_product_prepare(
    name_1: Text<'_>,
    name_2: Text<'_>,
    options: Option<&mts_cg_options_t<'_>>,
    product: Option<&mut MaybeUninit<*mut mts_cg_product_t>>,
) -> mts_status_t {
    give(product, "product", || {
        let options = options.checked("options")?;
        let (name_1, name_2) = (name_1.checked("name_1")?, name_2.checked("name_2")?);
        let product = CgProduct::new(name_1, name_2, options.as_options())?;
        Ok(mts_cg_product_t::boxed(product))
    })
}

/// Compute the product of two maps as `mts_cg_product` does, faster if the keys are those of the last pair.
///
/// @param product what `mts_cg_product_prepare` made; it can be used by several threads at the same time
/// @param a a map of spherical tensors
/// @param b another one
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_cg_product_compute(
    product: Option<&mts_cg_product_t>,
    a: Option<&mts_tensormap_t>,
    b: Option<&mts_tensormap_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let product = product.checked("product")?;
        product.compute(a.checked("a")?, b.checked("b")?)
    })
}

/// Release what `mts_cg_product_prepare` made.
///
/// @param product an object owned by the caller, or NULL. It must not be used any more.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
pub extern "C" fn mts_cg_product_free(product: Option<Box<mts_cg_product_t>>) -> mts_status_t {
    status(|| {
        drop(product);
        Ok(())
    })
}
