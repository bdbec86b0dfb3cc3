// metatensor/labels.hpp
#include <sstream>
#include <unordered_set>

namespace labels {

MtsArray table(std::vector<uintptr_t> shape, std::vector<int32_t> values) {
    return DataArrayBase::to_mts_array(std::make_unique<SimpleDataArray<int32_t>>(std::move(shape), std::move(values)));
}

void construction() {
    const Labels labels({"a", "b"}, {{1, 2}, {3, 4}, {5, 6}});
    CHECK(labels.size() == 2 && labels.count() == 3);
    const auto names = labels.names();
    CHECK(names.size() == 2 && std::string(names[0]) == "a" && std::string(names[1]) == "b");
    CHECK(labels.device().device_type == kDLCPU);
    const auto values = labels.values();
    const auto values_cpu = labels.values_cpu();
    CHECK(values(2, 1) == 6 && values_cpu(2, 1) == 6 && values == values_cpu && values_cpu.is_view());
    CHECK(labels.mts_array().shape() == std::vector<uintptr_t>({3, 2}));
    CHECK(labels.mts_array().as_mts_array_t().destroy == nullptr);

    // from arrays
    CHECK(Labels({"a", "b"}, table({3, 2}, {1, 2, 3, 4, 5, 6})) == labels);
    CHECK(Labels({"a", "b"}, table({3, 2}, {1, 2, 3, 4, 5, 6}), assume_unique{}) == labels);
    CHECK_THROWS(InvalidParameterError, "", Labels({"a"}, table({2, 1}, {1, 1})));
    CHECK_THROWS(InvalidParameterError, "", Labels({"a"}, table({2, 2}, {1, 2, 3, 4})));

    // from memory
    const int32_t memory[] = {1, 2, 3, 4, 5, 6};
    CHECK(Labels({"a", "b"}, memory, 3) == labels);
    CHECK(Labels({"a", "b"}, memory, 3, assume_unique{}) == labels);
    CHECK(Labels({"a", "b"}, nullptr, 0) == Labels({"a", "b"}));
    CHECK_THROWS(InvalidParameterError, "pointer is null", Labels({"a"}, nullptr, 1));
    std::vector<int32_t> vector(memory, memory + 6);
    const auto* start = vector.data();
    const auto moved = Labels::from_vector({"a", "b"}, std::move(vector));
    CHECK(moved == labels && moved.view().data() == start);
    CHECK(Labels::from_vector({"a"}, {1, 2}, assume_unique{}) == Labels({"a"}, {{1}, {2}}));
    CHECK_THROWS(InvalidParameterError, "got 3 elements", Labels::from_vector({"a", "b"}, {1, 2, 3}));

    // lists
    CHECK(Labels({"a"}, {}).count() == 0 && Labels({"a"}).size() == 1 && Labels({"a", "b"}).size() == 2);
    CHECK(Labels(std::vector<std::string>{}).size() == 0 && Labels(std::vector<std::string>{}).count() == 0);
    // without dimensions, there are no entries
    const int32_t row = 1;
    const std::vector<std::string> none;
    CHECK(Labels(none, {{}}).count() == 0 && Labels(none, &row, 2).count() == 0);
    CHECK_THROWS(
        InvalidParameterError, "entry 1 has 1 values, but there are 2 dimensions", Labels({"a", "b"}, {{1, 2}, {3}}));
    CHECK_THROWS(InvalidParameterError, "", Labels({"not valid"}, {{1}}));
    CHECK_THROWS(InvalidParameterError, "", Labels({"a", "a"}, {{1, 2}}));
    CHECK_THROWS(InvalidParameterError, "", Labels({"a"}, {{1}, {1}}));
    CHECK_THROWS(InvalidParameterError, "NUL", Labels({std::string("a\0b", 3)}, {{1}}));

    CHECK(Labels::range("n", 3) == Labels({"n"}, {{0}, {1}, {2}}) && Labels::range("n", 0).count() == 0);
    CHECK_THROWS(InvalidParameterError, "integers of 32 bits", Labels::range("n", size_t{1} << 32));
    CHECK(Labels::single() == Labels({"_"}, {{0}}));
}

void comparison() {
    const Labels labels({"a", "b"}, {{1, 2}, {3, 4}});
    CHECK(labels == labels && labels == Labels({"a", "b"}, {{1, 2}, {3, 4}}));
    CHECK(labels != Labels({"a", "c"}, {{1, 2}, {3, 4}}) && labels != Labels({"a", "b"}, {{3, 4}, {1, 2}}));
    CHECK(labels != Labels({"a"}, {{1}}) && labels != Labels({"a", "b"}, {{1, 2}}));
    CHECK(std::vector<Labels>({labels}) == std::vector<Labels>({labels}));

    std::unordered_set<Labels> set = {labels, Labels({"a"}), Labels({"b"}), labels};
    CHECK(set.size() == 3 && set.count(Labels({"a", "b"}, {{1, 2}, {3, 4}})) == 1);
    CHECK(std::hash<Labels>()(Labels({"a"})) != std::hash<Labels>()(Labels({"b"})));
}

void handles() {
    Labels labels({"a"}, {{1}, {2}});
    Labels copy = labels;
    CHECK(copy == labels && copy.view().data() == labels.view().data());
    Labels moved = std::move(copy);
    CHECK(moved == labels);

    // null
    CHECK(copy.names().empty() && copy.size() == 0 && copy != copy && copy != labels);
    CHECK_THROWS(InvalidParameterError, "moved from or released", copy.as_mts_labels_t());
    CHECK_THROWS(InvalidParameterError, "moved from or released", copy.count());
    CHECK_THROWS(InvalidParameterError, "moved from or released", copy.values());
    CHECK_THROWS(InvalidParameterError, "moved from or released", copy.values_cpu());
    CHECK_THROWS(InvalidParameterError, "moved from or released", copy.position({1}));
    CHECK_THROWS(InvalidParameterError, "moved from or released", copy.set_union(labels));
    CHECK_THROWS(InvalidParameterError, "moved from or released", labels.set_union(copy));
    CHECK_THROWS(InvalidParameterError, "moved from or released", Labels(copy));
    // nothing is lost when null is assigned
    CHECK_THROWS(InvalidParameterError, "moved from or released", moved = static_cast<const Labels&>(copy));
    CHECK(moved == labels);

    copy = moved;
    CHECK(copy == labels);
    copy = Labels({"b"});
    copy = std::move(moved);
    CHECK(copy == labels);
    const auto* pointer = copy.release();
    CHECK(copy.size() == 0 && pointer != nullptr);
    const auto back = Labels::unsafe_from_ptr(pointer);
    CHECK(back == labels && back.as_mts_labels_t() == pointer);
    mts_labels_free(labels.release());
}

void searches() {
    const Labels labels({"a", "b"}, {{1, 2}, {3, 4}, {1, 6}});
    CHECK(labels.position({3, 4}) == size_t{1} && labels.position({3, 5}) == std::nullopt);
    CHECK(labels.position(std::array<int32_t, 2>{1, 6}) == size_t{2});
    CHECK(labels.position(std::vector<int32_t>{1, 2}) == size_t{0});
    const int32_t row[] = {1, 6};
    CHECK(labels.position(row, 2) == size_t{2});
    CHECK_THROWS(InvalidParameterError, "", labels.position({1}));
    CHECK(labels.contains({3, 4}) && !labels.contains({4, 3}) && labels.contains(std::vector<int32_t>{1, 2}));

    CHECK(labels.select(Labels({"a"}, {{1}})) == std::vector<uint64_t>({0, 2}));
    CHECK(labels.select(Labels({"a", "b"}, {{1, 6}, {3, 4}})) == std::vector<uint64_t>({2, 1}));
    CHECK(labels.select(Labels({"a"}, {{7}})).empty());
    CHECK(labels.select(Labels(std::vector<std::string>{})).size() == 3);
    CHECK_THROWS(InvalidParameterError, "", labels.select(Labels({"c"}, {{1}})));
    uint64_t selected[3];
    size_t count = 3;
    labels.select(Labels({"b"}, {{4}}), selected, &count);
    CHECK(count == 1 && selected[0] == 1);
    count = 1;
    CHECK_THROWS(BufferSizeError, "", labels.select(Labels({"b"}, {{4}}), selected, &count));
}

void sets() {
    const Labels first({"a"}, {{1}, {2}, {3}}), second({"a"}, {{3}, {4}});
    std::vector<size_t> first_union(3), second_union(2), unwanted;
    CHECK(first.set_union(second, first_union, second_union) == Labels({"a"}, {{1}, {2}, {3}, {4}}));
    CHECK(first_union == std::vector<size_t>({0, 1, 2}) && second_union == std::vector<size_t>({2, 3}));
    CHECK(first.set_union(second, unwanted, second_union).count() == 4 && unwanted.empty());
    CHECK_THROWS(InvalidParameterError, "second labels has 3", first.set_union(second, unwanted, first_union));
    CHECK_THROWS(InvalidParameterError, "first labels has 2", first.set_union(second, second_union, unwanted));
    int64_t first_mapping[3], second_mapping[2];
    CHECK(first.set_union(second, first_mapping, 3, second_mapping, 2).count() == 4 && second_mapping[1] == 3);
    CHECK(first.set_union(second).count() == 4);

    using Positions = std::vector<std::optional<size_t>>;
    Positions first_rows(3), second_rows(2), nothing;
    CHECK(first.set_intersection(second, first_rows, second_rows) == Labels({"a"}, {{3}}));
    CHECK(first_rows == Positions({std::nullopt, std::nullopt, 0}) && second_rows == Positions({0, std::nullopt}));
    CHECK(first.set_intersection(second, nothing, nothing).count() == 1);
    CHECK(first.set_intersection(second, first_mapping, 3, second_mapping, 2).count() == 1 && first_mapping[0] == -1);
    CHECK(first.set_intersection(second).count() == 1);

    CHECK(first.set_difference(second, first_rows) == Labels({"a"}, {{1}, {2}}));
    CHECK(first_rows == Positions({0, 1, std::nullopt}));
    CHECK_THROWS(InvalidParameterError, "first labels has 2", first.set_difference(second, second_rows));
    CHECK(first.set_difference(second, first_mapping, 3).count() == 2 && first_mapping[2] == -1);
    CHECK(first.set_difference(second).count() == 2);
    CHECK_THROWS(InvalidParameterError, "", first.set_difference(Labels({"b"}, {{1}})));
}

void additions() {
    const Labels labels({"system", "atom"}, {{0, 1}, {0, 2}, {1, 1}});
    const auto dimensions = labels.dimensions();
    CHECK(dimensions.size() == 2 && !dimensions.empty() && dimensions[1] == "atom");
    CHECK(dimensions.contains("system") && !dimensions.contains("sys"));
    CHECK(dimensions.position("atom") == 1 && dimensions.find("x") == 2);
    CHECK_THROWS(InvalidParameterError, "no dimension 'x', only 'system', 'atom'", dimensions.position("x"));
    std::string all;
    for (const std::string_view name: dimensions) {
        all += name;
    }
    CHECK(all == "systematom");
    auto name = dimensions.begin();
    CHECK(*name++ == "system" && *name == "atom" && ++name == dimensions.end() && Dimensions().empty());
    CHECK(Dimensions::iterator() != name);

    CHECK(labels.view()(1, 1) == 2 && labels.view().shape()[0] == 3);
    int32_t sum = 0;
    for (const auto atom: labels.column("atom")) {
        sum += atom;
    }
    CHECK(sum == 4 && labels.column("system")[2] == 1);
    CHECK_THROWS(InvalidParameterError, "no dimension 'c'", labels.column("c"));

    int32_t row = 0;
    for (const auto entry: labels) {
        CHECK(entry["atom"] == labels.view()(row, 1) && entry[size_t{0}] == entry["system"]);
        row++;
    }
    CHECK(row == 3);
    const auto entry = labels.entry(1);
    CHECK(entry.size() == 2 && entry.data()[1] == 2 && *entry.begin() == 0 && entry.end() - entry.begin() == 2);
    CHECK(entry.dimensions()[0] == "system" && entry[std::string_view("atom")] == 2);
    CHECK_THROWS(InvalidParameterError, "no dimension 'c'", entry["c"]);
    CHECK_THROWS(InvalidParameterError, "index 2", entry[size_t{2}]);
    CHECK_THROWS(InvalidParameterError, "index 3", labels.entry(3));
    auto iterator = labels.begin();
    CHECK((*iterator++)["atom"] == 1 && (*iterator)["atom"] == 2 && iterator != labels.begin());
    CHECK(++ ++iterator == labels.end() && decltype(iterator)() == labels.begin());

    std::ostringstream stream;
    stream << labels << "\n" << entry;
    CHECK(stream.str().find("system") != std::string::npos);
    CHECK(stream.str().find("\n(system=0, atom=2)") != std::string::npos);
}

void files() {
    const Labels labels({"a", "b"}, {{1, 2}, {3, 4}});
    labels.save("labels.npy");
    io::save("labels-io.npy", labels);
    CHECK(Labels::load("labels.npy") == labels && io::load_labels("labels-io.npy") == labels);
    const auto buffer = labels.save_buffer();
    const auto string = labels.save_buffer<std::string>();
    CHECK(std::string(buffer.begin(), buffer.end()) == string && io::save_buffer<std::string>(labels) == string);
    CHECK(io::save_buffer(labels) == buffer);
    CHECK(Labels::load_buffer(buffer) == labels && Labels::load_buffer(string) == labels);
    CHECK(Labels::load_buffer(buffer.data(), buffer.size()) == labels);
    CHECK(io::load_labels_buffer(string) == labels);
    CHECK(io::load_labels_buffer(buffer.data(), buffer.size()) == labels);
    CHECK_THROWS(IoError, "", labels.save("/not/there/labels.npy"));
    CHECK_THROWS(InvalidParameterError, "NUL", labels.save(std::string("a\0b", 3)));
}

void test() {
    construction();
    comparison();
    handles();
    searches();
    sets();
    additions();
    files();
}

} // namespace labels
