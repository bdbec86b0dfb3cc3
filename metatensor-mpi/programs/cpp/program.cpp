// What engines in C++ do: `program N groups`.
#include <cstring>
#include <string>

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

} // namespace

int main(int argc, char** argv) {
    start(&argc, &argv);
    CHECK(argc == 3 && std::strcmp(argv[2], "groups") == 0);
    groups();
    MPI_Finalize();
    return 0;
}
