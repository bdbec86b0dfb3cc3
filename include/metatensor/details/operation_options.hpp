#ifndef METATENSOR_DETAILS_OPERATION_OPTIONS_HPP
#define METATENSOR_DETAILS_OPERATION_OPTIONS_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <metatensor/operations.h>

#include <metatensor/block.hpp>
#include <metatensor/details/dimensions.hpp>
#include <metatensor/labels.hpp>
#include <metatensor/tensor.hpp>

namespace metatensor::operations {

/// One of the axes of maps and blocks.
enum class Axis : uint32_t {
    /// the blocks of a map
    Keys = MTS_AXIS_KEYS,
    /// the first axis of the values of blocks
    Samples = MTS_AXIS_SAMPLES,
    /// the axes between the first and the last
    Components = MTS_AXIS_COMPONENTS,
    /// the last axis
    Properties = MTS_AXIS_PROPERTIES,
};

/// What to do with gradients that not all arguments of an operation have.
enum class MissingGradients : uint32_t {
    /// they are an error
    Error = MTS_MISSING_GRADIENTS_ERROR,
    /// a row that only some gradients have is zero in the others
    ZeroRows = MTS_MISSING_GRADIENTS_ZERO_ROWS,
    /// the same, and a gradient that only some arguments have is zero for the others
    Zeros = MTS_MISSING_GRADIENTS_ZEROS,
};

/// What to do with keys that are not in all joined maps.
enum class DifferentKeys : uint32_t {
    /// they are an error
    Error = MTS_JOIN_KEYS_ERROR,
    /// they are left out
    Intersection = MTS_JOIN_KEYS_INTERSECTION,
    /// maps without a block for a key have nothing to add to this block
    Union = MTS_JOIN_KEYS_UNION,
};

/// Axes to sort, joined with `|`.
enum class SortAxes : uint32_t {
    Samples = MTS_SORT_SAMPLES,
    Components = MTS_SORT_COMPONENTS,
    Properties = MTS_SORT_PROPERTIES,
    /// blocks by their keys
    Keys = MTS_SORT_KEYS,
    /// all axes of a map
    All = MTS_SORT_ALL,
};

/// Labels of blocks to compare, joined with `|`.
enum class Metadata : uint32_t {
    Samples = MTS_METADATA_SAMPLES,
    Components = MTS_METADATA_COMPONENTS,
    Properties = MTS_METADATA_PROPERTIES,
    All = MTS_METADATA_ALL,
};

/// Several axes.
METATENSOR_HIDDEN constexpr SortAxes operator|(SortAxes a, SortAxes b) noexcept {
    return static_cast<SortAxes>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}
/// Several parts.
METATENSOR_HIDDEN constexpr Metadata operator|(Metadata a, Metadata b) noexcept {
    return static_cast<Metadata>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}

/// How close numbers have to be.
struct AllCloseOptions {
    /// tolerance relative to the number in the second object
    double rtol = 1e-13;
    /// absolute tolerance
    double atol = 1e-12;
    /// whether two numbers that are both NaN are close
    bool equal_nan = false;
};

/// What metadata to compare.
struct EqualMetadataOptions {
    /// which labels of blocks
    Metadata check = Metadata::All;
    /// whether to compare gradients as well
    bool check_gradients = true;
};

/// What to make.
struct LikeOptions {
    /// parameters of the gradients to keep, in this order; all of them if this is not set
    std::optional<std::vector<std::string>> gradients = std::nullopt;
};

/// How to join maps.
struct JoinOptions {
    /// what to do with keys that are not in all maps
    DifferentKeys different_keys = DifferentKeys::Error;
    /// name of a new last dimension of the joined axis, the position of the map that an entry comes from
    std::optional<std::string> add_dimension = std::nullopt;
};

/// How to solve least squares problems.
struct LstsqOptions {
    /// singular values that are not larger than this times the largest one count as zero. NaN stands for the precision of the
    /// data type times the larger number of rows and columns, a negative number for the precision alone
    double rcond = std::numeric_limits<double>::quiet_NaN();
};

/// Names of the dimensions of a new block, one for each of the axes they are made of. Those that are not set count: `sample`,
/// `component_1`, `component_2`..., `property`.
struct BlockNames {
    /// Those of the samples: one.
    std::optional<std::vector<std::string>> samples = std::nullopt;
    /// Those of the components, one for each.
    std::optional<std::vector<std::string>> components = std::nullopt;
    /// Those of the properties: one.
    std::optional<std::vector<std::string>> properties = std::nullopt;
};

/// Which entries of an axis to keep: those that match labels, or those at some positions.
class Selection final {
public:
    /// The entries that match one of `labels`, which have some or all of the dimensions of the axis.
    METATENSOR_HIDDEN Selection(Labels labels): labels_(std::move(labels)) {}

    /// The entries at these positions, each of them once. Negative positions count from the end: -1 is the last entry.
    METATENSOR_HIDDEN Selection(std::initializer_list<int64_t> positions): positions_(positions) {}

    /// The same with a vector of integers.
    template<typename I, typename = std::enable_if_t<std::is_integral_v<I>>>
    METATENSOR_HIDDEN Selection(const std::vector<I>& positions): positions_(positions.begin(), positions.end()) {}

    METATENSOR_HIDDEN Selection(const Selection&) = default;
    METATENSOR_HIDDEN Selection& operator=(const Selection&) = default;
    METATENSOR_HIDDEN Selection(Selection&&) noexcept = default;
    METATENSOR_HIDDEN Selection& operator=(Selection&&) noexcept = default;
    METATENSOR_HIDDEN ~Selection() = default;

    /// For C: valid as long as this.
    METATENSOR_HIDDEN mts_selection_t as_mts_selection_t() const & {
        if (labels_.has_value()) {
            return {labels_->as_mts_labels_t(), nullptr, 0};
        }
        return {nullptr, positions_.data(), positions_.size()};
    }
    mts_selection_t as_mts_selection_t() && = delete;

private:
    std::optional<Labels> labels_;
    std::vector<int64_t> positions_;
};

/// The values of a new dimension: one for all entries, or one for each of them.
class Values final {
public:
    /// One for all entries.
    METATENSOR_HIDDEN Values(int32_t value): values_{value} {}
    /// One for each entry.
    METATENSOR_HIDDEN Values(std::initializer_list<int32_t> values): values_(values) {}
    /// One for each entry.
    METATENSOR_HIDDEN Values(std::vector<int32_t> values): values_(std::move(values)) {}

    /// The first value.
    METATENSOR_HIDDEN const int32_t* data() const noexcept { return values_.data(); }
    /// Number of values.
    METATENSOR_HIDDEN std::size_t size() const noexcept { return values_.size(); }

private:
    std::vector<int32_t> values_;
};

/// Several maps: `{a, b}`, or a vector. They must outlive this.
class Maps final {
public:
    /// These maps.
    METATENSOR_HIDDEN Maps(std::initializer_list<std::reference_wrapper<const TensorMap>> maps) {
        add(maps);
    }
    /// The maps that these refer to.
    METATENSOR_HIDDEN Maps(const std::vector<std::reference_wrapper<const TensorMap>>& maps) { add(maps); }
    /// All maps of a vector.
    METATENSOR_HIDDEN Maps(const std::vector<TensorMap>& maps) { add(maps); }

    /// For C: valid as long as this.
    METATENSOR_HIDDEN const mts_tensormap_t* const* data() const noexcept { return handles_.data(); }
    /// Number of maps.
    METATENSOR_HIDDEN std::size_t size() const noexcept { return handles_.size(); }

private:
    template<typename List>
    METATENSOR_HIDDEN void add(const List& maps) {
        handles_.reserve(maps.size());
        for (const TensorMap& map: maps) {
            handles_.push_back(map.as_mts_tensormap_t());
        }
    }

    std::vector<const mts_tensormap_t*> handles_;
};

/// Several blocks: `{a, b}`, or a vector. They must outlive this.
class Blocks final {
public:
    /// These blocks.
    METATENSOR_HIDDEN Blocks(std::initializer_list<std::reference_wrapper<const TensorBlock>> blocks) {
        add(blocks);
    }
    /// The blocks that these refer to.
    METATENSOR_HIDDEN Blocks(const std::vector<std::reference_wrapper<const TensorBlock>>& blocks) { add(blocks); }
    /// All blocks of a vector.
    METATENSOR_HIDDEN Blocks(const std::vector<TensorBlock>& blocks) { add(blocks); }

    /// For C: valid as long as this.
    METATENSOR_HIDDEN const mts_block_t* const* data() const noexcept { return handles_.data(); }
    /// Number of blocks.
    METATENSOR_HIDDEN std::size_t size() const noexcept { return handles_.size(); }

private:
    template<typename List>
    METATENSOR_HIDDEN void add(const List& blocks) {
        handles_.reserve(blocks.size());
        for (const TensorBlock& block: blocks) {
            handles_.push_back(block.as_mts_block_t());
        }
    }

    std::vector<const mts_block_t*> handles_;
};

namespace details {

/// A list of names for C, or null if there is none. It is valid as long as the names.
class NamesForC final {
public:
    METATENSOR_HIDDEN explicit NamesForC(const std::optional<std::vector<std::string>>& names) {
        if (names.has_value()) {
            set(*names);
        }
    }
    METATENSOR_HIDDEN explicit NamesForC(const std::vector<std::string>& names) { set(names); }
    NamesForC(const NamesForC&) = delete;
    NamesForC& operator=(const NamesForC&) = delete;
    METATENSOR_HIDDEN ~NamesForC() = default;

    METATENSOR_HIDDEN bool has_value() const noexcept { return names_.has_value(); }
    METATENSOR_HIDDEN const mts_names_t* get() const noexcept { return names_.has_value() ? &*names_ : nullptr; }
    METATENSOR_HIDDEN mts_names_t value_or_none() const noexcept { return names_.value_or(mts_names_t{nullptr, 0}); }

private:
    METATENSOR_HIDDEN void set(const std::vector<std::string>& names) {
        pointers_ = metatensor::details::c_strings(names);
        names_ = mts_names_t{pointers_.data(), pointers_.size()};
    }

    std::vector<const char*> pointers_;
    std::optional<mts_names_t> names_;
};

METATENSOR_HIDDEN inline const char* c_string_or_null(const std::optional<std::string>& text) {
    return text.has_value() ? metatensor::details::c_string(*text) : nullptr;
}

METATENSOR_HIDDEN inline mts_allclose_options_t for_c(const AllCloseOptions& options) noexcept {
    return {options.rtol, options.atol, options.equal_nan};
}
METATENSOR_HIDDEN inline mts_equal_metadata_options_t for_c(const EqualMetadataOptions& options) noexcept {
    return {static_cast<uint32_t>(options.check), options.check_gradients};
}
METATENSOR_HIDDEN inline mts_lstsq_options_t for_c(const LstsqOptions& options) noexcept {
    return {options.rcond};
}
/// Valid as long as the options.
METATENSOR_HIDDEN inline mts_join_options_t for_c(const JoinOptions& options) {
    return {static_cast<mts_join_keys_t>(options.different_keys), c_string_or_null(options.add_dimension)};
}

/// Takes ownership of what C gave, or throws.
METATENSOR_HIDDEN inline TensorMap owned(mts_status_t status, mts_tensormap_t*& result) {
    metatensor::details::check_status(status);
    return TensorMap::unsafe_from_ptr(result);
}
METATENSOR_HIDDEN inline TensorBlock owned(mts_status_t status, mts_block_t*& result) {
    metatensor::details::check_status(status);
    return TensorBlock::unsafe_from_ptr(result);
}
METATENSOR_HIDDEN inline Labels owned(mts_status_t status, const mts_labels_t*& result) {
    metatensor::details::check_status(status);
    return Labels::unsafe_from_ptr(result);
}

/// Handles that C made, released if something throws before they are given to objects.
template<typename Handle, typename Object, mts_status_t (*RELEASE)(Handle*)>
class OwnedHandles final {
public:
    METATENSOR_HIDDEN explicit OwnedHandles(std::size_t count): handles_(count, nullptr) {}
    OwnedHandles(const OwnedHandles&) = delete;
    OwnedHandles& operator=(const OwnedHandles&) = delete;
    METATENSOR_HIDDEN ~OwnedHandles() {
        for (auto* handle: handles_) {
            RELEASE(handle);
        }
    }

    METATENSOR_HIDDEN Handle** data() noexcept { return handles_.data(); }

    METATENSOR_HIDDEN std::vector<Object> objects() {
        std::vector<Object> objects;
        objects.reserve(handles_.size());
        for (auto*& handle: handles_) {
            objects.push_back(Object::unsafe_from_ptr(std::exchange(handle, nullptr)));
        }
        return objects;
    }

private:
    std::vector<Handle*> handles_;
};

} // namespace details
} // namespace metatensor::operations

#endif
