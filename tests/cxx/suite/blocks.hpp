// metatensor/block.hpp
namespace blocks {

template<typename T>
std::unique_ptr<SimpleDataArray<T>> values(std::vector<uintptr_t> shape, T start = 0) {
    std::vector<T> elements(details::product(shape));
    for (auto& element: elements) {
        element = start;
        start = static_cast<T>(start + 1);
    }
    return std::make_unique<SimpleDataArray<T>>(std::move(shape), std::move(elements));
}

/// A block with a gradient, and elements 0, 1, ... 11.
TensorBlock example() {
    TensorBlock block(values<double>({3, 2, 2}), Labels::range("s", 3), {Labels::range("c", 2)}, Labels::range("p", 2));
    block.add_gradient("g",
        TensorBlock(values<double>({1, 3, 2, 2}), Labels({"sample", "atom"}, {{1, 7}}),
            {Labels::range("xyz", 3), Labels::range("c", 2)}, Labels::range("p", 2)));
    return block;
}

/// An array that can not be copied.
class NoCopy: public SimpleDataArray<double> {
public:
    using SimpleDataArray<double>::SimpleDataArray;
    std::unique_ptr<DataArrayBase> copy(DLDevice) const override { throw std::runtime_error("can not copy this"); }
};

void structure() {
    const TensorBlock flat(values<double>({3, 2}), Labels({"s"}, {{0}, {1}, {4}}), {}, Labels::range("p", 2));
    CHECK(flat.values_shape() == std::vector<uintptr_t>({3, 2}) && flat.components().empty() && !flat.is_view());
    CHECK(flat.samples() == Labels({"s"}, {{0}, {1}, {4}}) && flat.properties() == Labels::range("p", 2));
    CHECK(flat.gradients_list().empty() && flat.labels(1) == flat.properties());
    CHECK_THROWS(InvalidParameterError, "", flat.labels(2));

    const TensorBlock block(values<double>({3, 2, 4, 2}), Labels::range("s", 3),
        {Labels::range("c", 2), Labels::range("d", 4)}, Labels::range("p", 2));
    CHECK(block.components() == std::vector<Labels>({Labels::range("c", 2), Labels::range("d", 4)}));
    CHECK(block.labels(0) == block.samples() && block.labels(2) == Labels::range("d", 4));
    CHECK(block.device().device_type == kDLCPU && block.dtype().bits == 64);

    const TensorBlock no_properties(values<double>({3, 0}), Labels::range("s", 3), {}, Labels({"p"}));
    const auto nothing = no_properties.values();
    CHECK(nothing.shape() == std::vector<size_t>({3, 0}));

    CHECK_THROWS(InvalidParameterError, "", TensorBlock(values<double>({3, 2}), Labels::range("s", 2), {}, Labels({"p"})));
    CHECK_THROWS(InvalidParameterError, "null",
        TensorBlock(std::unique_ptr<DataArrayBase>(), Labels::range("s", 2), {}, Labels({"p"})));
}

void element_types() {
    const TensorBlock integers(values<int32_t>({2, 2}), Labels::range("s", 2), {}, Labels::range("p", 2));
    const auto array = integers.values<int32_t>();
    CHECK(array(1, 1) == 3);
    CHECK_THROWS(InvalidParameterError, "int32 can not be used as float64", integers.values());
    const TensorBlock floats(values<float>({2, 2}), Labels::range("s", 2), {}, Labels::range("p", 2));
    CHECK_THROWS(InvalidParameterError, "", floats.values<double>());
    CHECK(floats.values<float>() == SimpleDataArray<float>({2, 2}, {0, 1, 2, 3}));
    const TensorBlock booleans(
        std::make_unique<SimpleDataArray<bool>>(SimpleDataArray<bool>({1, 2}, {1, 0})), Labels::range("s", 1), {}, Labels::range("p", 2));
    CHECK(booleans.view<bool, 2>()(0, 0) && !booleans.view<bool, 2>()(0, 1));
    CHECK(booleans.values<bool>() == SimpleDataArray<bool>({1, 2}, {1, 0}));
}

void gradients() {
    auto block = example();
    CHECK(block.gradients_list() == std::vector<std::string>{"g"} && block.has_gradient("g") && !block.has_gradient("h"));
    auto gradient = block.gradient("g");
    CHECK(gradient.is_view() && gradient.samples().count() == 1 && gradient.components().size() == 2);
    CHECK(gradient.values() == *values<double>({1, 3, 2, 2}));
    CHECK_THROWS(InvalidParameterError, "", block.gradient("h"));
    CHECK_THROWS(InvalidParameterError, "view", gradient.add_gradient("h", example()));
    CHECK_THROWS(InvalidParameterError, "view", gradient.release());
    CHECK_THROWS(InvalidParameterError, "view", block.add_gradient("h", block.gradient("g")));
    CHECK_THROWS(InvalidParameterError, "", block.add_gradient("h", example()));

    for (auto [parameter, view]: block.gradients()) {
        CHECK(parameter == "g" && view.is_view());
        view.mutable_view<double, 4>()(0, 0, 0, 0) = 100;
    }
    const auto& constant = block;
    CHECK(constant.gradients().size() == 1 && !constant.gradients().empty());
    for (const auto& [parameter, view]: constant.gradients()) {
        CHECK(view.view<double, 4>()(0, 0, 0, 0) == 100 && view.samples().count() == 1 && parameter.size() == 1);
    }
    auto range = block.gradients();
    auto iterator = range.begin();
    CHECK(iterator++ == range.begin() && iterator == range.end() && decltype(iterator)() != iterator);
    CHECK(++range.begin() == range.end());
}

void copies() {
    auto block = example();
    auto clone = block.clone();
    clone.mutable_view<double, 3>()(0, 0, 0) = 50;
    CHECK(block.view<double, 3>()(0, 0, 0) == 0 && clone.view<double, 3>()(0, 0, 0) == 50 && !clone.is_view());
    CHECK(clone.samples() == block.samples() && clone.gradient("g").values() == block.gradient("g").values());
    auto owned = block.gradient("g").clone();
    CHECK(!owned.is_view());

    const TensorBlock no_copy(std::make_unique<NoCopy>(std::vector<uintptr_t>{2, 1}), Labels::range("s", 2), {}, Labels::range("p", 1));
    CHECK_THROWS(std::runtime_error, "can not copy this", no_copy.clone());

    auto metadata = block.clone_metadata_only();
    CHECK(metadata.samples() == block.samples() && metadata.components() == block.components());
    CHECK(metadata.properties() == block.properties() && metadata.gradients_list() == block.gradients_list());
    CHECK(arrays::origin_name(metadata.mts_array().origin()) == "metatensor::EmptyDataArray");
    CHECK(arrays::origin_name(metadata.gradient("g").mts_array().origin()) == "metatensor::EmptyDataArray");
    CHECK(details::same_dtype(metadata.dtype(), block.dtype()));
    CHECK_THROWS(InvalidParameterError, "no elements", metadata.values());
}

void handles() {
    auto block = example();
    auto moved = std::move(block);
    CHECK(!moved.is_view() && block.is_view());
    CHECK_THROWS(InvalidParameterError, "moved from or released", block.as_mts_block_t());
    CHECK_THROWS(InvalidParameterError, "moved from or released", block.values());
    CHECK_THROWS(InvalidParameterError, "moved from or released", block.samples());
    CHECK_THROWS(InvalidParameterError, "moved from or released", block.clone());
    CHECK_THROWS(InvalidParameterError, "moved from or released", block.release());
    // a view can take the place of its owner's copy
    block = moved.clone();
    block = moved.gradient("g");
    CHECK(block.is_view() && block.samples().count() == 1);

    const auto& constant = moved;
    CHECK(constant.as_mts_block_t() == moved.as_mts_block_t());
    auto* pointer = moved.release();
    CHECK(moved.is_view());
    auto back = TensorBlock::unsafe_from_ptr(pointer);
    CHECK(!back.is_view() && TensorBlock::unsafe_view_from_ptr(pointer).is_view());
    mts_block_free(back.release());
}

void elements() {
    auto block = example();
    {
        auto values = block.values_mut();
        values(2, 1, 1) = -1;
    }
    const auto read = block.values();
    CHECK(read(2, 1, 1) == -1 && block.view<double, 3>()[2][1][1] == -1);
    CHECK(SimpleDataArray<double>::from_mts_array(block.mts_array()).data()[11] == -1);
    CHECK_THROWS(InvalidParameterError, "a view with 2 axes", block.view<double, 2>());
    CHECK_THROWS(InvalidParameterError, "float64 can not be viewed as float32", block.view<float, 3>());
    CHECK_THROWS(InvalidParameterError, "float64 can not be viewed as float32", block.values_mut<float>());

    // arrays of the library: nobody else sees what is written
    TensorBlock native(MtsArray::from_vector(std::vector<double>{1, 2, 3, 4}, {2, 2}), Labels::range("s", 2), {}, Labels::range("p", 2));
    auto shared = native.clone();
    {
        auto values = native.values_mut();
        const auto copied_meanwhile = native.clone();
        values(0, 0) = 10;
        CHECK(copied_meanwhile.view<double, 2>()(0, 0) == 1);
    }
    CHECK((shared.view<double, 2>()(0, 0) == 1 && native.view<double, 2>()(0, 0) == 10));
    shared.mutable_view<double, 2>()(1, 1) = 40;
    CHECK((native.view<double, 2>()(1, 1) == 4));

    // memory of somebody else, with strides
    double buffer[4] = {1, 2, 3, 4};
    TensorBlock strided(MtsArray::from_buffer(buffer, {2, 2}, {1, 2}), Labels::range("s", 2), {}, Labels::range("p", 2));
    strided.mutable_view<double, 2>()(0, 1) = 30;
    CHECK(buffer[2] == 30);
    CHECK_THROWS(InvalidParameterError, "not contiguous", strided.values_mut());
    arrays::Tensor<double> tensor({1, 2, 3, 4}, {2, 2});
    {
        const auto block_of_tensor = TensorBlock::from_dlpack(&tensor.managed, Labels::range("s", 2), {}, Labels::range("p", 2));
        CHECK((block_of_tensor.view<double, 2>().data() == tensor.data.data()));
    }
    CHECK(tensor.released == 1);
    CHECK_THROWS(InvalidParameterError, "", TensorBlock::from_dlpack(&tensor.managed, Labels::range("s", 3), {}, Labels::range("p", 2)));
    CHECK(tensor.released == 2);

    // what can only be read
    tensor.managed.flags = DLPACK_FLAG_BITMASK_READ_ONLY;
    auto read_only = TensorBlock::from_dlpack(&tensor.managed, Labels::range("s", 2), {}, Labels::range("p", 2));
    CHECK((read_only.view<double, 2>()(1, 1) == 4));
    CHECK_THROWS(InvalidParameterError, "can only be read", read_only.mutable_view<double, 2>());
    CHECK_THROWS(InvalidParameterError, "can only be read", read_only.values_mut());
}

void constants() {
    const auto block = example();
    const ConstBlock view = block;
    ConstBlock other(view);
    other = view;
    CHECK(other.as_mts_block_t() == block.as_mts_block_t());
    CHECK(view.values() == block.values() && view.samples() == block.samples() && view.has_gradient("g"));
    CHECK(view.gradient("g").values() == block.gradient("g").values() && view.gradients().size() == 1);
    const auto takes_block = [](const TensorBlock& taken) { return taken.properties(); };
    CHECK(takes_block(view) == view.properties() && view.clone().samples() == view.samples());

    std::ostringstream stream;
    stream << block << view;
    CHECK(stream.str().find("TensorBlock") != std::string::npos);
    CHECK(make_blocks(example(), example()).size() == 2 && make_blocks().empty());
}

void files() {
    const auto block = example();
    block.save("block.mts");
    io::save("block-io.mts", block);
    const auto same = [&](const TensorBlock& loaded) {
        return loaded.values() == block.values() && loaded.gradient("g").values() == block.gradient("g").values();
    };
    CHECK(same(TensorBlock::load("block.mts")) && same(io::load_block("block-io.mts")));
    const auto buffer = block.save_buffer();
    const auto string = block.save_buffer<std::string>();
    CHECK(std::string(buffer.begin(), buffer.end()) == string && io::save_buffer(block) == buffer);
    CHECK(ConstBlock(block).save_buffer() == buffer);
    CHECK(same(TensorBlock::load_buffer(buffer)) && same(TensorBlock::load_buffer(string)));
    CHECK(same(TensorBlock::load_buffer(buffer.data(), buffer.size(), mts_create_array)));
    CHECK(same(io::load_block_buffer(string)) && same(io::load_block_buffer(buffer.data(), buffer.size())));
    CHECK_THROWS(SerializationError, "mts_tensormap_load", TensorBlock::load("map.mts"));
    CHECK_THROWS(SerializationError, "mts_block_load", TensorMap::load("block.mts"));
    CHECK_THROWS(SerializationError, "mts_block_load", Labels::load("block.mts"));
    CHECK_THROWS(SerializationError, "mts_labels_load", TensorBlock::load("labels.npy"));
}

void test() {
    structure();
    element_types();
    gradients();
    copies();
    handles();
    elements();
    constants();
    files();
}

} // namespace blocks
