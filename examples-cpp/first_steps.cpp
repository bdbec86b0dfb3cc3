// A map with one block, and its square with the derivative. The README shows the same program.
#include <metatensor.hpp>
#include <metatensor/operations.hpp>

#include <iostream>
#include <vector>

using namespace metatensor;

int main() {
    // Two atoms with two properties each, x.
    const Labels samples({"system", "atom"}, {{0, 4}, {0, 5}});
    const auto properties = Labels::range("n", 2);
    auto values = MtsArray::from_vector(std::vector<double>{1, 2, 3, 4}, {2, 2});
    TensorBlock block(std::move(values), samples, {}, properties);

    // The derivative of the second one with respect to t. That of the first one is zero: it has no row.
    auto derivatives = MtsArray::from_vector(std::vector<double>{0.5, 0.5}, {1, 2});
    block.add_gradient("t", TensorBlock(std::move(derivatives), Labels({"sample"}, {{1}}), {}, properties));

    const TensorMap x(Labels({"center_type"}, {{7}}), make_blocks(std::move(block)));
    std::cout << x << "\n\n";

    // x², with its derivative 2 x dx/dt
    const auto squared = operations::pow(x, 2);
    const auto result = squared.block({{"center_type", 7}}), gradient = result.gradient("t");
    for (auto row: result.view<double, 2>()) {
        std::cout << row[0] << " " << row[1] << "\n";  // 1 4, 9 16
    }
    for (auto row: gradient.view<double, 2>()) {
        std::cout << row[0] << " " << row[1] << "\n";  // 3 4
    }
}
