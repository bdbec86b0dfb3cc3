// An engine that cuts space into slabs, one for each process, and a model that passes messages between atoms: energy and forces.
//
//     halo
//
// Each process (rank) owns the atoms of its slab. The model has two layers, and in each of them, atoms look at what their neighbors
// have, which can be on other ranks, or images of atoms on the other side of the periodic box: ghosts. A halo gives ghosts what
// their owners have, before each layer; and on the way back it adds the gradients that ghosts have to those of their owners.
//
// The program computes everything twice: on all ranks together, and on each rank alone, and compares. Without MPI, there is one
// rank, all of whose ghosts are images. With MPI:
//
//     mpicxx -std=c++17 -DUSE_MPI -IPREFIX/include halo.cpp -LPREFIX/lib -lmetatensor -o halo
//     mpirun -n 4 ./halo
#include <metatensor.hpp>
#include <metatensor/distributed.hpp>

#ifdef USE_MPI
#include <metatensor/mpi.h>
#include <metatensor/shortcuts.h>
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace metatensor;
using metatensor::distributed::Combine;
using metatensor::distributed::Communicator;
using metatensor::distributed::Halo;
using metatensor::distributed::SumOrder;

// The box is a line, to keep this short. All of this is the same in three dimensions.
static constexpr int ATOMS = 60;
static constexpr std::size_t WIDTH = 4, LAYERS = 2;
static constexpr double BOX = 12.0, CUTOFF = 0.9;

static double position_of(int atom) { return BOX * (atom + 0.5) / ATOMS + 0.03 * (7 * atom % 5 - 2); }

/// The atoms of one rank: those that it owns, and then ghosts.
struct Atoms {
    explicit Atoms(const Communicator& communicator) {
        const auto rank = static_cast<double>(communicator.rank()), size = static_cast<double>(communicator.size());
        const double start = BOX * rank / size, end = BOX * (rank + 1) / size;
        for (int atom = 0; atom < ATOMS; atom++) {
            const double x = position_of(atom);
            if (x >= start && x < end) add(atom, x);
        }
        owned = tags.size();
        // An engine gets these from the ranks next to it. Here, everybody knows where all atoms are.
        for (int image = -1; image <= 1; image++) {
            for (int atom = 0; atom < ATOMS; atom++) {
                const double x = position_of(atom) + image * BOX;
                const bool is_owned = image == 0 && x >= start && x < end;
                if (!is_owned && x > start - CUTOFF && x < end + CUTOFF) add(atom, x);
            }
        }
    }

    void add(int atom, double x) {
        tags.push_back(atom);
        positions.push_back(x);
    }

    std::size_t owned = 0;
    std::vector<int32_t> tags;
    std::vector<double> positions;
};

/// How much an atom hears of another one at this distance, and its derivative.
static double weight(double distance) { return (1 - distance / CUTOFF) * (1 - distance / CUTOFF); }
static double weight_derivative(double distance) { return -2 * (1 - distance / CUTOFF) / CUTOFF; }

/// The atoms of one rank, and the model.
class Slab {
public:
    // Atoms are named by their tags. Which rank owns a ghost is found out; ghosts can be images of the same atom. A halo is made anew
    // when atoms have moved too far.
    explicit Slab(const Communicator& communicator):
        atoms(communicator),
        halo(communicator, 1, atoms.tags.data(), atoms.owned, atoms.tags.data() + atoms.owned, atoms.tags.size() - atoms.owned) {}

    /// One layer: each atom adds what its neighbors have.
    std::vector<double> forward(std::vector<double>& features) {
        // what owners have goes to ghosts, whose rows follow those of owned atoms
        halo.forward(WIDTH, features.data(), features.data() + WIDTH * atoms.owned);
        auto next = zeros();
        std::copy_n(features.begin(), WIDTH * atoms.owned, next.begin());
        for_each_pair([&](std::size_t i, std::size_t j, double, double distance) {
            for (std::size_t k = 0; k < WIDTH; k++) next[WIDTH * i + k] += weight(distance) * features[WIDTH * j + k];
        });
        return next;
    }

    /// The same backwards: from the gradients with respect to what comes out, those with respect to `features`, and to positions,
    /// which are added.
    std::vector<double> backward(
        const std::vector<double>& features, const std::vector<double>& of_next, std::vector<double>& of_positions) {
        auto of_features = zeros();
        std::copy_n(of_next.begin(), WIDTH * atoms.owned, of_features.begin());
        for_each_pair([&](std::size_t i, std::size_t j, double difference, double distance) {
            double product = 0;
            for (std::size_t k = 0; k < WIDTH; k++) {
                of_features[WIDTH * j + k] += weight(distance) * of_next[WIDTH * i + k];
                product += of_next[WIDTH * i + k] * features[WIDTH * j + k];
            }
            const double derivative = weight_derivative(distance) * product * (difference > 0 ? 1 : -1);
            of_positions[i] += derivative;
            of_positions[j] -= derivative;
        });
        // what was found for ghosts is added to what owners have
        halo.reverse(Combine::Add, WIDTH, of_features.data() + WIDTH * atoms.owned, of_features.data());
        return of_features;
    }

    /// The energy of all atoms, on all ranks, and the forces on the atoms of this one.
    std::pair<double, std::vector<double>> energy_and_forces() {
        std::array<std::vector<double>, LAYERS + 1> features;
        features[0] = zeros();
        for (std::size_t i = 0; i < atoms.owned; i++) {
            for (std::size_t k = 0; k < WIDTH; k++) {
                features[0][WIDTH * i + k] = (3 * atoms.tags[i] + static_cast<int>(k)) % 7 - 3;
            }
        }
        for (std::size_t layer = 0; layer < LAYERS; layer++) features[layer + 1] = forward(features[layer]);

        // half of the square of what atoms have in the end, whose gradient is simple
        std::vector<double> energies(atoms.owned), of_positions(atoms.tags.size());
        for (std::size_t i = 0; i < WIDTH * atoms.owned; i++) {
            energies[i / WIDTH] += 0.5 * features[LAYERS][i] * features[LAYERS][i];
        }
        auto of_features = features[LAYERS];
        for (std::size_t layer = LAYERS; layer-- > 0;) of_features = backward(features[layer], of_features, of_positions);

        // the same halo adds the forces on ghosts, which have one number each here
        halo.reverse(Combine::Add, 1, of_positions.data() + atoms.owned, of_positions.data());
        std::vector<double> forces;
        for (std::size_t i = 0; i < atoms.owned; i++) forces.push_back(-of_positions[i]);
        return {total(std::move(energies)), std::move(forces)};
    }

    const Atoms atoms;

private:
    /// Nothing yet, for owned atoms and ghosts.
    std::vector<double> zeros() const { return std::vector<double>(WIDTH * atoms.tags.size()); }

    /// Calls `f(i, j, x_i - x_j, distance)` for all owned atoms and their neighbors.
    template<typename F>
    void for_each_pair(F f) const {
        for (std::size_t i = 0; i < atoms.owned; i++) {
            for (std::size_t j = 0; j < atoms.tags.size(); j++) {
                const double difference = atoms.positions[i] - atoms.positions[j], distance = std::fabs(difference);
                if (j != i && distance < CUTOFF) f(i, j, difference, distance);
            }
        }
    }

    /// The sum over the atoms of all ranks: energies of atoms are a map, of which each rank has some rows.
    double total(std::vector<double> energies) const {
        std::vector<int32_t> samples;
        for (std::size_t i = 0; i < atoms.owned; i++) samples.insert(samples.end(), {0, atoms.tags[i]});
        TensorBlock block(MtsArray::from_vector(std::move(energies), {atoms.owned, 1}),
            Labels::from_vector({"system", "atom"}, std::move(samples)), {}, Labels::range("energy", 1));
        const TensorMap map(Labels::single(), make_blocks(std::move(block)));
        // By labels: the bits of the result depend neither on the number of ranks, nor on who has which atom.
        const auto sums = halo.communicator().sum_over_samples(map, {"atom"}, SumOrder::Labels);
        return sums.block_by_id(0).view<double, 2>()(0, 0);
    }

    Halo halo;
};

static void run(const Communicator& communicator) {
    Slab slab(communicator);
    const auto [energy, forces] = slab.energy_and_forces();
    const auto [serial, expected] = Slab(Communicator::single()).energy_and_forces();

    double difference = std::fabs(energy - serial) / serial, sum = 0;
    for (double force: expected) sum += force;
    for (std::size_t i = 0; i < forces.size(); i++) {
        const auto atom = static_cast<std::size_t>(slab.atoms.tags[i]);
        difference = std::max(difference, std::fabs(forces[i] - expected[atom]) / serial);
    }
    // If this is wrong on one rank, all get to know.
    const bool is_right = difference < 1e-12 && std::fabs(sum) < 1e-10 * serial;
    communicator.agree([&] {
        if (!is_right) throw std::runtime_error("energy or forces are not those of one rank");
    });
    std::printf("rank %zu of %zu: energy %.12f, forces on %zu atoms as on one rank\n", communicator.rank(),
        communicator.size(), energy, forces.size());
}

/// All ranks of the program.
static Communicator world() {
#ifdef USE_MPI
    mts_communicator_t* communicator = nullptr;
    if (mts_mpi_communicator(MPI_COMM_WORLD, &communicator) != MTS_SUCCESS) throw Error(mts_last_error_message());
    return Communicator::unsafe_from_ptr(communicator);
#else
    return Communicator::single();
#endif
}

int main(int argc, char** argv) {
#ifdef USE_MPI
    MPI_Init(&argc, &argv);
#else
    static_cast<void>(argc), static_cast<void>(argv);
#endif
    int result = 0;
    try {
        run(world());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        result = 1;
    }
#ifdef USE_MPI
    MPI_Finalize();
#endif
    return result;
}
