// Every function of products.hpp gives what its function of C gives, from a spherical expansion to the forces of a linear model.
#include <metatensor.hpp>
#include <metatensor/operations.hpp>
#include <metatensor/products.hpp>

#include "check.hpp"

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ops = metatensor::operations;
using metatensor::Labels;
using metatensor::MtsArray;
using metatensor::TensorBlock;
using metatensor::TensorMap;

#define OK(call) CHECK((call) == MTS_SUCCESS)

template<typename Object, typename Handle>
static bool same(const Object& a, Handle* b) {
    return ops::equal(a, Object::unsafe_from_ptr(b));
}

/// Without elements.
template<typename Object, typename Handle>
static bool same_labels(const Object& a, Handle* b) {
    return ops::equal_metadata(a, Object::unsafe_from_ptr(b));
}

/// Both calls give the same: `FUNCTION` is that of C, with everything but its result.
#define SAME(CHECKED, Handle, cpp, FUNCTION, ...)                                                  \
    do {                                                                                           \
        Handle* result_ = nullptr;                                                                 \
        OK(FUNCTION(__VA_ARGS__, &result_));                                                       \
        CHECK(CHECKED(cpp, result_));                                                              \
    } while (0)
#define SAME_MAP(cpp, FUNCTION, ...) SAME(same, mts_tensormap_t, cpp, FUNCTION, __VA_ARGS__)
#define SAME_BLOCK(cpp, FUNCTION, ...) SAME(same, mts_block_t, cpp, FUNCTION, __VA_ARGS__)
#define SAME_LABELS(Handle, cpp, FUNCTION, ...) SAME(same_labels, Handle, cpp, FUNCTION, __VA_ARGS__)

static TensorMap expansion_in(const std::string& directory) {
    // types of neighbors as properties, for equivariant products; with few properties, since programs are slow in valgrind
    const auto x = metatensor::io::load(directory + "/spherical-expansion.mts").keys_to_properties("neighbor_type", 0.0, true);
    return ops::slice(x, ops::Axis::Properties, Labels::range("n", 2));
}

static void contractions(const TensorMap& x) {
    const auto* c = x.as_mts_tensormap_t();
    const auto first = x.block_by_id(0);
    const auto* c_first = first.as_mts_block_t();
    SAME_MAP(ops::contract(x, x), mts_contract, c, c, nullptr);
    SAME_BLOCK(ops::contract(first, first), mts_contract_block, c_first, c_first, nullptr);

    ops::ContractOptions options;
    options.contracted_components = {"o3_mu"};
    options.matched_properties = std::vector<std::string>{"neighbor_type"};
    options.samples = ops::SamplePairs::Union;
    options.first_suffix = "_a";
    options.second_suffix = "_b";
    const char *mu = "o3_mu", *neighbor = "neighbor_type";
    const mts_names_t contracted = {&mu, 1}, matched = {&neighbor, 1};
    mts_contract_options_t c_options = MTS_CONTRACT_OPTIONS_INIT;
    c_options.contracted_components = &contracted;
    c_options.matched_properties = &matched;
    c_options.samples = MTS_SAMPLE_PAIRS_UNION;
    c_options.first_suffix = "_a";
    c_options.second_suffix = "_b";
    SAME_MAP(ops::contract(x, x, options), mts_contract, c, c, &c_options);
    const auto block = ops::contract(first, first, options);
    const std::vector<std::string> names = {"neighbor_type", "n_a", "n_b"};
    for (std::size_t i = 0; i < names.size(); i++) {
        CHECK(block.properties().names()[i] == names[i]);
    }
    const auto metadata = ops::contract_metadata(x, x, options);
    SAME_LABELS(mts_tensormap_t, metadata, mts_contract_metadata, c, c, &c_options);
    const auto of_block = ops::contract_metadata(first, first, options);
    SAME_LABELS(mts_block_t, of_block, mts_contract_metadata_block, c_first, c_first, &c_options);
    uint64_t bytes = 0;
    OK(mts_estimate_bytes(metadata.as_mts_tensormap_t(), &bytes));
    CHECK(ops::estimate_bytes(metadata) == bytes && bytes > 0);
    OK(mts_estimate_bytes_block(of_block.as_mts_block_t(), &bytes));
    CHECK(ops::estimate_bytes(of_block) == bytes && bytes > 0);
    CHECK(ops::estimate_bytes(block) == bytes);
    options.max_bytes = 8;
    CHECK_THROWS(metatensor::UnsupportedError, "'max_bytes'", ops::contract(x, x, options));
}

static void equivariant_products(const TensorMap& x) {
    const auto* c = x.as_mts_tensormap_t();
    const auto y = ops::rename_dimension(
        ops::rename_dimension(x, ops::Axis::Properties, "n", "m"), ops::Axis::Properties, "neighbor_type", "other_type");
    const auto* c_y = y.as_mts_tensormap_t();
    const auto selected = Labels::range("o3_lambda", 2);
    ops::CgOptions options;
    options.selected_keys = selected;
    mts_cg_options_t c_options = MTS_CG_OPTIONS_INIT;
    c_options.selected_keys = selected.as_mts_labels_t();
    SAME_MAP(ops::cg_product(x, y, "l_1", "l_2"), mts_cg_product, c, c_y, "l_1", "l_2", nullptr);
    SAME_MAP(ops::cg_product(x, y, "l_1", "l_2", options), mts_cg_product, c, c_y, "l_1", "l_2", &c_options);
    SAME_LABELS(mts_tensormap_t, ops::cg_product_metadata(x, y, "l_1", "l_2", options), mts_cg_product_metadata, c, c_y,
        "l_1", "l_2", &c_options);
    const ops::CgProduct product("l_1", "l_2", options);
    mts_cg_product_t* c_product = nullptr;
    OK(mts_cg_product_prepare("l_1", "l_2", &c_options, &c_product));
    SAME_MAP(product.compute(x, y), mts_cg_product_compute, c_product, c, c_y);
    OK(mts_cg_product_free(c_product));

    ops::CgPowerOptions power;
    power.angular_cutoff = 0;
    power.skip_redundant = false;
    mts_cg_power_options_t c_power = MTS_CG_POWER_OPTIONS_INIT;
    c_power.angular_cutoff = 0;
    c_power.skip_redundant = false;
    SAME_MAP(ops::cg_power(x, 1), mts_cg_power, c, 1, nullptr);
    SAME_MAP(ops::cg_power(x, 1, power), mts_cg_power, c, 1, &c_power);
    CHECK(ops::cg_power(x, 1, power).keys().count() != ops::cg_power(x, 1).keys().count());
    SAME_LABELS(mts_tensormap_t, ops::cg_power_metadata(x, 1, power), mts_cg_power_metadata, c, 1, &c_power);

    ops::InvariantsOptions invariants;
    invariants.pairs = ops::NeighborPairs::All;
    invariants.normalisation = ops::Normalisation::None;
    const mts_invariants_options_t c_invariants = {MTS_NORMALISATION_NONE, MTS_NEIGHBOR_PAIRS_ALL, 0};
    SAME_MAP(ops::invariants(x), mts_invariants, c, nullptr);
    SAME_MAP(ops::invariants(x, invariants), mts_invariants, c, &c_invariants);
    SAME_LABELS(mts_tensormap_t, ops::invariants_metadata(x, invariants), mts_invariants_metadata, c, &c_invariants);
}

static void cartesian(const TensorMap& x) {
    const auto vectors = ops::filter_blocks(x, Labels({"o3_lambda"}, {{1}}));
    const char* name = "direction";
    const auto cartesian = ops::spherical_to_cartesian(vectors, {"direction"});
    SAME_MAP(cartesian, mts_spherical_to_cartesian, vectors.as_mts_tensormap_t(), &name, 1);
    const auto back = ops::cartesian_to_spherical(cartesian, {"direction"});
    SAME_MAP(back, mts_cartesian_to_spherical, cartesian.as_mts_tensormap_t(), &name, 1);
    CHECK(ops::equal(back, vectors));
    CHECK_THROWS(metatensor::InvalidParameterError, "o3_lambda", ops::cartesian_to_spherical(x, {"o3_mu"}));
}

/// The energies of atoms: products of invariants with numbers.
static TensorMap energies(const TensorMap& x) {
    const auto spectrum = ops::invariants(x).keys_to_samples("center_type", 0.0, true);
    const auto properties = spectrum.block_by_id(0).properties();
    std::vector<double> weights(properties.count());
    for (std::size_t i = 0; i < weights.size(); i++) weights[i] = 1.0 / static_cast<double>(1 + i);
    TensorBlock block(MtsArray::from_vector(std::move(weights), {1, properties.count()}), Labels::range("energy", 1), {}, properties);
    return ops::dot(spectrum, TensorMap(spectrum.keys(), metatensor::make_blocks(std::move(block))));
}

static TensorBlock zeros(const Labels& samples, const std::vector<Labels>& components) {
    std::vector<uintptr_t> shape = {samples.count()};
    std::size_t count = samples.count();
    for (const auto& component: components) {
        shape.push_back(component.count());
        count *= component.count();
    }
    shape.push_back(1);
    return TensorBlock(MtsArray::from_vector(std::vector<double>(count, 0.5), shape), samples, components, Labels::range("p", 1));
}

static void forces(const TensorMap& x) {
    const auto with_positions = energies(x);
    const auto block = with_positions.block_by_id(0);
    const auto* c = with_positions.as_mts_tensormap_t();
    const auto* c_block = block.as_mts_block_t();
    const Labels atoms({"system", "atom"}, {{0, 2}, {0, 0}, {0, 1}, {1, 0}});
    SAME_BLOCK(ops::forces(with_positions), mts_forces, c, nullptr);
    SAME_BLOCK(ops::forces(with_positions, atoms), mts_forces, c, atoms.as_mts_labels_t());
    SAME_BLOCK(ops::forces(block), mts_forces_block, c_block, nullptr);
    SAME_BLOCK(ops::forces(block, atoms), mts_forces_block, c_block, atoms.as_mts_labels_t());
    const auto found = ops::forces(with_positions, atoms);
    const auto view = found.view<double, 3>();
    for (std::size_t i = 0; i < 3; i++) {
        CHECK(std::abs(view(0, i, 0) + view(1, i, 0) + view(2, i, 0)) < 1e-12 && view(3, i, 0) == 0.0);
    }

    // the same energies as if they depended on cell and strain
    const auto systems = Labels::range("system", 2);
    const auto properties = block.properties();
    const std::vector<Labels> axes = {Labels::range("xyz_2", 3), Labels::range("xyz_1", 3)};
    auto energy = block.clone();
    for (const auto* parameter: {"strain", "cell"}) {
        // in an array of the same kind as the values have
        const std::vector<uintptr_t> shape = {energy.samples().count(), 3, 3, 1};
        auto values = metatensor::DataArrayBase::to_mts_array(
            std::make_unique<metatensor::SimpleDataArray<double>>(shape, 2.0));
        energy.add_gradient(parameter,
            TensorBlock(std::move(values), Labels::range("sample", energy.samples().count()), axes, properties));
    }
    const auto* c_energy = energy.as_mts_block_t();
    const auto map = TensorMap(with_positions.keys(), metatensor::make_blocks(energy.clone()));
    const auto* c_map = map.as_mts_tensormap_t();
    SAME_BLOCK(ops::virial(map), mts_virial, c_map, nullptr);
    SAME_BLOCK(ops::virial(map, systems), mts_virial, c_map, systems.as_mts_labels_t());
    SAME_BLOCK(ops::virial(energy), mts_virial_block, c_energy, nullptr);
    SAME_BLOCK(ops::virial(energy, systems), mts_virial_block, c_energy, systems.as_mts_labels_t());
    const auto virial = ops::virial(map, systems);
    CHECK(virial.view<double, 4>()(0, 1, 2, 0) == -6.0);

    const auto positions = zeros(atoms, {Labels::range("xyz", 3)}), cells = zeros(systems, axes);
    SAME_BLOCK(ops::virial_from_cell(map, positions, cells), mts_virial_from_cell, c_map, positions.as_mts_block_t(),
        cells.as_mts_block_t());
    SAME_BLOCK(ops::virial_from_cell(energy, positions, cells), mts_virial_from_cell_block, c_energy,
        positions.as_mts_block_t(), cells.as_mts_block_t());

    const std::vector<double> volumes = {2.0, 4.0};
    SAME_BLOCK(ops::stress(virial, systems, volumes), mts_stress, virial.as_mts_block_t(), systems.as_mts_labels_t(),
        volumes.data(), 2);
    CHECK_THROWS(metatensor::InvalidParameterError, "volume", ops::stress(virial, systems, {1.0}));
}

int main(int argc, char** argv) {
    CHECK(argc == 2);
    const auto x = expansion_in(argv[1]);
    contractions(x);
    equivariant_products(ops::filter_blocks(x, Labels({"o3_lambda"}, {{0}, {1}})));
    cartesian(x);
    forces(x);
    return 0;
}
