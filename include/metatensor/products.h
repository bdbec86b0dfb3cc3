/** @file
 * Products of maps by their labels, from densities of atoms to energies, and forces; with gradients.
 */
/* Generated from the sources of metatensor-capi by `cargo xtask headers`.
 * Change those, not this file. */

#ifndef METATENSOR_PRODUCTS_H
#define METATENSOR_PRODUCTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metatensor.h"
#include "metatensor/operations.h"

/** An `mts_contract_options_t` that is what NULL stands for, to change some of it. */
#define MTS_CONTRACT_OPTIONS_INIT \
    {NULL, NULL, NULL, NULL, NULL, MTS_SAMPLE_PAIRS_INTERSECTION, NULL, NULL, 0}
/** An `mts_invariants_options_t` that is what NULL stands for, to change some of it. */
#define MTS_INVARIANTS_OPTIONS_INIT \
    {MTS_NORMALISATION_CLEBSCH_GORDAN, MTS_NEIGHBOR_PAIRS_UNIQUE, 0}
/** An `mts_cg_options_t` that is what NULL stands for, to change some of it. */
#define MTS_CG_OPTIONS_INIT {NULL, 0}
/** An `mts_cg_power_options_t` that is what NULL stands for, to change some of it. */
#define MTS_CG_POWER_OPTIONS_INIT {-1, NULL, true, 0}


/**
 * Those that both have. All others are left out of the result.
 */
#define MTS_SAMPLE_PAIRS_INTERSECTION 0

/**
 * The same, and samples that only one has are rows of zeros.
 */
#define MTS_SAMPLE_PAIRS_UNION 1

/**
 * `(-1)^l / sqrt(2 l + 1)` for each degree `l`: the Clebsch-Gordan coefficients of invariants, as in featomic.
 */
#define MTS_NORMALISATION_CLEBSCH_GORDAN 0

/**
 * Nothing: invariants are scalar products.
 */
#define MTS_NORMALISATION_NONE 1

/**
 * Each pair once, the smaller type first, in a block of its own. Those of different neighbors are multiplied with the square
 * root of 2, so that scalar products of results are the same as with all of them. Pairs of different neighbors that no
 * sample has are left out.
 */
#define MTS_NEIGHBOR_PAIRS_UNIQUE 0

/**
 * All of them, as properties. Each block has those of all types of neighbors in the map.
 */
#define MTS_NEIGHBOR_PAIRS_ALL 1

/**
 * Equivariant products of many pairs of maps: it keeps coefficients, and what the last keys of both said.
 *
 * It can be used by several threads at the same time.
 */
typedef struct mts_cg_product_t mts_cg_product_t;

/**
 * Which parts of an equivariant product to compute. NULL stands for `MTS_CG_OPTIONS_INIT`, which is `{NULL, 0}`.
 */
typedef struct mts_cg_options_t {
    /**
     * only blocks whose key matches one of these, in some or all of the dimensions of the keys of the result; or NULL for all blocks.
     * Others are not computed
     */
    const mts_labels_t *selected_keys;
    /**
     * nothing is computed if the result, with its labels, would take more bytes than this; 0 for no other limit than that of the
     * process
     */
    uint64_t max_bytes;
} mts_cg_options_t;

/**
 * Which parts of the products of a map with itself to compute. NULL stands for `MTS_CG_POWER_OPTIONS_INIT`, which is
 * `{-1, NULL, true, 0}`.
 */
typedef struct mts_cg_power_options_t {
    /**
     * largest `o3_lambda` of products, or a negative number for all. If there are selected keys, it is that of all products but
     * the last one
     */
    int64_t angular_cutoff;
    /**
     * only blocks of the last product whose key matches one of these, as for `mts_cg_product`; or NULL for all
     */
    const mts_labels_t *selected_keys;
    /**
     * whether to leave out keys that are not sorted: only those with `l_1 <= l_2 <= ...` are computed, in each product
     */
    bool skip_redundant;
    /**
     * nothing is computed if two products, one of which is made of the other, would take more bytes together than this; 0 for
     * no other limit than that of the process
     */
    uint64_t max_bytes;
} mts_cg_power_options_t;

/**
 * Which rows of the samples of two blocks are multiplied with each other: a `MTS_SAMPLE_PAIRS_` value.
 */
typedef uint32_t mts_sample_pairs_t;

/**
 * What a contraction does with each dimension. NULL stands for `MTS_CONTRACT_OPTIONS_INIT`, which is all zeros and NULL.
 *
 * - *matched*: both maps have this dimension, and blocks, components or properties that have the same value in it are multiplied
 *   with each other. The result has it once.
 * - *contracted*: the same, and products are added up. The result does not have this dimension.
 * - all others are *outer*: everything of the one map is multiplied with everything of the other, and the result has the
 *   dimensions of both. A name that both have gets a suffix.
 */
typedef struct mts_contract_options_t {
    /**
     * dimensions of keys that are matched, or NULL for all that both maps have. Keys are never contracted, and single blocks have none
     */
    const mts_names_t *matched_keys;
    /**
     * components that are matched, or NULL for all that both maps have, and that are not contracted
     */
    const mts_names_t *matched_components;
    /**
     * components that are contracted, or NULL for none
     */
    const mts_names_t *contracted_components;
    /**
     * dimensions of properties that are matched, or NULL for all that both maps have, and that are not contracted
     */
    const mts_names_t *matched_properties;
    /**
     * dimensions of properties that are contracted, or NULL for none
     */
    const mts_names_t *contracted_properties;
    /**
     * which samples are multiplied
     */
    mts_sample_pairs_t samples;
    /**
     * what is appended to outer dimensions of the first map, if the second one has one with this name; or NULL for `"_1"`
     */
    const char *first_suffix;
    /**
     * what is appended to outer dimensions of the second map, if the first one has one with this name; or NULL for `"_2"`
     */
    const char *second_suffix;
    /**
     * nothing is computed if the result, with its labels, would take more bytes than this; 0 for no other limit than that of the
     * process
     */
    uint64_t max_bytes;
} mts_contract_options_t;

/**
 * What invariants are multiplied with: a `MTS_NORMALISATION_` value.
 */
typedef uint32_t mts_normalisation_t;

/**
 * Which pairs of neighbors invariants are made of: a `MTS_NEIGHBOR_PAIRS_` value.
 */
typedef uint32_t mts_neighbor_pairs_t;

/**
 * Which invariants to make. NULL stands for `MTS_INVARIANTS_OPTIONS_INIT`, which is all zeros.
 */
typedef struct mts_invariants_options_t {
    /**
     * what all invariants are multiplied with
     */
    mts_normalisation_t normalisation;
    /**
     * which pairs of neighbors there are
     */
    mts_neighbor_pairs_t pairs;
    /**
     * nothing is computed if the result, with its labels, would take more bytes than this; 0 for no other limit than that of the
     * process
     */
    uint64_t max_bytes;
} mts_invariants_options_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Turn components along x, y and z, one for vectors or two for matrices, into a component `o3_mu` of real spherical harmonics.
 *
 * A vector becomes one block with `o3_lambda` 1, and the entries y, z, x for `o3_mu` -1, 0, 1. A matrix becomes three, with `o3_lambda` 0
 * (the trace, divided by minus the square root of 3), 1 (the antisymmetric part, with `o3_sigma` -1) and 2 (the symmetric part without
 * trace). The map is orthogonal. Keys get the dimensions `o3_lambda` and `o3_sigma`, before all others, and `o3_mu` is where the components
 * were. Gradients go the same way, at all depths. Results are those of featomic's `cartesian_to_spherical`, with all blocks kept.
 * Integers and booleans become 64-bit floats.
 *
 * @param tensor a map without the key dimensions `o3_lambda` and `o3_sigma`
 * @param components names of the components, which follow each other in the values and have the entries 0, 1 and 2
 * @param count number of components, 1 or 2
 * @param result is set to a new map with the info of `tensor`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_cartesian_to_spherical(const mts_tensormap_t *tensor,
                                        const char *const *components,
                                        uintptr_t count,
                                        mts_tensormap_t **result);

/**
 * Turn a component `o3_mu` of real spherical harmonics into components along x, y and z: one for vectors, or two for matrices.
 *
 * This undoes `mts_cartesian_to_spherical`. All blocks that only differ in `o3_lambda` and `o3_sigma` are parts of one tensor: for
 * matrices `o3_lambda` 0, 1 and 2 with `o3_sigma` 1, -1 and 1, where a part that there is no block for is zero. They have to have the same
 * labels and gradients, but for rows of these. Keys lose both dimensions, and `l_1` and `l_2` as well, which featomic has for the
 * `o3_lambda` of the components, and which must be 1. Gradients go the same way, at all depths.
 *
 * @param tensor a map with the key dimensions `o3_lambda` and `o3_sigma`, and the component `o3_mu`
 * @param components names of the new components, which get the entries 0, 1 and 2 and are where `o3_mu` was
 * @param count number of components, 1 for vectors or 2 for matrices
 * @param result is set to a new map with the info of `tensor`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_spherical_to_cartesian(const mts_tensormap_t *tensor,
                                        const char *const *components,
                                        uintptr_t count,
                                        mts_tensormap_t **result);

/**
 * Compute the equivariant product of two maps of spherical tensors, by Clebsch-Gordan coefficients for real spherical harmonics.
 *
 * Blocks of both have the key dimensions `o3_lambda` and `o3_sigma`, and one component, `o3_mu` from `-o3_lambda` to `o3_lambda`. Blocks with
 * `o3_lambda` equal to `l1` and `l2` make blocks for all `o3_lambda` from `|l1 - l2|` to `l1 + l2`, with
 * `o3_sigma = sigma_1 sigma_2 (-1)^(l1 + l2 + o3_lambda)`.
 *
 * - Keys: `o3_lambda`, `o3_sigma`, the other dimensions that both have, which must be equal; those that only `a` has, `name_1` with `l1`,
 *   those that only `b` has, and `name_2` with `l2`.
 * - Samples: all of `a`, then those that only `b` has, where the product is zero.
 * - Properties: all pairs, the first changing slowest, with the dimensions of `a` and then those of `b`, which must have different
 *   names.
 * - Gradients: by the product rule, at all depths. A map without any gradients is constant; otherwise both must have gradients with
 *   respect to the same parameters. Rows that only one has are zero in the other.
 *
 * Results are those of featomic's `ClebschGordanProduct`. Integers and booleans become 64-bit floats.
 *
 * @param a a map of spherical tensors
 * @param b another one
 * @param name_1 name of the new dimension of keys for the `o3_lambda` of `a`
 * @param name_2 name of the new dimension of keys for the `o3_lambda` of `b`
 * @param options which blocks to compute, or NULL for all
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_cg_product(const mts_tensormap_t *a,
                            const mts_tensormap_t *b,
                            const char *name_1,
                            const char *name_2,
                            const struct mts_cg_options_t *options,
                            mts_tensormap_t **result);

/**
 * Make what the result of `mts_cg_product` will be: its labels, and the type of its elements, of which there are none.
 *
 * Only labels are looked at. `mts_estimate_bytes` tells how much memory the product will take.
 *
 * @param a a map of spherical tensors
 * @param b another one
 * @param name_1 name of the new dimension of keys for the `o3_lambda` of `a`
 * @param name_2 name of the new dimension of keys for the `o3_lambda` of `b`
 * @param options which blocks to compute, or NULL for all
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_cg_product_metadata(const mts_tensormap_t *a,
                                     const mts_tensormap_t *b,
                                     const char *name_1,
                                     const char *name_2,
                                     const struct mts_cg_options_t *options,
                                     mts_tensormap_t **result);

/**
 * Compute equivariant products of a map with itself: correlations of a density with more and more neighbors.
 *
 * Each product is a `mts_cg_product` of the one before with the map. The first one has the key dimensions `l_1` and `l_2` for the
 * `o3_lambda` of its factors, the next one `k_2` for that of the first product and `l_3` for the map, and so on. Names of properties get a
 * number for each factor: `n` becomes `n_1`, `n_2`, ..., and `neighbor_type` becomes `neighbor_1_type`, ... Results are those of
 * featomic's `DensityCorrelations`, with gradients at all depths.
 *
 * @param x a map of spherical tensors
 * @param n_products number of products, between 1 and 32
 * @param options which blocks to compute, or NULL for all that are not redundant
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_cg_power(const mts_tensormap_t *x,
                          uintptr_t n_products,
                          const struct mts_cg_power_options_t *options,
                          mts_tensormap_t **result);

/**
 * Make what the result of `mts_cg_power` will be: its labels, and the type of its elements, of which there are none.
 *
 * @param x a map of spherical tensors
 * @param n_products number of products, between 1 and 32
 * @param options which blocks to compute, or NULL for all that are not redundant
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_cg_power_metadata(const mts_tensormap_t *x,
                                   uintptr_t n_products,
                                   const struct mts_cg_power_options_t *options,
                                   mts_tensormap_t **result);

/**
 * Prepare `mts_cg_product` for many pairs of maps.
 *
 * @param name_1 name of the new dimension of keys for the `o3_lambda` of the first maps
 * @param name_2 name of the new dimension of keys for the `o3_lambda` of the second maps
 * @param options which blocks to compute, or NULL for all
 * @param product is set to an object *owned* by the caller, to be given to `mts_cg_product_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_cg_product_prepare(const char *name_1,
                                    const char *name_2,
                                    const struct mts_cg_options_t *options,
                                    struct mts_cg_product_t **product);

/**
 * Compute the product of two maps as `mts_cg_product` does, faster if the keys are those of the last pair.
 *
 * @param product what `mts_cg_product_prepare` made; it can be used by several threads at the same time
 * @param a a map of spherical tensors
 * @param b another one
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_cg_product_compute(const struct mts_cg_product_t *product,
                                    const mts_tensormap_t *a,
                                    const mts_tensormap_t *b,
                                    mts_tensormap_t **result);

/**
 * Release what `mts_cg_product_prepare` made.
 *
 * @param product an object owned by the caller, or NULL. It must not be used any more.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_cg_product_free(struct mts_cg_product_t *product);

/**
 * Compute the product of two maps by labels, with the product rule for all gradients: blocks, samples, components and properties
 * with the same labels are multiplied with each other, or everything with everything, and some of it is added up.
 *
 * What is matched comes first in the labels of the result, then what is outer in `a`, then what is outer in `b`.
 *
 * - Keys: blocks that have no match are left out.
 * - Samples are the same if they have the same values in all dimensions that both blocks have. One of the blocks must have all
 *   dimensions of the other, which is broadcast if it has fewer. The result has the samples of the block with more dimensions;
 *   those of the other one without a match are left out.
 * - Components that are matched or contracted must be the same.
 * - Properties of both blocks must have the same values in dimensions that are matched or contracted, in any order. If nothing is
 *   left, the property is `_ = 0`.
 *
 * A block without any gradients is constant. If both have gradients, these must be with respect to the same parameters at all depths;
 * rows that only one has are zeros in the other. Types are those of `mts_multiply`, and nothing is conjugated.
 *
 * @param a a map
 * @param b another map
 * @param options what to do with each dimension, or NULL: what both maps have is matched, and nothing contracted
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_contract(const mts_tensormap_t *a,
                          const mts_tensormap_t *b,
                          const struct mts_contract_options_t *options,
                          mts_tensormap_t **result);

/**
 * The same as `mts_contract` for blocks.
 *
 * @param a a block
 * @param b another block
 * @param options what to do with each dimension, or NULL: what both blocks have is matched, and nothing contracted
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_contract_block(const mts_block_t *a,
                                const mts_block_t *b,
                                const struct mts_contract_options_t *options,
                                mts_block_t **result);

/**
 * Make what the result of `mts_contract` will be: its labels, and the type of its elements, of which there are none.
 *
 * Only labels are looked at. Whatever asks for elements of the result gets an error. `mts_estimate_bytes` tells how much memory
 * they will take.
 *
 * @param a a map
 * @param b another map
 * @param options what to do with each dimension, or NULL, as for `mts_contract`
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_contract_metadata(const mts_tensormap_t *a,
                                   const mts_tensormap_t *b,
                                   const struct mts_contract_options_t *options,
                                   mts_tensormap_t **result);

/**
 * The same as `mts_contract_metadata` for blocks.
 *
 * @param a a block
 * @param b another block
 * @param options what to do with each dimension, or NULL, as for `mts_contract_block`
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_contract_metadata_block(const mts_block_t *a,
                                         const mts_block_t *b,
                                         const struct mts_contract_options_t *options,
                                         mts_block_t **result);

/**
 * Compute the invariants of all pairs of elements of spherical tensors: from a spherical expansion of the density of atoms, the
 * power spectrum.
 *
 * Blocks have the key dimensions `o3_lambda` and `o3_sigma`, which has to be 1, and the component `o3_mu`. Invariants are sums over
 * `o3_mu` of products, for all pairs of neighbors and of properties. The samples, and those of gradients, are sorted. Gradients are
 * those of `x`, at all depths, as for `mts_contract`.
 *
 * - `MTS_NEIGHBOR_PAIRS_UNIQUE` (the default): the keys are `center_type`, `neighbor_1_type` and `neighbor_2_type`, and the properties `l`, `n_1`
 *   and `n_2`, as in featomic's `SoapPowerSpectrum`.
 * - `MTS_NEIGHBOR_PAIRS_ALL`: the keys are `center_type`, and the properties `l`, `neighbor_1_type`, `n_1`, `neighbor_2_type` and `n_2`, as in
 *   featomic's `PowerSpectrum`.
 *
 * Other dimensions of keys stay what they are, and other dimensions of properties get the suffixes `_1` and `_2`.
 *
 * @param x a map of spherical tensors
 * @param options which invariants to make, or NULL
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_invariants(const mts_tensormap_t *x,
                            const struct mts_invariants_options_t *options,
                            mts_tensormap_t **result);

/**
 * Make what the result of `mts_invariants` will be: its labels, and the type of its elements, of which there are none.
 *
 * @param x a map of spherical tensors
 * @param options which invariants to make, or NULL
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_invariants_metadata(const mts_tensormap_t *x,
                                     const struct mts_invariants_options_t *options,
                                     mts_tensormap_t **result);

/**
 * Get the bytes of all elements of a map, and of all labels that it has: those of its gradients as well, at all depths.
 *
 * For what `mts_contract_metadata` and others like it give, this is what the result will take. Labels that several blocks share
 * are counted once.
 *
 * @param tensor a map, with or without elements
 * @param bytes is set to the number of bytes, or to 0 on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_estimate_bytes(const mts_tensormap_t *tensor,
                                uint64_t *bytes);

/**
 * The same as `mts_estimate_bytes` for a block.
 *
 * @param block a block, with or without elements
 * @param bytes is set to the number of bytes, or to 0 on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_estimate_bytes_block(const mts_block_t *block, uint64_t *bytes);

/**
 * Compute forces on atoms: minus the gradients of energies with respect to positions, summed over all blocks, samples and
 * properties.
 *
 * The gradients `"positions"` have the samples `(sample, system, atom)` and one component with the entries 0, 1 and 2, as those
 * made by featomic. Values are energies of anything: they have no component with more than one entry. The result is a block with
 * the samples `(system, atom)`, the component of the gradients, and the property `force`. If the gradients have gradients, at any
 * depth, so has the result, in the same way: those with respect to positions become minus the force constants. Sums are in double
 * precision, and rounded once to the type of the energies.
 *
 * @param energy a map of energies
 * @param atoms labels with the dimensions `(system, atom)`: the samples of the result, in this order, with zeros for atoms that no
 *        gradient has a row for. A row for another atom is an error. Or NULL for all atoms that gradients have rows for, sorted.
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_forces(const mts_tensormap_t *energy,
                        const mts_labels_t *atoms,
                        mts_block_t **result);

/**
 * The same as `mts_forces` for a block.
 *
 * @param energy a block of energies
 * @param atoms the samples of the result; or NULL for all atoms that gradients have rows for
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_forces_block(const mts_block_t *energy,
                              const mts_labels_t *atoms,
                              mts_block_t **result);

/**
 * Compute virials of systems: minus the gradients of energies with respect to the strain, summed over all blocks, samples and
 * properties.
 *
 * The gradients `"strain"` have the samples `(sample)` and two components with the entries 0, 1 and 2; the samples of the values have
 * the dimension `system`. The result is a block with the sample `system`, the components of the gradients in their order, and the
 * property `virial`. Gradients of gradients, and types, are as for `mts_forces`.
 *
 * The strain moves positions `r` and the vectors of the cell `h` to `r'_j = r_j + sum_i r_i e_ij` and `h'_j = h_j + sum_i h_i e_ij`. In
 * gradients made by featomic (0.6.7), the first component, `xyz_2`, is `i`, and the second one, `xyz_1`, is `j`. Virials of energies that
 * do not change when everything is rotated are symmetric, but for rounding.
 *
 * @param energy a map of energies
 * @param systems labels with the dimension `system`: the samples of the result, in this order. Energies of another system are an
 *        error. Or NULL for all systems in the samples of the values, sorted.
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_virial(const mts_tensormap_t *energy,
                        const mts_labels_t *systems,
                        mts_block_t **result);

/**
 * The same as `mts_virial` for a block.
 *
 * @param energy a block of energies
 * @param systems the samples of the result; or NULL for all systems in the samples of the values
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_virial_block(const mts_block_t *energy,
                              const mts_labels_t *systems,
                              mts_block_t **result);

/**
 * Compute virials of systems from gradients of energies with respect to positions and the cell, which are enough if positions and
 * cells are known.
 *
 * This is minus the sum of `r_i dE/dr_j` over all atoms, and of `h_i dE/dh_j` over the three vectors of the cell. The gradients
 * `"positions"` are those of `mts_forces`. The gradients `"cell"`, at constant positions, have the samples `(sample)` and two components
 * with the entries 0, 1 and 2: the first one is the vector of the cell, and the second one the direction. It is like this in gradients
 * made by featomic (0.6.7), though the first component has the name `xyz` there, and the second one `abc`: only the order counts.
 * The result is that of `mts_virial`, with the components `xyz_2` and `xyz_1`. Gradients of gradients are not supported.
 *
 * @param energy a map of energies
 * @param positions positions of all atoms, with the samples `(system, atom)`, one component with the entries 0, 1 and 2, and one property
 * @param cells cells of all systems, with the samples `(system)`, two components with the entries 0, 1 and 2, the vector and the
 *        direction, and one property. Its samples are those of the result. A system that is not periodic has a cell of zeros.
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_virial_from_cell(const mts_tensormap_t *energy,
                                  const mts_block_t *positions,
                                  const mts_block_t *cells,
                                  mts_block_t **result);

/**
 * The same as `mts_virial_from_cell` for a block.
 *
 * @param energy a block of energies
 * @param positions positions of all atoms
 * @param cells cells of all systems
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_virial_from_cell_block(const mts_block_t *energy,
                                        const mts_block_t *positions,
                                        const mts_block_t *cells,
                                        mts_block_t **result);

/**
 * Compute stresses of systems: minus the virials, divided by the volumes of the cells.
 *
 * The result has the samples and components of the virials, and the property `stress`.
 *
 * @param virial virials with the samples `(system)` and without gradients, as `mts_virial` makes them
 * @param systems labels with the dimension `system`, in any order; there can be more than virials
 * @param volumes the volume of each of `systems`, a positive number
 * @param count number of volumes, that of the entries of `systems`
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_stress(const mts_block_t *virial,
                        const mts_labels_t *systems,
                        const double *volumes,
                        uintptr_t count,
                        mts_block_t **result);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_PRODUCTS_H */
