// A C++ program, with owners for handles and exceptions for errors.
#include <metatensor.h>
#include <metatensor/gradient_map.h>
#include <metatensor/operations.h>

#include <array>
#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

[[noreturn]] void fail() {
    const char *message = nullptr;
    mts_last_error(&message, nullptr, nullptr);
    throw std::runtime_error(message);
}

void check(mts_status_t status) {
    if (status != MTS_SUCCESS) fail();
}

void require(bool condition, const char *what) {
    if (!condition) throw std::logic_error(what);
}

struct Free {
    void operator()(const mts_labels_t *labels) const { mts_labels_free(labels); }
    void operator()(mts_block_t *block) const { mts_block_free(block); }
    void operator()(mts_tensormap_t *tensor) const { mts_tensormap_free(tensor); }
};

using Labels = std::unique_ptr<const mts_labels_t, Free>;
using Block = std::unique_ptr<mts_block_t, Free>;
using Tensor = std::unique_ptr<mts_tensormap_t, Free>;

template <typename T> std::unique_ptr<T, Free> own(T *pointer) {
    if (pointer == nullptr) fail();
    return std::unique_ptr<T, Free>(pointer);
}

template <typename T> mts_array_t array(std::vector<uintptr_t> shape, DLDataType dtype, const std::vector<T> &values) {
    mts_array_t result;
    check(mts_create_array(shape.data(), shape.size(), dtype, &result));
    DLManagedTensorVersioned *tensor = nullptr;
    check(result.as_dlpack(result.ptr, &tensor, DLDevice{kDLCPU, 0}, nullptr, DLPackVersion{1, 0}));
    std::memcpy(tensor->dl_tensor.data, values.data(), values.size() * sizeof(T));
    tensor->deleter(tensor);
    return result;
}

Labels labels(const char *name, const std::vector<int32_t> &values) {
    return own(mts_labels(&name, 1, array({values.size(), 1}, DLDataType{kDLInt, 32, 1}, values)));
}

/// Callbacks of C++ stop their exceptions.
mts_status_t create(const uintptr_t *, uintptr_t, DLDataType, mts_array_t *) {
    try {
        throw std::runtime_error("thrown in C++");
    } catch (const std::exception &error) {
        auto *copy = new std::string(error.what());
        mts_set_last_error(error.what(), "raii.cpp", copy, [](void *data) { delete static_cast<std::string *>(data); });
        return MTS_CALLBACK_ERROR;
    }
}

void run() {
    auto samples = labels("s", {0, 1}), properties = labels("p", {0, 1, 2}), keys = labels("k", {0});
    auto values = array({2, 3}, DLDataType{kDLFloat, 64, 1}, std::vector<double>{1, 2, 3, 4, 5, 6});
    auto block = own(mts_block(values, samples.get(), nullptr, 0, properties.get()));
    std::array<mts_block_t *, 1> blocks = {block.release()};
    auto tensor = own(mts_tensormap(keys.get(), blocks.data(), blocks.size()));
    require(blocks[0] == nullptr, "the block was taken");

    mts_tensormap_t *result = nullptr;
    check(mts_add(tensor.get(), tensor.get(), &result));
    auto sum = own(result);
    check(mts_multiply_scalar(tensor.get(), 2, &result));
    auto twice = own(result);
    bool equal = false;
    check(mts_equal(sum.get(), twice.get(), &equal));
    require(equal, "x + x = 2 x");

    check(mts_tensormap_save("raii.mts", tensor.get()));
    require(mts_tensormap_load("raii.mts", create) == nullptr, "nothing is loaded");
    void *data = nullptr;
    check(mts_last_error(nullptr, nullptr, &data));
    require(*static_cast<std::string *>(data) == "thrown in C++", "our own error");

    try {
        labels("not a name", {0});
    } catch (const std::runtime_error &error) {
        require(std::string(error.what()).find("not a name") != std::string::npos, "the message names it");
        return;
    }
    throw std::logic_error("labels with such a name");
}

} // namespace

int main() {
    try {
        run();
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
    return 0;
}
