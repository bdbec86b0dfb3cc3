// Files that are read in part, mapped, written block by block, appended to, merged and checked.
#include <metatensor/collection.hpp>
#include <metatensor/files.hpp>
#include <metatensor/operations.hpp>

#include "check.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace io = metatensor::io;
namespace ops = metatensor::operations;
using metatensor::Labels;
using metatensor::MtsArray;
using metatensor::TensorBlock;
using metatensor::TensorMap;

static std::vector<uint8_t> content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Large enough to be mapped, with a gradient.
static TensorBlock large_block(int32_t first) {
    const std::size_t rows = 5000;
    std::vector<double> values(rows * 2), derivatives(rows * 6);
    std::vector<int32_t> atoms(rows), samples(rows);
    for (std::size_t i = 0; i < rows; i++) {
        values[2 * i] = static_cast<double>(i);
        derivatives[6 * i] = static_cast<double>(i) / 2;
        atoms[i] = static_cast<int32_t>(i) + first;
        samples[i] = static_cast<int32_t>(rows - 1 - i);
    }
    const auto properties = Labels::range("p", 2);
    TensorBlock block(MtsArray::from_vector(std::move(values), {rows, 2}), Labels::from_vector({"atom"}, std::move(atoms)),
        {}, properties);
    block.add_gradient("x", TensorBlock(MtsArray::from_vector(std::move(derivatives), {rows, 3, 2}),
                                Labels::from_vector({"sample"}, std::move(samples)), {Labels::range("xyz", 3)}, properties));
    return block;
}

static void parts_are_read(const std::string& path, const TensorMap& map) {
    const auto check_file = [&](const io::MapFile& file) {
        CHECK(file.keys() == map.keys());
        CHECK(ops::equal(file.load(), map) && ops::equal(file.block(1), map.block_by_id(1)));
        CHECK(file.info_keys() == std::vector<std::string>{"unit"} && file.get_info("unit") == "eV");
        CHECK(!file.get_info("none").has_value());
        const auto header = file.header(0);
        CHECK((header.shape() == std::vector<std::size_t>{5000, 2}) && header.dtype().bits == 64);
        CHECK(header.labels(1) == Labels::range("p", 2));
        CHECK(header.gradients_list() == std::vector<std::string>{"x"});
        CHECK((header.gradient("x").shape() == std::vector<std::size_t>{5000, 3, 2}));
        CHECK_THROWS(metatensor::InvalidParameterError, "'y'", header.gradient("y"));
        CHECK_THROWS(metatensor::InvalidParameterError, "", file.block(2));
        io::MapSelection selection;
        selection.keys = Labels({"key"}, {{1}});
        selection.samples = Labels({"atom"}, {{10}, {4000}});
        selection.properties = Labels({"p"}, {{1}});
        auto expected = ops::filter_blocks(map, *selection.keys);
        expected = ops::slice(expected, ops::Axis::Samples, *selection.samples);
        CHECK(ops::equal(file.load_selected(selection), ops::slice(expected, ops::Axis::Properties, {1})));
        CHECK(ops::equal(file.load_selected({}), map));
        CHECK(ops::equal(file.load_mapped(io::Mapping::Private), map));
        CHECK(ops::equal(file.block_mapped(0), map.block_by_id(0)));
    };
    check_file(io::MapFile::open(path));
    check_file(io::MapFile::open_buffer(content(path)));
    const auto bytes = content(path);
    int calls = 0;
    const auto read_at = [&](uint64_t offset, uint8_t* out, std::size_t count) {
        calls++;
        std::memcpy(out, bytes.data() + offset, count);
    };
    check_file(io::MapFile::open_reader("memory", {bytes.size(), read_at, false}));
    CHECK(calls > 0);
    const auto fail = [](uint64_t, uint8_t*, std::size_t) { throw std::out_of_range("no such bytes"); };
    bool thrown = false;
    try {
        static_cast<void>(io::MapFile::open_reader("nothing", {1000, fail, false}));
    } catch (const std::out_of_range& error) {
        thrown = std::strcmp(error.what(), "no such bytes") == 0;
    }
    CHECK(thrown);
    CHECK_THROWS(metatensor::IoError, "no-such-file", io::MapFile::open("no-such-file"));
    io::FileLimits limits;
    limits.members = 2;
    CHECK_THROWS(metatensor::SerializationError, "2", io::MapFile::open(path, limits));

    io::MapSelection nothing;
    nothing.samples = Labels({"atom"});
    const auto empty = io::load_selected(path, nothing);
    CHECK(empty.block_by_id(0).samples().count() == 0);
}

static void files_are_mapped(const std::string& path, const TensorMap& map) {
    const auto mapped = io::load_mapped(path);
    CHECK(ops::equal(mapped, map) && io::is_mapped(mapped.block_by_id(0)) && !io::is_mapped(map.block_by_id(0)));
    auto own = io::load_mapped(path, io::Mapping::Private);
    own.block_by_id(0).mutable_view<double, 2>()(0, 0) = 12;
    CHECK(ops::equal(io::load(path), map));

    const auto in_memory = io::load_mapped_buffer(content(path));
    CHECK(ops::equal(in_memory, map));
    CHECK_THROWS(metatensor::SerializationError, "", io::load_mapped_buffer(std::string("nothing")));
    map.block_by_id(0).save("block.mts");
    CHECK(ops::equal(io::load_block_mapped("block.mts"), map.block_by_id(0)));
    CHECK(ops::equal(io::load_block_mapped_buffer(content("block.mts")), map.block_by_id(0)));
}

/// The same map, written in other ways.
static void files_are_written_in_pieces(const std::string& path, const TensorMap& map) {
    auto writer = io::MapWriter::create("pieces.mts", {"key"});
    writer.set_info("unit", "Ry");
    writer.set_info("other", "text");
    writer.remove_info("other");
    writer.add({0}, map.block_by_id(0));
    CHECK_THROWS(metatensor::InvalidParameterError, "", writer.add({0}, map.block_by_id(0)));
    CHECK(writer.count() == 1);
    writer.finish();
    CHECK_THROWS(metatensor::InvalidParameterError, "writer", writer.count());
    {
        // gone without being finished
        auto abandoned = io::MapWriter::append("pieces.mts");
        abandoned.add({5}, map.block_by_id(1));
    }
    writer = io::MapWriter::append("pieces.mts");
    CHECK(writer.count() == 1);
    writer.set_info("unit", "eV");
    const auto block = map.block_by_id(1);
    const auto gradient = block.gradient("x");
    const auto rows = [](const metatensor::ConstBlock& of, std::size_t start, std::size_t end, std::vector<uintptr_t> shape) {
        const auto all = of.values<double>();
        const auto length = metatensor::details::product(shape) / shape[0];
        shape[0] = end - start;
        return MtsArray::from_vector(
            std::vector<double>(all.data() + start * length, all.data() + end * length), shape);
    };
    writer.begin_block({1}, {kDLFloat, 64, 1}, {}, block.properties());
    writer.abandon_block();
    writer.begin_block({1}, {kDLFloat, 64, 1}, {}, block.properties());
    writer.push_rows(rows(block, 0, 2000, {5000, 2}));
    writer.push_rows(rows(block, 2000, 5000, {5000, 2}));
    writer.end_rows(block.samples());
    writer.begin_gradient({"x"}, gradient.components());
    writer.push_rows(rows(gradient, 0, 5000, {5000, 3, 2}));
    writer.end_rows(gradient.samples());
    writer.end_block();
    writer.finish();
    CHECK(ops::equal(io::load("pieces.mts"), map) && io::load("pieces.mts").get_info("unit") == "eV");
    CHECK(!io::recover_file("pieces.mts"));

    ops::filter_blocks(map, Labels({"key"}, {{0}})).save("first.mts");
    ops::filter_blocks(map, Labels({"key"}, {{1}})).save("second.mts");
    io::merge_files({"first.mts", "second.mts"}, "merged.mts");
    CHECK(ops::equal(io::load("merged.mts"), map));
    io::merge_files({"first.mts", "second.mts"}, "merged.mts", false);
    CHECK_THROWS(metatensor::InvalidParameterError, "", io::merge_files({"first.mts", "first.mts"}, "merged.mts"));

    std::ostringstream stream;
    io::save(stream, map);
    const auto expected = content(path);
    CHECK(stream.str() == std::string(expected.begin(), expected.end()));
    stream.setstate(std::ios::badbit);
    CHECK_THROWS(metatensor::IoError, "stream", io::save(stream, map));
    io::remove_temporaries();

    // paths of the standard library
    const std::filesystem::path same = std::filesystem::path(".") / path;
    CHECK(io::MapFile::open(same).keys() == map.keys());
}

static void problems_are_found(const std::string& path) {
    CHECK(io::validate(path).empty());
    auto damaged = content(path);
    damaged[damaged.size() / 2] ^= 1;
    const auto problems = io::validate_buffer(damaged.data(), damaged.size());
    CHECK(problems.size() == 1 && problems[0].member.has_value() && problems[0].byte.has_value());
    CHECK(!problems[0].message.empty());
    const auto others = io::validate_buffer(damaged.data(), 0);
    CHECK(others.size() == 1 && !others[0].member.has_value());
}

static void collections_are_written_and_read(const TensorMap& map) {
    const mts_load_many_options_t c_defaults = MTS_LOAD_MANY_OPTIONS_INIT;
    const io::LoadManyOptions defaults;
    CHECK(defaults.number == c_defaults.number && !defaults.position.has_value() && c_defaults.position == nullptr);
    CHECK(static_cast<uint32_t>(defaults.different_keys) == c_defaults.different_keys);
    CHECK(static_cast<uint32_t>(defaults.missing_gradients) == c_defaults.missing_gradients);

    auto writer = io::CollectionWriter::create("all.zip");
    writer.add(0, "energy", map);
    writer.add(3, "energy", map);
    writer.add_bytes("about.txt", std::string("some text"));
    CHECK_THROWS(metatensor::InvalidParameterError, "", writer.add(3, "energy", map));
    CHECK(writer.count() == 3);
    writer.finish();
    {
        auto abandoned = io::CollectionWriter::append("all.zip");
        abandoned.add(5, "energy", map);
    }
    writer = io::CollectionWriter::append("all.zip", io::CollectionForm::NumpyWrapped);
    writer.add(7, "other", map);
    writer.finish();

    const auto check = [&](const io::Collection& all) {
        CHECK(!all.index_problem());
        CHECK(all.count() == 3 && all.names() == std::vector<std::string>{"energy", "other"});
        CHECK(all.numbers("energy") == std::vector<int32_t>{0, 3} && all.numbers("none").empty());
        CHECK(ops::equal(all.load(3, "energy"), map) && ops::equal(all.load(7, "other"), map));
        CHECK_THROWS(metatensor::InvalidParameterError, "", all.load(1, "energy"));
        CHECK(all.bytes<std::string>("about.txt") == "some text");
        ops::JoinOptions join;
        join.add_dimension = "position";
        auto joined = ops::join({map, map}, ops::Axis::Samples, join);
        io::LoadManyOptions options;
        options.number.reset();
        options.position = "position";
        CHECK(ops::equal(all.load_many("energy", {3, 0}, options), joined));
        const auto batch = all.load_many("energy", {3, 0});
        const auto samples = batch.block_by_id(0).samples();
        CHECK(samples.column("system")[0] == 3);
    };
    check(io::Collection::open("all.zip"));
    check(io::Collection::open_indexed("all.zip", "all.index"));
    CHECK(std::filesystem::exists("all.index"));
    check(io::Collection::open_indexed("all.zip", "all.index"));
    check(io::Collection::open_buffer(content("all.zip")));
    const auto bytes = content("all.zip");
    const auto read_at = [&](uint64_t offset, uint8_t* out, std::size_t count) {
        std::memcpy(out, bytes.data() + offset, count);
    };
    check(io::Collection::open_reader("memory", {bytes.size(), read_at, true}));
}

int main() {
    TensorMap map(Labels::range("key", 2), metatensor::make_blocks(large_block(0), large_block(2)));
    map.set_info("unit", "eV");
    map.save("map.mts");
    parts_are_read("map.mts", map);
    files_are_mapped("map.mts", map);
    files_are_written_in_pieces("map.mts", map);
    problems_are_found("map.mts");
    collections_are_written_and_read(map);
    return EXIT_SUCCESS;
}
