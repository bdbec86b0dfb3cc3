// Where gradients are, and how to compute with them.
//
//     managing_gradients DATA_DIRECTORY OUTPUT_FILE
//
// loads `radial-spectrum.mts` and `spherical-expansion.mts` from the directory, prints what is in them, and computes the square of
// the first, with its gradients: once by hand, and twice with the operations of the library. The result is saved to the file.
#include <metatensor.hpp>
#include <metatensor/gradient_map.hpp>
#include <metatensor/operations.hpp>

#include <cstdio>
#include <iostream>
#include <string>

using namespace metatensor;

/// Prints rows of three numbers.
template<typename View>
static void print_numbers(const std::string& title, const View& values) {
    std::string start = title + ": [";
    for (auto row: values) {
        std::printf("%s[%11.8f, %11.8f, %11.8f]", start.c_str(), row[0], row[1], row[2]);
        start = ",\n ";
    }
    std::printf("]\n");
}

static void print_block(const std::string& name, const ConstBlock& block) {
    const auto gradient = block.gradient("positions");
    const auto all = gradient.view<double, 3>();
    // along x: the first of the three directions
    const TensorView<const double, 2> along_x(all.data(), {all.shape()[0], all.shape()[2]}, {all.strides()[0], all.strides()[2]});
    std::printf("\n");
    print_numbers(name + " values", block.view<double, 2>());
    print_numbers(name + " gradient along x", along_x);
}

/// Squares a block in place, with its gradient: the derivatives of x² are 2 x dx.
static void square(TensorBlock block) {
    auto gradient = block.gradient("positions");
    auto x = block.mutable_view<double, 2>();
    auto dx = gradient.mutable_view<double, 3>();

    // Each row of the gradient is a derivative of one of the samples. The mapping tells which ones are of this sample.
    for (auto [sample, rows]: GradientMap(block, "positions")) {
        for (auto row: rows) {
            for (std::size_t xyz = 0; xyz < 3; xyz++) {
                for (std::size_t n = 0; n < x.shape()[1]; n++) {
                    dx(row, xyz, n) *= 2.0 * x(sample, n);
                }
            }
        }
    }
    for (auto row: x) {
        for (double& value: row) {
            value *= value;
        }
    }
}

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: " << argv[0] << " DATA_DIRECTORY OUTPUT_FILE\n";
        return 1;
    }
    const std::string directory = argv[1];
    const auto radial_spectrum = io::load(directory + "/radial-spectrum.mts");
    std::cout << radial_spectrum << "\n\n";

    // Blocks and gradients are views: they go away with the map.
    const auto block = radial_spectrum.block({{"center_type", 7}, {"neighbor_type", 7}});
    auto gradient = block.gradient("positions");
    std::cout << "gradient samples: " << gradient.samples() << "\n";
    std::cout << "samples: " << block.samples() << "\n";
    std::cout << "gradient component: " << gradient.components()[0] << "\n\n";

    const auto spherical_expansion = io::load(directory + "/spherical-expansion.mts");
    std::cout << spherical_expansion << "\n\n";
    gradient = spherical_expansion.block_by_id(2).gradient("positions");
    std::cout << "first set of components: " << gradient.components()[0] << "\n";
    std::cout << "second set of components: " << gradient.components()[1] << std::endl;

    // The square by hand: of a copy of the map, block by block.
    auto squared = radial_spectrum.clone();
    for (std::size_t i = 0; i < squared.size(); i++) {
        square(squared.block_by_id(i));
    }
    const auto& result = squared;
    print_block("radial_spectrum", radial_spectrum.block_by_id(2));
    print_block("square", result.block_by_id(2));

    // The same with operations, which know about gradients.
    const auto multiplied = operations::multiply(radial_spectrum, radial_spectrum);
    operations::equal_raise(multiplied, squared);
    operations::equal_raise(operations::pow(radial_spectrum, 2), squared);
    std::printf("\nby hand, multiply and pow: equal\n");
    multiplied.save(argv[2]);
}
