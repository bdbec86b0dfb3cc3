// Every function of operations.hpp gives what its function of C gives, on a map with gradients and on its blocks.
#include <metatensor.hpp>
#include <metatensor/operations.hpp>

#include "check.hpp"

#include <cmath>
#include <cstdlib>
#include <string>

namespace ops = metatensor::operations;
using metatensor::Labels;
using metatensor::MtsArray;
using metatensor::TensorBlock;
using metatensor::TensorMap;
using ops::Axis;
using ops::MissingGradients;
using ops::SortAxes;

#define OK(call) CHECK((call) == MTS_SUCCESS)

static bool same(const TensorMap& a, mts_tensormap_t* b) {
    const auto c = TensorMap::unsafe_from_ptr(b);
    return ops::equal(a, c) || (ops::allclose(a, c, {0, 0, true}) && ops::equal_metadata(a, c));
}

static bool same(const TensorBlock& a, mts_block_t* b) {
    const auto c = TensorBlock::unsafe_from_ptr(b);
    return ops::equal(a, c) || (ops::allclose(a, c, {0, 0, true}) && ops::equal_metadata(a, c));
}

static bool same(const Labels& a, const mts_labels_t* b) {
    return a == Labels::unsafe_from_ptr(b);
}

/// Both calls give the same: `CALL` is the function of C, with everything but its result.
#define SAME_MAP(cpp, FUNCTION, ...)                                                               \
    do {                                                                                           \
        mts_tensormap_t* result_ = nullptr;                                                        \
        OK(FUNCTION(__VA_ARGS__, &result_));                                                       \
        CHECK(same(cpp, result_));                                                                 \
    } while (0)
#define SAME_BLOCK(cpp, FUNCTION, ...)                                                             \
    do {                                                                                           \
        mts_block_t* result_ = nullptr;                                                            \
        OK(FUNCTION(__VA_ARGS__, &result_));                                                       \
        CHECK(same(cpp, result_));                                                                 \
    } while (0)
#define SAME_LABELS(cpp, FUNCTION, ...)                                                            \
    do {                                                                                           \
        const mts_labels_t* result_ = nullptr;                                                     \
        OK(FUNCTION(__VA_ARGS__, &result_));                                                       \
        CHECK(same(cpp, result_));                                                                 \
    } while (0)
#define SAME_ANSWER(cpp, expected, FUNCTION, ...)                                                  \
    do {                                                                                           \
        bool answer_ = !(expected);                                                                \
        OK(FUNCTION(__VA_ARGS__, &answer_));                                                       \
        CHECK(answer_ == (expected) && (cpp) == (expected));                                       \
    } while (0)

static void defaults_are_those_of_c() {
    const mts_allclose_options_t allclose = MTS_ALLCLOSE_OPTIONS_INIT;
    const ops::AllCloseOptions cpp_allclose;
    CHECK(cpp_allclose.rtol == allclose.rtol && cpp_allclose.atol == allclose.atol);
    CHECK(cpp_allclose.equal_nan == allclose.equal_nan);

    const mts_equal_metadata_options_t metadata = MTS_EQUAL_METADATA_OPTIONS_INIT;
    const ops::EqualMetadataOptions cpp_metadata;
    CHECK(static_cast<uint32_t>(cpp_metadata.check) == metadata.check);
    CHECK(cpp_metadata.check_gradients == metadata.check_gradients);

    const mts_join_options_t join = MTS_JOIN_OPTIONS_INIT;
    const ops::JoinOptions cpp_join;
    CHECK(static_cast<uint32_t>(cpp_join.different_keys) == join.different_keys);
    CHECK(!cpp_join.add_dimension.has_value() && join.add_dimension == nullptr);

    const mts_lstsq_options_t lstsq = MTS_LSTSQ_OPTIONS_INIT;
    CHECK(std::isnan(ops::LstsqOptions().rcond) && std::isnan(lstsq.rcond));

    const mts_block_names_t names = MTS_BLOCK_NAMES_INIT;
    const ops::BlockNames cpp_names;
    CHECK(cpp_names.samples.has_value() == names.has_samples);
    CHECK(cpp_names.components.has_value() == names.has_components);
    CHECK(cpp_names.properties.has_value() == names.has_properties);
    CHECK(!ops::LikeOptions().gradients.has_value());
}

static void maps(TensorMap& a) {
    const auto* c = a.as_mts_tensormap_t();
    const auto b = ops::add(a, 1.0);
    const auto* d = b.as_mts_tensormap_t();
    const char *positions = "positions", *atom = "atom", *n = "n";
    const mts_names_t no_names = {nullptr, 0}, one_name = {&positions, 1};

    SAME_MAP(ops::abs(a), mts_abs, c);
    SAME_MAP(ops::add(a, b), mts_add, c, d);
    SAME_MAP(ops::add(a, 2), mts_add_scalar, c, 2);
    SAME_MAP(ops::subtract(a, b), mts_subtract, c, d);
    SAME_MAP(ops::subtract(a, 2), mts_subtract_scalar, c, 2);
    SAME_MAP(ops::multiply(a, b), mts_multiply, c, d);
    SAME_MAP(ops::multiply(a, 3), mts_multiply_scalar, c, 3);
    SAME_MAP(ops::divide(a, b), mts_divide, c, d);
    SAME_MAP(ops::divide(a, 3), mts_divide_scalar, c, 3);
    SAME_MAP(ops::pow(a, 2), mts_pow, c, 2);
    const auto bare = ops::remove_gradients(a);
    const auto* e = bare.as_mts_tensormap_t();
    const auto missing = MTS_MISSING_GRADIENTS_ZEROS;
    SAME_MAP(ops::add(a, bare, MissingGradients::Zeros), mts_add_with, c, e, missing);
    SAME_MAP(ops::subtract(a, bare, MissingGradients::Zeros), mts_subtract_with, c, e, missing);
    SAME_MAP(ops::multiply(a, bare, MissingGradients::Zeros), mts_multiply_with, c, e, missing);
    SAME_MAP(ops::divide(a, bare, MissingGradients::Zeros), mts_divide_with, c, e, missing);
    CHECK_THROWS(metatensor::NotEqualError, "missing_gradients", ops::add(a, bare, MissingGradients::Error));
    CHECK_THROWS(metatensor::NotEqualError, "missing_gradients", ops::add(a, bare));
    {
        using namespace ops::operators;
        CHECK(ops::equal(a + b, ops::add(a, b)) && ops::equal(a - b, ops::subtract(a, b)));
        CHECK(ops::equal(a * b, ops::multiply(a, b)) && ops::equal(a / b, ops::divide(a, b)));
        CHECK(ops::equal(a + 1, b) && ops::equal(1 + a, b) && ops::equal(a - 1, ops::subtract(a, 1)));
        CHECK(ops::equal(2 * a, a * 2) && ops::equal(a / 2, ops::divide(a, 2)));
    }

    SAME_ANSWER(ops::equal(a, a), true, mts_equal, c, c);
    SAME_ANSWER(ops::equal(a, b), false, mts_equal, c, d);
    OK(mts_equal_raise(c, c));
    ops::equal_raise(a, a);
    CHECK_THROWS(metatensor::NotEqualError, "", ops::equal_raise(a, b));
    const mts_allclose_options_t wide = {0, 10, false};
    SAME_ANSWER(ops::allclose(a, b), false, mts_allclose, c, d, nullptr);
    SAME_ANSWER(ops::allclose(a, b, {0, 10, false}), true, mts_allclose, c, d, &wide);
    OK(mts_allclose_raise(c, d, &wide));
    ops::AllCloseOptions options;
    options.atol = 10;
    ops::allclose_raise(a, b, options);
    CHECK_THROWS(metatensor::NotEqualError, "", ops::allclose_raise(a, b));
    const mts_equal_metadata_options_t values_only = {MTS_METADATA_SAMPLES | MTS_METADATA_PROPERTIES, false};
    const ops::EqualMetadataOptions cpp_values_only = {ops::Metadata::Samples | ops::Metadata::Properties, false};
    SAME_ANSWER(ops::equal_metadata(a, bare), false, mts_equal_metadata, c, e, nullptr);
    SAME_ANSWER(ops::equal_metadata(a, bare, cpp_values_only), true, mts_equal_metadata, c, e, &values_only);
    OK(mts_equal_metadata_raise(c, e, &values_only));
    ops::equal_metadata_raise(a, bare, cpp_values_only);
    CHECK_THROWS(metatensor::NotEqualError, "positions", ops::equal_metadata_raise(a, bare));

    SAME_MAP(ops::zeros_like(a), mts_zeros_like, c, nullptr);
    SAME_MAP(ops::zeros_like(a, {std::vector<std::string>{}}), mts_zeros_like, c, &no_names);
    SAME_MAP(ops::ones_like(a, {{{"positions"}}}), mts_ones_like, c, &one_name);
    CHECK(ops::equal_metadata(ops::empty_like(a), a));
    mts_tensormap_t* empty = nullptr;
    OK(mts_empty_like(c, nullptr, &empty));
    CHECK(ops::equal_metadata(TensorMap::unsafe_from_ptr(empty), a));
    SAME_MAP(ops::random_uniform_like(a, 42), mts_random_uniform_like, c, nullptr, 42);
    SAME_MAP(ops::random_uniform_like(a, 7, {std::vector<std::string>{}}), mts_random_uniform_like, c, &no_names, 7);
    SAME_MAP(ops::remove_gradients(a), mts_remove_gradients, c, nullptr);
    SAME_MAP(ops::remove_gradients(a, {{"positions"}}), mts_remove_gradients, c, &one_name);

    const int32_t ones[] = {1};
    const uintptr_t swapped[] = {1, 0};
    SAME_MAP(ops::append_dimension(a, Axis::Keys, "new", 1), mts_append_dimension, c, MTS_AXIS_KEYS, "new", ones, 1);
    SAME_MAP(ops::insert_dimension(a, Axis::Properties, 0, "new", {4, 5, 6}), mts_insert_dimension, c,
        MTS_AXIS_PROPERTIES, 0, "new", std::vector<int32_t>{4, 5, 6}.data(), 3);
    SAME_MAP(ops::permute_dimensions(a, Axis::Keys, {1, 0}), mts_permute_dimensions, c, MTS_AXIS_KEYS, swapped, 2);
    const auto longer = ops::append_dimension(a, Axis::Samples, "new", 1);
    const auto* f = longer.as_mts_tensormap_t();
    SAME_MAP(ops::remove_dimension(longer, Axis::Samples, "new"), mts_remove_dimension, f, MTS_AXIS_SAMPLES, "new");
    SAME_MAP(ops::rename_dimension(a, Axis::Samples, "atom", "center"), mts_rename_dimension, c, MTS_AXIS_SAMPLES,
        "atom", "center");

    const auto weights = ops::random_uniform_like(bare, 3);
    SAME_MAP(ops::dot(a, weights), mts_dot, c, weights.as_mts_tensormap_t());
    SAME_MAP(ops::dot(bare, a, MissingGradients::Zeros), mts_dot_with, e, c, missing);
    const auto y = ops::dot(a, weights);
    const mts_lstsq_options_t rcond = {1e-6};
    SAME_MAP(ops::lstsq(a, y), mts_lstsq, c, y.as_mts_tensormap_t(), nullptr);
    SAME_MAP(ops::lstsq(a, y, {1e-6}), mts_lstsq, c, y.as_mts_tensormap_t(), &rcond);

    SAME_MAP(ops::sum_over_samples(a, {"atom"}), mts_sum_over_samples, c, &atom, 1);
    SAME_MAP(ops::sum_over_samples(a), mts_sum_over_samples, c, nullptr, 0);
    SAME_MAP(ops::mean_over_samples(a, {"atom"}), mts_mean_over_samples, c, &atom, 1);
    SAME_MAP(ops::var_over_samples(a, {"atom"}), mts_var_over_samples, c, &atom, 1);
    SAME_MAP(ops::std_over_samples(a, {"atom"}), mts_std_over_samples, c, &atom, 1);
    SAME_MAP(ops::sum_over_properties(a, {"n"}), mts_sum_over_properties, c, &n, 1);
    SAME_MAP(ops::mean_over_properties(a, {"n"}), mts_mean_over_properties, c, &n, 1);
    SAME_MAP(ops::var_over_properties(a, {"n"}), mts_var_over_properties, c, &n, 1);
    SAME_MAP(ops::std_over_properties(a, {"n"}), mts_std_over_properties, c, &n, 1);

    const Labels carbon({"center_type"}, {{6}});
    const auto* g = carbon.as_mts_labels_t();
    SAME_MAP(ops::drop_blocks(a, carbon), mts_drop_blocks, c, g);
    SAME_MAP(ops::filter_blocks(a, carbon), mts_filter_blocks, c, g);
    SAME_MAP(ops::drop_empty_blocks(a), mts_drop_empty_blocks, c);
    SAME_LABELS(ops::unique_metadata(a, Axis::Samples, {"atom"}), mts_unique_metadata, c, MTS_AXIS_SAMPLES, &atom, 1,
        nullptr);
    SAME_LABELS(ops::unique_metadata(a, Axis::Samples, {"atom"}, "positions"), mts_unique_metadata, c,
        MTS_AXIS_SAMPLES, &atom, 1, positions);

    const Labels atoms({"atom"}, {{4}});
    const int64_t last[] = {-1};
    const mts_selection_t c_selections[] = {{atoms.as_mts_labels_t(), nullptr, 0}, {nullptr, last, 1}};
    SAME_MAP(ops::slice(a, Axis::Samples, atoms), mts_slice, c, MTS_AXIS_SAMPLES, c_selections[0]);
    SAME_MAP(ops::slice(a, Axis::Properties, {-1}), mts_slice, c, MTS_AXIS_PROPERTIES, c_selections[1]);
    CHECK(ops::equal(ops::slice(a, Axis::Properties, std::vector<uint64_t>{2}), ops::slice(a, Axis::Properties, {2})));
    const auto parts = ops::split(a, Axis::Samples, {atoms, {-1}});
    mts_tensormap_t* c_parts[2];
    OK(mts_split(c, MTS_AXIS_SAMPLES, c_selections, 2, c_parts));
    CHECK(parts.size() == 2 && same(parts[0], c_parts[0]) && same(parts[1], c_parts[1]));
    CHECK_THROWS(metatensor::InvalidParameterError, "", ops::split(a, Axis::Samples, {atoms, {1000}}));

    SAME_MAP(ops::sort(a), mts_sort, c, MTS_SORT_ALL, false);
    SAME_MAP(ops::sort(a, SortAxes::Keys | SortAxes::Samples, true), mts_sort, c, MTS_SORT_KEYS | MTS_SORT_SAMPLES, true);
    SAME_ANSWER(ops::is_contiguous(a), true, mts_is_contiguous, c);
    SAME_MAP(ops::make_contiguous(a), mts_make_contiguous, c);

    const mts_tensormap_t* both[] = {c, d};
    const mts_join_options_t c_join = {MTS_JOIN_KEYS_UNION, "map"};
    ops::JoinOptions join;
    join.different_keys = ops::DifferentKeys::Union;
    join.add_dimension = "map";
    const auto renamed = ops::rename_dimension(bare, Axis::Properties, "n", "k");
    const mts_tensormap_t* bares[] = {e, renamed.as_mts_tensormap_t()};
    SAME_MAP(ops::join({bare, renamed}, Axis::Properties), mts_join, bares, 2, MTS_AXIS_PROPERTIES, nullptr);
    SAME_MAP(ops::join({a, b}, Axis::Samples, join), mts_join, both, 2, MTS_AXIS_SAMPLES, &c_join);
    CHECK(ops::equal(ops::join(parts, Axis::Samples, join), ops::join({parts[0], parts[1]}, Axis::Samples, join)));
    const mts_tensormap_t* other[] = {c, renamed.as_mts_tensormap_t()};
    SAME_MAP(ops::join({a, renamed}, Axis::Properties, {}, MissingGradients::Zeros), mts_join_with, other, 2,
        MTS_AXIS_PROPERTIES, nullptr, missing);

    const auto aligned = ops::align_gradients(a, b);
    mts_tensormap_t *first, *second;
    OK(mts_align_gradients(c, d, &first, &second));
    CHECK(same(aligned.first, first) && same(aligned.second, second));
}

static void blocks(TensorMap& map) {
    const auto a = map.block_by_id(2).clone();
    const auto* c = a.as_mts_block_t();
    const auto b = ops::add(a, 1.0);
    const auto* d = b.as_mts_block_t();
    const char *positions = "positions", *atom = "atom", *n = "n";
    const mts_names_t no_names = {nullptr, 0}, one_name = {&positions, 1};

    SAME_BLOCK(ops::abs(a), mts_abs_block, c);
    SAME_BLOCK(ops::add(a, b), mts_add_block, c, d);
    SAME_BLOCK(ops::add(a, 2), mts_add_scalar_block, c, 2);
    SAME_BLOCK(ops::subtract(a, b), mts_subtract_block, c, d);
    SAME_BLOCK(ops::subtract(a, 2), mts_subtract_scalar_block, c, 2);
    SAME_BLOCK(ops::multiply(a, b), mts_multiply_block, c, d);
    SAME_BLOCK(ops::multiply(a, 3), mts_multiply_scalar_block, c, 3);
    SAME_BLOCK(ops::divide(a, b), mts_divide_block, c, d);
    SAME_BLOCK(ops::divide(a, 3), mts_divide_scalar_block, c, 3);
    SAME_BLOCK(ops::pow(a, 2), mts_pow_block, c, 2);
    const auto bare = ops::remove_gradients(a);
    const auto* e = bare.as_mts_block_t();
    const auto missing = MTS_MISSING_GRADIENTS_ZEROS;
    SAME_BLOCK(ops::add(a, bare, MissingGradients::Zeros), mts_add_with_block, c, e, missing);
    SAME_BLOCK(ops::subtract(a, bare, MissingGradients::Zeros), mts_subtract_with_block, c, e, missing);
    SAME_BLOCK(ops::multiply(a, bare, MissingGradients::Zeros), mts_multiply_with_block, c, e, missing);
    SAME_BLOCK(ops::divide(a, bare, MissingGradients::Zeros), mts_divide_with_block, c, e, missing);

    SAME_ANSWER(ops::equal(a, b), false, mts_equal_block, c, d);
    OK(mts_equal_raise_block(c, c));
    ops::equal_raise(a, a);
    CHECK_THROWS(metatensor::NotEqualError, "", ops::equal_raise(a, b));
    const mts_allclose_options_t wide = {0, 10, false};
    SAME_ANSWER(ops::allclose(a, b, {0, 10, false}), true, mts_allclose_block, c, d, &wide);
    OK(mts_allclose_raise_block(c, d, &wide));
    ops::allclose_raise(a, b, {0, 10, false});
    const mts_equal_metadata_options_t values_only = {MTS_METADATA_ALL, false};
    SAME_ANSWER(ops::equal_metadata(a, bare, {ops::Metadata::All, false}), true, mts_equal_metadata_block, c, e,
        &values_only);
    OK(mts_equal_metadata_raise_block(c, e, &values_only));
    ops::equal_metadata_raise(a, bare, {ops::Metadata::All, false});

    SAME_BLOCK(ops::zeros_like(a, {std::vector<std::string>{}}), mts_zeros_like_block, c, &no_names);
    SAME_BLOCK(ops::ones_like(a), mts_ones_like_block, c, nullptr);
    CHECK(ops::equal_metadata(ops::empty_like(a), a));
    mts_block_t* empty = nullptr;
    OK(mts_empty_like_block(c, nullptr, &empty));
    CHECK(ops::equal_metadata(TensorBlock::unsafe_from_ptr(empty), a));
    SAME_BLOCK(ops::random_uniform_like(a, 42), mts_random_uniform_like_block, c, nullptr, 42);
    SAME_BLOCK(ops::remove_gradients(a, {{"positions"}}), mts_remove_gradients_block, c, &one_name);

    const int32_t values[] = {4, 5, 6};
    const uintptr_t swapped[] = {1, 0};
    SAME_BLOCK(ops::append_dimension(a, Axis::Properties, "new", {4, 5, 6}), mts_append_dimension_block, c,
        MTS_AXIS_PROPERTIES, "new", values, 3);
    SAME_BLOCK(ops::insert_dimension(a, Axis::Samples, 1, "new", 4), mts_insert_dimension_block, c, MTS_AXIS_SAMPLES, 1,
        "new", values, 1);
    SAME_BLOCK(ops::permute_dimensions(a, Axis::Samples, {1, 0}), mts_permute_dimensions_block, c, MTS_AXIS_SAMPLES,
        swapped, 2);
    SAME_BLOCK(ops::remove_dimension(a, Axis::Samples, "system"), mts_remove_dimension_block, c, MTS_AXIS_SAMPLES,
        "system");
    SAME_BLOCK(ops::rename_dimension(a, Axis::Properties, "n", "k"), mts_rename_dimension_block, c, MTS_AXIS_PROPERTIES,
        "n", "k");

    const auto weights = ops::random_uniform_like(bare, 3);
    SAME_BLOCK(ops::dot(a, weights), mts_dot_block, c, weights.as_mts_block_t());
    SAME_BLOCK(ops::dot(bare, a, MissingGradients::Zeros), mts_dot_with_block, e, c, missing);
    const auto y = ops::dot(a, weights);
    SAME_BLOCK(ops::lstsq(a, y), mts_lstsq_block, c, y.as_mts_block_t(), nullptr);

    // a square system
    const auto square = ops::block_from_array(MtsArray::from_vector(std::vector<double>{2, 1, 1, 3}, {2, 2}));
    const auto right = ops::block_from_array(MtsArray::from_vector(std::vector<double>{3, 5}, {2, 1}));
    SAME_BLOCK(ops::solve(square, right), mts_solve_block, square.as_mts_block_t(), right.as_mts_block_t());
    const TensorMap squares(Labels::single(), metatensor::make_blocks(square.clone()));
    const TensorMap rights(Labels::single(), metatensor::make_blocks(right.clone()));
    SAME_MAP(ops::solve(squares, rights), mts_solve, squares.as_mts_tensormap_t(), rights.as_mts_tensormap_t());
    const auto singular = ops::zeros_like(square);
    CHECK_THROWS(metatensor::LinalgError, "singular", ops::solve(singular, right));

    SAME_BLOCK(ops::sum_over_samples(a, {"atom"}), mts_sum_over_samples_block, c, &atom, 1);
    SAME_BLOCK(ops::mean_over_samples(a, {"atom"}), mts_mean_over_samples_block, c, &atom, 1);
    SAME_BLOCK(ops::var_over_samples(a, {"atom"}), mts_var_over_samples_block, c, &atom, 1);
    SAME_BLOCK(ops::std_over_samples(a, {"atom"}), mts_std_over_samples_block, c, &atom, 1);
    SAME_BLOCK(ops::sum_over_properties(a, {"n"}), mts_sum_over_properties_block, c, &n, 1);
    SAME_BLOCK(ops::mean_over_properties(a, {"n"}), mts_mean_over_properties_block, c, &n, 1);
    SAME_BLOCK(ops::var_over_properties(a, {"n"}), mts_var_over_properties_block, c, &n, 1);
    SAME_BLOCK(ops::std_over_properties(a, {"n"}), mts_std_over_properties_block, c, &n, 1);
    SAME_LABELS(ops::unique_metadata(a, Axis::Samples, {"atom"}), mts_unique_metadata_block, c, MTS_AXIS_SAMPLES,
        &atom, 1, nullptr);

    const int64_t positions_of[] = {1, 0};
    const mts_selection_t selection = {nullptr, positions_of, 2};
    SAME_BLOCK(ops::slice(a, Axis::Samples, {1, 0}), mts_slice_block, c, MTS_AXIS_SAMPLES, selection);
    const auto parts = ops::split(a, Axis::Samples, {{0}, {1, 0}});
    mts_block_t* c_part[1];
    OK(mts_split_block(c, MTS_AXIS_SAMPLES, &selection, 1, c_part));
    CHECK(parts.size() == 2 && same(parts[1], c_part[0]));
    SAME_BLOCK(ops::sort(a), mts_sort_block, c, MTS_SORT_ALL & ~static_cast<uint32_t>(MTS_SORT_KEYS), false);
    SAME_ANSWER(ops::is_contiguous(a), true, mts_is_contiguous_block, c);
    SAME_BLOCK(ops::make_contiguous(a), mts_make_contiguous_block, c);

    const mts_block_t* both[] = {c, d};
    SAME_BLOCK(ops::join({a, b}, Axis::Samples, "block"), mts_join_blocks, both, 2, MTS_AXIS_SAMPLES, "block");
    const auto renamed = ops::rename_dimension(bare, Axis::Properties, "n", "k");
    const mts_block_t* other[] = {c, renamed.as_mts_block_t()};
    SAME_BLOCK(ops::join({a, renamed}, Axis::Properties, std::nullopt, MissingGradients::Zeros), mts_join_blocks_with,
        other, 2, MTS_AXIS_PROPERTIES, nullptr, missing);
    const auto aligned = ops::align_gradients(a, b);
    mts_block_t *first, *second;
    OK(mts_align_gradients_block(c, d, &first, &second));
    CHECK(same(aligned.first, first) && same(aligned.second, second));

    // blocks in constant maps are taken as well
    const auto& constant = map;
    CHECK(ops::equal(ops::abs(constant.block_by_id(2)), ops::abs(a)));
}

static void others() {
    const Labels labels({"system", "type"}, {{0, 8}, {0, 1}, {1, 8}}), types({"type"}, {{1}, {8}});
    const std::vector<int32_t> expected = {0, 1, 1, 0, 0, 1};
    std::vector<int32_t> c_encoded(6);
    OK(mts_one_hot(labels.as_mts_labels_t(), types.as_mts_labels_t(), c_encoded.data(), 3, 2));
    CHECK(ops::one_hot(labels, types) == expected && c_encoded == expected);
    metatensor::TensorView<int32_t, 2> wrong(c_encoded.data(), {2, 3}, {3, 1}), strided(c_encoded.data(), {3, 2}, {1, 3});
    CHECK_THROWS(metatensor::BufferSizeError, "one_hot", ops::one_hot(labels, types, wrong));
    CHECK_THROWS(metatensor::InvalidParameterError, "", ops::one_hot(labels, types, strided));

    ops::BlockNames names;
    names.samples = {"system", "atom"};
    const char* c_samples[] = {"system", "atom"};
    mts_block_names_t c_names = MTS_BLOCK_NAMES_INIT;
    c_names.samples = {c_samples, 2};
    c_names.has_samples = true;
    const auto array = [] { return MtsArray::from_vector(std::vector<double>{1, 2, 3, 4, 5, 6}, {1, 3, 2}); };
    SAME_BLOCK(ops::block_from_array(array(), names), mts_block_from_array, array().release(), &c_names);
    CHECK_THROWS(metatensor::Error, "", ops::block_from_array(MtsArray({})));
}

int main(int, char** arguments) {
    auto map = metatensor::io::load(std::string(arguments[1]) + "/radial-spectrum.mts");
    defaults_are_those_of_c();
    maps(map);
    blocks(map);
    others();
    return EXIT_SUCCESS;
}
