// What is wrong with the official headers, one case for each fault: with ours, all of them pass. Only what both have is used.
#include <metatensor.hpp>

#include <cstdlib>
#include <new>
#include <type_traits>

#include "check.hpp"

using namespace metatensor;

namespace {

MtsArray wrap(SimpleDataArray<double> array) {
    return DataArrayBase::to_mts_array(std::make_unique<SimpleDataArray<double>>(std::move(array)));
}

template<typename... I>
double element(SimpleDataArray<double>& array, I... indexes) {
    const NDArray<double> view = static_cast<const SimpleDataArray<double>&>(array).view();
    return view(indexes...);
}

/// Axes are exchanged with their elements.
void swapped_axes() {
    SimpleDataArray<double> array({2, 3}, {0, 1, 2, 3, 4, 5});
    array.swap_axes(0, 1);
    CHECK(array == SimpleDataArray<double>({3, 2}, {0, 3, 1, 4, 2, 5}));
    CHECK(array.strides() == std::vector<int64_t>({2, 1}));
    SimpleDataArray<double> deep({2, 3, 2, 2}, [] {
        std::vector<double> elements(24);
        for (std::size_t i = 0; i < 24; i++) elements[i] = static_cast<double>(i);
        return elements;
    }());
    SimpleDataArray<double> moved = deep;
    moved.swap_axes(3, 1);
    for (std::size_t a = 0; a < 2; a++)
        for (std::size_t b = 0; b < 3; b++)
            for (std::size_t c = 0; c < 2; c++)
                for (std::size_t d = 0; d < 2; d++) CHECK(element(moved, a, d, c, b) == element(deep, a, b, c, d));

    const auto axis = [](const char* name, int32_t size) {
        std::vector<int32_t> values;
        for (int32_t i = 0; i < size; i++) values.push_back(i);
        return Labels({name}, values.data(), values.size());
    };
    std::vector<TensorBlock> blocks;
    blocks.push_back(TensorBlock(std::make_unique<SimpleDataArray<double>>(SimpleDataArray<double>({1, 2, 3}, {0, 1, 2, 3, 4, 5})),
        axis("s", 1), {axis("c", 2)}, axis("p", 3)));
    const TensorMap tensor(axis("k", 1), std::move(blocks));
    auto properties = tensor.components_to_properties("c");
    auto block = properties.block_by_id(0);
    CHECK(block.values() == SimpleDataArray<double>({1, 6}, {0, 1, 2, 3, 4, 5}));
}

/// Elements of tensors that are not row-major go where they belong, and offsets are honoured.
void imported_tensors() {
    double data[7] = {-1, 0, 1, 2, 3, 4, 5};
    int64_t shape[2] = {3, 2}, strides[2] = {1, 3};
    DLManagedTensorVersioned tensor = {};
    tensor.version = {1, 0};
    tensor.dl_tensor = {data, {kDLCPU, 0}, 2, {kDLFloat, 64, 1}, shape, strides, sizeof(double)};
    tensor.deleter = [](DLManagedTensorVersioned*) {};
    const SimpleDataArray<double> any({1});
    const auto imported = any.from_dlpack(&tensor);
    CHECK(dynamic_cast<SimpleDataArray<double>&>(*imported) == SimpleDataArray<double>({3, 2}, {0, 3, 1, 4, 2, 5}));
    tensor.dl_tensor.ndim = 0;
    const auto scalar = any.from_dlpack(&tensor);
    CHECK(dynamic_cast<SimpleDataArray<double>&>(*scalar).data()[0] == 0);
}

/// Clones have their own memory.
void clones() {
    auto array = wrap(SimpleDataArray<double>({2}, 1.0));
    MtsArray copy = array;
    SimpleDataArray<double>::from_mts_array(copy).data()[0] = 5;
    CHECK(SimpleDataArray<double>::from_mts_array(array).data()[0] == 1);
    SimpleDataArray<double> first({2}, 1.0), second = first;
    second.data()[0] = 5;
    CHECK(first.data()[0] == 1);
}

/// Arrays can be moved to new ones, and be empty.
void moved_arrays() {
    const NDArray<double> nothing;
    CHECK(nothing.shape().size() == 1);
    NDArray<double> array(std::vector<double>{1, 2}, {2});
    const NDArray<double> moved(std::move(array));
    CHECK(moved(1) == 2);
}

/// Nothing is read out of bounds.
void bounds() {
    SimpleDataArray<double> array({2, 2});
    const DLPackArray<double> tensor(array.as_dlpack({kDLCPU, 0}, nullptr, {1, 0}));
    CHECK_THROWS_ANY(tensor(0, 100));
    const auto& constant = array;
    const auto view = constant.view();
    CHECK_THROWS_ANY(view(100, 0));
    CHECK_THROWS_ANY(NDArray<double>(std::vector<double>{1}, {1000, 1000}));
    const DLPackArray<double> a, b;
    CHECK(a == b);
}

int alive = 0;

/// Nothing leaks, and nothing is lost, when something is refused.
void refusals() {
    class Counted: public SimpleDataArray<double> {
    public:
        Counted(): SimpleDataArray<double>({1, 1}) { alive++; }
        ~Counted() override { alive--; }
    };
    {
        const Labels axis({"a"}, {{0}});
        TensorBlock owner(std::make_unique<Counted>(), axis, {}, axis);
        std::vector<TensorBlock> blocks;
        blocks.push_back(TensorBlock(std::make_unique<Counted>(), axis, {}, axis));
        blocks.push_back(TensorBlock::unsafe_view_from_ptr(owner.as_mts_block_t()));
        CHECK(alive == 2);
        try {
            const TensorMap tensor(Labels({"k"}, {{0}, {1}}), std::move(blocks));
            CHECK(false);
        } catch (const Error&) {
        }
        blocks.clear();
    }
    CHECK(alive == 0);

    Labels labels({"a"}, {{1}}), null({"b"});
    Labels(std::move(null));
    try {
        labels = static_cast<const Labels&>(null);
    } catch (const Error&) {
    }
    CHECK(labels.size() == 1);
}

/// Types of elements that are not the expected ones are errors of the library, and arrays without axes have an element.
void from_mts_arrays() {
    auto array = wrap(SimpleDataArray<double>(std::vector<uintptr_t>{}, 4.0));
    try {
        SimpleDataArray<float>::from_mts_array(array);
        CHECK(false);
    } catch (const Error&) {
    }
    auto view = SimpleDataArray<double>::from_mts_array(array).view();
    CHECK(view() == 4);
}

bool no_memory = false;

/// Exceptions do not get out of callbacks.
void exceptions_in_callbacks() {
    const Labels labels({"a"}, {{1}, {2}});
    no_memory = true;
    bool refused = false;
    try {
        static_cast<void>(labels.save_buffer());
    } catch (...) {
        refused = true;
    }
    no_memory = false;
    CHECK(refused);
    // without memory for the exception, there is still its message
    const auto status = details::catch_exceptions([] {
        std::runtime_error error("message");
        no_memory = true;
        throw error;
    });
    no_memory = false;
    CHECK(status == MTS_CALLBACK_ERROR);
    try {
        details::check_status(status);
        CHECK(false);
    } catch (const std::exception& error) {
        CHECK(std::string(error.what()) == "message");
    }
    mts_set_last_error(nullptr, nullptr, nullptr, nullptr);
    try {
        const Labels axis({"a"}, {{0}});
        TensorBlock(std::unique_ptr<DataArrayBase>(), axis, {}, axis);
        CHECK(false);
    } catch (const Error&) {
    }
}

/// What only reads is constant.
template<typename T, typename = void>
struct has_constant_values: std::false_type {};
template<typename T>
struct has_constant_values<T, std::void_t<decltype(std::declval<const T&>().values())>>: std::true_type {};
template<typename T, typename = void>
struct has_constant_blocks: std::false_type {};
template<typename T>
struct has_constant_blocks<T, std::void_t<decltype(std::declval<const T&>().block_by_id(0))>>: std::true_type {};

void constness() {
    CHECK(has_constant_values<TensorBlock>::value);
    CHECK(has_constant_blocks<TensorMap>::value);
}

} // namespace

void* operator new(std::size_t size) {
    void* memory = no_memory ? nullptr : std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return no_memory ? nullptr : std::malloc(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

int main(int count, char** arguments) {
    struct Case {
        const char* name;
        void (*run)();
    };
    const Case cases[] = {{"swapped_axes", swapped_axes}, {"imported_tensors", imported_tensors}, {"clones", clones},
        {"moved_arrays", moved_arrays}, {"bounds", bounds}, {"refusals", refusals}, {"from_mts_arrays", from_mts_arrays},
        {"exceptions_in_callbacks", exceptions_in_callbacks}, {"constness", constness}};
    for (const auto& test: cases) {
        if (count == 1) {
            std::puts(test.name);
        } else if (std::string(arguments[1]) == test.name) {
            test.run();
        }
    }
}
