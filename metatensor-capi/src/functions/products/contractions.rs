//! Contractions, invariants, and how much memory they take.

use std::mem::MaybeUninit;

use metatensor_operations as operations;

use crate::ffi::{Parameter, mts_status_t, status};
use crate::functions::operations::give_object;
use crate::types::{
    mts_block_t, mts_contract_options_t, mts_invariants_options_t, mts_tensormap_t,
};

/// Compute the product of two maps by labels, with the product rule for all gradients: blocks, samples, components and properties
/// with the same labels are multiplied with each other, or everything with everything, and some of it is added up.
///
/// What is matched comes first in the labels of the result, then what is outer in `a`, then what is outer in `b`.
///
/// - Keys: blocks that have no match are left out.
/// - Samples are the same if they have the same values in all dimensions that both blocks have. One of the blocks must have all
///   dimensions of the other, which is broadcast if it has fewer. The result has the samples of the block with more dimensions;
///   those of the other one without a match are left out.
/// - Components that are matched or contracted must be the same.
/// - Properties of both blocks must have the same values in dimensions that are matched or contracted, in any order. If nothing is
///   left, the property is `_ = 0`.
///
/// A block without any gradients is constant. If both have gradients, these must be with respect to the same parameters at all depths;
/// rows that only one has are zeros in the other. Types are those of `mts_multiply`, and nothing is conjugated.
///
/// @param a a map
/// @param b another map
/// @param options what to do with each dimension, or NULL: what both maps have is matched, and nothing contracted
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_contract(
    a: Option<&mts_tensormap_t>,
    b: Option<&mts_tensormap_t>,
    options: Option<&mts_contract_options_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let options = options.checked("options")?;
        operations::contract(a.checked("a")?, b.checked("b")?, options.as_options())
    })
}

/// The same as `mts_contract` for blocks.
///
/// @param a a block
/// @param b another block
/// @param options what to do with each dimension, or NULL: what both blocks have is matched, and nothing contracted
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_contract_block(
    a: Option<&mts_block_t>,
    b: Option<&mts_block_t>,
    options: Option<&mts_contract_options_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let options = options.checked("options")?;
        operations::contract(a.checked("a")?, b.checked("b")?, options.as_options())
    })
}

/// Make what the result of `mts_contract` will be: its labels, and the type of its elements, of which there are none.
///
/// Only labels are looked at. Whatever asks for elements of the result gets an error. `mts_estimate_bytes` tells how much memory
/// they will take.
///
/// @param a a map
/// @param b another map
/// @param options what to do with each dimension, or NULL, as for `mts_contract`
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_contract_metadata(
    a: Option<&mts_tensormap_t>,
    b: Option<&mts_tensormap_t>,
    options: Option<&mts_contract_options_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let options = options.checked("options")?;
        operations::contract_metadata(a.checked("a")?, b.checked("b")?, options.as_options())
    })
}

/// The same as `mts_contract_metadata` for blocks.
///
/// @param a a block
/// @param b another block
/// @param options what to do with each dimension, or NULL, as for `mts_contract_block`
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_contract_metadata_block(
    a: Option<&mts_block_t>,
    b: Option<&mts_block_t>,
    options: Option<&mts_contract_options_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let options = options.checked("options")?;
        operations::contract_metadata(a.checked("a")?, b.checked("b")?, options.as_options())
    })
}

/// Compute the invariants of all pairs of elements of spherical tensors: from a spherical expansion of the density of atoms, the
/// power spectrum.
///
/// Blocks have the key dimensions `o3_lambda` and `o3_sigma`, which has to be 1, and the component `o3_mu`. Invariants are sums over
/// `o3_mu` of products, for all pairs of neighbors and of properties. The samples, and those of gradients, are sorted. Gradients are
/// those of `x`, at all depths, as for `mts_contract`.
///
/// - `MTS_NEIGHBOR_PAIRS_UNIQUE` (the default): the keys are `center_type`, `neighbor_1_type` and `neighbor_2_type`, and the properties `l`, `n_1`
///   and `n_2`, as in featomic's `SoapPowerSpectrum`.
/// - `MTS_NEIGHBOR_PAIRS_ALL`: the keys are `center_type`, and the properties `l`, `neighbor_1_type`, `n_1`, `neighbor_2_type` and `n_2`, as in
///   featomic's `PowerSpectrum`.
///
/// Other dimensions of keys stay what they are, and other dimensions of properties get the suffixes `_1` and `_2`.
///
/// @param x a map of spherical tensors
/// @param options which invariants to make, or NULL
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_invariants(
    x: Option<&mts_tensormap_t>,
    options: Option<&mts_invariants_options_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        operations::invariants(x.checked("x")?, options.checked("options")?)
    })
}

/// Make what the result of `mts_invariants` will be: its labels, and the type of its elements, of which there are none.
///
/// @param x a map of spherical tensors
/// @param options which invariants to make, or NULL
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_invariants_metadata(
    x: Option<&mts_tensormap_t>,
    options: Option<&mts_invariants_options_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        operations::invariants_metadata(x.checked("x")?, options.checked("options")?)
    })
}

/// Get the bytes of all elements of a map, and of all labels that it has: those of its gradients as well, at all depths.
///
/// For what `mts_contract_metadata` and others like it give, this is what the result will take. Labels that several blocks share
/// are counted once.
///
/// @param tensor a map, with or without elements
/// @param bytes is set to the number of bytes, or to 0 on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_estimate_bytes(
    tensor: Option<&mts_tensormap_t>,
    bytes: Option<&mut MaybeUninit<u64>>,
) -> mts_status_t {
    status(|| {
        let bytes = bytes.checked("bytes")?;
        bytes.write(0);
        bytes.write(operations::estimate_bytes(tensor.checked("tensor")?));
        Ok(())
    })
}

/// The same as `mts_estimate_bytes` for a block.
///
/// @param block a block, with or without elements
/// @param bytes is set to the number of bytes, or to 0 on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_estimate_bytes_block(
    block: Option<&mts_block_t>,
    bytes: Option<&mut MaybeUninit<u64>>,
) -> mts_status_t {
    status(|| {
        let bytes = bytes.checked("bytes")?;
        bytes.write(0);
        bytes.write(operations::estimate_bytes(block.checked("block")?));
        Ok(())
    })
}
