// What is called in inner loops asks C++ for no memory.
#include <metatensor.hpp>

#include <cstdlib>
#include <new>

#include "check.hpp"

using namespace metatensor;

namespace {

std::size_t allocations = 0;

} // namespace

void* operator new(std::size_t size) {
    allocations++;
    void* memory = std::malloc(size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

#define CHECK_NO_ALLOCATION(...) \
    do { \
        const auto before = allocations; \
        CHECK(__VA_ARGS__); \
        if (allocations != before) failed(__FILE__, __LINE__, "this allocates: " #__VA_ARGS__); \
    } while (false)

int main() {
    const Labels labels({"a", "b"}, {{1, 2}, {3, 4}});
    CHECK_NO_ALLOCATION(labels.count() == 2 && labels.size() == 2);
    CHECK_NO_ALLOCATION(labels.position({3, 4}) == std::size_t{1} && labels.contains({1, 2}));
    CHECK_NO_ALLOCATION(labels == Labels(labels));
    CHECK_NO_ALLOCATION(labels.dimensions().contains("b") && labels.column("b")[1] == 4 && labels.view()(0, 1) == 2);
    CHECK_NO_ALLOCATION(labels.entry(1)["a"] == 3);
    CHECK_NO_ALLOCATION([&] {
        int32_t sum = 0;
        for (const auto entry: labels) {
            sum += entry["a"] + entry[std::size_t{1}];
        }
        return sum;
    }() == 10);

    for (const bool native: {false, true}) {
        const auto make = [&] {
            auto array = native
                ? MtsArray::from_vector(std::vector<double>(6, 1.0), {2, 3})
                : DataArrayBase::to_mts_array(std::make_unique<SimpleDataArray<double>>(std::vector<uintptr_t>{2, 3}, 1.0));
            TensorBlock block(MtsArray(array), labels, {}, Labels::range("p", 3));
            block.add_gradient("g", TensorBlock(std::move(array), Labels({"sample"}, {{0}, {1}}), {}, Labels::range("p", 3)));
            return block;
        };
        TensorMap tensor(Labels::range("k", 2), make_blocks(make(), make()));
        const auto& constant = tensor;
        CHECK_NO_ALLOCATION(tensor.size() == 2 && !tensor.is_view() && constant.device().device_type == kDLCPU);
        CHECK_NO_ALLOCATION(constant.dtype().bits == 64 && constant.keys().count() == 2);
        CHECK_NO_ALLOCATION(tensor.block_by_id(1).is_view() && constant.block_by_id(1).has_gradient("g"));
        CHECK_NO_ALLOCATION(constant.block_by_id(0).view<double, 2>()(1, 1) == 1);
        CHECK_NO_ALLOCATION(tensor.block_by_id(0).mutable_view<double, 2>().at(1, 2) == 1);
        CHECK_NO_ALLOCATION([&] {
            double sum = 0;
            for (const auto& [key, block]: constant.items()) {
                for (const auto row: block.view<double, 2>()) {
                    for (const auto x: row) {
                        sum += x * (1 + key["k"]);
                    }
                }
                for (const auto& [parameter, gradient]: block.gradients()) {
                    sum += gradient.view<double, 2>()(0, 0) * static_cast<double>(parameter.size());
                }
            }
            for (auto block: tensor.blocks()) {
                sum += block.mutable_view<double, 2>()(0, 0);
            }
            return sum;
        }() == 22);
    }

    // labels of a vector have its memory
    std::vector<int32_t> values(1000);
    for (std::size_t i = 0; i < values.size(); i++) {
        values[i] = static_cast<int32_t>(i);
    }
    const auto* start = values.data();
    const auto large = Labels::from_vector({"i"}, std::move(values));
    CHECK(large.view().data() == start);
}
