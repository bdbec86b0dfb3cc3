#ifndef METATENSOR_DETAILS_PRODUCT_OPTIONS_HPP
#define METATENSOR_DETAILS_PRODUCT_OPTIONS_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <metatensor/products.h>

#include <metatensor/details/dimensions.hpp>
#include <metatensor/details/operation_options.hpp>
#include <metatensor/labels.hpp>

namespace metatensor::operations {

/// Which rows of the samples of two blocks are multiplied with each other.
enum class SamplePairs : uint32_t {
    /// those that both have
    Intersection = MTS_SAMPLE_PAIRS_INTERSECTION,
    /// the same, and samples that only one has are rows of zeros
    Union = MTS_SAMPLE_PAIRS_UNION,
};

/// What invariants are multiplied with.
enum class Normalisation : uint32_t {
    /// `(-1)^l / sqrt(2 l + 1)` for each degree `l`, as in featomic
    ClebschGordan = MTS_NORMALISATION_CLEBSCH_GORDAN,
    /// nothing: invariants are scalar products
    None = MTS_NORMALISATION_NONE,
};

/// Which pairs of neighbors invariants are made of.
enum class NeighborPairs : uint32_t {
    /// each pair once, the smaller type first, in a block of its own; those of different neighbors times the square root of 2
    Unique = MTS_NEIGHBOR_PAIRS_UNIQUE,
    /// all of them, as properties
    All = MTS_NEIGHBOR_PAIRS_ALL,
};

/// What a contraction does with each dimension.
///
/// What is *matched*, both maps have, and only what has the same value in it is multiplied with each other. What is *contracted* is added
/// up as well, and the result does not have it. All others are *outer*: everything of the one map is multiplied with everything of the
/// other, and a name that both have gets a suffix.
struct ContractOptions {
    /// dimensions of keys that are matched, or all that both maps have
    std::optional<std::vector<std::string>> matched_keys = std::nullopt;
    /// components that are matched, or all that both maps have and that are not contracted
    std::optional<std::vector<std::string>> matched_components = std::nullopt;
    /// components that are contracted
    std::vector<std::string> contracted_components = {};
    /// dimensions of properties that are matched, or all that both maps have and that are not contracted
    std::optional<std::vector<std::string>> matched_properties = std::nullopt;
    /// dimensions of properties that are contracted
    std::vector<std::string> contracted_properties = {};
    /// which samples are multiplied
    SamplePairs samples = SamplePairs::Intersection;
    /// what is appended to outer dimensions of the first map, if the second one has one with this name
    std::string first_suffix = "_1";
    /// what is appended to outer dimensions of the second map, if the first one has one with this name
    std::string second_suffix = "_2";
    /// nothing is computed if the result would take more bytes than this; 0 for no other limit than that of the process
    uint64_t max_bytes = 0;
};

/// Which invariants to make.
struct InvariantsOptions {
    /// what all invariants are multiplied with
    Normalisation normalisation = Normalisation::ClebschGordan;
    /// which pairs of neighbors there are
    NeighborPairs pairs = NeighborPairs::Unique;
    /// nothing is computed if the result would take more bytes than this; 0 for no other limit than that of the process
    uint64_t max_bytes = 0;
};

/// Which parts of an equivariant product to compute.
struct CgOptions {
    /// only blocks whose key matches one of these, in some or all of the dimensions of the keys of the result
    std::optional<Labels> selected_keys = std::nullopt;
    /// nothing is computed if the result would take more bytes than this; 0 for no other limit than that of the process
    uint64_t max_bytes = 0;
};

/// Which parts of the products of a map with itself to compute.
struct CgPowerOptions {
    /// largest `o3_lambda` of products; if there are selected keys, of all products but the last one
    std::optional<std::size_t> angular_cutoff = std::nullopt;
    /// only blocks of the last product whose key matches one of these
    std::optional<Labels> selected_keys = std::nullopt;
    /// whether to leave out keys that are not sorted: only those with `l_1 <= l_2 <= ...` are computed, in each product
    bool skip_redundant = true;
    /// nothing is computed if two products, one made of the other, would take more bytes; 0 for no other limit than that of the process
    uint64_t max_bytes = 0;
};

namespace details {

METATENSOR_HIDDEN inline const mts_labels_t* labels_or_null(const std::optional<Labels>& labels) {
    return labels.has_value() ? labels->as_mts_labels_t() : nullptr;
}

/// Options for C, valid as long as this and what it was made of.
class ContractForC final {
public:
    METATENSOR_HIDDEN explicit ContractForC(const ContractOptions& options):
        matched_keys_(options.matched_keys), matched_components_(options.matched_components),
        contracted_components_(options.contracted_components), matched_properties_(options.matched_properties),
        contracted_properties_(options.contracted_properties),
        options_{matched_keys_.get(), matched_components_.get(), contracted_components_.get(),
            matched_properties_.get(), contracted_properties_.get(),
            static_cast<mts_sample_pairs_t>(options.samples), metatensor::details::c_string(options.first_suffix),
            metatensor::details::c_string(options.second_suffix), options.max_bytes} {}
    ContractForC(const ContractForC&) = delete;
    ContractForC& operator=(const ContractForC&) = delete;
    METATENSOR_HIDDEN ~ContractForC() = default;

    METATENSOR_HIDDEN const mts_contract_options_t* get() const noexcept { return &options_; }

private:
    NamesForC matched_keys_, matched_components_, contracted_components_, matched_properties_, contracted_properties_;
    mts_contract_options_t options_;
};

METATENSOR_HIDDEN inline mts_invariants_options_t for_c(const InvariantsOptions& options) noexcept {
    return {static_cast<mts_normalisation_t>(options.normalisation), static_cast<mts_neighbor_pairs_t>(options.pairs),
        options.max_bytes};
}
/// Valid as long as the options.
METATENSOR_HIDDEN inline mts_cg_options_t for_c(const CgOptions& options) {
    return {labels_or_null(options.selected_keys), options.max_bytes};
}
/// Valid as long as the options.
METATENSOR_HIDDEN inline mts_cg_power_options_t for_c(const CgPowerOptions& options) {
    const auto cutoff = options.angular_cutoff.has_value() ? static_cast<int64_t>(*options.angular_cutoff) : -1;
    return {cutoff, labels_or_null(options.selected_keys), options.skip_redundant, options.max_bytes};
}

} // namespace details
} // namespace metatensor::operations

#endif
