// The radial spectrum of the tutorial, computed by featomic through these headers: see tests/data/generate.py.
//
//     compute OUTPUT_FILE
#include <metatensor.hpp>

#include <featomic.hpp>

#include <array>
#include <utility>
#include <vector>

int main(int, char** arguments) {
    using Atom = std::pair<int32_t, std::array<double, 3>>;
    const Atom atoms[] = {{6, {0, 0, 0}}, {8, {1.2, 0, 0}}, {8, {0, 6, 0}}, {8, {1.1, 6, 0}}, {7, {6, 0, 0}}, {7, {7.3, 0, 0}}};
    auto system = featomic::SimpleSystem({{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}});
    for (const auto& [type, position]: atoms) {
        system.add_atom(type, position);
    }
    auto calculator = featomic::Calculator("soap_radial_spectrum", R"({
        "cutoff": {"radius": 2.5, "smoothing": {"type": "ShiftedCosine", "width": 0.5}},
        "density": {"type": "Gaussian", "width": 0.2},
        "basis": {"radial": {"type": "Gto", "max_radial": 2}}
    })");
    featomic::CalculationOptions options;
    options.use_native_system = true;
    options.gradients.push_back("positions");
    const auto spectrum = calculator.compute(system, options);
    spectrum.save(arguments[1]);
}
