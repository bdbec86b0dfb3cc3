// A simulation engine with arrays of its own, which are not copied: the library reads positions where the engine has them, and
// the engine reads forces where the library has put them.
#include <metatensor.hpp>
#include <metatensor/operations.hpp>

#include <iostream>
#include <utility>
#include <vector>

using namespace metatensor;

/// What an engine has: positions in one array, which it goes on to use, and forces in another.
struct Engine {
    std::vector<double> positions = {0, 0, 0, 1, 0, 0, 1, 2, 0};
    std::vector<double> forces = std::vector<double>(9, 0);
    std::size_t atoms() const { return positions.size() / 3; }
};

/// Energies `k |r|² / 2` of atoms in a harmonic trap, with their gradients with respect to positions: `k r`.
static TensorMap trap(const TensorBlock& positions, double k) {
    const auto samples = positions.samples(), energy = Labels::range("energy", 1);
    const auto r = positions.view<double, 3>();
    std::vector<double> energies(samples.count()), gradients(3 * samples.count());
    std::vector<int32_t> rows;
    for (std::size_t i = 0; i < samples.count(); i++) {
        for (std::size_t xyz = 0; xyz < 3; xyz++) {
            energies[i] += k * r(i, xyz, 0) * r(i, xyz, 0) / 2;
            gradients[3 * i + xyz] = k * r(i, xyz, 0);
        }
        rows.insert(rows.end(), {static_cast<int32_t>(i), samples.entry(i)["atom"]});
    }
    // vectors are moved into arrays and labels
    TensorBlock block(MtsArray::from_vector(std::move(energies), {samples.count(), 1}), samples, {}, energy);
    block.add_gradient("positions",
        TensorBlock(MtsArray::from_vector(std::move(gradients), {samples.count(), 3, 1}),
            Labels::from_vector({"sample", "atom"}, std::move(rows)), {Labels::range("xyz", 3)}, energy));
    return TensorMap(Labels::single(), make_blocks(std::move(block)));
}

int main() {
    Engine engine;

    // A block on top of the memory of the engine, made once: there is no copy, and the engine can change its positions.
    auto array = MtsArray::from_buffer(engine.positions.data(), {engine.atoms(), 3, 1});
    const TensorBlock positions(
        std::move(array), Labels::range("atom", engine.atoms()), {Labels::range("xyz", 3)}, Labels::range("position", 1));
    const bool same_memory = positions.view<double, 3>().data() == engine.positions.data();
    std::cout << "the memory of the engine: " << (same_memory ? "yes" : "no") << "\n";

    double before = 0;
    for (int step = 0; step < 5; step++) {
        const auto energies = trap(positions, 2.0);
        const auto total = operations::sum_over_samples(energies, {"atom"});
        const auto block = total.block_by_id(0), gradient = block.gradient("positions");
        const auto energy = block.view<double, 2>()(0, 0);
        std::cout << "step " << step << ": energy " << energy << "\n";

        // forces are minus the gradients, for each atom
        const auto derivatives = gradient.view<double, 3>();
        const auto rows = gradient.samples();
        std::size_t row = 0;
        for (auto atom: rows.column("atom")) {
            for (std::size_t xyz = 0; xyz < 3; xyz++) {
                engine.forces[3 * static_cast<std::size_t>(atom) + xyz] = -derivatives(row, xyz, 0);
            }
            row += 1;
        }
        for (std::size_t i = 0; i < engine.positions.size(); i++) {
            engine.positions[i] += 0.1 * engine.forces[i];
        }
        if (step > 0 && !(energy < before)) {
            return 1;
        }
        before = energy;
    }
    return same_memory ? 0 : 1;
}
