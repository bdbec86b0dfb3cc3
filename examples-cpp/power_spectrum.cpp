// From a spherical expansion to a power spectrum, and to the energy and forces of a linear model.
//
//     power_spectrum DATA_DIRECTORY
//
// loads the spherical expansion of a molecule from `spherical-expansion.mts` in the directory: for each atom, the density of its
// neighbors around it, with gradients with respect to the positions of all atoms.
#include <metatensor.hpp>
#include <metatensor/operations.hpp>
#include <metatensor/products.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

using namespace metatensor;

/// Products that do not change when the molecule is rotated, for all pairs of neighbors; with one row for each atom, in one block.
static TensorMap load_descriptors(const std::string& directory) {
    const auto expansion = io::load(directory + "/spherical-expansion.mts");
    operations::InvariantsOptions options;
    options.pairs = operations::NeighborPairs::All;

    // How much memory the result takes is known before it is computed.
    const auto bytes = operations::estimate_bytes(operations::invariants_metadata(expansion, options));
    std::printf("the power spectrum takes %llu bytes\n", static_cast<unsigned long long>(bytes));
    return operations::invariants(expansion, options).keys_to_samples("center_type", 0.0, true);
}

/// Energies of the atoms: products with made up weights, one for each property.
static TensorMap energies_of(const TensorMap& descriptors) {
    const auto properties = descriptors.block_by_id(0).properties();
    std::vector<double> weights;
    for (std::size_t i = 0; i < properties.count(); i++) {
        weights.push_back((i % 2 == 0 ? 1.0 : -1.0) / static_cast<double>(i + 1));
    }
    TensorBlock block(MtsArray::from_vector(std::move(weights), {1, properties.count()}), Labels::range("energy", 1), {}, properties);
    return operations::dot(descriptors, TensorMap(descriptors.keys(), make_blocks(std::move(block))));
}

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s DATA_DIRECTORY\n", argv[0]);
        return 1;
    }
    const auto energies = energies_of(load_descriptors(argv[1]));
    int atom = 0;
    for (auto energy: energies.block_by_id(0).view<double, 2>()) {
        std::printf("energy of atom %d: %9.6f\n", atom++, energy(0));
    }

    // The energy of the molecule is the sum of those of its atoms. Its forces are minus the sums of their gradients.
    const auto total = operations::sum_over_samples(energies, {"atom", "center_type"});
    std::printf("energy: %9.6f\n", total.block_by_id(0).view<double, 2>()(0, 0));
    const auto forces = operations::forces(total);
    double sum[3] = {0, 0, 0};
    atom = 0;
    for (auto force: forces.view<double, 3>()) {
        std::printf("force on atom %d: %9.6f %9.6f %9.6f\n", atom++, force(0, 0), force(1, 0), force(2, 0));
        for (std::size_t i = 0; i < 3; i++) sum[i] += force(i, 0);
    }

    // Nothing changes when all atoms move together.
    const bool vanishes = std::fabs(sum[0]) < 1e-12 && std::fabs(sum[1]) < 1e-12 && std::fabs(sum[2]) < 1e-12;
    std::printf("the sum of forces %s zero\n", vanishes ? "is" : "is not");
    return vanishes ? 0 : 1;
}
