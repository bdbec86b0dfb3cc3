#ifndef METATENSOR_DISTRIBUTED_HPP
#define METATENSOR_DISTRIBUTED_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <metatensor/distributed.h>

#include <metatensor/block.hpp>
#include <metatensor/details/dtype.hpp>
#include <metatensor/details/operation_options.hpp>
#include <metatensor/details/or_null.hpp>
#include <metatensor/details/partition.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/labels.hpp>
#include <metatensor/tensor.hpp>

/// Maps over several processes, with MPI for example: each process (*rank*) has a map with some of the rows, and together they are one
/// map.
namespace metatensor::distributed {

/// The order of rows that come from several ranks.
enum class Order : uint32_t {
    /// by the rank that they come from, and in their order there
    Source = MTS_ORDER_SOURCE,
    /// sorted by their labels: this depends neither on the number of ranks, nor on where rows were
    Labels = MTS_ORDER_LABELS,
};

/// In which order numbers of different ranks are added.
enum class SumOrder : uint32_t {
    /// those of each rank, and then the sums of all ranks: only sums are sent
    Ranks = MTS_SUM_ORDER_RANKS,
    /// by labels: results have the same bits for any number of ranks; groups of samples are brought together for this
    Labels = MTS_SUM_ORDER_LABELS,
};

/// How ranks write to a file. What is in the file does not depend on it.
struct SaveOptions {
    /// how many ranks write, at most all of them; 0 for one for each GiB
    std::size_t writers = 0;
};

/// The ranks that share maps, one of which is this process.
///
/// What is called *collective* is called by all ranks, in the same order. What goes wrong on one of them is thrown on all, with the rank
/// before the message, and the communicator can be used again; after `CommunicationError` it can not, and other ranks may wait for this one:
/// `abort` is the way out. Objects that were moved from, and strings with a NUL, count as if nothing was given: this is an error of all ranks
/// where something is needed.
///
/// It is used by one thread at a time. The last owner frees it, on all ranks in the same order if the transport asks for that, as the
/// one for MPI does. Copies are the same communicator.
class Communicator final {
public:
    /// A communicator of functions that send and receive bytes, taking ownership of what they use, also if it throws.
    METATENSOR_HIDDEN explicit Communicator(const mts_transport_t& transport) {
        mts_communicator_t* communicator = nullptr;
        details::check_status(mts_communicator(transport, &communicator));
        own(communicator);
    }

    /// This process alone: rank 0 of 1.
    [[nodiscard]] METATENSOR_HIDDEN static Communicator single() {
        mts_communicator_t* communicator = nullptr;
        details::check_status(mts_communicator_single(&communicator));
        return unsafe_from_ptr(communicator);
    }

    /// Takes ownership of a communicator from C, `mts_mpi_communicator` of `metatensor/mpi.h` for example.
    [[nodiscard]] METATENSOR_HIDDEN static Communicator unsafe_from_ptr(mts_communicator_t* communicator) {
        return Communicator(communicator);
    }

    /// For C: valid as long as one of the copies.
    METATENSOR_HIDDEN const mts_communicator_t* as_mts_communicator_t() const & { return communicator_.get(); }
    const mts_communicator_t* as_mts_communicator_t() const && = delete;

    /// The rank of this process: 0, 1, ..., or one less than `size()`.
    [[nodiscard]] METATENSOR_HIDDEN std::size_t rank() const {
        uintptr_t rank = 0;
        details::check_status(mts_communicator_rank(communicator_.get(), &rank));
        return rank;
    }

    /// The number of ranks.
    [[nodiscard]] METATENSOR_HIDDEN std::size_t size() const {
        uintptr_t size = 0;
        details::check_status(mts_communicator_size(communicator_.get(), &size));
        return size;
    }

    /// Ends all ranks at once, as far as the transport can do that, and does not return.
    METATENSOR_HIDDEN void abort(int32_t code) const {
        details::check_status(mts_communicator_abort(communicator_.get(), code));
    }

    /// Does some work of this rank, and throws if it throws on any of them. Collective.
    ///
    /// Errors of the library have the same kind and message on all ranks. Other exceptions go on on the rank that threw them, and are an `Error`
    /// with their message on all others.
    template<typename F>
    METATENSOR_HIDDEN void agree(F work) const {
        mts_status_t status = MTS_SUCCESS;
        try {
            work();
        } catch (const Error& error) {
            status = details::store_exception(error.what());
            const auto kind = details::status_of_message(error.what());
            status = kind == MTS_CALLBACK_ERROR ? status : kind;
        } catch (const std::exception& exception) {
            status = details::store_exception(exception.what());
        } catch (...) {
            status = details::store_exception("an exception that is no std::exception");
        }
        details::check_status(mts_collective_agree(communicator_.get(), status, nullptr));
    }

    /// Gives the map of the rank `root` to all. Collective. Others can give nothing.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap broadcast(std::size_t root, const TensorMap* tensor = nullptr) const {
        mts_tensormap_t* result = nullptr;
        details::check_status(mts_collective_broadcast(communicator_.get(), root, handle(tensor), &result));
        return TensorMap::unsafe_from_ptr(result);
    }

    /// Gives each rank a part of the map of the rank `root`. Collective. Others can give nothing.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap scatter(
        std::size_t root, const TensorMap* tensor, const Partition& partition) const {
        const auto c_partition = partition.as_mts_partition_t();
        mts_tensormap_t* result = nullptr;
        details::check_status(
            mts_collective_scatter(communicator_.get(), root, handle(tensor), &c_partition, &result));
        return TensorMap::unsafe_from_ptr(result);
    }

    /// Moves each sample to the rank of the partition, with its gradients. Collective.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap redistribute(
        const TensorMap& tensor, const Partition& partition, Order order = Order::Source) const {
        const auto c_partition = partition.as_mts_partition_t();
        mts_tensormap_t* result = nullptr;
        details::check_status(mts_collective_redistribute(communicator_.get(), handle(&tensor), &c_partition,
            static_cast<mts_order_t>(order), &result));
        return TensorMap::unsafe_from_ptr(result);
    }

    /// Collects the rows of all ranks on `root`, and gives nothing on all others. Collective.
    [[nodiscard]] METATENSOR_HIDDEN std::optional<TensorMap> gather(
        std::size_t root, const TensorMap& tensor, Order order = Order::Source) const {
        mts_tensormap_t* result = nullptr;
        details::check_status(mts_collective_gather(
            communicator_.get(), root, handle(&tensor), static_cast<mts_order_t>(order), &result));
        return result == nullptr ? std::nullopt : std::optional<TensorMap>(TensorMap::unsafe_from_ptr(result));
    }

    /// Collects the rows of all ranks on each of them. Collective.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap all_gather(const TensorMap& tensor, Order order = Order::Source) const {
        mts_tensormap_t* result = nullptr;
        details::check_status(mts_collective_all_gather(
            communicator_.get(), handle(&tensor), static_cast<mts_order_t>(order), &result));
        return TensorMap::unsafe_from_ptr(result);
    }

    /// Adds the maps of all ranks, which have the same keys and labels. Collective.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap all_reduce(const TensorMap& tensor) const {
        mts_tensormap_t* result = nullptr;
        details::check_status(mts_collective_all_reduce(communicator_.get(), handle(&tensor), &result));
        return TensorMap::unsafe_from_ptr(result);
    }

    /// Adds samples with equal labels, and rows of gradients. Collective. Rows of the result are where `placement` says, or everywhere, here
    /// and in the functions below; `Partition::ranks` can not be used.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap sum_by_labels(
        const TensorMap& tensor, const Partition* placement = nullptr) const {
        const auto c_placement = for_c(placement);
        mts_tensormap_t* result = nullptr;
        details::check_status(mts_collective_sum_by_labels(
            communicator_.get(), handle(&tensor), pointer(c_placement), &result));
        return TensorMap::unsafe_from_ptr(result);
    }

    /// Sums of all samples of all ranks that only differ in some dimensions. Collective.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap sum_over_samples(const TensorMap& tensor, const std::vector<std::string>& dimensions,
        SumOrder order = SumOrder::Ranks, const Partition* placement = nullptr) const {
        const auto names = details::collective_c_strings(dimensions);
        const auto c_placement = for_c(placement);
        mts_tensormap_t* result = nullptr;
        details::check_status(mts_collective_sum_over_samples(communicator_.get(), handle(&tensor), names.data(), names.size(),
            static_cast<mts_sum_order_t>(order), pointer(c_placement), &result));
        return TensorMap::unsafe_from_ptr(result);
    }

    /// Means of all samples of all ranks that only differ in some dimensions. Collective.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap mean_over_samples(const TensorMap& tensor, const std::vector<std::string>& dimensions,
        SumOrder order = SumOrder::Ranks, const Partition* placement = nullptr) const {
        const auto names = details::collective_c_strings(dimensions);
        const auto c_placement = for_c(placement);
        mts_tensormap_t* result = nullptr;
        details::check_status(mts_collective_mean_over_samples(communicator_.get(), handle(&tensor), names.data(), names.size(),
            static_cast<mts_sum_order_t>(order), pointer(c_placement), &result));
        return TensorMap::unsafe_from_ptr(result);
    }

    /// Variances of all samples of all ranks that only differ in some dimensions. Collective. Groups of samples that are on several ranks
    /// are brought together.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap var_over_samples(const TensorMap& tensor, const std::vector<std::string>& dimensions,
        const Partition* placement = nullptr) const {
        const auto names = details::collective_c_strings(dimensions);
        const auto c_placement = for_c(placement);
        mts_tensormap_t* result = nullptr;
        details::check_status(mts_collective_var_over_samples(communicator_.get(), handle(&tensor), names.data(), names.size(),
            pointer(c_placement), &result));
        return TensorMap::unsafe_from_ptr(result);
    }

    /// Standard deviations of all samples of all ranks that only differ in some dimensions. Collective. Groups of samples that are on several ranks
    /// are brought together.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap std_over_samples(const TensorMap& tensor, const std::vector<std::string>& dimensions,
        const Partition* placement = nullptr) const {
        const auto names = details::collective_c_strings(dimensions);
        const auto c_placement = for_c(placement);
        mts_tensormap_t* result = nullptr;
        details::check_status(mts_collective_std_over_samples(communicator_.get(), handle(&tensor), names.data(), names.size(),
            pointer(c_placement), &result));
        return TensorMap::unsafe_from_ptr(result);
    }

    /// Solves linear least squares problems with the rows of all ranks. Collective.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap lstsq(
        const TensorMap& x, const TensorMap& y, const operations::LstsqOptions& options = {}) const {
        const mts_lstsq_options_t c_options = {options.rcond};
        mts_tensormap_t* result = nullptr;
        details::check_status(
            mts_collective_lstsq(communicator_.get(), handle(&x), handle(&y), &c_options, &result));
        return TensorMap::unsafe_from_ptr(result);
    }

    /// The matrices of normal equations, `x^H x` and `x^H y`, with the rows of all ranks. Collective.
    [[nodiscard]] METATENSOR_HIDDEN std::pair<TensorMap, TensorMap> normal_equations(
        const TensorMap& x, const TensorMap& y) const {
        mts_tensormap_t* squares = nullptr;
        mts_tensormap_t* right_sides = nullptr;
        details::check_status(
            mts_collective_normal_equations(communicator_.get(), handle(&x), handle(&y), &squares, &right_sides));
        return {TensorMap::unsafe_from_ptr(squares), TensorMap::unsafe_from_ptr(right_sides)};
    }

    /// Loads a map so that each rank gets a part of it. Collective. `Partition::ranks` can not be used. Where `create_array` is not given,
    /// arrays are of the library.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap load(
        const std::string& path, const Partition& partition, mts_create_array_callback_t create_array = nullptr) const {
        const auto c_partition = partition.as_mts_partition_t();
        mts_tensormap_t* result = nullptr;
        details::check_status(mts_collective_load(
            communicator_.get(), details::collective_c_string(path), &c_partition, create_array, &result));
        return TensorMap::unsafe_from_ptr(result);
    }

    /// Saves the map that the maps of all ranks are together: byte for byte what one rank writes that has gathered it. Collective.
    METATENSOR_HIDDEN void save(const std::string& path, const TensorMap& tensor, Order order = Order::Source,
        const SaveOptions& options = {}) const {
        const mts_collective_save_options_t c_options = {options.writers};
        details::check_status(mts_collective_save(communicator_.get(), details::collective_c_string(path), handle(&tensor),
            static_cast<mts_order_t>(order), &c_options));
    }

private:
    METATENSOR_HIDDEN explicit Communicator(mts_communicator_t* communicator) { own(communicator); }

    METATENSOR_HIDDEN void own(mts_communicator_t* communicator) {
        communicator_ = std::shared_ptr<mts_communicator_t>(communicator, mts_communicator_free);
    }

    /// The map for C. What is null is told to all ranks by the function that gets it.
    METATENSOR_HIDDEN static const mts_tensormap_t* handle(const TensorMap* tensor) noexcept {
        return tensor == nullptr ? nullptr : details::or_null([&] { return tensor->as_mts_tensormap_t(); });
    }

    /// A placement for C, valid as long as the partition, and a pointer to it.
    METATENSOR_HIDDEN static std::optional<mts_partition_t> for_c(const Partition* placement) {
        return placement == nullptr ? std::nullopt : std::optional<mts_partition_t>(placement->as_mts_partition_t());
    }
    METATENSOR_HIDDEN static const mts_partition_t* pointer(const std::optional<mts_partition_t>& placement) noexcept {
        return placement.has_value() ? &*placement : nullptr;
    }

    std::shared_ptr<mts_communicator_t> communicator_;
};

/// What is made of an owned row and of the rows of its ghosts.
enum class Combine : uint32_t {
    /// the sum; that of integers wraps around
    Add = MTS_ADD,
    /// the product; that of integers wraps around
    Multiply = MTS_MULTIPLY,
    /// the smallest number; NaN is smaller than all others
    Min = MTS_MIN,
    /// the largest number; NaN is larger than all others
    Max = MTS_MAX,
};

/// Which ranks get to know that a step of a halo failed on one rank.
enum class Agreement : uint32_t {
    /// all ranks, before anything is sent: this takes one reduction in each step
    All = MTS_AGREEMENT_ALL,
    /// those that receive something from this rank, with what they receive
    Neighbors = MTS_AGREEMENT_NEIGHBORS,
};

/// Rows that are owned by one rank, and copies of them (*ghosts*) on any rank: which rows go where. It is made once, and used in every
/// step.
///
/// Rows are of any number of elements, one row after the other, in the order in which they were given. Pointers can be null where
/// there are no rows. Halos can only be moved, and are used by one thread at a time; those that were moved from can only be
/// assigned to.
class Halo final {
public:
    /// The halo of these rows of `width` integers each, which name what they stand for. Collective.
    ///
    /// Owned rows are distinct over all ranks; ghosts can be repeated, and can be owned by the rank that has them. `ranks` tells the
    /// owner of each ghost, on all ranks or on none.
    METATENSOR_HIDDEN Halo(const Communicator& communicator, std::size_t width, const int32_t* owned,
        std::size_t owned_count, const int32_t* ghosts, std::size_t ghosts_count, const int32_t* ranks = nullptr):
        communicator_(communicator) {
        mts_halo_t* halo = nullptr;
        details::check_status(mts_collective_halo(communicator_.as_mts_communicator_t(), owned, owned_count, ghosts,
            ghosts_count, width, ranks, &halo));
        halo_.reset(halo);
    }

    /// The halo of samples of blocks, all of which are distinct, where some dimensions say which sample a ghost is a copy of. Collective.
    METATENSOR_HIDDEN Halo(const Communicator& communicator, const Labels& owned, const Labels& ghosts,
        const std::vector<std::string>& dimensions):
        communicator_(communicator) {
        const auto names = details::collective_c_strings(dimensions);
        mts_halo_t* halo = nullptr;
        details::check_status(mts_collective_halo_of_labels(communicator_.as_mts_communicator_t(),
            details::or_null([&] { return owned.as_mts_labels_t(); }),
            details::or_null([&] { return ghosts.as_mts_labels_t(); }), names.data(), names.size(), &halo));
        halo_.reset(halo);
    }

    Halo(const Halo&) = delete;
    Halo& operator=(const Halo&) = delete;
    METATENSOR_HIDDEN Halo(Halo&&) noexcept = default;
    METATENSOR_HIDDEN Halo& operator=(Halo&& other) noexcept {
        // the halo goes before its communicator
        halo_ = std::move(other.halo_);
        communicator_ = std::move(other.communicator_);
        return *this;
    }
    METATENSOR_HIDDEN ~Halo() = default;

    /// For C: valid as long as this.
    METATENSOR_HIDDEN mts_halo_t* as_mts_halo_t() & { return halo_.get(); }
    mts_halo_t* as_mts_halo_t() && = delete;

    /// Number of rows that this rank owns.
    [[nodiscard]] METATENSOR_HIDDEN std::size_t owned_count() const { return counts().first; }
    /// Number of ghosts.
    [[nodiscard]] METATENSOR_HIDDEN std::size_t ghosts_count() const { return counts().second; }

    /// The ranks that this one sends rows to or receives rows from, increasing.
    [[nodiscard]] METATENSOR_HIDDEN std::vector<uint32_t> neighbors() const {
        const uint32_t* ranks = nullptr;
        uintptr_t count = 0;
        details::check_status(mts_halo_neighbors(halo_.get(), &ranks, &count));
        return {ranks, ranks + count};
    }

    /// Which owned rows are sent to a neighbor, in the order in which they are sent.
    [[nodiscard]] METATENSOR_HIDDEN std::vector<uint32_t> send_rows(std::size_t neighbor) const {
        const uint32_t* rows = nullptr;
        uintptr_t count = 0;
        details::check_status(mts_halo_send_rows(halo_.get(), neighbor, &rows, &count));
        return {rows, rows + count};
    }

    /// Which ghosts are received from a neighbor, in the order in which they come.
    [[nodiscard]] METATENSOR_HIDDEN std::vector<uint32_t> receive_rows(std::size_t neighbor) const {
        const uint32_t* rows = nullptr;
        uintptr_t count = 0;
        details::check_status(mts_halo_receive_rows(halo_.get(), neighbor, &rows, &count));
        return {rows, rows + count};
    }

    /// Sets which ranks get to know that a step failed on one rank. Collective.
    METATENSOR_HIDDEN void set_agreement(Agreement agreement) {
        details::check_status(
            mts_collective_halo_set_agreement(halo_.get(), static_cast<mts_agreement_t>(agreement)));
    }

    /// Copies rows from their owners to all of their ghosts. Collective.
    template<typename T>
    METATENSOR_HIDDEN void forward(std::size_t row_length, const T* owned, T* ghosts) {
        details::check_status(
            mts_collective_halo_forward(halo_.get(), details::dtype_of<T>(), row_length, owned, ghosts));
    }

    /// Starts `forward`, which `forward_end` ends. Collective. Owned rows can be changed at once. No other collective function of the
    /// communicator can be called before the end.
    template<typename T>
    METATENSOR_HIDDEN void forward_begin(std::size_t row_length, const T* owned) {
        details::check_status(
            mts_collective_halo_forward_begin(halo_.get(), details::dtype_of<T>(), row_length, owned));
    }

    /// Waits for what has begun, and copies it to `ghosts`, which are of the same type and length.
    template<typename T>
    METATENSOR_HIDDEN void forward_end(T* ghosts) {
        details::check_status(mts_collective_halo_forward_end(halo_.get(), ghosts));
    }

    /// Combines the rows of ghosts with those of their owners: with `Combine::Add`, this is the adjoint of `forward`. Collective.
    template<typename T>
    METATENSOR_HIDDEN void reverse(Combine op, std::size_t row_length, const T* ghosts, T* owned) {
        details::check_status(mts_collective_halo_reverse(halo_.get(), static_cast<mts_combine_t>(op),
            details::dtype_of<T>(), row_length, ghosts, owned));
    }

    /// Sums rows of a gradient that are about the same row of this halo, on the rank that owns it: minus the forces of the atoms of this rank,
    /// for gradients of energies. Collective. `names` are the dimensions of its samples that say which row it is about.
    [[nodiscard]] METATENSOR_HIDDEN TensorBlock sum_gradient_rows(
        const TensorBlock& block, const std::string& parameter, const std::vector<std::string>& names);

    /// The communicator of this halo.
    [[nodiscard]] METATENSOR_HIDDEN const Communicator& communicator() const & { return communicator_; }
    const Communicator& communicator() const && = delete;

private:
    struct Free {
        METATENSOR_HIDDEN void operator()(mts_halo_t* halo) const noexcept { mts_halo_free(halo); }
    };

    METATENSOR_HIDDEN std::pair<std::size_t, std::size_t> counts() const {
        uintptr_t owned = 0;
        uintptr_t ghosts = 0;
        details::check_status(mts_halo_counts(halo_.get(), &owned, &ghosts));
        return {owned, ghosts};
    }

    // released after the halo
    Communicator communicator_;
    std::unique_ptr<mts_halo_t, Free> halo_;
};

/// Sends blocks with certain labels: those of one block of owned samples, which a halo made of labels is prepared for.
///
/// It can be moved, is used by one thread at a time, and can outlive the halo.
class BlockHalo final {
public:
    /// Prepares a halo for the labels of `block`, whose samples are some of the owned ones. Collective.
    METATENSOR_HIDDEN BlockHalo(Halo& halo, const TensorBlock& block): communicator_(halo.communicator()) {
        mts_block_halo_t* blocks = nullptr;
        details::check_status(mts_collective_halo_prepare(halo.as_mts_halo_t(), handle(block), &blocks));
        blocks_.reset(blocks);
    }

    BlockHalo(const BlockHalo&) = delete;
    BlockHalo& operator=(const BlockHalo&) = delete;
    METATENSOR_HIDDEN BlockHalo(BlockHalo&&) noexcept = default;
    METATENSOR_HIDDEN BlockHalo& operator=(BlockHalo&& other) noexcept {
        // this goes before its communicator
        blocks_ = std::move(other.blocks_);
        communicator_ = std::move(other.communicator_);
        return *this;
    }
    METATENSOR_HIDDEN ~BlockHalo() = default;

    /// The samples of blocks with ghosts: owned samples, and then ghosts.
    [[nodiscard]] METATENSOR_HIDDEN Labels samples() const {
        const mts_labels_t* samples = nullptr;
        details::check_status(mts_block_halo_samples(blocks_.get(), &samples));
        return Labels::unsafe_from_ptr(samples);
    }

    /// A block with the rows of `block`, and then those of ghosts, as their owners have them: values and gradients. Collective.
    [[nodiscard]] METATENSOR_HIDDEN TensorBlock forward(const TensorBlock& block) {
        mts_block_t* result = nullptr;
        details::check_status(mts_collective_halo_forward_block(blocks_.get(), handle(block), &result));
        return TensorBlock::unsafe_from_ptr(result);
    }

    /// A block of owned samples, to which what ghosts have is added: values and gradients. Collective.
    [[nodiscard]] METATENSOR_HIDDEN TensorBlock reverse_add(const TensorBlock& block) {
        mts_block_t* result = nullptr;
        details::check_status(mts_collective_halo_reverse_add_block(blocks_.get(), handle(block), &result));
        return TensorBlock::unsafe_from_ptr(result);
    }

private:
    friend class Halo;

    struct Free {
        METATENSOR_HIDDEN void operator()(mts_block_halo_t* blocks) const noexcept { mts_block_halo_free(blocks); }
    };

    /// The block for C. What is null is told to all ranks by the function that gets it.
    METATENSOR_HIDDEN static const mts_block_t* handle(const TensorBlock& block) noexcept {
        return details::or_null([&] { return block.as_mts_block_t(); });
    }

    Communicator communicator_;
    std::unique_ptr<mts_block_halo_t, Free> blocks_;
};

METATENSOR_HIDDEN inline TensorBlock Halo::sum_gradient_rows(
    const TensorBlock& block, const std::string& parameter, const std::vector<std::string>& names) {
    const auto c_names = details::collective_c_strings(names);
    mts_block_t* result = nullptr;
    details::check_status(mts_collective_halo_sum_gradient_rows(halo_.get(), BlockHalo::handle(block),
        details::collective_c_string(parameter), c_names.data(), c_names.size(), &result));
    return TensorBlock::unsafe_from_ptr(result);
}

} // namespace metatensor::distributed

#endif
