// metatensor/arrays.hpp: DLPackArray, NDArray, MtsArray, and arrays in C++.
#include <cmath>
#include <complex>
#include <memory>
#include <numeric>

namespace arrays {

constexpr DLDevice CPU = {kDLCPU, 0};
constexpr DLDevice GPU = {kDLCUDA, 0};
constexpr DLPackVersion VERSION = {1, 3};

/// A tensor on top of `data`, which counts how often it is released.
template<typename T>
struct Tensor {
    Tensor(std::vector<T> elements, std::vector<int64_t> lengths, std::vector<int64_t> steps = {}):
        data(std::move(elements)), shape(std::move(lengths)), strides(std::move(steps)) {
        managed.version = VERSION;
        managed.manager_ctx = this;
        managed.deleter = [](DLManagedTensorVersioned* self) { static_cast<Tensor*>(self->manager_ctx)->released++; };
        managed.flags = 0;
        managed.dl_tensor = {data.data(), CPU, static_cast<int32_t>(shape.size()), details::dtype_of<T>(), shape.data(),
            strides.empty() ? nullptr : strides.data(), 0};
    }
    Tensor(const Tensor&) = delete;
    Tensor& operator=(const Tensor&) = delete;

    std::vector<T> data;
    std::vector<int64_t> shape, strides;
    DLManagedTensorVersioned managed;
    int released = 0;
};

/// An element of an array that is nowhere else.
template<typename A, typename... I>
auto element(const A& array, I... indexes) {
    return array(indexes...);
}

MtsArray wrap(SimpleDataArray<double> array) {
    return DataArrayBase::to_mts_array(std::make_unique<SimpleDataArray<double>>(std::move(array)));
}

std::string origin_name(mts_data_origin_t origin) {
    char name[64];
    details::check_status(mts_get_data_origin(origin, name, sizeof(name)));
    return name;
}

void dlpack_arrays() {
    const DLPackArray<double> none, null(nullptr);
    CHECK(none.data() == nullptr && none.shape().empty() && none.strides().empty());
    CHECK(none.device().device_type == kDLCPU && none.is_contiguous() && none == null);
    CHECK_THROWS(InvalidParameterError, "empty", none.dtype());
    CHECK_THROWS(InvalidParameterError, "empty", none());
    CHECK_THROWS(InvalidParameterError, "empty", none.view<0>());

    Tensor<double> tensor({0, 1, 2, 3, 4, 5}, {2, 3});
    {
        DLPackArray<double> array(&tensor.managed);
        CHECK(array.shape() == std::vector<std::size_t>{2, 3});
        CHECK(array.strides() == std::vector<int64_t>{3, 1});
        CHECK(array.data() == tensor.data.data() && array.is_contiguous());
        CHECK(array.dtype().code == kDLFloat && array.dtype().bits == 64 && array.device().device_id == 0);
        CHECK(array(1, 2) == 5 && array(0u, 1L) == 1 && array.view<2>()(1, 0) == 3);
        CHECK_THROWS(InvalidParameterError, "got 1 indexes for an array with 2 axes", array(1));
        CHECK_THROWS(InvalidParameterError, "index 2 is out of range for axis 0", array(2, 0));
        CHECK_THROWS(InvalidParameterError, "index -1 is out of range", array(0, -1));
        CHECK_THROWS(InvalidParameterError, "a view with 3 axes", array.view<3>());

        DLPackArray<double> moved(std::move(array));
        CHECK(moved(1, 2) == 5 && array.data() == nullptr && array.shape().empty());
        array = std::move(moved);
        CHECK(array(1, 2) == 5 && moved.data() == nullptr && tensor.released == 0);
        array = DLPackArray<double>();
        CHECK(tensor.released == 1);
    }
    CHECK(tensor.released == 1);

    // other types release the tensor
    CHECK_THROWS(InvalidParameterError, "float64 can not be used as float32", DLPackArray<float>(&tensor.managed));
    CHECK(tensor.released == 2);

    // strides and offsets
    Tensor<int32_t> transposed({0, 1, 2, 3, 4, 5, 6}, {3, 2}, {1, 3});
    transposed.managed.dl_tensor.byte_offset = sizeof(int32_t);
    const DLPackArray<int32_t> array(&transposed.managed);
    CHECK(array(2, 1) == 6 && !array.is_contiguous() && array.view<2>()(2, 1) == 6 && *array.data() == 1);

    // elsewhere
    Tensor<double> elsewhere({1}, {1});
    elsewhere.managed.dl_tensor.device = GPU;
    const DLPackArray<double> remote(&elsewhere.managed);
    CHECK(remote.device().device_type == kDLCUDA);
    CHECK_THROWS(InvalidParameterError, "device 2:0", remote(0));
    CHECK_THROWS(InvalidParameterError, "device 2:0", remote.view<1>());
    CHECK_THROWS(InvalidParameterError, "device 2:0", remote == remote);
}

void nd_arrays() {
    const NDArray<double> nothing;
    CHECK(nothing.data() == nullptr && nothing.shape() == std::vector<std::size_t>{0} && nothing.is_view());

    double memory[6] = {0, 1, 2, 3, 4, 5};
    NDArray<double> writable(memory, {2, 3});
    writable(1, 2) = 50;
    CHECK(memory[5] == 50 && writable.data() == memory && writable.is_view() && writable.is_contiguous());
    CHECK(writable.shape() == std::vector<std::size_t>{2, 3} && writable.strides() == std::vector<int64_t>{3, 1});
    CHECK(writable.view<2>()(1, 2) == 50);
    CHECK_THROWS(InvalidParameterError, "out of range", writable(0, 3));
    CHECK_THROWS(InvalidParameterError, "got 3 indexes", writable(0, 0, 0));

    const double* read_only = memory;
    NDArray<double> view(read_only, {6});
    CHECK_THROWS(InvalidParameterError, "can only be read", view(0));
    CHECK_THROWS(InvalidParameterError, "can only be read", view.data());
    const auto& constant = view;
    CHECK(constant(5) == 50 && constant.data() == memory && view.view<1>()[5] == 50);

    NDArray<double> owner(std::vector<double>{1, 2, 3, 4}, {2, 2});
    CHECK(!owner.is_view() && owner(1, 1) == 4);
    owner(0, 0) = 10;
    NDArray<double> moved(std::move(owner));
    CHECK(moved(0, 0) == 10 && owner.shape().empty() && owner.is_view());
    CHECK_THROWS(InvalidParameterError, "moved from", static_cast<const NDArray<double>&>(owner)());
    owner = std::move(moved);
    CHECK(owner(0, 0) == 10 && !owner.is_view());
    owner = NDArray<double>(memory, {6});
    CHECK(owner.is_view() && owner(5) == 50);

    CHECK_THROWS(InvalidParameterError, "an array needs an axis", NDArray<double>(memory, {}));
    CHECK_THROWS(InvalidParameterError, "no data", NDArray<double>(static_cast<double*>(nullptr), {2}));
    const NDArray<double> no_columns(static_cast<double*>(nullptr), {2, 0});
    CHECK(no_columns.shape()[0] == 2);
    CHECK_THROWS(InvalidParameterError, "got 2 elements", NDArray<double>(std::vector<double>{1, 2}, {3}));
    CHECK_THROWS(InvalidParameterError, "too many", NDArray<double>(memory, {SIZE_MAX, SIZE_MAX}));
}

void mts_arrays() {
    auto array = wrap(SimpleDataArray<double>({2, 3}, {0, 1, 2, 3, 4, 5}));
    CHECK(origin_name(array.origin()) == "metatensor::SimpleDataArray");
    CHECK(array.device().device_type == kDLCPU && array.dtype().bits == 64);
    CHECK(array.shape() == std::vector<uintptr_t>{2, 3});
    CHECK(array.as_mts_array_t().destroy == nullptr && array.as_mts_array_t().ptr != nullptr);

    // copies are deep, moves are not
    MtsArray copy = array;
    CHECK(copy.as_mts_array_t().ptr != array.as_mts_array_t().ptr);
    SimpleDataArray<double>::from_mts_array(copy).data()[0] = 100;
    CHECK(SimpleDataArray<double>::from_mts_array(array).data()[0] == 0);
    copy = array;
    CHECK(SimpleDataArray<double>::from_mts_array(copy).data()[0] == 0);
    auto* pointer = copy.as_mts_array_t().ptr;
    MtsArray moved = std::move(copy);
    CHECK(moved.as_mts_array_t().ptr == pointer && copy.as_mts_array_t().ptr == nullptr);

    array.reshape({3, 2});
    CHECK(array.shape() == std::vector<uintptr_t>{3, 2});
    array.swap_axes(0, 1);
    CHECK(array.shape() == std::vector<uintptr_t>{2, 3});
    CHECK(element(array.as_dlpack_array<double>(CPU, nullptr, VERSION), 0, 1) == 2);
    const auto filled = array.create({2, 2}, wrap(SimpleDataArray<double>(std::vector<uintptr_t>{}, 7.0)));
    CHECK(element(filled.as_dlpack_array<double>(CPU, nullptr, VERSION), 1, 1) == 7);
    moved.move_data(filled, {{0, 1, 0, 1, 2}, {1, 0, 1, 0, 1}});
    CHECK(moved.as_dlpack_array<double>(CPU, nullptr, VERSION)
        == SimpleDataArray<double>({2, 3}, {7, 1, 2, 3, 7, 7}));

    auto* shared = array.as_dlpack(CPU, nullptr, VERSION);
    auto other = array.from_dlpack(shared);
    CHECK(other.as_dlpack_array<double>(CPU, nullptr, VERSION) == array.as_dlpack_array<double>(CPU, nullptr, VERSION));

    auto raw = std::move(other).release();
    CHECK(other.as_mts_array_t().ptr == nullptr && raw.destroy != nullptr);
    const MtsArray back(raw);

    // an empty one has no functions
    MtsArray empty({});
    CHECK_THROWS(InvalidParameterError, "'origin'", empty.origin());
    CHECK_THROWS(InvalidParameterError, "'device'", empty.device());
    CHECK_THROWS(InvalidParameterError, "'dtype'", empty.dtype());
    CHECK_THROWS(InvalidParameterError, "'shape'", empty.shape());
    CHECK_THROWS(InvalidParameterError, "'as_dlpack'", empty.as_dlpack(CPU, nullptr, VERSION));
    CHECK_THROWS(InvalidParameterError, "'reshape'", empty.reshape({1}));
    CHECK_THROWS(InvalidParameterError, "'swap_axes'", empty.swap_axes(0, 1));
    CHECK_THROWS(InvalidParameterError, "'create'", empty.create({1}, back));
    CHECK_THROWS(InvalidParameterError, "'move_data'", empty.move_data(back, {}));
    CHECK_THROWS(InvalidParameterError, "'copy'", MtsArray(empty));
    Tensor<double> tensor({1}, {1});
    CHECK_THROWS(InvalidParameterError, "'from_dlpack'", empty.from_dlpack(&tensor.managed));
    CHECK(tensor.released == 1);
}

void arrays_of_the_library() {
    std::vector<double> data = {1, 2, 3, 4, 5, 6};
    const auto* start = data.data();
    const auto array = MtsArray::from_vector(std::move(data), {2, 3});
    const auto values = array.as_dlpack_array<double>(CPU, nullptr, VERSION);
    CHECK(values.data() == start && values(1, 0) == 4);
    CHECK_THROWS(InvalidParameterError, "got 1 elements", MtsArray::from_vector(std::vector<float>(1), {2}));

    int released = 0;
    float buffer[4] = {0, 1, 2, 3};
    {
        const auto transposed = MtsArray::from_buffer(buffer, {2, 2}, {1, 2}, [&] { released++; });
        const auto seen = transposed.as_dlpack_array<float>(CPU, nullptr, VERSION);
        CHECK(seen(0, 1) == 2 && seen.data() == buffer);
    }
    CHECK(released == 1);
    CHECK_THROWS(
        InvalidParameterError, "got 1 strides", MtsArray::from_buffer(buffer, {2, 2}, {1}, [&] { released++; }));
    CHECK(released == 2);
    CHECK_THROWS(InvalidParameterError, "", MtsArray::from_buffer(static_cast<float*>(nullptr), {2}, {}, [&] { released++; }));
    CHECK(released == 3);
    CHECK(MtsArray::from_buffer(buffer, {4}).shape() == std::vector<uintptr_t>{4});

    CHECK(element(MtsArray::from_scalar(4.5).as_dlpack_array<double>(CPU, nullptr, VERSION)) == 4.5);
    CHECK(MtsArray::from_scalar(int8_t{-3}).dtype().code == kDLInt);
    using complex = std::complex<float>;
    CHECK(element(MtsArray::from_scalar(complex(1, 2)).as_dlpack_array<complex>(CPU, nullptr, VERSION)) == complex(1, 2));
    const auto halves = MtsArray::zeros({kDLFloat, 16, 1}, {2, 2});
    CHECK(halves.dtype().bits == 16 && halves.shape() == std::vector<uintptr_t>{2, 2});
    CHECK_THROWS(UnsupportedError, "", MtsArray::zeros({kDLOpaqueHandle, 64, 1}, {1}));
}

template<typename T>
void round_trip(std::vector<typename SimpleDataArray<T>::storage_t> elements, DLDataType dtype) {
    SimpleDataArray<T> array({2, 2}, elements);
    CHECK(details::same_dtype(array.dtype(), dtype) && details::same_dtype(details::dtype_of<T>(), dtype));
    auto writable = array.view();
    writable(1, 0) = elements[0];
    elements[2] = elements[0];
    auto* tensor = array.as_dlpack(CPU, nullptr, {1, 5});
    CHECK(tensor->version.major == 1 && tensor->version.minor <= 3 && tensor->flags == 0);
    CHECK(tensor->dl_tensor.device.device_type == kDLCPU && tensor->dl_tensor.ndim == 2);
    CHECK(details::same_dtype(tensor->dl_tensor.dtype, dtype) && tensor->dl_tensor.shape[1] == 2);
    CHECK(static_cast<typename SimpleDataArray<T>::storage_t*>(tensor->dl_tensor.data)[2] == elements[0]);

    // made by an array of any type
    const auto imported = SimpleDataArray<float>({1}).from_dlpack(tensor);
    CHECK(imported->shape() == std::vector<uintptr_t>({2, 2}) && details::same_dtype(imported->dtype(), dtype));
    CHECK(dynamic_cast<SimpleDataArray<T>&>(*imported) == SimpleDataArray<T>({2, 2}, elements));

    mts_array_t created = {};
    const uintptr_t shape[] = {1, 2};
    CHECK(details::default_create_array(shape, 2, dtype, &created) == MTS_SUCCESS);
    const MtsArray zeros(created);
    CHECK(SimpleDataArray<T>::from_mts_array(zeros) == SimpleDataArray<T>({1, 2}));
}

void simple_arrays() {
    SimpleDataArray<double> array({2, 3}, {0, 1, 2, 3, 4, 5});
    CHECK(array.strides() == std::vector<int64_t>({3, 1}) && array.is_contiguous());
    CHECK(array.data()[5] == 5 && element(array.view(), 1, 2) == 5 && (array.view<2>()(1, 2) == 5));
    const auto& constant = array;
    CHECK(constant.data()[5] == 5 && constant.view<2>()(1, 1) == 4);
    const auto view = constant.view();
    CHECK(view(1, 1) == 4 && view.is_view());
    array.view<2>()(0, 0) = 8;
    CHECK(array.data()[0] == 8);
    CHECK(SimpleDataArray<double>({2, 2}).view<2>()(1, 1) == 0 && SimpleDataArray<double>({2}, 1.5).data()[1] == 1.5);
    CHECK_THROWS(InvalidParameterError, "got 2 elements", SimpleDataArray<double>({3}, {1, 2}));

    // copies and moves
    auto copy = array;
    copy.data()[0] = 9;
    CHECK(array.data()[0] == 8);
    copy = array;
    CHECK(copy == array && copy.data() != array.data());
    const auto moved = std::move(copy);
    CHECK(moved == array && copy.data() == nullptr);
    CHECK_THROWS(InvalidParameterError, "moved from", copy.reshape({1}));

    copy = array;
    copy.swap_axes(1, 1);
    CHECK(copy == array);

    array.reshape({3, 2});
    CHECK(array.shape() == std::vector<uintptr_t>({3, 2}) && array.strides() == std::vector<int64_t>({2, 1}));
    CHECK_THROWS(InvalidParameterError, "the shape [4, 2]", array.reshape({4, 2}));
    CHECK_THROWS(InvalidParameterError, "axes 0 and 2", array.swap_axes(0, 2));

    CHECK_THROWS(InvalidParameterError, "not on device 2:0", array.as_dlpack(GPU, nullptr, VERSION));
    CHECK_THROWS(InvalidParameterError, "not on device 2:0", array.copy(GPU));
    const int64_t stream = 1;
    CHECK_THROWS(InvalidParameterError, "stream", array.as_dlpack(CPU, &stream, VERSION));
    CHECK_THROWS(InvalidParameterError, "DLPack 0.1", array.as_dlpack(CPU, nullptr, {0, 1}));
    CHECK_THROWS(InvalidParameterError, "DLPack 2.0", array.as_dlpack(CPU, nullptr, {2, 0}));

    // an exported tensor outlives the array, and is what the array was
    auto owner = std::make_unique<SimpleDataArray<double>>(std::vector<uintptr_t>{2, 1}, 3.0);
    const DLPackArray<double> exported(owner->as_dlpack(CPU, nullptr, VERSION));
    owner->data()[1] = 4;
    owner->swap_axes(0, 1);
    owner.reset();
    CHECK(exported(0, 0) == 3 && exported(1, 0) == 4);

    round_trip<double>({1.5, 2, 3, 4}, {kDLFloat, 64, 1});
    round_trip<float>({1.5f, 2, 3, 4}, {kDLFloat, 32, 1});
    round_trip<int8_t>({1, 2, -3, 4}, {kDLInt, 8, 1});
    round_trip<int16_t>({1, 2, -3, 4}, {kDLInt, 16, 1});
    round_trip<int32_t>({1, 2, -3, 4}, {kDLInt, 32, 1});
    round_trip<int64_t>({1, 2, -3, 4}, {kDLInt, 64, 1});
    round_trip<uint8_t>({1, 2, 3, 4}, {kDLUInt, 8, 1});
    round_trip<uint16_t>({1, 2, 3, 4}, {kDLUInt, 16, 1});
    round_trip<uint32_t>({1, 2, 3, 4}, {kDLUInt, 32, 1});
    round_trip<uint64_t>({1, 2, 3, 4}, {kDLUInt, 64, 1});
    round_trip<bool>({1, 0, 0, 1}, {kDLBool, 8, 1});
    CHECK(SimpleDataArray<bool>({2}).data()[1] == 0 && SimpleDataArray<bool>({1}, true).data()[0] == 1);
    CHECK(element(SimpleDataArray<bool>({2, 1}, {1, 0}).view(), 0, 0) == 1);
    SimpleDataArray<uint8_t> bytes({1});
    CHECK_THROWS(InvalidParameterError, "uint8", DLPackArray<bool>(bytes.as_dlpack(CPU, nullptr, VERSION)));
    SimpleDataArray<bool> booleans({1});
    CHECK_THROWS(InvalidParameterError, "bool", DLPackArray<uint8_t>(booleans.as_dlpack(CPU, nullptr, VERSION)));

    // tensors that can not be imported are released
    Tensor<std::complex<double>> numbers({1.0}, {1});
    CHECK_THROWS(InvalidParameterError, "complex128", array.from_dlpack(&numbers.managed));
    Tensor<double> elsewhere({1}, {1});
    elsewhere.managed.dl_tensor.device = GPU;
    CHECK_THROWS(InvalidParameterError, "device 2", array.from_dlpack(&elsewhere.managed));
    CHECK(numbers.released == 1 && elsewhere.released == 1);
    CHECK_THROWS(InvalidParameterError, "null", array.from_dlpack(nullptr));

    // create
    const auto scalar = [](double x) { return wrap(SimpleDataArray<double>(std::vector<uintptr_t>{}, x)); };
    CHECK(dynamic_cast<SimpleDataArray<double>&>(*array.create({2}, scalar(3))) == SimpleDataArray<double>({2}, 3.0));
    CHECK(std::isnan(dynamic_cast<SimpleDataArray<double>&>(*array.create({1}, scalar(NAN))).data()[0]));
    CHECK_THROWS(InvalidParameterError, "has axes", array.create({2}, wrap(SimpleDataArray<double>({1}))));
    CHECK_THROWS(InvalidParameterError, "float32", array.create({2}, MtsArray::from_scalar(1.0f)));

    // move_data
    SimpleDataArray<double> target({2, 2, 2});
    target.move_data(SimpleDataArray<double>({1, 2, 3}, {1, 2, 3, 4, 5, 6}), {{0, 1, 1, 0, 2}, {0, 0, 0, 1, 1}});
    CHECK(target == SimpleDataArray<double>({2, 2, 2}, {0, 1, 0, 4, 2, 3, 5, 6}));
    CHECK_THROWS(std::bad_cast, "", target.move_data(SimpleDataArray<float>({2, 2, 2}), {}));
    CHECK_THROWS(InvalidParameterError, "shape [2, 3, 2]", target.move_data(SimpleDataArray<double>({2, 3, 2}), {}));
    const std::vector<mts_data_movement_t> wrong[] = {
        {{2, 0, 0, 0, 1}}, {{0, 2, 0, 0, 1}}, {{0, 0, 2, 0, 1}}, {{0, 0, 0, 1, 2}}, {{0, 0, SIZE_MAX, 0, 2}}};
    for (const auto& moves: wrong) {
        CHECK_THROWS(InvalidParameterError, "out of range", target.move_data(target, moves));
    }

    // from_mts_array
    auto wrapped = wrap(array);
    SimpleDataArray<double>::from_mts_array(wrapped).data()[0] = -1;
    const auto& same = wrapped;
    CHECK(SimpleDataArray<double>::from_mts_array(same).data()[0] == -1);
    CHECK_THROWS(InvalidParameterError, "int32", SimpleDataArray<int32_t>::from_mts_array(wrapped));
    const auto foreign = MtsArray::from_scalar(1.0);
    CHECK_THROWS(InvalidParameterError, "not a SimpleDataArray", SimpleDataArray<double>::from_mts_array(foreign));
}

template<typename T>
void equality(std::vector<T> elements) {
    const SimpleDataArray<T> simple({2, 3}, elements), simple_other({3, 2}, elements);
    const NDArray<T> nd(elements.data(), {2, 3});
    const auto dlpack = [&] {
        return DLPackArray<T>(SimpleDataArray<T>({2, 3}, elements).as_dlpack(CPU, nullptr, VERSION));
    };
    const auto other = elements[5] == T(9) ? T(8) : T(9);
    auto changed_elements = elements;
    changed_elements[5] = other;
    const SimpleDataArray<T> changed({2, 3}, changed_elements);
    const auto tensor = dlpack();
    CHECK(simple == simple && simple == nd && simple == tensor);
    CHECK(nd == simple && nd == nd && nd == tensor);
    CHECK(tensor == simple && tensor == nd && tensor == dlpack());
    CHECK(simple != changed && nd != changed && tensor != changed && changed != simple && changed != nd);
    CHECK(changed != tensor && !(simple != simple) && !(simple != nd) && !(tensor != tensor) && !(nd != nd));
    CHECK(simple != simple_other && nd != simple_other && tensor != simple_other);

    // strides
    Tensor<T> transposed({elements[0], elements[3], elements[1], elements[4], elements[2], elements[5]}, {2, 3}, {1, 2});
    const DLPackArray<T> strided(&transposed.managed);
    CHECK(strided == simple && simple == strided && strided == nd && strided == tensor && strided != changed);
    CHECK(strided == strided);
}

void equalities() {
    equality<double>({1, 2, 3, 4, 5, 6});
    equality<int32_t>({1, 2, 3, 4, 5, 6});
    const SimpleDataArray<double> nan({1}, NAN), zero({1}, 0.0), minus({1}, -0.0);
    CHECK(nan != nan && zero == minus);
    const SimpleDataArray<double> none({2, 0}), three({3, 0});
    CHECK(none == none && none != three);
    CHECK(SimpleDataArray<bool>({2}, {1, 0}) == SimpleDataArray<bool>({2}, {1, 0}));
    CHECK(SimpleDataArray<bool>({2}, {1, 0}) != SimpleDataArray<bool>({2}, {1, 1}));
    SimpleDataArray<bool> booleans({2}, {1, 0});
    const DLPackArray<bool> tensor(booleans.as_dlpack(CPU, nullptr, VERSION));
    CHECK(tensor == booleans && tensor(0) && !tensor(1));
}

void empty_arrays() {
    EmptyDataArray<float> array({2, 3});
    CHECK(origin_name(array.origin()) == "metatensor::EmptyDataArray");
    CHECK(array.device().device_type == kDLCPU && array.dtype().bits == 32);
    CHECK(EmptyDataArray<>({2}).dtype().bits == 64);
    array.reshape({3, 2});
    array.swap_axes(0, 1);
    CHECK(array.shape() == std::vector<uintptr_t>({2, 3}));
    CHECK_THROWS(InvalidParameterError, "the shape [7]", array.reshape({7}));
    CHECK_THROWS(InvalidParameterError, "axes 0 and 7", array.swap_axes(0, 7));
    CHECK_THROWS(InvalidParameterError, "no elements", array.as_dlpack(CPU, nullptr, VERSION));
    CHECK_THROWS(InvalidParameterError, "no elements", array.move_data(array, {}));
    Tensor<double> tensor({1}, {1});
    CHECK_THROWS(InvalidParameterError, "can not have elements", array.from_dlpack(&tensor.managed));
    CHECK(tensor.released == 1);
    CHECK(array.copy(CPU)->shape() == array.shape());
    CHECK(array.create({4}, MtsArray::from_scalar(1))->shape() == std::vector<uintptr_t>{4});

    // arrays of any type, for clone_metadata_only
    const auto any = details::create_empty_array({kDLComplex, 128, 1}, {2});
    CHECK(any.dtype().code == kDLComplex && MtsArray(any).dtype().code == kDLComplex);
    CHECK(any.create({5}, MtsArray::from_scalar(1)).dtype().bits == 128);
    CHECK(origin_name(any.origin()) == "metatensor::EmptyDataArray");

    // types that are not those of C++ are arrays of the library
    mts_array_t created = {};
    const uintptr_t shape[] = {2};
    CHECK(details::default_create_array(shape, 1, {kDLComplex, 64, 1}, &created) == MTS_SUCCESS);
    CHECK(MtsArray(created).dtype().code == kDLComplex);
    CHECK(details::default_create_array(shape, 1, {kDLOpaqueHandle, 64, 1}, &created) != MTS_SUCCESS);
    CHECK_THROWS(InvalidParameterError, "null", DataArrayBase::to_mts_array(nullptr));
}

void test() {
    dlpack_arrays();
    nd_arrays();
    mts_arrays();
    arrays_of_the_library();
    simple_arrays();
    equalities();
    empty_arrays();
}

} // namespace arrays
