// The sample -> gradient mapping, and small headers: threads, memory, limits.
#include <metatensor/gradient_map.hpp>
#include <metatensor/memory.hpp>
#include <metatensor/operations.hpp>
#include <metatensor/resource_limits.hpp>
#include <metatensor/threads.hpp>

#include "check.hpp"

#include <algorithm>
#include <complex>
#include <cstdlib>
#include <numeric>
#include <utility>

#if __cplusplus >= 202002L
#include <span>
#endif

using metatensor::GradientMap;
using metatensor::Labels;
using metatensor::MtsArray;
using metatensor::Span;
using metatensor::TensorBlock;
using metatensor::TensorView;

/// Two samples with two properties, and a gradient with three rows and two components: of samples 1, 0 and 1.
static TensorBlock example() {
    const auto samples = Labels::range("s", 2), properties = Labels::range("p", 2);
    TensorBlock block(MtsArray::from_vector(std::vector<double>{1, 2, 3, 4}, {2, 2}), samples, {}, properties);
    std::vector<double> derivatives(12);
    std::iota(derivatives.begin(), derivatives.end(), 1);
    const Labels rows({"sample", "atom"}, {{1, 0}, {0, 0}, {1, 1}});
    block.add_gradient("t", TensorBlock(MtsArray::from_vector(std::move(derivatives), {3, 2, 2}), rows,
                                {Labels::range("xy", 2)}, properties));
    return block;
}

static void mappings_go_both_ways() {
    auto block = example();
    const GradientMap map(block, "t");
    CHECK(map.parent_rows() == 2 && map.gradient_rows() == 3);
    const auto parents = map.parents();
    CHECK(std::vector<int64_t>(parents.begin(), parents.end()) == (std::vector<int64_t>{1, 0, 1}));
    const auto rows = map.rows_of(1);
    CHECK(rows.size() == 2 && !rows.empty() && rows[0] == 0 && rows[1] == 2);
    CHECK_THROWS(metatensor::InvalidParameterError, "sample 2 is out of bounds", map.rows_of(2));
    CHECK_THROWS(metatensor::InvalidParameterError, "'x'", GradientMap(block, "x"));
    const auto all = map.csr();
    CHECK(all.offsets.size() == 3 && all.offsets[2] == 3 && all.rows.size() == 3);

    std::vector<std::pair<std::size_t, int64_t>> visited;
    for (auto [sample, gradient_rows]: GradientMap(block, "t")) {
        for (auto row: gradient_rows) {
            visited.emplace_back(sample, row);
        }
    }
    CHECK((visited == std::vector<std::pair<std::size_t, int64_t>>{{0, 1}, {1, 0}, {1, 2}}));

    // it outlives the block, and copies are the same
    auto copy = map;
    block = example();
    CHECK(copy.as_mts_gradient_map_t() == map.as_mts_gradient_map_t() && copy.parents()[0] == 1);

    const GradientMap of_labels(Labels({"sample", "i"}, {{1, 0}, {1, 1}, {0, 0}}), 3);
    const auto composed = map.compose(of_labels);
    CHECK(composed.parent_rows() == 2 && composed.parents()[0] == 0 && composed.parents()[2] == 1);
    CHECK_THROWS(metatensor::InvalidParameterError, "", of_labels.compose(map));
    const mts_gradient_map_t* raw = nullptr;
    CHECK(mts_gradient_map_from_labels(Labels({"sample"}, {{0}}).as_mts_labels_t(), 1, &raw) == MTS_SUCCESS);
    CHECK(GradientMap::unsafe_from_ptr(raw).gradient_rows() == 1);
#if __cplusplus >= 202002L
    const std::span<const int64_t> standard = map.parents();
    CHECK(standard.size() == 3);
#endif
}

/// The functions on rows, against loops.
template<typename T>
static void rows_are_gathered_and_added() {
    const GradientMap map(Labels({"sample", "i"}, {{1, 0}, {0, 0}, {1, 1}}), 2);
    std::vector<T> values = {1, 2, 3, 4}, gradient(12), out(12), sums(4), contracted(6);
    for (std::size_t i = 0; i < gradient.size(); i++) {
        gradient[i] = static_cast<T>(static_cast<int>(i + 1));
    }
    const TensorView<const T, 2> x(values.data(), {2, 2}, {2, 1});
    const TensorView<T, 3> dx(gradient.data(), {3, 2, 2}, {4, 2, 1}), product(out.data(), {3, 2, 2}, {4, 2, 1});
    metatensor::gather_multiply(x, map, dx, product);
    for (std::size_t row = 0; row < 3; row++) {
        for (std::size_t i = 0; i < 4; i++) {
            const auto parent = static_cast<std::size_t>(map.parents()[row]);
            CHECK(out[4 * row + i] == gradient[4 * row + i] * values[2 * parent + i % 2]);
        }
    }
    metatensor::gradient_contract(x, map, dx, TensorView<T, 2>(contracted.data(), {3, 2}, {2, 1}));
    CHECK(contracted[0] == T(3 * 1 + 4 * 2) && contracted[5] == T(3 * 11 + 4 * 12));

    std::vector<T> gathered(6);
    const TensorView<T, 2> rows(gathered.data(), {3, 2}, {2, 1});
    metatensor::gather_rows(x, map.parents(), rows);
    CHECK((gathered == std::vector<T>{3, 4, 1, 2, 3, 4}));
    metatensor::scatter_add_rows(rows, map.parents(), TensorView<T, 2>(sums.data(), {2, 2}, {2, 1}));
    CHECK((sums == std::vector<T>{1, 2, 6, 8}));

    // shapes are checked
    const TensorView<T, 2> two_rows(gathered.data(), {2, 2}, {2, 1}), narrow(gathered.data(), {3, 1}, {1, 1});
    const TensorView<T, 2> transposed(gathered.data(), {3, 2}, {1, 3});
    CHECK_THROWS(metatensor::InvalidParameterError, "rows of 'out': got 2, expected 3", metatensor::gather_rows(x, map.parents(), two_rows));
    CHECK_THROWS(metatensor::InvalidParameterError, "elements in a row of 'out': got 1, expected 2", metatensor::gather_rows(x, map.parents(), narrow));
    CHECK_THROWS(metatensor::InvalidParameterError, "'out' must be contiguous", metatensor::gather_rows(x, map.parents(), transposed));
    CHECK_THROWS(metatensor::InvalidParameterError, "entries of 'index': got 3, expected 2", metatensor::scatter_add_rows(x, map.parents(), rows));
    const int64_t wrong[] = {0, 2, 0};
    CHECK_THROWS(metatensor::InvalidParameterError, "", metatensor::gather_rows(x, Span<const int64_t>(wrong, 3), rows));
    const TensorView<T, 3> fewer(gradient.data(), {2, 2, 2}, {4, 2, 1}), other(gradient.data(), {3, 4, 1}, {4, 1, 1});
    CHECK_THROWS(metatensor::InvalidParameterError, "rows of 'gradient': got 2, expected 3", metatensor::gather_multiply(x, map, fewer, product));
    CHECK_THROWS(metatensor::InvalidParameterError, "last axes of 'gradient': got 1, expected 2", metatensor::gather_multiply(x, map, other, product));
}

static void settings_of_the_process_are_set() {
    const auto before = metatensor::num_threads();
    {
        const metatensor::NumThreads one(1);
        CHECK(metatensor::num_threads() == 1);
    }
    CHECK(metatensor::num_threads() == before);
    metatensor::set_num_threads(3);
    CHECK(metatensor::num_threads() == 3);
    metatensor::set_num_threads(0);

    metatensor::set_kept_memory_bound(1 << 20);
    CHECK(metatensor::kept_memory_bound() == 1 << 20);
    const auto block = metatensor::operations::zeros_like(example());
    metatensor::reset_peak_memory();
    const auto use = metatensor::memory_use();
    CHECK(use.peak >= use.in_use);
    metatensor::trim_memory();
    CHECK(metatensor::memory_use().kept == 0);

    using metatensor::Limit;
    metatensor::set_limit(Limit::Members, 17);
    CHECK(metatensor::get_limit(Limit::Members) == 17);
    metatensor::set_limit(Limit::Members, 0);
    CHECK(metatensor::get_limit(Limit::Members) > 17 && metatensor::get_limit(Limit::Depth) == 64);
    CHECK(metatensor::get_limit(Limit::Names) > 0 && metatensor::get_limit(Limit::InflatedBytes) > 0);
    metatensor::set_limit(Limit::ResultBytes, 10);
    const metatensor::TensorMap map(Labels::single(), metatensor::make_blocks(example()));
    CHECK_THROWS(metatensor::UnsupportedError, "10", metatensor::operations::dot(map, metatensor::operations::remove_gradients(map)));
    metatensor::set_limit(Limit::ResultBytes, 0);
}

int main() {
    mappings_go_both_ways();
    rows_are_gathered_and_added<double>();
    rows_are_gathered_and_added<float>();
    rows_are_gathered_and_added<int32_t>();
    rows_are_gathered_and_added<int64_t>();
    rows_are_gathered_and_added<std::complex<double>>();
    settings_of_the_process_are_set();
    return EXIT_SUCCESS;
}
