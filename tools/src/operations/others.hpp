
// ---------------------------------------------------------------- joins, splits, and what fits no pattern

/// Joins maps along samples or properties; blocks with the same key are joined, in the order of the list.
///
/// - Joined samples: components and properties must be the same. The rows of gradients are put one after the other as well, and
///   refer to the joined samples.
/// - Joined properties: samples and components must be the same. If properties do not have the same dimensions everywhere, they
///   are replaced by `joined_index`, the position of a map in the list, and `property`, the position of the property in this map.
///   Where a gradient has no row, derivatives are zero.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap join(
    const Maps& tensors, Axis axis, const JoinOptions& options = {}) {
    const auto c_options = details::for_c(options);
    mts_tensormap_t* result = nullptr;
    return details::owned(
        mts_join(tensors.data(), tensors.size(), static_cast<mts_axis_t>(axis), &c_options, &result), result);
}

/// The same for maps of which only some have a gradient. Rows that only some gradients have are no error in any case.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap join(
    const Maps& tensors, Axis axis, const JoinOptions& options, MissingGradients missing_gradients) {
    const auto c_options = details::for_c(options);
    mts_tensormap_t* result = nullptr;
    return details::owned(mts_join_with(tensors.data(), tensors.size(), static_cast<mts_axis_t>(axis), &c_options,
                              static_cast<mts_missing_gradients_t>(missing_gradients), &result),
        result);
}

/// The same for blocks. `add_dimension` is the name of a new last dimension of the joined axis, the position of the block that
/// an entry comes from.
[[nodiscard]] METATENSOR_HIDDEN inline TensorBlock join(
    const Blocks& blocks, Axis axis, const std::optional<std::string>& add_dimension = std::nullopt) {
    mts_block_t* result = nullptr;
    return details::owned(mts_join_blocks(blocks.data(), blocks.size(), static_cast<mts_axis_t>(axis),
                              details::c_string_or_null(add_dimension), &result),
        result);
}

/// The same for blocks of which only some have a gradient.
[[nodiscard]] METATENSOR_HIDDEN inline TensorBlock join(const Blocks& blocks, Axis axis,
    const std::optional<std::string>& add_dimension, MissingGradients missing_gradients) {
    mts_block_t* result = nullptr;
    return details::owned(
        mts_join_blocks_with(blocks.data(), blocks.size(), static_cast<mts_axis_t>(axis),
            details::c_string_or_null(add_dimension), static_cast<mts_missing_gradients_t>(missing_gradients), &result),
        result);
}

/// Gives two maps the same gradient rows for the same keys, which is what operations on two maps need: both get all rows that
/// one of them has, those of `a` first. New rows are zero, as derivatives without a row are.
[[nodiscard]] METATENSOR_HIDDEN inline std::pair<TensorMap, TensorMap> align_gradients(
    const TensorMap& a, const TensorMap& b) {
    mts_tensormap_t *first = nullptr, *second = nullptr;
    metatensor::details::check_status(
        mts_align_gradients(a.as_mts_tensormap_t(), b.as_mts_tensormap_t(), &first, &second));
    return {TensorMap::unsafe_from_ptr(first), TensorMap::unsafe_from_ptr(second)};
}

/// The same for blocks.
[[nodiscard]] METATENSOR_HIDDEN inline std::pair<TensorBlock, TensorBlock> align_gradients(
    const TensorBlock& a, const TensorBlock& b) {
    mts_block_t *first = nullptr, *second = nullptr;
    metatensor::details::check_status(
        mts_align_gradients_block(a.as_mts_block_t(), b.as_mts_block_t(), &first, &second));
    return {TensorBlock::unsafe_from_ptr(first), TensorBlock::unsafe_from_ptr(second)};
}

/// Takes several parts of a map, one for each selection: see `slice`. Selections may have entries in common, and may leave some
/// out.
[[nodiscard]] METATENSOR_HIDDEN inline std::vector<TensorMap> split(
    const TensorMap& a, Axis axis, const std::vector<Selection>& selections) {
    std::vector<mts_selection_t> c_selections;
    c_selections.reserve(selections.size());
    for (const auto& selection: selections) {
        c_selections.push_back(selection.as_mts_selection_t());
    }
    details::OwnedHandles<mts_tensormap_t, TensorMap, mts_tensormap_free> results(selections.size());
    metatensor::details::check_status(mts_split(a.as_mts_tensormap_t(), static_cast<mts_axis_t>(axis),
        c_selections.data(), c_selections.size(), results.data()));
    return results.objects();
}

/// The same for blocks.
[[nodiscard]] METATENSOR_HIDDEN inline std::vector<TensorBlock> split(
    const TensorBlock& block, Axis axis, const std::vector<Selection>& selections) {
    std::vector<mts_selection_t> c_selections;
    c_selections.reserve(selections.size());
    for (const auto& selection: selections) {
        c_selections.push_back(selection.as_mts_selection_t());
    }
    details::OwnedHandles<mts_block_t, TensorBlock, mts_block_free> results(selections.size());
    metatensor::details::check_status(mts_split_block(block.as_mts_block_t(), static_cast<mts_axis_t>(axis),
        c_selections.data(), c_selections.size(), results.data()));
    return results.objects();
}

/// Encodes labels as rows with a single 1, in the column of the value of one dimension: the position of this value in
/// `dimension`. `out` has a row for each entry of `labels`, and a column for each entry of `dimension`; its elements follow each
/// other.
METATENSOR_HIDDEN inline void one_hot(const Labels& labels, const Labels& dimension, TensorView<int32_t, 2> out) {
    if (!out.is_contiguous()) {
        metatensor::details::fail("one_hot: 'out' must be contiguous, in row-major order");
    }
    metatensor::details::check_status(mts_one_hot(
        labels.as_mts_labels_t(), dimension.as_mts_labels_t(), out.data(), out.shape()[0], out.shape()[1]));
}

/// The same, row after row in a vector.
[[nodiscard]] METATENSOR_HIDDEN inline std::vector<int32_t> one_hot(const Labels& labels, const Labels& dimension) {
    const auto rows = labels.count(), columns = dimension.count();
    std::vector<int32_t> result(metatensor::details::product({rows, columns}));
    one_hot(labels, dimension,
        TensorView<int32_t, 2>(result.data(), {rows, columns}, {static_cast<std::ptrdiff_t>(columns), 1}));
    return result;
}

/// Makes a block of a plain array, with labels that count its elements.
///
/// The first axes of the array, as many as there are names, become the samples, with the position along each of these axes as
/// dimensions. In the same way the last axes become properties. Each axis between is a component.
[[nodiscard]] METATENSOR_HIDDEN inline TensorBlock block_from_array(MtsArray array, const BlockNames& names = {}) {
    const details::NamesForC samples(names.samples), components(names.components), properties(names.properties);
    const mts_block_names_t c_names = {samples.value_or_none(), components.value_or_none(),
        properties.value_or_none(), samples.has_value(), components.has_value(), properties.has_value()};
    mts_block_t* result = nullptr;
    return details::owned(mts_block_from_array(std::move(array).release(), &c_names, &result), result);
}

/// Arithmetic with the usual signs: `using namespace metatensor::operations::operators;`.
namespace operators {

/// The same as `add`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap operator+(const TensorMap& a, const TensorMap& b) {
    return add(a, b);
}
/// The same as `add`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap operator+(const TensorMap& a, double scalar) {
    return add(a, scalar);
}
/// The same as `add`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap operator+(double scalar, const TensorMap& a) {
    return add(a, scalar);
}
/// The same as `subtract`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap operator-(const TensorMap& a, const TensorMap& b) {
    return subtract(a, b);
}
/// The same as `subtract`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap operator-(const TensorMap& a, double scalar) {
    return subtract(a, scalar);
}
/// The same as `multiply`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap operator*(const TensorMap& a, const TensorMap& b) {
    return multiply(a, b);
}
/// The same as `multiply`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap operator*(const TensorMap& a, double scalar) {
    return multiply(a, scalar);
}
/// The same as `multiply`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap operator*(double scalar, const TensorMap& a) {
    return multiply(a, scalar);
}
/// The same as `divide`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap operator/(const TensorMap& a, const TensorMap& b) {
    return divide(a, b);
}
/// The same as `divide`.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap operator/(const TensorMap& a, double scalar) {
    return divide(a, scalar);
}

} // namespace operators
