#include <metatensor.hpp>
#include <metatensor/operations.hpp>

#include <iostream>
#include <string_view>

int main() {
    // C++17, as the target asks for
    if (std::string_view version = mts_version(); version != METATENSOR_VERSION) {
        std::cerr << "expected version " << METATENSOR_VERSION << ", got " << version << "\n";
        return 1;
    }
    const metatensor::TensorMap empty(metatensor::Labels({"key"}), {});
    return metatensor::operations::equal(empty, metatensor::operations::abs(empty)) ? 0 : 1;
}
