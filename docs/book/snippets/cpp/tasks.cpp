// Parts of this program are shown in pages about tasks.
#include <cmath>
#include <functional>
#include <iostream>

// ANCHOR: headers
#include <metatensor.hpp>
#include <metatensor/collection.hpp>
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

// ANCHOR: build
/// exp(-r²) of two atoms at a distance r from each other, and its derivatives with respect to their positions.
TensorMap pair(double r) {
    const double value = std::exp(-r * r), derivative = -2 * r * value;
    const Labels samples({"system", "atom"}, {{0, 0}, {0, 1}}), properties = Labels::range("n", 1);
    TensorBlock block(MtsArray::from_vector(std::vector<double>{value, value}, {2, 1}), samples, {}, properties);

    // both depend on both atoms, in the direction x: one row for each pair, with its x, y, z
    const Labels rows({"sample", "system", "atom"}, {{0, 0, 0}, {0, 0, 1}, {1, 0, 0}, {1, 0, 1}});
    const double d = derivative;
    auto gradient = MtsArray::from_vector(std::vector<double>{-d, 0, 0, d, 0, 0, -d, 0, 0, d, 0, 0}, {4, 3, 1});
    block.add_gradient("positions", TensorBlock(std::move(gradient), rows, {Labels::range("xyz", 3)}, properties));
    return TensorMap(Labels({"center_type"}, {{1}}), make_blocks(std::move(block)));
}
// ANCHOR_END: build

// ANCHOR: select
TensorMap some_atoms_around_oxygen(const TensorMap& pairs) {
    const auto blocks = operations::filter_blocks(pairs, Labels({"center_type"}, {{8}}));
    return operations::slice(blocks, operations::Axis::Samples, Labels({"atom"}, {{1}}));
}

std::vector<TensorMap> two_properties_and_the_last(const TensorMap& pairs) {
    return operations::split(pairs, operations::Axis::Properties, {{0, 1}, {-1}});
}
// ANCHOR_END: select

// ANCHOR: compare
void compare(const TensorMap& a, const TensorMap& b) {
    operations::AllCloseOptions options;
    options.atol = 1e-6;
    std::cout << std::boolalpha << operations::allclose(a, b, options) << "\n";
    try {
        operations::allclose_raise(a, b, options);
    } catch (const Error& error) {
        std::cout << error.what() << "\n";
    }
}
// ANCHOR_END: compare

// ANCHOR: fit
/// What a linear model with the weights that fit energies and their gradients best predicts.
TensorMap predicted(const TensorMap& descriptors, const TensorMap& energies) {
    const auto weights = operations::lstsq(descriptors, energies, {1e-10});
    return operations::dot(descriptors, weights);
}
// ANCHOR_END: fit

// ANCHOR: collection
void write(const std::string& path) {
    auto writer = io::CollectionWriter::create(path);
    for (int structure = 0; structure < 100; structure++) {
        writer.add(structure, "descriptor", pair(1.0 + 0.01 * structure));
    }
    writer.finish();
}

TensorMap batch(const std::string& path) {
    const auto collection = io::Collection::open(path);
    io::LoadManyOptions options;
    options.number = "structure";  // what the dimension with the number is called: "system" is there already
    return collection.load_many("descriptor", {70, 3, 42}, options);
}
// ANCHOR_END: collection

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
    const auto built = pair(1.0);
    part("build", [&] { std::cout << built.block_by_id(0) << "\n"; });
    const auto pairs = io::load("radial-spectrum.mts");
    part("select", [&] {
        std::cout << some_atoms_around_oxygen(pairs) << "\n";
        std::cout << two_properties_and_the_last(pairs).size() << " maps\n";
    });
    part("compare", [&] { compare(pairs, operations::multiply(pairs, 1.001)); });
    part("fit", [&] {
        const auto systems = operations::sum_over_samples(one_block(pairs), {"atom", "center_type"});
        const auto energies = operations::slice(systems, operations::Axis::Properties, {0});
        std::cout << operations::allclose(predicted(systems, energies), energies, {1e-9, 1e-9, false}) << "\n";
    });
    write("descriptors.zip");
    const auto several = batch("descriptors.zip");
    part("collection", [&] { std::cout << several.block_by_id(0).samples() << "\n"; });
    part("merge", [&] { std::cout << one_block(pairs) << "\n"; });
    part("reduce", [&] { std::cout << systems(pairs).size() << " blocks\n"; });
    // as if all of its numbers were energies
    part("forces", [&] { print_forces(pairs); });
}
