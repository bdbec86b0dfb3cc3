// metatensor/views.hpp: strided views with the number of axes in their type.
namespace views {

void test() {
    std::vector<double> data = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const TensorView<double, 2> table(data.data(), {3, 4}, {4, 1});
    static_assert(std::is_trivially_copyable<TensorView<double, 2>>::value, "views are copied as pointers are");
    CHECK(table(2, 1) == 9);
    CHECK(table.at(1, 3u) == 7);
    CHECK(table.size() == 12);
    CHECK(table.shape() == std::array<std::size_t, 2>{3, 4});
    CHECK(table.strides() == std::array<std::ptrdiff_t, 2>{4, 1});
    CHECK(table.data() == data.data());
    CHECK(table.is_contiguous());
    CHECK_THROWS(InvalidParameterError, "index 4 is out of range for axis 1 of size 4", table.at(0, 4));
    CHECK_THROWS(InvalidParameterError, "index -1 is out of range for axis 0 of size 3", table.at(-1, 0));
    table(0, 0) = 100;
    CHECK(data[0] == 100);
    table.at(0, 0) = 0;

    // the first axis
    TensorView<double, 1> row = table[1];
    CHECK(row[2] == 6);
    row[2] = 60;
    CHECK(data[6] == 60);
    double sum = 0;
    for (auto line: table) {
        for (double& x: line) {
            sum += x;
            x = 1;
        }
    }
    CHECK(sum == 66 - 6 + 60);
    CHECK(data == std::vector<double>(12, 1));
    auto iterator = row.begin();
    CHECK(iterator++ == row.begin() && ++iterator != row.end());
    CHECK(decltype(iterator)() == decltype(iterator)());

    // views that only read
    const TensorView<const double, 2> constant = table;
    static_assert(std::is_same<decltype(constant(0, 0)), const double&>::value, "constants can not be changed");
    static_assert(
        !std::is_convertible<TensorView<const double, 2>, TensorView<double, 2>>::value, "nor become others");
    CHECK(constant.data() == table.data());

    // strides of any kind
    for (std::size_t i = 0; i < 12; i++) {
        data[i] = static_cast<double>(i);
    }
    const TensorView<double, 2> transposed(data.data(), {4, 3}, {1, 4});
    CHECK(transposed(1, 2) == 9 && !transposed.is_contiguous());
    const TensorView<double, 1> backward(data.data() + 11, {4}, {-3});
    CHECK(backward[1] == 8 && backward.at(3) == 2 && !backward.is_contiguous());
    CHECK(TensorView<double, 2>(data.data(), {0, 3}, {7, 7}).is_contiguous());
    CHECK(TensorView<double, 2>(data.data(), {1, 3}, {7, 1}).is_contiguous());
    const TensorView<double, 0> scalar(data.data() + 5, {}, {});
    CHECK(scalar() == 5 && scalar.at() == 5 && scalar.size() == 1 && scalar.is_contiguous());
}

} // namespace views
