// A calculation with the C++ header of featomic, which is on top of the C++ headers of metatensor. Prints all that it gives, as
// the file of the map: the official library prints the same.
#include <featomic.hpp>
#include <metatensor.hpp>

#include <cstdio>

int main() {
    const featomic::System::CellMatrix cell = {{{{6.0, 0.0, 0.0}}, {{0.0, 6.0, 0.0}}, {{0.0, 0.0, 6.0}}}};
    featomic::SimpleSystem system(cell);
    system.add_atom(6, {0.0, 0.0, 0.0});
    system.add_atom(1, {1.1, 0.3, 0.0});
    system.add_atom(1, {-0.4, 1.0, 0.7});
    std::vector<featomic::SimpleSystem> systems = {system};

    featomic::Calculator calculator("spherical_expansion", R"({
        "cutoff": {"radius": 3.0, "smoothing": {"type": "ShiftedCosine", "width": 0.5}},
        "density": {"type": "Gaussian", "width": 0.3},
        "basis": {"type": "TensorProduct", "max_angular": 2, "radial": {"type": "Gto", "max_radial": 3}, "spline_accuracy": 1e-6}
    })");
    featomic::CalculationOptions options;
    options.use_native_system = true;
    options.gradients.push_back("positions");
    const auto all = calculator.compute(systems, options);
    options.selected_keys = metatensor::Labels({"o3_lambda", "o3_sigma", "center_type", "neighbor_type"}, {{1, 1, 6, 1}});
    const auto selected = calculator.compute(systems, options);
    for (const auto* tensor: {&all, &selected}) {
        const auto bytes = tensor->keys_to_samples("center_type").keys_to_properties("neighbor_type").save_buffer();
        for (const auto byte: bytes) {
            std::printf("%02x", byte);
        }
        std::printf("\n");
    }
}
