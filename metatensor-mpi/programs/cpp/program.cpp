// What engines in C++ do: `program N groups` and `program N maps`.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <metatensor.hpp>
#include <metatensor/distributed.hpp>
#include <metatensor/mpi.h>

#include "../c/check.h"

namespace {

using metatensor::distributed::Communicator;

Communicator communicator_of(MPI_Comm comm) {
    mts_communicator_t* communicator = nullptr;
    CHECK(mts_mpi_communicator(comm, &communicator) == MTS_SUCCESS);
    return Communicator::unsafe_from_ptr(communicator);
}

/// A failure of the last rank is known to all, and the communicator works afterwards.
void check_agreement(const Communicator& communicator) {
    const auto last = communicator.size() - 1;
    std::string message;
    try {
        communicator.agree([&] {
            if (communicator.rank() == last) throw std::runtime_error("the model exploded");
        });
    } catch (const std::exception& error) {
        message = error.what();
    }
    CHECK(message.find("the model exploded") != std::string::npos);
    communicator.agree([] {});
}

/// Two halves of the world at once.
void groups() {
    const auto world = communicator_of(MPI_COMM_WORLD);
    MPI_Comm half;
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
    const auto communicator = communicator_of(half);
    MPI_Comm_free(&half);
    CHECK(static_cast<int>(communicator.rank()) == rank / 2);
    for (int i = 0; i < 1 + 5 * (rank % 2); i++) check_agreement(communicator);
    check_agreement(world);

    std::string message;
    try {
        mts_communicator_t* nothing = nullptr;
        metatensor::details::check_status(mts_mpi_communicator(MPI_COMM_NULL, &nothing));
    } catch (const metatensor::Error& error) {
        message = error.what();
    }
    CHECK(message.find("MPI_COMM_NULL") != std::string::npos);
}

/// A map with a block of this many samples, the same on all ranks.
metatensor::TensorMap map_of(int count) {
    using namespace metatensor;
    std::vector<int32_t> samples;
    std::vector<double> values;
    for (int i = 0; i < count; i++) {
        samples.push_back(i);
        for (int k = 0; k < 5; k++) values.push_back(i + k / 8.0);
    }
    auto array = std::make_unique<SimpleDataArray<double>>(std::vector<uintptr_t>{static_cast<uintptr_t>(count), 5}, values);
    std::vector<TensorBlock> blocks;
    blocks.emplace_back(
        DataArrayBase::to_mts_array(std::move(array)),
        Labels({"atom"}, samples.data(), samples.size()),
        std::vector<Labels>(),
        Labels({"n"}, {{0}, {1}, {2}, {3}, {4}})
    );
    return TensorMap(Labels({"key"}, {{0}}), std::move(blocks));
}

/// From one rank to all, and back, in pieces that are smaller than messages.
void maps() {
    mts_transport_t transport;
    mts_mpi_options_t options = {100, 0};
    CHECK(mts_mpi_transport(MPI_COMM_WORLD, &options, &transport) == MTS_SUCCESS);
    const Communicator world(transport);
    const auto whole = map_of(101);
    const auto last = static_cast<std::size_t>(size - 1);
    const auto* given = world.rank() == last ? &whole : nullptr;

    CHECK(world.broadcast(last, given).save_buffer() == whole.save_buffer());
    const auto part = world.scatter(last, given, metatensor::distributed::Partition::rows());
    const auto back = world.gather(0, part);
    CHECK(back.has_value() == (rank == 0));
    if (back) CHECK(back->save_buffer() == whole.save_buffer());
}

} // namespace

int main(int argc, char** argv) {
    start(&argc, &argv);
    CHECK(argc == 3);
    if (std::strcmp(argv[2], "groups") == 0) {
        groups();
    } else {
        CHECK(std::strcmp(argv[2], "maps") == 0);
        maps();
    }
    MPI_Finalize();
    return 0;
}
