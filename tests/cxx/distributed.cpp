// Maps over several ranks, which are threads here, in C++.
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <metatensor.hpp>
#include <metatensor/distributed.hpp>

#include "support/thread_ranks.h"

using namespace metatensor;
using namespace metatensor::distributed;

// Runs a function on threads with communicators between them.
static void run(int32_t size, const std::function<void(const Communicator&)>& program) {
    post_t post = {};
    post.size = size;
    pthread_mutex_init(&post.lock, nullptr);
    pthread_cond_init(&post.changed, nullptr);
    std::vector<std::thread> threads;
    std::vector<rank_t> ranks(static_cast<std::size_t>(size));
    for (int32_t rank = 0; rank < size; rank++) {
        auto& mine = ranks[static_cast<std::size_t>(rank)];
        mine.post = &post;
        mine.rank = rank;
        threads.emplace_back([&] {
            {
                const Communicator communicator(ranks_transport(&mine));
                program(communicator);
            }
            CHECK(mine.destroyed == 1);
            mts_set_last_error(nullptr, nullptr, nullptr, nullptr);
        });
    }
    for (auto& thread: threads) {
        thread.join();
    }
    pthread_cond_destroy(&post.changed);
    pthread_mutex_destroy(&post.lock);
}

template<typename E, typename F>
static void check_throws(F function, const std::string& message) {
    try {
        function();
    } catch (const E& error) {
        if (message != error.what()) {
            std::fprintf(stderr, "'%s' instead of '%s'\n", error.what(), message.c_str());
        }
        CHECK(message == error.what());
        return;
    }
    CHECK(!"nothing was thrown");
}

// A map with the samples `first` and `first + 1`.
static TensorMap part(int32_t first) {
    auto values = std::make_unique<SimpleDataArray<double>>(std::vector<uintptr_t>{2, 1}, first);
    std::vector<TensorBlock> blocks;
    blocks.emplace_back(std::move(values), Labels({"s"}, {{first}, {first + 1}}), std::vector<Labels>{}, Labels({"p"}, {{0}}));
    return TensorMap(Labels({"k"}, {{1}}), std::move(blocks));
}

static Labels samples(TensorMap tensor) {
    return tensor.block_by_id(0).samples();
}

static Labels sequence(int32_t first, int32_t count) {
    std::vector<int32_t> flat;
    for (int32_t i = 0; i < count; i++) {
        flat.push_back(first + i);
    }
    return Labels({"s"}, flat.data(), flat.size());
}

static void maps(const Communicator& communicator) {
    const auto rank = static_cast<int32_t>(communicator.rank()), size = static_cast<int32_t>(communicator.size());
    const auto map = part(2 * rank);
    const auto mine = sequence(2 * rank, 2), all = sequence(0, 2 * size);

    auto gathered = communicator.gather(1, map);
    CHECK(gathered.has_value() == (rank == 1));
    CHECK(samples(communicator.all_gather(map, Order::Labels)) == all);
    const auto whole = communicator.broadcast(1, gathered.has_value() ? &*gathered : nullptr);
    CHECK(samples(whole.clone()) == all);
    CHECK(samples(communicator.scatter(0, &whole, Partition::rows())) == mine);
    CHECK(samples(communicator.redistribute(map, Partition::contiguous({"s"}), Order::Labels)) == mine);

    const Labels strided({"s"}, {{rank}, {rank + size}});
    CHECK(samples(communicator.redistribute(map, Partition::strided({"s"}), Order::Labels)) == strided);
    const auto by = Partition::by([&](std::size_t block, const int32_t* row, std::size_t length) {
        CHECK(block == 0 && length == 1);
        return static_cast<std::size_t>(row[0] % size);
    });
    CHECK(samples(communicator.redistribute(map, by, Order::Labels)) == strided);
    const auto ranks = Partition::ranks({{(2 * rank) % size, (2 * rank + 1) % size}});
    CHECK(samples(communicator.redistribute(map, ranks, Order::Labels)) == strided);
    const auto owners = Partition::owners(sequence(2 * ((rank + 1) % size), 2), {"s"});
    CHECK(samples(communicator.redistribute(map, owners)) == sequence(2 * ((rank + 1) % size), 2));
    const auto to_last = Partition::keys([&](std::size_t, const int32_t*, std::size_t) { return communicator.size() - 1; });
    CHECK(samples(communicator.redistribute(map, to_last)).count() == (rank + 1 == size ? 2 * communicator.size() : 0));
    auto moved = communicator.redistribute(communicator.redistribute(map, Partition::blocks()), Partition::hashed({"s"}));
    CHECK(samples(communicator.all_gather(moved, Order::Labels)) == all);

    communicator.save("distributed.mts", map, Order::Source, {2});
    CHECK(samples(TensorMap::load("distributed.mts")) == all);
    CHECK(samples(communicator.load("distributed.mts", Partition::rows())) == mine);
    CHECK(samples(communicator.load("distributed.mts", Partition::rows(), mts_create_array)) == mine);

    // what is thrown by functions of the program goes on where it was thrown
    const auto throwing = Partition::by([&](std::size_t, const int32_t*, std::size_t) -> std::size_t {
        if (rank == 1) {
            throw std::out_of_range("no idea");
        }
        return 0;
    });
    const auto redistribute = [&] { static_cast<void>(communicator.redistribute(map, throwing)); };
    if (rank == 1) {
        check_throws<std::out_of_range>(redistribute, "no idea");
    } else {
        try {
            redistribute();
            CHECK(!"nothing was thrown");
        } catch (const Error& error) {
            const std::string message = error.what();
            CHECK(message.find("rank 1: ") != std::string::npos && message.find("no idea") != std::string::npos);
        }
    }

    // what was moved from is told to all
    auto gone = part(0);
    const auto taken = rank == 1 ? std::move(gone) : part(0);
    check_throws<InvalidParameterError>([&] { static_cast<void>(communicator.gather(0, gone)); },
        "invalid parameter: rank 1: mts_collective_gather: got a NULL pointer for 'tensor'");
    const bool fails = rank == 1;
    auto labels = sequence(0, 2);
    const auto owned_elsewhere = fails ? std::move(labels) : sequence(0, 2);
    const auto bad_owners = Partition::owners(std::move(labels), {"s"});
    check_throws<InvalidParameterError>([&] { static_cast<void>(communicator.redistribute(map, bad_owners)); },
        "invalid parameter: rank 1: mts_collective_redistribute: got a NULL pointer for 'owned'");
    const auto with_nul = fails ? std::string("s\0", 2) : std::string("s");
    check_throws<InvalidParameterError>([&] { static_cast<void>(communicator.redistribute(map, Partition::hashed({with_nul}))); },
        "invalid parameter: rank 1: mts_collective_redistribute: got a NULL pointer for 'dimensions[0]'");
    check_throws<InvalidParameterError>([&] { static_cast<void>(communicator.sum_over_samples(map, {with_nul})); },
        "invalid parameter: rank 1: mts_collective_sum_over_samples: got a NULL pointer for 'names[0]'");
    const auto path = fails ? std::string("distributed.mts\0", 16) : std::string("distributed.mts");
    check_throws<InvalidParameterError>([&] { communicator.save(path, map); },
        "invalid parameter: rank 1: mts_collective_save: got a NULL pointer for 'path'");
    check_throws<InvalidParameterError>([&] { static_cast<void>(communicator.load(path, Partition::rows())); },
        "invalid parameter: rank 1: mts_collective_load: got a NULL pointer for 'path'");

    // lists of ranks that are too short or too long, and too few of them
    const auto few = fails ? Partition::ranks({{0}}) : Partition::ranks({{0, 0}});
    check_throws<InvalidParameterError>([&] { static_cast<void>(communicator.redistribute(map, few)); },
        "invalid parameter: rank 1: `Partition::Ranks` has ranks for 1 rows of block (k=1), but there are 2");
    const auto many = fails ? Partition::ranks({{0, 0, 0}}) : Partition::ranks({{0, 0}});
    check_throws<InvalidParameterError>([&] { static_cast<void>(communicator.redistribute(map, many)); },
        "invalid parameter: rank 1: `Partition::Ranks` has ranks for 3 rows of block (k=1), but there are 2");
    const auto none = fails ? Partition::ranks({}) : Partition::ranks({{0, 0}});
    check_throws<InvalidParameterError>([&] { static_cast<void>(communicator.redistribute(map, none)); },
        "invalid parameter: rank 1: `Partition::Ranks` has ranks for 0 blocks, but this rank has 1");
    // only the root has samples, and ranks of them
    CHECK(samples(communicator.scatter(0, &map, rank == 0 ? Partition::ranks({{0, 1}}) : Partition::ranks({}))).count()
        == (rank < 2 ? 1 : 0));
}

static double value(const TensorBlock& block, std::size_t row) {
    const auto values = block.values<double>();
    return values(row, 0);
}

static double value(TensorMap tensor) {
    return value(tensor.block_by_id(0), 0);
}

static void sums(const Communicator& communicator) {
    const auto rank = static_cast<int32_t>(communicator.rank()), size = static_cast<int32_t>(communicator.size());
    const auto map_of = [](int32_t sample, double number) {
        auto values = std::make_unique<SimpleDataArray<double>>(std::vector<uintptr_t>{1, 1}, number);
        std::vector<TensorBlock> blocks;
        blocks.emplace_back(std::move(values), Labels({"s"}, {{sample}}), std::vector<Labels>{}, Labels({"p"}, {{0}}));
        return TensorMap(Labels({"k"}, {{1}}), std::move(blocks));
    };
    const auto close = [](double a, double b) { return a - b < 1e-13 && b - a < 1e-13; };
    const auto numbers = map_of(5, rank + 1);
    const double total = size * (size + 1) / 2.0;
    CHECK(value(communicator.all_reduce(numbers)) == total);
    CHECK(value(communicator.sum_by_labels(numbers)) == total);
    const auto strided = Partition::strided({"s"});
    CHECK(samples(communicator.sum_by_labels(numbers, &strided)).count() == (rank == 0 ? 1 : 0));
    const auto x = map_of(rank, rank + 1), y = map_of(rank, 3 * (rank + 1));
    CHECK(value(communicator.sum_over_samples(x, {"s"})) == total);
    CHECK(value(communicator.sum_over_samples(x, {"s"}, SumOrder::Labels)) == total);
    CHECK(value(communicator.mean_over_samples(x, {"s"})) == total / size);
    const auto variance = value(communicator.var_over_samples(x, {"s"}));
    CHECK(close(variance, (size * size - 1) / 12.0));
    const auto deviation = value(communicator.std_over_samples(x, {"s"}));
    CHECK(close(deviation * deviation, variance));
    CHECK(close(value(communicator.lstsq(x, y)), 3));
    auto matrices = communicator.normal_equations(x, y);
    CHECK(3 * value(std::move(matrices.first)) == value(std::move(matrices.second)));
}

static void agreement(const Communicator& communicator) {
    const bool fails = communicator.rank() == 1;
    const auto copy = communicator;
    copy.agree([] {});
    check_throws<NotEqualError>(
        [&] {
            communicator.agree([&] {
                if (fails) {
                    throw NotEqualError("not equal: a and b");
                }
            });
        },
        "not equal: rank 1: a and b");
    const auto throws = [&] {
        communicator.agree([&] {
            if (fails) {
                throw std::domain_error("a model");
            }
        });
    };
    if (fails) {
        check_throws<std::domain_error>(throws, "a model");
    } else {
        check_throws<Error>(throws, "callback error: rank 1: a model");
    }
    communicator.agree([] {});
}

static void halos(const Communicator& communicator) {
    const auto rank = static_cast<int32_t>(communicator.rank()), size = static_cast<int32_t>(communicator.size());
    const int32_t next = (rank + 1) % size;
    const std::vector<int32_t> owned = {2 * rank, 2 * rank + 1}, ghosts = {2 * next, 2 * rank};
    const std::vector<int32_t> owners = {next, rank};
    Halo first(communicator, 1, owned.data(), owned.size(), ghosts.data(), ghosts.size());
    auto halo = std::move(first);
    CHECK(halo.owned_count() == 2 && halo.ghosts_count() == 2);
    CHECK(halo.neighbors().size() == static_cast<std::size_t>(size == 2 ? 2 : 3));
    for (std::size_t i = 0; i < halo.neighbors().size(); i++) {
        if (halo.neighbors()[i] == static_cast<uint32_t>(rank)) {
            CHECK(halo.send_rows(i) == std::vector<uint32_t>{0} && halo.receive_rows(i) == std::vector<uint32_t>{1});
        }
    }

    const std::vector<float> features = {static_cast<float>(rank), 0.5F};
    std::vector<float> of_ghosts(2);
    halo.forward(1, features.data(), of_ghosts.data());
    CHECK(of_ghosts[0] == static_cast<float>(next) && of_ghosts[1] == static_cast<float>(rank));
    halo.set_agreement(Agreement::Neighbors);
    of_ghosts = {9, 9};
    halo.forward_begin(1, features.data());
    halo.forward_end(of_ghosts.data());
    CHECK(of_ghosts[0] == static_cast<float>(next) && of_ghosts[1] == static_cast<float>(rank));

    std::vector<int64_t> gradients = {1, 2};
    const std::vector<int64_t> more = {10, 100};
    halo.reverse(Combine::Add, 1, more.data(), gradients.data());
    CHECK(gradients[0] == 111 && gradients[1] == 2);
    halo.reverse(Combine::Max, 1, more.data(), gradients.data());
    halo.reverse(Combine::Min, 1, more.data(), gradients.data());
    halo.reverse(Combine::Multiply, 1, more.data(), gradients.data());
    CHECK(gradients[0] == 10000 && gradients[1] == 2);

    // given owners, and labels
    halo = Halo(communicator, 1, owned.data(), owned.size(), ghosts.data(), ghosts.size(), owners.data());
    CHECK(halo.as_mts_halo_t() != nullptr);
    const Labels own({"atom", "image"}, {{rank, 0}}), image({"atom", "image"}, {{next, 1}});
    Halo of_labels(communicator, own, image, {"atom"});
    CHECK(of_labels.ghosts_count() == 1);
    auto values = std::make_unique<SimpleDataArray<double>>(std::vector<uintptr_t>{1, 1}, rank);
    TensorBlock block(std::move(values), own, {}, Labels({"p"}, {{0}}));
    BlockHalo blocks(of_labels, block);
    CHECK(blocks.samples() == Labels({"atom", "image"}, {{rank, 0}, {next, 1}}));
    auto with_ghosts = blocks.forward(block);
    CHECK(with_ghosts.samples() == blocks.samples());
    CHECK(value(with_ghosts, 1) == next);
    CHECK(value(blocks.reverse_add(with_ghosts), 0) == 2 * rank);

    // minus the force on the atom of each rank
    auto derivative = std::make_unique<SimpleDataArray<double>>(std::vector<uintptr_t>{1, 1}, rank);
    block.add_gradient("g", TensorBlock(std::move(derivative), Labels({"sample", "atom"}, {{0, next}}), {}, Labels({"p"}, {{0}})));
    const int32_t own_atom = rank, ghost_atom = next;
    Halo forces(communicator, 1, &own_atom, 1, &ghost_atom, 1);
    CHECK(forces.communicator().size() == communicator.size());
    CHECK(value(forces.sum_gradient_rows(block, "g", {"atom"}), 0) == (rank + size - 1) % size);
    check_throws<InvalidParameterError>(
        [&] { Halo(communicator, 1, rank == 1 ? nullptr : owned.data(), 1, nullptr, 0); },
        "invalid parameter: rank 1: mts_collective_halo: got a NULL pointer for 'owned'");

    // what was moved from, and names with a NUL
    auto labels = image;
    const auto taken = rank == 1 ? std::move(labels) : image;
    check_throws<InvalidParameterError>([&] { Halo(communicator, own, labels, {"atom"}); },
        "invalid parameter: rank 1: mts_collective_halo_of_labels: got a NULL pointer for 'ghosts'");
    const auto parameter = rank == 1 ? std::string("g\0", 2) : std::string("g");
    check_throws<InvalidParameterError>([&] { static_cast<void>(forces.sum_gradient_rows(block, parameter, {"atom"})); },
        "invalid parameter: rank 1: mts_collective_halo_sum_gradient_rows: got a NULL pointer for 'parameter'");
}

int main() {
    const auto alone = Communicator::single();
    CHECK(alone.rank() == 0 && alone.size() == 1 && alone.as_mts_communicator_t() != nullptr);
    check_throws<InvalidParameterError>([] { Communicator(mts_transport_t{}); },
        "invalid parameter: a transport of version 0 can not be used: this library knows version 1");
    for (int32_t size = 2; size < MAX_RANKS; size++) {
        run(size, agreement);
        run(size, maps);
        run(size, halos);
        run(size, sums);
    }
    return EXIT_SUCCESS;
}
