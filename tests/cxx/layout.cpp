// Sizes, offsets and forms of calls that other binaries and programs rely on. This is compiled with the official headers as well:
// what it prints has to be the same.
#include <metatensor.hpp>

#include <optional>

#include "check.hpp"

using namespace metatensor;

namespace {

template<typename T>
const T& at(const void* object, std::size_t offset) {
    return *reinterpret_cast<const T*>(static_cast<const unsigned char*>(object) + offset);
}

static_assert(sizeof(Labels) == 32 && sizeof(TensorBlock) == 32 && sizeof(TensorMap) == 32, "");
static_assert(sizeof(details::TensorMapInfo) == 32 && sizeof(details::TensorMapInfo::iterator) == 24, "");
static_assert(sizeof(MtsArray) == 128 && sizeof(DataArrayBase) == 8, "");
static_assert(sizeof(SimpleDataArray<double>) == 88 && sizeof(SimpleDataArray<bool>) == 88, "");
static_assert(sizeof(EmptyDataArray<>) == 32 && sizeof(EmptyDataArray<int8_t>) == 32, "");
static_assert(sizeof(DLPackArray<double>) == 80 && sizeof(DLPackArray<int8_t>) == 80, "");
static_assert(sizeof(NDArray<double>) == 120 && sizeof(NDArray<int8_t>) == 120, "");
static_assert(sizeof(Error) == sizeof(std::runtime_error) && sizeof(assume_unique) == 1, "");
static_assert(alignof(Labels) == 8 && alignof(TensorBlock) == 8 && alignof(MtsArray) == 8, "");

template<typename T>
constexpr bool moves_only = std::is_nothrow_move_constructible<T>::value && std::is_nothrow_move_assignable<T>::value
    && !std::is_copy_constructible<T>::value && !std::is_copy_assignable<T>::value;
static_assert(moves_only<TensorBlock> && moves_only<TensorMap>, "");
static_assert(moves_only<DLPackArray<int>> && moves_only<NDArray<int>>, "");
static_assert(std::is_nothrow_move_constructible<Labels>::value && std::is_copy_constructible<Labels>::value, "");
static_assert(std::is_nothrow_move_constructible<MtsArray>::value && std::is_copy_constructible<MtsArray>::value, "");
static_assert(std::is_nothrow_move_constructible<SimpleDataArray<double>>::value, "");
static_assert(std::is_final<Labels>::value && std::is_final<TensorBlock>::value && std::is_final<TensorMap>::value, "");
static_assert(std::is_convertible<std::string, Error>::value, "");
static_assert(std::is_abstract<DataArrayBase>::value && std::has_virtual_destructor<DataArrayBase>::value, "");

void offsets() {
    Labels labels({"a"}, {{1}, {2}});
    CHECK(at<const mts_labels_t*>(&labels, 0) == labels.as_mts_labels_t());

    auto simple = std::make_unique<SimpleDataArray<double>>(SimpleDataArray<double>({2, 1}, 2.0));
    CHECK(&at<std::vector<uintptr_t>>(simple.get(), 8) == &static_cast<const DataArrayBase&>(*simple).shape());
    CHECK(&at<std::vector<int64_t>>(simple.get(), 32) == &simple->strides());
    CHECK(at<std::shared_ptr<std::vector<double>>>(simple.get(), 56)->data() == simple->data());
    const EmptyDataArray<> empty({2});
    CHECK(&at<std::vector<uintptr_t>>(&empty, 8) == &static_cast<const DataArrayBase&>(empty).shape());

    auto* tensor = simple->as_dlpack({kDLCPU, 0}, nullptr, {1, 0});
    const DLPackArray<double> dlpack(tensor);
    CHECK(at<DLManagedTensorVersioned*>(&dlpack, 0) == tensor && at<double*>(&dlpack, 8) == dlpack.data());
    CHECK(&at<std::vector<std::size_t>>(&dlpack, 16) == &dlpack.shape());
    CHECK(&at<std::vector<int64_t>>(&dlpack, 40) == &dlpack.strides());
    double memory[2] = {0, 1};
    NDArray<double> view(memory, {2});
    const NDArray<double> constant(static_cast<const double*>(memory), {2}), owner(std::vector<double>{1}, {1});
    CHECK(at<double*>(&view, 0) == memory && &at<std::vector<std::size_t>>(&view, 8) == &view.shape());
    CHECK(&at<std::vector<int64_t>>(&view, 32) == &view.strides());
    CHECK(at<bool>(&constant, 56) && !at<bool>(&view, 56));
    CHECK(at<void*>(&view, 64) == nullptr && at<void*>(&owner, 64) != nullptr);
    CHECK(at<std::function<void(void*)>>(&view, 72) && at<std::function<void(void*)>>(&owner, 72));

    TensorBlock block(std::move(simple), labels, {}, Labels({"p"}, {{0}}));
    CHECK(at<mts_block_t*>(&block, 0) == block.as_mts_block_t() && !at<bool>(&block, 8));
    const auto array = block.mts_array();
    CHECK(at<mts_array_t>(&array, 0).ptr == array.as_mts_array_t().ptr);
    // slots of virtual functions: two for the destructor, then those of the interface
    const auto* virtual_functions = at<const void* const*>(array.as_mts_array_t().ptr, 0);
    CHECK(virtual_functions[0] != virtual_functions[1] && virtual_functions[2] != nullptr);
    using Origin = mts_data_origin_t (*)(const void*);
    using Reshape = void (*)(void*, const std::vector<uintptr_t>&);
    void* object = array.as_mts_array_t().ptr;
    CHECK(at<Origin>(virtual_functions, 2 * sizeof(void*))(object) == array.origin());
    at<Reshape>(virtual_functions, 10 * sizeof(void*))(object, {1, 2});
    CHECK(array.shape() == std::vector<uintptr_t>({1, 2}));
    at<Reshape>(virtual_functions, 10 * sizeof(void*))(object, {2, 1});

    auto* handle = block.as_mts_block_t();
    const auto block_view = TensorBlock::unsafe_view_from_ptr(handle);
    CHECK(at<bool>(&block_view, 8));
    std::vector<TensorBlock> blocks;
    blocks.push_back(std::move(block));
    CHECK(at<mts_block_t*>(&block, 0) == nullptr && at<bool>(&block, 8));
    TensorMap map(Labels({"k"}, {{0}}), std::move(blocks));
    CHECK(at<mts_tensormap_t*>(&map, 0) == map.as_mts_tensormap_t() && !at<bool>(&map, 8));
    map.set_info("a", "b");
    const auto info = map.info();
    CHECK(at<mts_tensormap_t*>(&info, 0) == map.as_mts_tensormap_t() && at<uintptr_t>(&info, 16) == 1);
    const auto entry = info.begin();
    CHECK(at<mts_tensormap_t*>(&entry, 0) == map.as_mts_tensormap_t() && at<uintptr_t>(&entry, 16) == 0);
    CHECK(at<const char* const*>(&entry, 8) == at<const char* const*>(&info, 8));
}

class Derived: public SimpleDataArray<double> {
public:
    using SimpleDataArray<double>::SimpleDataArray;
    std::unique_ptr<DataArrayBase> copy(DLDevice) const override { return std::make_unique<Derived>(*this); }
};

void calls() {
    const std::string name = "a";
    const int32_t rows[] = {1, 2};
    const Labels two({"a", "b"}, {{1, 2}, {3, 4}}), none({"a"}, {}), one({"a"}), names({"a", "b"});
    const Labels nothing(std::vector<std::string>{}), pointer({name}, rows, 2);
    auto values = DataArrayBase::to_mts_array(std::make_unique<SimpleDataArray<int32_t>>(SimpleDataArray<int32_t>({2, 1}, {1, 2})));
    const Labels of_array({name}, std::move(values), assume_unique{});
    CHECK(of_array == pointer && two.position({1, 2}) == std::size_t{0} && nothing.size() == 0);

    SimpleDataArray<double> zeros({2, 3, 4}), ones({2, 2}, 1.0), list({2, 2}, {1, 2, 3, 4}), scalar(std::vector<uintptr_t>{}, 0.0);
    const SimpleDataArray<bool> booleans({2, 1}, {1, 0});
    const EmptyDataArray<> empty({2});
    const DLPackArray<double> null(nullptr);
    MtsArray a({});
    MtsArray b = DataArrayBase::to_mts_array(std::make_unique<Derived>(std::vector<uintptr_t>{1, 1}, 2.0));
    MtsArray c = b;
    const std::vector<Labels> listed = {Labels({"a"}), Labels({"b"})};
    CHECK(listed == listed);
    std::optional<Labels> maybe_labels = pointer;

    TensorBlock block(std::make_unique<SimpleDataArray<double>>(SimpleDataArray<double>({2, 1, 1, 1})), pointer,
        {Labels({"c"}, {{0}}), Labels({"d"}, {{0}})}, Labels({"p"}, {{0}}));
    TensorBlock flat(std::make_unique<SimpleDataArray<double>>(SimpleDataArray<double>({2, 1})), pointer, {}, Labels({"p"}, {{0}}));
    std::vector<TensorBlock> blocks;
    blocks.push_back(std::move(block));
    TensorMap tensor(Labels({"k"}, {{0}}), std::move(blocks));
    const auto fill = [] { return DataArrayBase::to_mts_array(std::make_unique<SimpleDataArray<double>>(std::vector<uintptr_t>{}, 0.0)); };
    for (auto& moved: {tensor.keys_to_samples("k").keys(), tensor.keys_to_samples("k", 0.0, false).keys(),
             tensor.keys_to_samples(Labels({"k"})).keys(),
             tensor.keys_to_samples(std::vector<std::string>{"k"}, fill(), true).keys(),
             tensor.keys_to_properties("k").keys(), tensor.components_to_properties("c").keys(),
             tensor.components_to_properties(std::vector<std::string>{"c", "d"}).keys()}) {
        CHECK(moved.count() == 1);
    }
    CHECK(tensor.block_by_id(0).values().is_contiguous());
    flat = tensor.block_by_id(0);
    for (auto [key, value]: tensor.info()) {
        CHECK(key == value);
    }
    auto loaded = TensorMap::load_buffer(tensor.save_buffer<std::string>());
    std::optional<TensorMap> maybe_tensor = std::move(loaded);
    CHECK(maybe_tensor->keys() == tensor.keys());
    CHECK(io::load_buffer(io::save_buffer(tensor)).keys() == tensor.keys());
}

/// What is moved to itself is empty, and released once.
template<typename T>
void move_to_itself(T& object) {
    auto& same = object;
    object = std::move(same);
}

/// What objects are after unusual calls.
void states() {
    const Labels axis({"a"}, {{1}});
    TensorBlock block(std::make_unique<SimpleDataArray<double>>(SimpleDataArray<double>({1, 1})), axis, {}, axis);
    DLPackArray<double> tensor = block.values();
    std::vector<TensorBlock> blocks;
    blocks.push_back(block.clone());
    TensorMap map(axis, std::move(blocks));
    Labels labels({"b"});
    MtsArray array = DataArrayBase::to_mts_array(std::make_unique<SimpleDataArray<double>>(SimpleDataArray<double>({1}, 2.0)));
    const auto& constant = array;
    // constant arrays can be read through a view that is not constant
    auto view = SimpleDataArray<double>::from_mts_array(constant).view();
    CHECK(view(0) == 2 && view.data()[0] == 2);

    move_to_itself(block);
    move_to_itself(map);
    move_to_itself(labels);
    move_to_itself(array);
    move_to_itself(tensor);
    CHECK(block.is_view() && labels.size() == 0 && tensor.data() == nullptr && tensor.shape().empty());
    CHECK_THROWS_ANY(block.samples());
    CHECK_THROWS_ANY(map.keys());
    CHECK_THROWS_ANY(labels.count());
    CHECK_THROWS_ANY(array.shape());
}

} // namespace

int main() {
    offsets();
    calls();
    states();
    std::printf("%zu %zu %zu %zu %zu %zu %zu\n", sizeof(Labels), sizeof(TensorBlock), sizeof(TensorMap), sizeof(MtsArray),
        sizeof(SimpleDataArray<double>), sizeof(DLPackArray<double>), sizeof(NDArray<double>));
}
