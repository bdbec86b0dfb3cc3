// The same work through the C++ headers and with functions of C. tests/tests/instruction_counts.rs counts the instructions of each.
//
//     costs WORK c|cxx
//
// prepares the input, does the work once in the function `measured`, and prints a number that has to be the same for both.
#include <metatensor.hpp>
#include <metatensor/operations.hpp>
#include <metatensor/shortcuts.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace metatensor;

namespace {

constexpr int32_t ROWS = 1000, BLOCKS = 30;

void check(bool success) {
    if (!success) {
        const char* message = "";
        mts_last_error(&message, nullptr, nullptr);
        std::fprintf(stderr, "%s\n", message);
        std::exit(1);
    }
}

std::vector<int32_t> rows() {
    std::vector<int32_t> values;
    for (int32_t i = 0; i < ROWS; i++) {
        values.push_back(i / 10);
        values.push_back(i % 10);
    }
    return values;
}

TensorMap map() {
    std::vector<TensorBlock> blocks;
    for (int32_t i = 0; i < BLOCKS; i++) {
        auto values = MtsArray::from_vector(std::vector<double>(20 * 8, 1.5 + i), {20, 8});
        blocks.push_back(TensorBlock(std::move(values), Labels::range("sample", 20), {}, Labels::range("property", 8)));
    }
    return TensorMap(Labels::range("key", BLOCKS), std::move(blocks));
}

struct Input {
    std::vector<int32_t> values = rows();
    TensorMap first = map(), second = map();
};

double labels_cxx(Input& input) {
    const Labels labels({"system", "atom"}, input.values.data(), ROWS);
    double sum = 0;
    for (int32_t i = 0; i < ROWS; i++) {
        sum += static_cast<double>(static_cast<int64_t>(*labels.position(input.values.data() + 2 * i, 2)));
    }
    return sum;
}

double labels_c(Input& input) {
    const char* names[] = {"system", "atom"};
    const auto* labels = mts_labels_from_table(names, 2, input.values.data(), ROWS);
    check(labels != nullptr);
    double sum = 0;
    for (int32_t i = 0; i < ROWS; i++) {
        int64_t position = -1;
        check(mts_labels_position(labels, input.values.data() + 2 * i, 2, &position) == MTS_SUCCESS);
        sum += static_cast<double>(position);
    }
    mts_labels_free(labels);
    return sum;
}

double values_cxx(Input& input) {
    double sum = 0;
    const auto block = input.first.block_by_id(3);
    for (int32_t repeat = 0; repeat < 100; repeat++) {
        const auto values = block.view<double, 2>();
        for (std::size_t i = 0; i < values.size(); i++) {
            sum += values.data()[i];
        }
    }
    return sum;
}

double values_c(Input& input) {
    mts_block_t* block = nullptr;
    check(mts_tensormap_block_by_id(input.first.as_mts_tensormap_t(), &block, 3) == MTS_SUCCESS);
    double sum = 0;
    for (int32_t repeat = 0; repeat < 100; repeat++) {
        uintptr_t shape[2] = {MTS_ANY_LENGTH, MTS_ANY_LENGTH};
        const auto* values = static_cast<const double*>(mts_block_elements(block, {kDLFloat, 64, 1}, shape, 2));
        check(values != nullptr);
        for (std::size_t i = 0; i < shape[0] * shape[1]; i++) {
            sum += values[i];
        }
    }
    return sum;
}

double multiply_cxx(Input& input) {
    auto product = operations::multiply(input.first, input.second);
    return product.block_by_id(1).view<double, 2>()(0, 0);
}

double multiply_c(Input& input) {
    mts_tensormap_t* product = nullptr;
    check(mts_multiply(input.first.as_mts_tensormap_t(), input.second.as_mts_tensormap_t(), &product) == MTS_SUCCESS);
    mts_block_t* block = nullptr;
    check(mts_tensormap_block_by_id(product, &block, 1) == MTS_SUCCESS);
    uintptr_t shape[2] = {MTS_ANY_LENGTH, MTS_ANY_LENGTH};
    const auto result = *static_cast<const double*>(mts_block_elements(block, {kDLFloat, 64, 1}, shape, 2));
    mts_tensormap_free(product);
    return result;
}

double blocks_cxx(Input& input) {
    double sum = 0;
    for (const auto block: input.first.blocks()) {
        sum += block.view<double, 2>()(1, 2);
    }
    return sum;
}

double blocks_c(Input& input) {
    auto* map = input.first.as_mts_tensormap_t();
    const auto* keys = mts_tensormap_keys(map);
    check(keys != nullptr);
    const int32_t* values = nullptr;
    uintptr_t count = 0, size = 0;
    check(mts_labels_values_cpu(keys, &values, &count, &size) == MTS_SUCCESS);
    double sum = 0;
    for (uintptr_t i = 0; i < count; i++) {
        mts_block_t* block = nullptr;
        check(mts_tensormap_block_by_id(map, &block, i) == MTS_SUCCESS);
        uintptr_t shape[2] = {MTS_ANY_LENGTH, MTS_ANY_LENGTH};
        const auto* elements = static_cast<const double*>(mts_block_elements(block, {kDLFloat, 64, 1}, shape, 2));
        check(elements != nullptr);
        sum += elements[shape[1] + 2];
    }
    mts_labels_free(keys);
    return sum;
}

} // namespace

extern "C" __attribute__((noinline)) double measured(double (*work)(Input&), Input& input);
double measured(double (*work)(Input&), Input& input) {
    return work(input);
}

int main(int count, char** arguments) {
    struct Work {
        const char* name;
        double (*c)(Input&);
        double (*cxx)(Input&);
    };
    const Work all[] = {
        {"labels", labels_c, labels_cxx},
        {"values", values_c, values_cxx},
        {"multiply", multiply_c, multiply_cxx},
        {"blocks", blocks_c, blocks_cxx},
    };
    for (const auto& work: all) {
        if (count == 3 && std::strcmp(work.name, arguments[1]) == 0) {
            Input input;
            std::printf("%.17g\n", measured(std::strcmp(arguments[2], "c") == 0 ? work.c : work.cxx, input));
            return 0;
        }
    }
    return 1;
}
