// An array type of our own, inside of blocks: `Grid`, numbers in row-major order.
//
// The library never looks into it, and only calls the functions of its base. A type that only has to hold numbers should not be
// made at all: `MtsArray::from_vector` and `MtsArray::from_buffer` make arrays of memory that exists.
#include <metatensor.hpp>
#include <metatensor/operations.hpp>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace metatensor;

class Grid final: public DataArrayBase {
public:
    explicit Grid(std::vector<uintptr_t> shape, double value = 0):
        shape_(std::move(shape)), values_(std::make_shared<std::vector<double>>(count(shape_), value)) {}

    double& operator()(std::size_t i, std::size_t j) { return (*values_)[i * shape_[1] + j]; }

    // Who we are. Arrays with the same origin know each other.
    mts_data_origin_t origin() const override {
        mts_data_origin_t origin = 0;
        details::check_status(mts_register_data_origin("examples.Grid", &origin));
        return origin;
    }
    DLDevice device() const override { return {kDLCPU, 0}; }
    DLDataType dtype() const override { return {kDLFloat, 64, 1}; }
    const std::vector<uintptr_t>& shape() const & override { return shape_; }

    // A tensor that shows our elements to the library. It shares the values, which stay until both are gone.
    DLManagedTensorVersioned* as_dlpack(DLDevice to, const int64_t*, DLPackVersion max_version) override {
        if (to.device_type != kDLCPU || max_version.major < DLPACK_MAJOR_VERSION) {
            throw std::runtime_error("grids are in main memory, and speak DLPack 1");
        }
        auto shared = std::make_unique<Shared>();
        shared->values = values_;
        shared->shape.assign(shape_.begin(), shape_.end());
        auto& tensor = shared->tensor;
        tensor.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
        tensor.manager_ctx = shared.get();
        tensor.deleter = [](DLManagedTensorVersioned* self) { delete static_cast<Shared*>(self->manager_ctx); };
        tensor.dl_tensor.data = values_->data();
        tensor.dl_tensor.device = to;
        tensor.dl_tensor.ndim = static_cast<int32_t>(shape_.size());
        tensor.dl_tensor.dtype = dtype();
        tensor.dl_tensor.shape = shared->shape.data();
        return &shared.release()->tensor;
    }

    // A grid with the elements of a tensor, the result of an operation for example.
    std::unique_ptr<DataArrayBase> from_dlpack(DLManagedTensorVersioned* tensor) const override {
        const DLPackArray<double> elements(tensor);  // owns the tensor
        auto grid = std::make_unique<Grid>(elements.shape());
        grid->values_->assign(elements.data(), elements.data() + grid->values_->size());
        return grid;
    }

    std::unique_ptr<DataArrayBase> copy(DLDevice) const override {
        auto grid = std::make_unique<Grid>(shape_);
        *grid->values_ = *values_;
        return grid;
    }

    // What only moves of keys and components need is not there: exceptions come out of the function that needs it.
    std::unique_ptr<DataArrayBase> create(std::vector<uintptr_t>, MtsArray) const override { return missing(); }
    void reshape(const std::vector<uintptr_t>&) override { missing(); }
    void swap_axes(uintptr_t, uintptr_t) override { missing(); }
    void move_data(const DataArrayBase&, std::vector<mts_data_movement_t>) override { missing(); }

private:
    struct Shared {
        DLManagedTensorVersioned tensor = {};
        std::shared_ptr<std::vector<double>> values;
        std::vector<int64_t> shape;
    };

    static std::unique_ptr<DataArrayBase> missing() { throw std::logic_error("grids can not do this"); }

    static std::size_t count(const std::vector<uintptr_t>& shape) {
        std::size_t count = 1;
        for (auto length: shape) {
            count *= length;
        }
        return count;
    }

    std::vector<uintptr_t> shape_;
    std::shared_ptr<std::vector<double>> values_;
};

int main() {
    auto grid = std::make_unique<Grid>(std::vector<uintptr_t>{1, 2}, 1.5);
    (*grid)(0, 1) = 3;
    const auto* address = grid.get();
    TensorBlock block(std::move(grid), Labels::range("system", 1), {}, Labels::range("energy", 2));

    // the very same grid comes back
    const auto* base = static_cast<const DataArrayBase*>(block.mts_array().as_mts_array_t().ptr);
    std::cout << "the same grid: " << (base == address ? "yes" : "no") << "\n";

    // results of operations are grids as well
    auto doubled = operations::multiply(block, 2);
    auto* result = dynamic_cast<Grid*>(static_cast<DataArrayBase*>(doubled.mts_array().as_mts_array_t().ptr));
    if (base != address || result == nullptr) {
        return 1;
    }
    std::cout << "twice as much: " << (*result)(0, 0) << " " << (*result)(0, 1) << "\n";

    // our own exceptions come out of the library as they were
    TensorMap map(Labels::range("key", 1), make_blocks(std::move(block)));
    try {
        map.keys_to_properties("key");
        return 1;
    } catch (const std::logic_error& error) {
        std::cout << "keys_to_properties: " << error.what() << "\n";
    }
}
