// Parts of this program are shown in pages about tasks.
#include <functional>
#include <iostream>

// ANCHOR: headers
#include <metatensor.hpp>
#include <metatensor/operations.hpp>
#include <metatensor/products.hpp>

using namespace metatensor;
// ANCHOR_END: headers

/// Names what is printed until it ends.
static void part(const char* name, const std::function<void()>& print) {
    std::cout << "ANCHOR: " << name << "\n";
    print();
    std::cout << "ANCHOR_END: " << name << "\n";
}

// ANCHOR: merge
TensorMap one_block(const TensorMap& pairs) {
    return pairs
        .keys_to_samples("center_type", 0.0, true)
        .keys_to_properties("neighbor_type", 0.0, true);
}
// ANCHOR_END: merge

// ANCHOR: reduce
TensorMap systems(const TensorMap& atoms) {
    return operations::sum_over_samples(atoms, {"atom"});
}
// ANCHOR_END: reduce

// ANCHOR: join
TensorMap data_set(const std::vector<TensorMap>& maps) {
    operations::JoinOptions options;
    options.different_keys = operations::DifferentKeys::Union;
    options.add_dimension = "structure";
    return operations::join(maps, operations::Axis::Samples, options);
}
// ANCHOR_END: join

// ANCHOR: forces
void print_forces(const TensorMap& energies) {
    const auto forces = operations::forces(energies);
    for (auto force: forces.view<double, 3>()) {
        std::cout << force(0, 0) << " " << force(1, 0) << " " << force(2, 0) << "\n";
    }
}
// ANCHOR_END: forces

int main() {
    const auto pairs = io::load("radial-spectrum.mts");
    part("merge", [&] { std::cout << one_block(pairs) << "\n"; });
    part("reduce", [&] { std::cout << systems(pairs).size() << " blocks\n"; });
    // as if all of its numbers were energies
    part("forces", [&] { print_forces(pairs); });
}
