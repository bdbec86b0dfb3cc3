// Squares of all values with their gradients, and forces for the energy that is the sum of the squares: as the bits
// of these numbers. forces.c and the test in Rust print the same.
//
//     forces FILE
#include <metatensor.hpp>
#include <metatensor/gradient_map.hpp>
#include <metatensor/operations.hpp>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <vector>

using namespace metatensor;

static void print(const char* title, const double* values, std::size_t count) {
    std::printf("%s", title);
    for (std::size_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        std::memcpy(&bits, &values[i], sizeof bits);
        std::printf(" %016" PRIx64, bits);
    }
    std::printf("\n");
}

int main(int, char** arguments) {
    const auto map = TensorMap::load(arguments[1]);
    const auto squared = operations::pow(map, 2);
    const auto doubled = operations::multiply(map, 2);
    for (std::size_t i = 0; i < map.size(); i++) {
        const auto square = squared.block_by_id(i), square_gradient = square.gradient("positions");
        const auto values = square.view<double, 2>();
        const auto derivatives = square_gradient.view<double, 3>();
        print("square", values.data(), values.size());
        print("gradient", derivatives.data(), derivatives.size());

        // dE/dx = 2 x, and the chain rule for each row of the gradient
        const auto weights = doubled.block_by_id(i);
        const auto gradient = map.block_by_id(i).gradient("positions");
        const auto dx = gradient.view<double, 3>();
        const GradientMap parents(map.block_by_id(i), "positions");
        std::vector<double> rows(dx.shape()[0] * 3), forces(6 * 3);
        gradient_contract(weights.view<double, 2>(), parents, dx, TensorView<double, 2>(rows.data(), {dx.shape()[0], 3}, {3, 1}));
        const auto samples = gradient.samples();
        std::vector<int64_t> atoms;
        for (auto atom: samples.column("atom")) {
            atoms.push_back(atom);
        }
        for (auto& row: rows) {
            row = -row;
        }
        scatter_add_rows(TensorView<const double, 2>(rows.data(), {atoms.size(), 3}, {3, 1}),
            Span<const int64_t>(atoms.data(), atoms.size()), TensorView<double, 2>(forces.data(), {6, 3}, {3, 1}));
        print("forces", forces.data(), forces.size());
    }
}
