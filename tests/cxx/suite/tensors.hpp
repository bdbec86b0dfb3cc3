// metatensor/tensor.hpp and metatensor/io.hpp
#include <cstring>

namespace tensors {

TensorBlock block(std::vector<int32_t> samples, double value, bool gradient = true) {
    const auto count = samples.size();
    const auto properties = Labels::range("p", 2);
    const std::vector<Labels> components = {Labels::range("c", 3)};
    const auto values = [=](std::vector<uintptr_t> shape) { return blocks::values<double>(std::move(shape), value); };
    TensorBlock result(values({count, 3, 2}), Labels::from_vector({"s"}, std::move(samples)), components, properties);
    if (gradient) {
        result.add_gradient("g", TensorBlock(values({1, 3, 2}), Labels({"sample"}, {{1}}), components, properties));
    }
    return result;
}

/// Two blocks, with values from 0 and from 100.
TensorMap example() {
    return TensorMap(Labels({"k", "l"}, {{0, 1}, {1, 1}}), make_blocks(block({0, 1}, 0), block({1, 3, 4}, 100)));
}

void structure() {
    auto tensor = example();
    const auto& constant = tensor;
    CHECK(tensor.keys() == Labels({"k", "l"}, {{0, 1}, {1, 1}}) && tensor.size() == 2 && !tensor.is_view());
    CHECK(tensor.dtype().bits == 64 && tensor.device().device_type == kDLCPU);
    auto view = tensor.block_by_id(1);
    CHECK(view.is_view() && view.samples().count() == 3 && tensor.block_by_id(1).values() == view.values());
    CHECK(constant.block_by_id(1).values() == view.values());
    CHECK_THROWS(InvalidParameterError, "", tensor.block_by_id(2));
    CHECK_THROWS(InvalidParameterError, "", constant.block_by_id(2));
    view.mutable_view<double, 3>()(0, 0, 0) = -5;
    CHECK((constant.block_by_id(1).view<double, 3>()(0, 0, 0) == -5));

    CHECK(tensor.block({{"k", 1}}).samples().count() == 3 && constant.block({{"l", 1}, {"k", 0}}).samples().count() == 2);
    CHECK(tensor.block(Labels({"k"}, {{1}})).samples().count() == 3);
    CHECK(constant.block(Labels({"k", "l"}, {{0, 1}})).samples().count() == 2);
    CHECK_THROWS(InvalidParameterError, "", tensor.block({{"l", 1}}));
    CHECK_THROWS(InvalidParameterError, "", constant.block({{"k", 9}}));
    CHECK_THROWS(InvalidParameterError, "", constant.block({{"x", 9}}));
    CHECK_THROWS(InvalidParameterError, "these labels have 0", constant.block(Labels({"k"})));

    size_t count = 0;
    for (auto each: tensor.blocks()) {
        each.mutable_view<double, 3>()(0, 0, 1) = 7;
        count++;
    }
    for (const auto each: constant.blocks()) {
        CHECK((each.view<double, 3>()(0, 0, 1) == 7));
    }
    int32_t sum = 0;
    for (auto [key, each]: tensor.items()) {
        sum += key["k"] + 10 * key["l"];
        CHECK(each.is_view());
    }
    for (const auto& [key, each]: constant.items()) {
        sum += key[size_t{0}] + static_cast<int32_t>(100 * each.samples().count());
    }
    CHECK(count == 2 && sum == 1 + 20 + 1 + 500);
    const auto range = constant.blocks();
    auto iterator = range.begin();
    CHECK(range.size() == 2 && !range.empty() && iterator++ == range.begin() && ++iterator == range.end());
    CHECK(decltype(iterator)() != iterator);

    std::ostringstream stream;
    stream << tensor;
    CHECK(stream.str().find("TensorMap") != std::string::npos);

    const TensorMap empty(Labels({"k"}), {});
    CHECK(empty.size() == 0 && empty.dtype().code == kDLFloat && empty.dtype().bits == 64);
    CHECK(empty.device().device_type == kDLCPU && empty.blocks().empty());
}

void ownership() {
    auto tensor = example();
    std::vector<TensorBlock> with_view;
    with_view.push_back(block({0}, 0, false));
    with_view.push_back(tensor.block_by_id(0));
    CHECK_THROWS(InvalidParameterError, "block 1 is a view", TensorMap(Labels::range("k", 2), std::move(with_view)));
    CHECK_THROWS(InvalidParameterError, "", TensorMap(Labels::range("k", 3), make_blocks(block({0}, 0, false))));
    CHECK_THROWS(InvalidParameterError, "view", tensor.block_by_id(0).release());

    auto moved = std::move(tensor);
    CHECK(tensor.is_view() && !moved.is_view());
    CHECK_THROWS(InvalidParameterError, "moved from or released", tensor.keys());
    CHECK_THROWS(InvalidParameterError, "moved from or released", tensor.as_mts_tensormap_t());
    CHECK_THROWS(InvalidParameterError, "moved from or released", tensor.clone());
    CHECK_THROWS(InvalidParameterError, "moved from or released", tensor.release());
    CHECK_THROWS(InvalidParameterError, "moved from or released", tensor.set_info("a", "b"));
    tensor = std::move(moved);
    const auto& constant = tensor;
    CHECK(constant.as_mts_tensormap_t() == tensor.as_mts_tensormap_t());
    auto view = TensorMap::unsafe_view_from_ptr(tensor.as_mts_tensormap_t());
    CHECK(view.is_view() && view.keys() == tensor.keys());
    CHECK_THROWS(InvalidParameterError, "view of a map", view.release());
    auto back = TensorMap::unsafe_from_ptr(tensor.release());
    CHECK(!back.is_view() && tensor.is_view());
    mts_tensormap_free(back.release());
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif
    const TensorMap deprecated(example().release());
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
    CHECK(!deprecated.is_view());
    std::optional<TensorMap> optional = example();
    std::optional<Labels> keys = optional->keys();
    CHECK(keys == deprecated.keys());
}

void copies() {
    auto tensor = example();
    tensor.set_info("a", "b");
    auto clone = tensor.clone();
    clone.block_by_id(0).mutable_view<double, 3>()(0, 0, 0) = 99;
    CHECK((tensor.block_by_id(0).view<double, 3>()(0, 0, 0) == 0 && clone.get_info("a") == "b"));
    auto metadata = tensor.clone_metadata_only();
    CHECK(metadata.keys() == tensor.keys() && metadata.block_by_id(1).gradients_list().size() == 1);
    CHECK_THROWS(InvalidParameterError, "no elements", metadata.block_by_id(0).values());
    const TensorMap no_copy(Labels::range("k", 1),
        make_blocks(TensorBlock(std::make_unique<blocks::NoCopy>(std::vector<uintptr_t>{1, 1}), Labels::range("s", 1), {}, Labels::range("p", 1))));
    CHECK_THROWS(std::runtime_error, "can not copy this", no_copy.clone());
}

void infos() {
    auto tensor = example();
    CHECK(tensor.get_info("missing") == std::nullopt && tensor.info().begin() == tensor.info().end());
    tensor.set_info("first", "1");
    tensor.set_info("second", "2");
    tensor.set_info("first", "3");
    CHECK(tensor.get_info("first") == "3");
    std::string all;
    for (auto [key, value]: tensor.info()) {
        all += std::string(key) + "=" + std::string(value) + ";";
    }
    CHECK(all == "first=3;second=2;");
    auto info = tensor.info();
    auto iterator = info.begin();
    CHECK(iterator->second == "3" && (*iterator++).first == "first" && iterator->first == "second");
    CHECK(++iterator == info.end() && iterator != info.begin() && decltype(iterator)() == decltype(iterator)());
    CHECK_THROWS(InvalidParameterError, "NUL", tensor.set_info(std::string("a\0b", 3), ""));
    CHECK(tensor.keys_to_samples("k").get_info("first") == "3");
    CHECK(tensor.components_to_properties("c").get_info("first") == "3");
    auto properties = block({0, 1}, 0, false);
    TensorMap same(Labels::range("k", 1), make_blocks(std::move(properties)));
    same.set_info("first", "3");
    CHECK(same.keys_to_properties("k").get_info("first") == "3");
}

void moves() {
    const auto tensor = example();
    auto samples = tensor.keys_to_samples("k");
    CHECK(samples.size() == 1 && samples.keys() == Labels({"l"}, {{1}}));
    CHECK(samples.block_by_id(0).samples() == Labels({"s", "k"}, {{0, 0}, {1, 0}, {1, 1}, {3, 1}, {4, 1}}));
    CHECK(samples.block_by_id(0).gradient("g").samples() == Labels({"sample"}, {{1}, {3}}));
    const auto scalar = [](double value) {
        return arrays::wrap(SimpleDataArray<double>(std::vector<uintptr_t>{}, value));
    };
    const Labels key({"k"});
    const std::vector<std::string> names = {"k"};
    const std::string name = "k";
    CHECK(tensor.keys_to_samples(key).size() == 1 && tensor.keys_to_samples(names).size() == 1);
    CHECK(tensor.keys_to_samples(name, 0.0, false).size() == 1 && tensor.keys_to_samples(key, 0.0, false).size() == 1);
    CHECK(tensor.keys_to_samples(names, 0.0, false).size() == 1);
    CHECK(tensor.keys_to_samples(key, scalar(0), true).size() == 1);
    CHECK(tensor.keys_to_samples(names, scalar(0), true).size() == 1);
    CHECK(tensor.keys_to_samples("k", scalar(0), true).size() == 1);
    auto unsorted = TensorMap(Labels({"k"}, {{1}, {0}}), make_blocks(block({5}, 0, false), block({2}, 0, false)))
                        .keys_to_samples("k", 0.0, false);
    CHECK(unsorted.block_by_id(0).samples() == Labels({"s", "k"}, {{5, 1}, {2, 0}}));
    CHECK_THROWS(InvalidParameterError, "", tensor.keys_to_samples("k", 0.0f));
    CHECK_THROWS(InvalidParameterError, "", tensor.keys_to_samples("x"));

    auto properties = tensor.keys_to_properties("k", std::nan(""));
    auto merged = properties.block_by_id(0);
    CHECK(merged.samples() == Labels({"s"}, {{0}, {1}, {3}, {4}}));
    CHECK(merged.properties() == Labels({"k", "p"}, {{0, 0}, {0, 1}, {1, 0}, {1, 1}}));
    const auto values = merged.view<double, 3>();
    CHECK(values(0, 0, 1) == 1 && std::isnan(values(0, 0, 2)) && values(1, 0, 2) == 100 && std::isnan(values(3, 2, 0)));
    const auto gradient = merged.gradient("g").values();
    CHECK(merged.gradient("g").samples() == Labels({"sample"}, {{1}, {2}}) && gradient(0, 0, 1) == 1);
    CHECK(tensor.keys_to_properties(key).size() == 1 && tensor.keys_to_properties(names).size() == 1);
    CHECK(tensor.keys_to_properties(names, 0.0, false).size() == 1);
    CHECK(tensor.keys_to_properties(key, 0.0, false).size() == 1);
    CHECK(tensor.keys_to_properties(key, scalar(0), true).size() == 1);
    CHECK(tensor.keys_to_properties(names, scalar(0), true).size() == 1);
    CHECK(tensor.keys_to_properties("k", scalar(0), true).size() == 1);

    auto components = tensor.components_to_properties("c");
    CHECK(components.block_by_id(0).properties() == Labels({"c", "p"}, {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {2, 1}}));
    CHECK(components.block_by_id(0).values() == SimpleDataArray<double>({2, 6}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
    auto listed = tensor.components_to_properties(std::vector<std::string>{"c"});
    CHECK(listed.block_by_id(1).values() == components.block_by_id(1).values());
    CHECK_THROWS(InvalidParameterError, "", tensor.components_to_properties("x"));
}

int created = 0;

mts_status_t count_and_create(const uintptr_t* shape, uintptr_t count, DLDataType dtype, mts_array_t* array) {
    created++;
    return details::default_create_array(shape, count, dtype, array);
}

mts_status_t fail_to_create(const uintptr_t*, uintptr_t, DLDataType, mts_array_t*) {
    return details::catch_exceptions([] { throw std::domain_error("no array today"); });
}

void files() {
    auto tensor = example();
    const auto without_info = tensor.save_buffer<std::string>();
    tensor.set_info("a", "b");
    tensor.save("map.mts");
    io::save("map-io.mts", tensor);
    const auto same = [&](TensorMap loaded) {
        return loaded.keys() == tensor.keys() && loaded.block_by_id(1).values() == tensor.block_by_id(1).values()
            && SimpleDataArray<double>::from_mts_array(loaded.block_by_id(0).gradient("g").mts_array())
            == tensor.block_by_id(0).gradient("g").values() && loaded.get_info("a") == "b";
    };
    CHECK(same(TensorMap::load("map.mts")) && same(io::load("map-io.mts", count_and_create)) && created == 4);
    const auto buffer = tensor.save_buffer();
    const auto string = tensor.save_buffer<std::string>();
    CHECK(std::string(buffer.begin(), buffer.end()) == string && io::save_buffer(tensor) == buffer);
    CHECK(string.find("info.json") != std::string::npos && without_info.find("info.json") == std::string::npos);
    CHECK(same(TensorMap::load_buffer(buffer)) && same(TensorMap::load_buffer(string, details::default_create_array)));
    CHECK(same(TensorMap::load_buffer(buffer.data(), buffer.size())));
    CHECK(same(io::load_buffer(string)) && same(io::load_buffer(buffer.data(), buffer.size(), &details::default_create_array<>)));
    CHECK_THROWS(std::domain_error, "no array today", TensorMap::load("map.mts", fail_to_create));
    CHECK_THROWS(SerializationError, "mts_tensormap_load", Labels::load("map.mts"));
    CHECK_THROWS(IoError, "", io::save("/not/there/map.mts", tensor));

    // the bytes are those that C gives, and those of the file
    uint8_t* bytes = nullptr;
    uintptr_t size = 0;
    const auto grow = [](void*, uint8_t* pointer, uintptr_t new_size) {
        return static_cast<uint8_t*>(std::realloc(pointer, new_size));
    };
    CHECK(mts_tensormap_save_buffer(&bytes, &size, nullptr, grow, tensor.as_mts_tensormap_t()) == MTS_SUCCESS);
    CHECK(size == buffer.size() && std::memcmp(bytes, buffer.data(), size) == 0);
    std::free(bytes);
    std::FILE* file = std::fopen("map.mts", "rb");
    std::vector<uint8_t> content(buffer.size() + 1);
    CHECK(std::fread(content.data(), 1, content.size(), file) == buffer.size());
    std::fclose(file);
    content.pop_back();
    CHECK(content == buffer);

    // elements that are not of a type of C++
    TensorMap complex(Labels::single(), make_blocks(TensorBlock(
        MtsArray::from_vector(std::vector<std::complex<double>>{{1, 2}}, {1, 1}), Labels::single(), {}, Labels::single())));
    const auto loaded = TensorMap::load_buffer(complex.save_buffer());
    CHECK((loaded.block_by_id(0).view<std::complex<double>, 2>()(0, 0) == std::complex<double>(1, 2)));
}

void test() {
    structure();
    ownership();
    copies();
    infos();
    moves();
    files();
}

} // namespace tensors
