#ifndef METATENSOR_PRODUCTS_HPP
#define METATENSOR_PRODUCTS_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <metatensor/products.h>

#include <metatensor/block.hpp>
#include <metatensor/details/dimensions.hpp>
#include <metatensor/details/operation_options.hpp>
#include <metatensor/details/product_options.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/labels.hpp>
#include <metatensor/tensor.hpp>

namespace metatensor::operations {

// ---------------------------------------------------------------- products by labels

/// Compute the product of two maps by labels, with the product rule for all gradients: blocks, samples, components and properties
/// with the same labels are multiplied with each other, or everything with everything, and some of it is added up, as `options` say.
/// With the default, what both maps have is matched, and nothing contracted.
///
/// What is matched comes first in the labels of the result, then what is outer in `a`, then what is outer in `b`. One of two blocks must
/// have all dimensions of the samples of the other, which is broadcast if it has fewer. A block without any gradients is constant; if
/// both have gradients, these must be with respect to the same parameters at all depths.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap contract(
    const TensorMap& a, const TensorMap& b, const ContractOptions& options = {}) {
    const details::ContractForC c_options(options);
    mts_tensormap_t* result = nullptr;
    return details::owned(
        mts_contract(a.as_mts_tensormap_t(), b.as_mts_tensormap_t(), c_options.get(), &result), result);
}

/// The same for blocks.
[[nodiscard]] METATENSOR_HIDDEN inline TensorBlock contract(
    const TensorBlock& a, const TensorBlock& b, const ContractOptions& options = {}) {
    const details::ContractForC c_options(options);
    mts_block_t* result = nullptr;
    return details::owned(
        mts_contract_block(a.as_mts_block_t(), b.as_mts_block_t(), c_options.get(), &result), result);
}

/// Make what the result of `contract` will be: its labels, and the type of its elements, of which there are none. Whatever asks for
/// elements of it throws.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap contract_metadata(
    const TensorMap& a, const TensorMap& b, const ContractOptions& options = {}) {
    const details::ContractForC c_options(options);
    mts_tensormap_t* result = nullptr;
    return details::owned(
        mts_contract_metadata(a.as_mts_tensormap_t(), b.as_mts_tensormap_t(), c_options.get(), &result), result);
}

/// The same for blocks.
[[nodiscard]] METATENSOR_HIDDEN inline TensorBlock contract_metadata(
    const TensorBlock& a, const TensorBlock& b, const ContractOptions& options = {}) {
    const details::ContractForC c_options(options);
    mts_block_t* result = nullptr;
    return details::owned(
        mts_contract_metadata_block(a.as_mts_block_t(), b.as_mts_block_t(), c_options.get(), &result), result);
}

/// The bytes of all elements of a map, and of all labels that it has, gradients included: for what `contract_metadata` and others like
/// it give, what the result will take.
[[nodiscard]] METATENSOR_HIDDEN inline uint64_t estimate_bytes(const TensorMap& tensor) {
    uint64_t bytes = 0;
    metatensor::details::check_status(mts_estimate_bytes(tensor.as_mts_tensormap_t(), &bytes));
    return bytes;
}

/// The same for a block.
[[nodiscard]] METATENSOR_HIDDEN inline uint64_t estimate_bytes(const TensorBlock& block) {
    uint64_t bytes = 0;
    metatensor::details::check_status(mts_estimate_bytes_block(block.as_mts_block_t(), &bytes));
    return bytes;
}

// ---------------------------------------------------------------- spherical tensors

/// Compute the invariants of all pairs of elements of spherical tensors, with the key dimensions `o3_lambda` and `o3_sigma` and the
/// component `o3_mu`: from a spherical expansion of the density of atoms, the power spectrum, with gradients. Results are those of
/// featomic's `SoapPowerSpectrum` (`NeighborPairs::Unique`) and `PowerSpectrum` (`NeighborPairs::All`).
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap invariants(const TensorMap& x, const InvariantsOptions& options = {}) {
    const auto c_options = details::for_c(options);
    mts_tensormap_t* result = nullptr;
    return details::owned(mts_invariants(x.as_mts_tensormap_t(), &c_options, &result), result);
}

/// Make what the result of `invariants` will be, without elements.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap invariants_metadata(
    const TensorMap& x, const InvariantsOptions& options = {}) {
    const auto c_options = details::for_c(options);
    mts_tensormap_t* result = nullptr;
    return details::owned(mts_invariants_metadata(x.as_mts_tensormap_t(), &c_options, &result), result);
}

/// Compute the equivariant product of two maps of spherical tensors, by Clebsch-Gordan coefficients for real spherical harmonics: that
/// of featomic's `ClebschGordanProduct`, with gradients at all depths. Keys get the dimensions `name_1` and `name_2` with the `o3_lambda` of
/// the factors.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap cg_product(const TensorMap& a, const TensorMap& b,
    const std::string& name_1, const std::string& name_2, const CgOptions& options = {}) {
    const auto c_options = details::for_c(options);
    mts_tensormap_t* result = nullptr;
    return details::owned(mts_cg_product(a.as_mts_tensormap_t(), b.as_mts_tensormap_t(),
                              metatensor::details::c_string(name_1), metatensor::details::c_string(name_2),
                              &c_options, &result),
        result);
}

/// Make what the result of `cg_product` will be, without elements.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap cg_product_metadata(const TensorMap& a, const TensorMap& b,
    const std::string& name_1, const std::string& name_2, const CgOptions& options = {}) {
    const auto c_options = details::for_c(options);
    mts_tensormap_t* result = nullptr;
    return details::owned(mts_cg_product_metadata(a.as_mts_tensormap_t(), b.as_mts_tensormap_t(),
                              metatensor::details::c_string(name_1), metatensor::details::c_string(name_2),
                              &c_options, &result),
        result);
}

/// `cg_product` for many pairs of maps: it keeps the coefficients, and what the last keys of both said. It can be used by several
/// threads at the same time.
class CgProduct final {
public:
    /// Products with these dimensions of keys for the `o3_lambda` of both factors.
    METATENSOR_HIDDEN CgProduct(const std::string& name_1, const std::string& name_2, const CgOptions& options = {}) {
        const auto c_options = details::for_c(options);
        mts_cg_product_t* product = nullptr;
        metatensor::details::check_status(mts_cg_product_prepare(
            metatensor::details::c_string(name_1), metatensor::details::c_string(name_2), &c_options, &product));
        product_.reset(product);
    }

    /// The product of two maps.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap compute(const TensorMap& a, const TensorMap& b) const {
        mts_tensormap_t* result = nullptr;
        return details::owned(
            mts_cg_product_compute(product_.get(), a.as_mts_tensormap_t(), b.as_mts_tensormap_t(), &result), result);
    }

private:
    struct Release {
        METATENSOR_HIDDEN void operator()(mts_cg_product_t* product) const noexcept { mts_cg_product_free(product); }
    };
    std::unique_ptr<mts_cg_product_t, Release> product_;
};

/// Compute equivariant products of a map with itself, `n_products` of them: those of featomic's `DensityCorrelations`, with gradients at
/// all depths.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap cg_power(
    const TensorMap& x, std::size_t n_products, const CgPowerOptions& options = {}) {
    const auto c_options = details::for_c(options);
    mts_tensormap_t* result = nullptr;
    return details::owned(mts_cg_power(x.as_mts_tensormap_t(), n_products, &c_options, &result), result);
}

/// Make what the result of `cg_power` will be, without elements.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap cg_power_metadata(
    const TensorMap& x, std::size_t n_products, const CgPowerOptions& options = {}) {
    const auto c_options = details::for_c(options);
    mts_tensormap_t* result = nullptr;
    return details::owned(mts_cg_power_metadata(x.as_mts_tensormap_t(), n_products, &c_options, &result), result);
}

/// Turn components along x, y and z, one for vectors or two for matrices, into a component `o3_mu` of real spherical harmonics, as
/// featomic's `cartesian_to_spherical` does, with gradients at all depths. Keys get the dimensions `o3_lambda` and `o3_sigma`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap cartesian_to_spherical(
    const TensorMap& tensor, const std::vector<std::string>& components) {
    const auto names = metatensor::details::c_strings(components);
    mts_tensormap_t* result = nullptr;
    return details::owned(
        mts_cartesian_to_spherical(tensor.as_mts_tensormap_t(), names.data(), names.size(), &result), result);
}

/// Turn a component `o3_mu` of real spherical harmonics into components along x, y and z with these names, one for vectors or two for
/// matrices. This undoes `cartesian_to_spherical`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap spherical_to_cartesian(
    const TensorMap& tensor, const std::vector<std::string>& components) {
    const auto names = metatensor::details::c_strings(components);
    mts_tensormap_t* result = nullptr;
    return details::owned(
        mts_spherical_to_cartesian(tensor.as_mts_tensormap_t(), names.data(), names.size(), &result), result);
}

// ---------------------------------------------------------------- forces

/// Compute forces on atoms: minus the gradients of energies with respect to positions, summed over all blocks, samples and
/// properties.
///
/// The samples of the result, `(system, atom)`, are `atoms`, with zeros for those that no gradient has a row for; or all atoms that there
/// are rows for, sorted. A row for an atom that is not one of those given is an error. If the gradients have gradients, so has the result.
[[nodiscard]] METATENSOR_HIDDEN inline TensorBlock forces(
    const TensorMap& energy, const std::optional<Labels>& atoms = std::nullopt) {
    mts_block_t* result = nullptr;
    return details::owned(mts_forces(energy.as_mts_tensormap_t(), details::labels_or_null(atoms), &result), result);
}

/// The same for a block.
[[nodiscard]] METATENSOR_HIDDEN inline TensorBlock forces(
    const TensorBlock& energy, const std::optional<Labels>& atoms = std::nullopt) {
    mts_block_t* result = nullptr;
    return details::owned(mts_forces_block(energy.as_mts_block_t(), details::labels_or_null(atoms), &result), result);
}

/// Compute virials of systems: minus the gradients of energies with respect to the strain, summed over all blocks, samples and
/// properties, with the components of the gradients in their order.
///
/// The samples of the result are `systems`, or all that there are in the samples of the values, sorted. In gradients made by featomic, the
/// first component is `i` and the second one `j` of the strain that moves positions `r` to `r'_j = r_j + sum_i r_i e_ij`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorBlock virial(
    const TensorMap& energy, const std::optional<Labels>& systems = std::nullopt) {
    mts_block_t* result = nullptr;
    return details::owned(mts_virial(energy.as_mts_tensormap_t(), details::labels_or_null(systems), &result), result);
}

/// The same for a block.
[[nodiscard]] METATENSOR_HIDDEN inline TensorBlock virial(
    const TensorBlock& energy, const std::optional<Labels>& systems = std::nullopt) {
    mts_block_t* result = nullptr;
    return details::owned(mts_virial_block(energy.as_mts_block_t(), details::labels_or_null(systems), &result), result);
}

/// Compute virials of systems from gradients of energies with respect to positions and the cell, at constant positions: minus the sum of
/// `r_i dE/dr_j` over all atoms, and of `h_i dE/dh_j` over the vectors of the cell, which are the first component of these gradients.
///
/// `positions` has the samples `(system, atom)` and one component, `cells` the samples `(system)`, which are those of the result, and two
/// components: the vector, and the direction. Both have one property.
[[nodiscard]] METATENSOR_HIDDEN inline TensorBlock virial_from_cell(
    const TensorMap& energy, const TensorBlock& positions, const TensorBlock& cells) {
    mts_block_t* result = nullptr;
    return details::owned(mts_virial_from_cell(energy.as_mts_tensormap_t(), positions.as_mts_block_t(),
                              cells.as_mts_block_t(), &result),
        result);
}

/// The same for a block.
[[nodiscard]] METATENSOR_HIDDEN inline TensorBlock virial_from_cell(
    const TensorBlock& energy, const TensorBlock& positions, const TensorBlock& cells) {
    mts_block_t* result = nullptr;
    return details::owned(mts_virial_from_cell_block(
                              energy.as_mts_block_t(), positions.as_mts_block_t(), cells.as_mts_block_t(), &result),
        result);
}

/// Compute stresses of systems: minus the virials, divided by the volumes of the cells, one for each of `systems`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorBlock stress(
    const TensorBlock& virial, const Labels& systems, const std::vector<double>& volumes) {
    mts_block_t* result = nullptr;
    return details::owned(mts_stress(virial.as_mts_block_t(), systems.as_mts_labels_t(), volumes.data(),
                              volumes.size(), &result),
        result);
}

} // namespace metatensor::operations

#endif
