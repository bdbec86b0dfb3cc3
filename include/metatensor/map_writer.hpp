#ifndef METATENSOR_MAP_WRITER_HPP
#define METATENSOR_MAP_WRITER_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <metatensor/io.h>

#include <metatensor/block.hpp>
#include <metatensor/details/dimensions.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/labels.hpp>

namespace metatensor::io {

/// Writes a map to a file block by block, and never holds more than one of them.
///
/// The file is there once `finish` is done, and as a whole: until then, and if the writer goes before, it is what it was before. A
/// writer is used by one thread at a time.
class MapWriter final {
public:
    /// Starts to write a map, whose keys have these dimensions.
    [[nodiscard]] METATENSOR_HIDDEN static MapWriter create(
        const std::string& path, const std::vector<std::string>& key_names) {
        const auto names = details::c_strings(key_names);
        mts_map_writer_t* writer = nullptr;
        details::check_status(mts_map_writer_create(
            details::c_string(path), names.data(), names.size(), &writer));
        return MapWriter(writer);
    }

    /// Starts to add blocks to the map in a file, which takes as long as writing these. If the process dies, a journal beside the
    /// file says how it was: see `recover_file`. There is one writer at a time.
    [[nodiscard]] METATENSOR_HIDDEN static MapWriter append(const std::string& path) {
        mts_map_writer_t* writer = nullptr;
        details::check_status(
            mts_map_writer_append(details::c_string(path), &writer));
        return MapWriter(writer);
    }

    /// How many blocks the map has so far, with those that were in the file before.
    [[nodiscard]] METATENSOR_HIDDEN std::size_t count() const {
        uintptr_t count = 0;
        details::check_status(mts_map_writer_count(writer_.get(), &count));
        return count;
    }

    /// Sets an entry of the info that the map will have.
    METATENSOR_HIDDEN void set_info(const std::string& key, const std::string& value) {
        details::check_status(mts_map_writer_set_info(
            writer_.get(), details::c_string(key), details::c_string(value)));
    }

    /// Removes an entry of the info.
    METATENSOR_HIDDEN void remove_info(const std::string& key) {
        details::check_status(
            mts_map_writer_set_info(writer_.get(), details::c_string(key), nullptr));
    }

    /// Writes a block. What can not be added changes nothing: the next block can follow.
    METATENSOR_HIDDEN void add(const std::vector<int32_t>& key, const TensorBlock& block) {
        details::check_status(
            mts_map_writer_add(writer_.get(), key.data(), key.size(), block.as_mts_block_t()));
    }

    /// Starts a block whose values come in pieces of rows: `push_rows` as often as needed, then `end_rows` with the samples; the
    /// same for each gradient, after `begin_gradient`; and then `end_block`, without which there is no such block.
    METATENSOR_HIDDEN void begin_block(const std::vector<int32_t>& key, DLDataType dtype,
        const std::vector<Labels>& components, const Labels& properties) {
        const auto handles = handles_of(components);
        details::check_status(mts_map_writer_begin_block(writer_.get(), key.data(), key.size(), dtype,
            handles.data(), handles.size(), properties.as_mts_labels_t()));
    }

    /// Writes the next rows of the values, or of the gradient that was begun.
    METATENSOR_HIDDEN void push_rows(MtsArray rows) {
        details::check_status(mts_map_writer_push_rows(writer_.get(), std::move(rows).release()));
    }

    /// Ends the rows of the values, or of the gradient that was begun.
    METATENSOR_HIDDEN void end_rows(const Labels& samples) {
        details::check_status(mts_map_writer_end_rows(writer_.get(), samples.as_mts_labels_t()));
    }

    /// Starts a gradient of the block that was begun, whose rows come next. For a gradient of a gradient, `parameters` starts with
    /// those of what it is a gradient of. The last components are those of the values.
    METATENSOR_HIDDEN void begin_gradient(
        const std::vector<std::string>& parameters, const std::vector<Labels>& components) {
        const auto names = details::c_strings(parameters);
        const auto handles = handles_of(components);
        details::check_status(mts_map_writer_begin_gradient(
            writer_.get(), names.data(), names.size(), handles.data(), handles.size()));
    }

    /// Ends the block that was begun. Now it is one of the map.
    METATENSOR_HIDDEN void end_block() {
        details::check_status(mts_map_writer_end_block(writer_.get()));
    }

    /// Forgets the block that was begun, if there is one.
    METATENSOR_HIDDEN void abandon_block() {
        details::check_status(mts_map_writer_abandon_block(writer_.get()));
    }

    /// Writes what makes a map of the blocks, and puts the file in its place. The writer can not be used any more. If this throws,
    /// the file is what it was before.
    METATENSOR_HIDDEN void finish() { details::check_status(mts_map_writer_finish(writer_.release())); }

private:
    METATENSOR_HIDDEN explicit MapWriter(mts_map_writer_t* writer): writer_(writer, mts_map_writer_free) {}

    METATENSOR_HIDDEN static std::vector<const mts_labels_t*> handles_of(const std::vector<Labels>& labels) {
        std::vector<const mts_labels_t*> handles;
        handles.reserve(labels.size());
        for (const auto& one: labels) {
            handles.push_back(one.as_mts_labels_t());
        }
        return handles;
    }

    std::unique_ptr<mts_map_writer_t, mts_status_t (*)(mts_map_writer_t*)> writer_;
};

} // namespace metatensor::io

#endif
