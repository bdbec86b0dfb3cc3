// Compiled twice to two libraries, with the official headers and with ours, as SIDE: they exchange objects by value.
#include <metatensor.hpp>

#include "check.hpp"

using namespace metatensor;

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

/// What each side makes, and what it does with objects of the other one.
struct Functions {
    Labels (*labels)();
    TensorBlock (*block)();
    TensorMap (*tensor)();
    MtsArray (*array)();
    std::unique_ptr<DataArrayBase> (*data)();
    SimpleDataArray<double> (*simple)();
    NDArray<double> (*nd_array)();
    DLPackArray<double> (*dlpack)();
    details::TensorMapInfo (*info)(const TensorMap&);
    TensorBlock (*not_copied)();
    void (*fail)();
    void (*take)(Labels, TensorBlock, TensorMap, MtsArray, NDArray<double>, DLPackArray<double>);
};

namespace SIDE {

struct Strange {
    int number;
};

class NotCopied: public SimpleDataArray<double> {
public:
    using SimpleDataArray<double>::SimpleDataArray;
    std::unique_ptr<DataArrayBase> copy(DLDevice) const override { throw std::domain_error("not copied"); }
};

Labels labels() {
    return Labels({"a", "b"}, {{1, 2}, {3, 4}});
}

std::unique_ptr<DataArrayBase> data() {
    return std::make_unique<SimpleDataArray<double>>(SimpleDataArray<double>({2, 2}, {1, 2, 3, 4}));
}

TensorBlock block() {
    TensorBlock result(data(), labels(), {}, Labels({"p"}, {{0}, {1}}));
    result.add_gradient("g", TensorBlock(data(), Labels({"sample"}, {{0}, {1}}), {}, Labels({"p"}, {{0}, {1}})));
    return result;
}

TensorMap tensor() {
    std::vector<TensorBlock> blocks;
    blocks.push_back(block());
    blocks.push_back(block());
    TensorMap result(Labels({"k"}, {{0}, {1}}), std::move(blocks));
    result.set_info("name", "value");
    return result;
}

MtsArray array() {
    return DataArrayBase::to_mts_array(data());
}

SimpleDataArray<double> simple() {
    return SimpleDataArray<double>({2, 2}, {1, 2, 3, 4});
}

NDArray<double> nd_array() {
    return NDArray<double>(std::vector<double>{1, 2, 3, 4}, {2, 2});
}

DLPackArray<double> dlpack() {
    return DLPackArray<double>(simple().as_dlpack({kDLCPU, 0}, nullptr, {1, 0}));
}

details::TensorMapInfo info(const TensorMap& tensor) {
    return tensor.info();
}

TensorBlock not_copied() {
    return TensorBlock(std::make_unique<NotCopied>(std::vector<uintptr_t>{1, 1}), Labels({"s"}, {{0}}), {}, Labels({"p"}, {{0}}));
}

void fail() {
    throw Error("of " + std::string(__FILE__));
}

void use_block(TensorBlock& block) {
    CHECK(block.samples() == labels() && block.gradients_list().size() == 1);
    CHECK(block.values() == simple() && block.gradient("g").values() == simple());
    CHECK(SimpleDataArray<double>::from_mts_array(block.mts_array()) == simple());
    auto clone = block.clone();
    CHECK(clone.values() == simple());
    auto metadata = block.clone_metadata_only();
    CHECK(metadata.values_shape() == block.values_shape());
}

/// Takes objects apart that may have been made by the other side; they are destroyed here as well.
void take(Labels labels, TensorBlock block, TensorMap tensor, MtsArray array, NDArray<double> nd_array, DLPackArray<double> dlpack) {
    const auto own = SIDE::labels();
    CHECK(labels == own && labels.count() == 2 && labels.size() == 2 && labels.names().size() == 2);
    CHECK(labels.position({3, 4}) == std::size_t{1} && labels.set_union(own).count() == 2);
    CHECK(labels.values() == labels.values_cpu());
    Labels copy = labels;
    labels = std::move(copy);
    use_block(block);

    CHECK(tensor.keys().count() == 2);
    auto view = tensor.block_by_id(1);
    use_block(view);
    auto merged = tensor.keys_to_samples("k");
    CHECK(merged.block_by_id(0).samples().count() == 4 && merged.get_info("name") == "value");
    auto properties = tensor.keys_to_properties("k");
    CHECK(properties.block_by_id(0).properties().count() == 4);
    auto loaded = TensorMap::load_buffer(tensor.save_buffer());
    auto loaded_block = loaded.block_by_id(0);
    use_block(loaded_block);
    std::vector<TensorBlock> blocks;
    blocks.push_back(std::move(block));
    blocks.push_back(SIDE::block());
    const TensorMap mixed(Labels({"k"}, {{0}, {1}}), std::move(blocks));

    MtsArray other = array;
    other.move_data(array, {{0, 1, 0, 0, 2}});
    other.reshape({4, 1});
    CHECK(SimpleDataArray<double>::from_mts_array(other) == SimpleDataArray<double>({4, 1}, {1, 2, 1, 2}));
    auto filled = array.create({3}, DataArrayBase::to_mts_array(std::make_unique<SimpleDataArray<double>>(std::vector<uintptr_t>{}, 5.0)));
    CHECK(SimpleDataArray<double>::from_mts_array(filled).data()[2] == 5);
    const auto imported = array.from_dlpack(filled.as_dlpack({kDLCPU, 0}, nullptr, {1, 0}));
    CHECK(imported.shape() == filled.shape());

    NDArray<double> moved(dlpack.data(), {4});
    moved = std::move(nd_array);
    CHECK(static_cast<const NDArray<double>&>(moved)(1, 1) == 4 && moved == dlpack);
    DLPackArray<double> other_dlpack = std::move(dlpack);
    CHECK(other_dlpack(1, 0) == 3);
}

template<typename E, typename F>
bool throws(F function) {
    try {
        function();
    } catch (const E&) {
        return true;
    }
    return false;
}

} // namespace SIDE

extern "C" const Functions* JOIN(SIDE, _functions)() {
    static const Functions functions = {SIDE::labels, SIDE::block, SIDE::tensor, SIDE::array, SIDE::data, SIDE::simple, SIDE::nd_array,
        SIDE::dlpack, SIDE::info, SIDE::not_copied, SIDE::fail, SIDE::take};
    return &functions;
}

extern "C" void JOIN(SIDE, _run)(const Functions* other) {
    // made there, used and destroyed here; and the other way around
    SIDE::take(other->labels(), other->block(), other->tensor(), other->array(), other->nd_array(), other->dlpack());
    other->take(SIDE::labels(), SIDE::block(), SIDE::tensor(), SIDE::array(), SIDE::nd_array(), SIDE::dlpack());
    CHECK(other->simple() == SIDE::simple());
    const auto data = other->data();
    CHECK(data->copy({kDLCPU, 0})->shape().size() == 2 && data->dtype().bits == 64);
    CHECK(dynamic_cast<SimpleDataArray<double>*>(data.get()) != nullptr);
    const auto tensor = SIDE::tensor();
    for (auto entry: other->info(tensor)) {
        CHECK(entry.first == "name" && entry.second == "value");
    }

    // exceptions: thrown there, through C, and out of here as they were
    CHECK(SIDE::throws<Error>([&] { other->fail(); }));
    const auto not_copied = other->not_copied();
    CHECK(SIDE::throws<std::domain_error>([&] { static_cast<void>(not_copied.clone()); }));
    mts_set_last_error(nullptr, nullptr, nullptr, nullptr);
}
