// Constant objects are used by several threads at once, and errors stay in the thread where they happened.
#include <metatensor.hpp>

#include <thread>

#include "check.hpp"

using namespace metatensor;

namespace {

TensorBlock block(bool native, int32_t start) {
    const std::vector<double> elements = {1, 2, 3, 4, 5, 6};
    auto array = native ? MtsArray::from_vector(std::vector<double>(elements), {3, 2})
                        : DataArrayBase::to_mts_array(std::make_unique<SimpleDataArray<double>>(std::vector<uintptr_t>{3, 2}, elements));
    return TensorBlock(std::move(array), Labels({"s"}, {{start}, {start + 1}, {start + 2}}), {}, Labels::range("p", 2));
}

TensorMap map(bool native) {
    return TensorMap(Labels::range("k", 2), make_blocks(block(native, 0), block(native, 2)));
}

void use(const Labels& labels, const TensorMap& tensor, int number) {
    for (int i = 0; i < 20; i++) {
        CHECK(labels.position({3, 4}) == std::size_t{1} && labels.count() == 2 && labels.view()(1, 1) == 4);
        const Labels copy = labels;
        CHECK(copy == labels && copy.set_union(Labels({"a", "b"}, {{number, 0}})).count() == 3);
        for (const auto& [key, each]: tensor.items()) {
            CHECK(each.view<double, 2>()(1, 1) == 4 && key["k"] < 2);
            CHECK(each.clone().values() == each.values());
        }
        const auto moved = tensor.keys_to_samples("k");
        CHECK(moved.block_by_id(0).samples().count() == 6);
        CHECK(TensorMap::load_buffer(tensor.save_buffer()).keys() == tensor.keys());
        const std::string name = "missing-" + std::to_string(number);
        CHECK_THROWS_ANY(tensor.block({{name.c_str(), 0}}));
        const char* message = nullptr;
        mts_last_error(&message, nullptr, nullptr);
        CHECK(std::string(message).find(name) != std::string::npos);
    }
}

} // namespace

int main() {
    const Labels labels({"a", "b"}, {{1, 2}, {3, 4}});
    for (const bool native: {true, false}) {
        const auto tensor = map(native);
        std::vector<std::thread> threads;
        for (int number = 10; number < 14; number++) {
            threads.emplace_back([&, number] { use(labels, tensor, number); });
        }
        for (auto& thread: threads) {
            thread.join();
        }
    }
}
