#ifndef METATENSOR_COLLECTION_HPP
#define METATENSOR_COLLECTION_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <metatensor/io.h>

#include <metatensor/details/dimensions.hpp>
#include <metatensor/details/operation_options.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/io.hpp>
#include <metatensor/map_file.hpp>
#include <metatensor/tensor.hpp>

namespace metatensor::io {

/// How to make a batch of several maps.
struct LoadManyOptions {
    /// name of a new dimension of the samples: the number of the map that they come from; none if it is not set
    std::optional<std::string> number = "system";
    /// name of another one, after that: the position of this map in the list. Maps that are in a batch more than once need it
    std::optional<std::string> position = std::nullopt;
    /// what to do with keys that are not in all maps
    operations::DifferentKeys different_keys = operations::DifferentKeys::Union;
    /// what to do with gradients that not all maps have
    operations::MissingGradients missing_gradients = operations::MissingGradients::Error;
};

/// An archive (ZIP) of very many maps, each in a member `N/name.mts`, of which the directory is in memory, in a few bytes for each,
/// and all else is read when it is asked for.
///
/// It can be used from several threads at once, which read on their own. What was loaded from it stays when it is gone. Where
/// `create_array` is not given, arrays are of the library.
class Collection final {
public:
    /// Opens an archive. Limits are for what may be read from it, and from each of the maps in it.
    [[nodiscard]] METATENSOR_HIDDEN static Collection open(const std::string& path, const FileLimits& limits = {}) {
        return open_with(path, nullptr, limits);
    }

    /// The same with a file that keeps the index, so that the archive opens in a fraction of the time. It is made if it is not
    /// there, or that of another archive, and can be removed at any time.
    [[nodiscard]] METATENSOR_HIDDEN static Collection open_indexed(
        const std::string& path, const std::string& index_path, const FileLimits& limits = {}) {
        return open_with(path, details::c_string(index_path), limits);
    }

    /// Opens the content of an archive, which is moved and not copied.
    template<typename Buffer>
    [[nodiscard]] METATENSOR_HIDDEN static Collection open_buffer(Buffer&& content, const FileLimits& limits = {}) {
        const auto c_limits = details::for_c(limits);
        auto* owner = details::owner_of(std::forward<Buffer>(content));
        mts_collection_t* collection = nullptr;
        details::check_status(mts_collection_open_buffer(details::raw_bytes(*owner), owner->size(),
            details::release_owner<std::decay_t<Buffer>>, owner, &c_limits, &collection));
        return Collection(collection);
    }

    /// Opens an archive that a function reads. `name` is what errors call it.
    [[nodiscard]] METATENSOR_HIDDEN static Collection open_reader(
        const std::string& name, Reader reader, const FileLimits& limits = {}) {
        const auto* c_name = details::c_string(name);
        const auto c_limits = details::for_c(limits);
        mts_collection_t* collection = nullptr;
        details::check_status(
            mts_collection_open_reader(c_name, details::for_c(std::move(reader)), &c_limits, &collection));
        return Collection(collection);
    }

    /// How many maps there are, of all names together.
    [[nodiscard]] METATENSOR_HIDDEN std::size_t count() const {
        uintptr_t count = 0;
        details::check_status(mts_collection_count(collection_.get(), &count));
        return count;
    }

    /// Why the index could not be kept that was asked for, if it could not: opening will take as long the next time.
    [[nodiscard]] METATENSOR_HIDDEN std::optional<std::string> index_problem() const {
        const char* problem = nullptr;
        details::check_status(mts_collection_index_problem(collection_.get(), &problem));
        return problem == nullptr ? std::nullopt : std::optional<std::string>(problem);
    }

    /// Names of maps: those of `0/energy.mts` and `0/forces.mts` are `energy` and `forces`.
    [[nodiscard]] METATENSOR_HIDDEN std::vector<std::string> names() const {
        const char* const* names = nullptr;
        uintptr_t count = 0;
        details::check_status(mts_collection_names(collection_.get(), &names, &count));
        return details::copied(names, count);
    }

    /// Numbers of the maps of one name, sorted; none if there is no such name.
    [[nodiscard]] METATENSOR_HIDDEN std::vector<int32_t> numbers(const std::string& name) const {
        const int32_t* numbers = nullptr;
        uintptr_t count = 0;
        details::check_status(
            mts_collection_numbers(collection_.get(), details::c_string(name), &numbers, &count));
        return {numbers, numbers + count};
    }

    /// Loads one map, with one read of the archive.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap load(
        int32_t number, const std::string& name, mts_create_array_callback_t create_array = nullptr) const {
        mts_tensormap_t* tensor = nullptr;
        details::check_status(
            mts_collection_load(collection_.get(), number, details::c_string(name), create_array, &tensor));
        return TensorMap::unsafe_from_ptr(tensor);
    }

    /// Loads several maps, joined along samples in the order of the list: a batch, as each step of a training loop needs one.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap load_many(const std::string& name, const std::vector<int32_t>& numbers,
        const LoadManyOptions& options = {}, mts_create_array_callback_t create_array = nullptr) const {
        const mts_load_many_options_t c_options = {operations::details::c_string_or_null(options.number),
            operations::details::c_string_or_null(options.position),
            static_cast<mts_join_keys_t>(options.different_keys),
            static_cast<mts_missing_gradients_t>(options.missing_gradients)};
        mts_tensormap_t* tensor = nullptr;
        details::check_status(mts_collection_load_many(collection_.get(), details::c_string(name), numbers.data(),
            numbers.size(), &c_options, create_array, &tensor));
        return TensorMap::unsafe_from_ptr(tensor);
    }

    /// Reads the bytes of any member, by its whole name. Those of maps are as they are in the archive.
    template<typename Buffer = std::vector<uint8_t>>
    [[nodiscard]] METATENSOR_HIDDEN Buffer bytes(const std::string& member) const {
        const auto* c_member = details::c_string(member);
        return details::saved_bytes<Buffer>(
            [&](uint8_t** buffer, uintptr_t* size, void* user_data, mts_realloc_buffer_t realloc) {
                return mts_collection_bytes(collection_.get(), c_member, buffer, size, user_data, realloc);
            });
    }

private:
    METATENSOR_HIDDEN explicit Collection(mts_collection_t* collection):
        collection_(collection, mts_collection_free) {}

    METATENSOR_HIDDEN static Collection open_with(
        const std::string& path, const char* index_path, const FileLimits& limits) {
        const auto c_limits = details::for_c(limits);
        mts_collection_t* collection = nullptr;
        details::check_status(
            mts_collection_open(details::c_string(path), index_path, &c_limits, &collection));
        return Collection(collection);
    }

    std::unique_ptr<mts_collection_t, mts_status_t (*)(mts_collection_t*)> collection_;
};

/// How a writer of a collection writes the bytes of a map.
enum class CollectionForm : uint32_t {
    /// as they are in the file of a map
    Bare = MTS_COLLECTION_BARE,
    /// in an array of bytes, as `numpy.save` writes one
    NumpyWrapped = MTS_COLLECTION_NUMPY_WRAPPED,
};

/// Writes an archive of very many maps, one after the other, and never holds more than one of them.
///
/// The file is there once `finish` is done, and as a whole: until then, and if the writer goes before, it is what it was before. A
/// writer is used by one thread at a time.
class CollectionWriter final {
public:
    /// Starts to write an archive.
    [[nodiscard]] METATENSOR_HIDDEN static CollectionWriter create(
        const std::string& path, CollectionForm form = CollectionForm::Bare) {
        mts_collection_writer_t* writer = nullptr;
        details::check_status(mts_collection_writer_create(
            details::c_string(path), static_cast<mts_collection_form_t>(form), &writer));
        return CollectionWriter(writer);
    }

    /// Starts to add to an archive, whoever made it, which takes as long as writing what is added.
    [[nodiscard]] METATENSOR_HIDDEN static CollectionWriter append(
        const std::string& path, CollectionForm form = CollectionForm::Bare) {
        mts_collection_writer_t* writer = nullptr;
        details::check_status(mts_collection_writer_append(
            details::c_string(path), static_cast<mts_collection_form_t>(form), &writer));
        return CollectionWriter(writer);
    }

    /// How many members the archive has so far, with those that were in the file before.
    [[nodiscard]] METATENSOR_HIDDEN std::size_t count() const {
        uintptr_t count = 0;
        details::check_status(mts_collection_writer_count(writer_.get(), &count));
        return count;
    }

    /// Writes a map, as the member `number/name.mts`. What can not be added changes nothing: others can follow.
    METATENSOR_HIDDEN void add(int32_t number, const std::string& name, const TensorMap& tensor) {
        details::check_status(mts_collection_writer_add(
            writer_.get(), number, details::c_string(name), tensor.as_mts_tensormap_t()));
    }

    /// Writes something else, as it is: a member with any name.
    template<typename Buffer>
    METATENSOR_HIDDEN void add_bytes(const std::string& member, const Buffer& bytes) {
        details::check_status(mts_collection_writer_add_bytes(
            writer_.get(), details::c_string(member), details::raw_bytes(bytes), bytes.size()));
    }

    /// Writes the directory, and puts the file in its place. The writer can not be used any more. If this throws, the file is what it
    /// was before.
    METATENSOR_HIDDEN void finish() { details::check_status(mts_collection_writer_finish(writer_.release())); }

private:
    METATENSOR_HIDDEN explicit CollectionWriter(mts_collection_writer_t* writer):
        writer_(writer, mts_collection_writer_free) {}

    std::unique_ptr<mts_collection_writer_t, mts_status_t (*)(mts_collection_writer_t*)> writer_;
};

} // namespace metatensor::io

#endif
