#ifndef METATENSOR_DISTRIBUTED_HPP
#define METATENSOR_DISTRIBUTED_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <metatensor/distributed.h>

#include <metatensor/errors.hpp>
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

/// The ranks that share maps, one of which is this process.
///
/// What is called *collective* is called by all ranks, in the same order. What goes wrong on one of them is thrown on all, with the rank
/// before the message, and the communicator can be used again; after `CommunicationError` it can not, and other ranks may wait for this one:
/// `abort` is the way out. Objects that were moved from count as if nothing was given: this is an error of all ranks where something is
/// needed.
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

private:
    METATENSOR_HIDDEN explicit Communicator(mts_communicator_t* communicator) { own(communicator); }

    METATENSOR_HIDDEN void own(mts_communicator_t* communicator) {
        communicator_ = std::shared_ptr<mts_communicator_t>(communicator, mts_communicator_free);
    }

    /// The map for C. What is null is told to all ranks by the function that gets it.
    METATENSOR_HIDDEN static const mts_tensormap_t* handle(const TensorMap* tensor) noexcept {
        try {
            return tensor == nullptr ? nullptr : tensor->as_mts_tensormap_t();
        } catch (const Error&) {
            return nullptr;
        }
    }

    std::shared_ptr<mts_communicator_t> communicator_;
};

} // namespace metatensor::distributed

#endif
