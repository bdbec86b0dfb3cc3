// A linear model of energies and forces.
//
//     linear_model DATA_DIRECTORY
//
// loads descriptors of the atoms in some molecules from `radial-spectrum.mts` in the directory, with their gradients with respect
// to the positions, and sums them to descriptors of the system. From an energy and forces it then finds the weights of a linear
// model, and prints what this model predicts.
#include <metatensor.hpp>
#include <metatensor/operations.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

using namespace metatensor;

/// Descriptors of whole systems: one block, with one sample per system.
static TensorMap load_descriptors(const std::string& directory) {
    // There is one block per pair of types. Pairs that a center does not have become zeros.
    const auto atoms = io::load(directory + "/radial-spectrum.mts")
                           .keys_to_samples("center_type", 0.0, true)
                           .keys_to_properties("neighbor_type", 0.0, true);
    // The energy of a system is a sum over its atoms, and so are its descriptors.
    return operations::sum_over_samples(atoms, {"atom", "center_type"});
}

/// Energies and forces that would come from another program. These are made up: a linear function of the descriptors, with weights
/// that the model does not know.
static TensorMap reference_for(const TensorMap& descriptors) {
    const auto properties = descriptors.block_by_id(0).properties();
    std::vector<double> weights;
    for (std::size_t i = 0; i < properties.count(); i++) {
        weights.push_back((i % 2 == 0 ? 1.0 : -1.0) / static_cast<double>(i + 1));
    }
    TensorBlock block(MtsArray::from_vector(std::move(weights), {1, properties.count()}), Labels::range("energy", 1), {}, properties);
    return operations::dot(descriptors, TensorMap(descriptors.keys(), make_blocks(std::move(block))));
}

/// Forces are derivatives of the energy with respect to positions, with the opposite sign.
static void print_energy_and_forces(const std::string& title, const TensorMap& map) {
    const auto block = map.block_by_id(0), gradient = block.gradient("positions");
    std::printf("%s energy: %9.6f\n", title.c_str(), block.view<double, 2>()(0, 0));
    for (auto dE: gradient.view<double, 3>()) {
        // -dE, but never -0
        std::printf("    force %9.6f %9.6f %9.6f\n", 0.0 - dE(0, 0), 0.0 - dE(1, 0), 0.0 - dE(2, 0));
    }
}

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s DATA_DIRECTORY\n", argv[0]);
        return 1;
    }
    const auto descriptors = load_descriptors(argv[1]);
    const auto reference = reference_for(descriptors);
    print_energy_and_forces("reference", reference);

    // The weights that fit energies best, and forces: each component of each force is one equation. With fewer independent
    // equations than weights, these are the smallest of all weights that fit.
    const auto weights = operations::lstsq(descriptors, reference, {1e-10});

    // Predictions are products of descriptors and weights, and those of forces the same with gradients.
    const auto prediction = operations::dot(descriptors, weights);
    print_energy_and_forces("predicted", prediction);

    const bool close = operations::allclose(prediction, reference, {1e-9, 1e-9, false});
    std::printf("the model %s\n", close ? "fits" : "does not fit");
    return close ? 0 : 1;
}
