#ifndef METATENSOR_GRADIENT_MAP_HPP
#define METATENSOR_GRADIENT_MAP_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <metatensor/gradient_map.h>

#include <metatensor/block.hpp>
#include <metatensor/details/dimensions.hpp>
#include <metatensor/details/dtype.hpp>
#include <metatensor/details/iterator.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/labels.hpp>
#include <metatensor/views.hpp>

namespace metatensor {

/// Elements that follow each other, of somebody else: what it points to has to outlive it. It converts to `std::span`.
template<typename T>
class Span final {
public:
    /// What it points to, as `std::span` has it.
    using element_type = T;
    /// The type of copies of an element.
    using value_type = typename std::remove_cv<T>::type;
    /// What goes through the elements.
    using iterator = T*;

    /// As many elements, from the one at `data`.
    METATENSOR_HIDDEN Span(T* data, std::size_t size) noexcept: data_(data), size_(size) {}

    /// The first element.
    METATENSOR_HIDDEN T* data() const noexcept { return data_; }
    /// Number of elements.
    METATENSOR_HIDDEN std::size_t size() const noexcept { return size_; }
    /// Whether there are none.
    METATENSOR_HIDDEN bool empty() const noexcept { return size_ == 0; }
    /// The first element.
    METATENSOR_HIDDEN iterator begin() const noexcept { return data_; }
    /// What is after the last one.
    METATENSOR_HIDDEN iterator end() const noexcept { return data_ + size_; }
    /// An element. The index is not checked.
    METATENSOR_HIDDEN T& operator[](std::size_t index) const noexcept { return data_[index]; }

private:
    T* data_;
    std::size_t size_;
};

/// The link between the samples of a block and the rows of one of its gradients, in both directions.
///
/// For values with N samples and a gradient with G rows, the parent of a gradient row is the sample it is a derivative of; and the
/// rows of a sample are those with this parent, any number of them. With it, the chain rule is a single loop:
///
/// ```
/// for (auto [sample, rows]: GradientMap(block, "positions")) {
///     for (auto row: rows) { /* derivatives of values[sample] are in gradient[row] */ }
/// }
/// ```
///
/// A mapping never changes, can be used from several threads at once, and outlives the block. Copies are cheap. What it gives is
/// valid as long as one of the copies.
class GradientMap final {
public:
    /// The mapping of the gradient with respect to `parameter`, which is made once and kept in the block.
    METATENSOR_HIDDEN GradientMap(const TensorBlock& block, const std::string& parameter) {
        const mts_gradient_map_t* map = nullptr;
        details::check_status(mts_gradient_map(block.as_mts_block_t(), details::c_string(parameter), &map));
        own(map);
    }

    /// The mapping described by the samples of a gradient, whose first dimension is `sample`, of `parent_rows` samples.
    METATENSOR_HIDDEN GradientMap(const Labels& gradient_samples, std::size_t parent_rows) {
        const mts_gradient_map_t* map = nullptr;
        details::check_status(
            mts_gradient_map_from_labels(gradient_samples.as_mts_labels_t(), parent_rows, &map));
        own(map);
    }

    METATENSOR_HIDDEN GradientMap(const GradientMap&) noexcept = default;
    METATENSOR_HIDDEN GradientMap& operator=(const GradientMap&) noexcept = default;
    METATENSOR_HIDDEN GradientMap(GradientMap&&) noexcept = default;
    METATENSOR_HIDDEN GradientMap& operator=(GradientMap&&) noexcept = default;
    METATENSOR_HIDDEN ~GradientMap() = default;

    /// The mapping from the rows of a gradient of a gradient to the samples of the values: this one is of the gradient, `inner`
    /// from the gradient of the gradient to the gradient.
    [[nodiscard]] METATENSOR_HIDDEN GradientMap compose(const GradientMap& inner) const {
        const mts_gradient_map_t* map = nullptr;
        details::check_status(mts_gradient_map_compose(map_.get(), inner.map_.get(), &map));
        return GradientMap(map);
    }

    /// The sample of each gradient row.
    [[nodiscard]] METATENSOR_HIDDEN Span<const int64_t> parents() const {
        const int64_t* parents = nullptr;
        uintptr_t rows = 0;
        details::check_status(mts_gradient_map_parents(map_.get(), &parents, &rows));
        return {parents, rows};
    }

    /// The gradient rows of one sample, in increasing order.
    [[nodiscard]] METATENSOR_HIDDEN Span<const int64_t> rows_of(std::size_t sample) const {
        const int64_t* rows = nullptr;
        uintptr_t count = 0;
        details::check_status(mts_gradient_map_rows_of(map_.get(), sample, &rows, &count));
        return {rows, count};
    }

    /// The gradient rows of all samples: those of sample `i` are `rows[offsets[i]]` to `rows[offsets[i + 1] - 1]`.
    struct Csr {
        /// Where the rows of each sample begin, and how many there are after the last.
        Span<const int64_t> offsets;
        /// Rows of the gradient, by sample.
        Span<const int64_t> rows;
    };
    /// Gives the rows of all samples at once, valid as long as this.
    [[nodiscard]] METATENSOR_HIDDEN Csr csr() const {
        const int64_t *offsets = nullptr, *rows = nullptr;
        uintptr_t parent_rows = 0, gradient_rows = 0;
        details::check_status(mts_gradient_map_csr(map_.get(), &offsets, &parent_rows, &rows, &gradient_rows));
        return {{offsets, parent_rows + 1}, {rows, gradient_rows}};
    }

    /// Number of samples.
    [[nodiscard]] METATENSOR_HIDDEN std::size_t parent_rows() const { return csr().offsets.size() - 1; }

    /// Number of gradient rows.
    [[nodiscard]] METATENSOR_HIDDEN std::size_t gradient_rows() const { return parents().size(); }

    /// Goes through samples, as pairs of the sample and its gradient rows.
    class iterator: public details::Iterator<iterator, std::pair<std::size_t, Span<const int64_t>>> {
    public:
        METATENSOR_HIDDEN iterator(const int64_t* offsets, const int64_t* rows, std::size_t sample) noexcept:
            offsets_(offsets), rows_(rows), sample_(sample) {}

        METATENSOR_HIDDEN value_type operator*() const noexcept {
            const auto count = offsets_[sample_ + 1] - offsets_[sample_];
            return {sample_, {rows_ + offsets_[sample_], static_cast<std::size_t>(count)}};
        }

    private:
        friend details::Iterator<iterator, std::pair<std::size_t, Span<const int64_t>>>;
        METATENSOR_HIDDEN void advance() noexcept { sample_ += 1; }
        METATENSOR_HIDDEN std::size_t place() const noexcept { return sample_; }

        const int64_t* offsets_;
        const int64_t* rows_;
        std::size_t sample_;
    };

    /// The first of these pairs, and what is after the last one.
    METATENSOR_HIDDEN iterator begin() const {
        const auto all = csr();
        return {all.offsets.data(), all.rows.data(), 0};
    }
    /// What is after the last one.
    METATENSOR_HIDDEN iterator end() const {
        const auto all = csr();
        return {all.offsets.data(), all.rows.data(), all.offsets.size() - 1};
    }

    /// The mapping as C knows it, borrowed.
    METATENSOR_HIDDEN const mts_gradient_map_t* as_mts_gradient_map_t() const noexcept { return map_.get(); }

    /// Takes ownership of a mapping from C.
    [[nodiscard]] METATENSOR_HIDDEN static GradientMap unsafe_from_ptr(const mts_gradient_map_t* map) {
        return GradientMap(map);
    }

private:
    METATENSOR_HIDDEN explicit GradientMap(const mts_gradient_map_t* map) { own(map); }

    METATENSOR_HIDDEN void own(const mts_gradient_map_t* map) {
        map_ = std::shared_ptr<const mts_gradient_map_t>(
            map, [](const mts_gradient_map_t* last) { mts_gradient_map_free(last); });
    }

    std::shared_ptr<const mts_gradient_map_t> map_;
};

namespace details {

/// Checks a view that is given to C as rows, and gives the number of elements of a row: all but the first axis.
template<typename T, std::size_t N>
METATENSOR_HIDDEN std::size_t row_length(const TensorView<T, N>& view, const char* name) {
    static_assert(N > 0, "rows are along the first axis");
    if (!view.is_contiguous()) {
        fail(std::string("'") + name + "' must be contiguous, in row-major order");
    }
    std::size_t length = 1;
    for (std::size_t axis = 1; axis < N; axis++) {
        length *= view.shape()[axis];
    }
    return length;
}

METATENSOR_HIDDEN inline void check_length(
    const char* what, std::size_t actual, std::size_t expected) {
    if (actual != expected) {
        fail(std::string(what) + ": got " + std::to_string(actual) + ", expected " + std::to_string(expected));
    }
}

/// Checks that a gradient fits to the values, which have fewer components, and gives the number of combinations of its own.
template<typename V, std::size_t N, typename G, std::size_t K>
METATENSOR_HIDDEN std::size_t own_components(
    const TensorView<V, N>& values, const GradientMap& map, const TensorView<G, K>& gradient) {
    static_assert(K >= N, "a gradient has all axes of the values");
    check_length("rows of 'gradient'", gradient.shape()[0], map.gradient_rows());
    std::size_t own = 1;
    for (std::size_t axis = 1; axis <= K - N; axis++) {
        own *= gradient.shape()[axis];
    }
    for (std::size_t axis = 1; axis < N; axis++) {
        check_length("length of the last axes of 'gradient'", gradient.shape()[axis + K - N], values.shape()[axis]);
    }
    return own;
}

template<typename A, typename B>
inline constexpr bool same_elements =
    std::is_same<typename std::remove_const<A>::type, typename std::remove_const<B>::type>::value;

} // namespace details

/// Copies rows: row `i` of `out` is row `index[i]` of `source`. With the parents of a mapping, this gives each gradient row the row
/// of the values that it belongs to.
///
/// These functions are for 32 and 64-bit integers and floats, and complex numbers, in contiguous memory. Shapes are checked.
template<typename S, typename T, std::size_t N>
METATENSOR_HIDDEN void gather_rows(
    const TensorView<S, N>& source, Span<const int64_t> index, const TensorView<T, N>& out) {
    static_assert(details::same_elements<S, T>, "elements are of the same type");
    const auto length = details::row_length(source, "source");
    details::check_length("elements in a row of 'out'", details::row_length(out, "out"), length);
    details::check_length("rows of 'out'", out.shape()[0], index.size());
    details::check_status(mts_gather_rows(
        details::dtype_of<T>(), source.data(), source.shape()[0], length, index.data(), index.size(), out.data()));
}

/// Adds rows: row `i` of `source` is added to row `index[i]` of `out`, in increasing order of `i`. With the parents of a mapping,
/// this sums the gradient rows of each sample.
template<typename S, typename T, std::size_t N>
METATENSOR_HIDDEN void scatter_add_rows(
    const TensorView<S, N>& source, Span<const int64_t> index, const TensorView<T, N>& out) {
    static_assert(details::same_elements<S, T>, "elements are of the same type");
    const auto length = details::row_length(source, "source");
    details::check_length("elements in a row of 'out'", details::row_length(out, "out"), length);
    details::check_length("entries of 'index'", index.size(), source.shape()[0]);
    details::check_status(mts_scatter_add_rows(
        details::dtype_of<T>(), source.data(), source.shape()[0], length, index.data(), out.data(), out.shape()[0]));
}

/// Multiplies each row of a gradient with the row of the values that it belongs to, for all components that only the gradient
/// has: one term of the product rule.
template<typename V, std::size_t N, typename G, typename T, std::size_t K>
METATENSOR_HIDDEN void gather_multiply(const TensorView<V, N>& values, const GradientMap& map,
    const TensorView<G, K>& gradient, const TensorView<T, K>& out) {
    static_assert(details::same_elements<V, T> && details::same_elements<G, T>, "elements are of the same type");
    const auto length = details::row_length(values, "values");
    const auto own = details::own_components(values, map, gradient);
    details::check_length(
        "elements in a row of 'out'", details::row_length(out, "out"), details::row_length(gradient, "gradient"));
    details::check_length("rows of 'out'", out.shape()[0], gradient.shape()[0]);
    details::check_status(mts_gather_multiply(details::dtype_of<T>(), values.data(), values.shape()[0], length,
        map.as_mts_gradient_map_t(), gradient.data(), own, out.data()));
}

/// Contracts each row of a gradient with the row of weights that it belongs to: the chain rule for a scalar of each sample, if the
/// weights are its derivatives with respect to the values. With derivatives of energies as weights, and gradients with respect to
/// positions, these are the contributions to minus the forces, which `scatter_add_rows` adds for each atom.
///
/// `out` has the rows of the gradient, and the components that only the gradient has.
template<typename W, std::size_t N, typename G, std::size_t K, typename T, std::size_t M>
METATENSOR_HIDDEN void gradient_contract(const TensorView<W, N>& weights, const GradientMap& map,
    const TensorView<G, K>& gradient, const TensorView<T, M>& out) {
    static_assert(details::same_elements<W, T> && details::same_elements<G, T>, "elements are of the same type");
    static_assert(M == K - N + 1, "the result has the components that only the gradient has");
    const auto length = details::row_length(weights, "weights");
    const auto own = details::own_components(weights, map, gradient);
    static_cast<void>(details::row_length(gradient, "gradient"));
    details::check_length("elements in a row of 'out'", details::row_length(out, "out"), own);
    details::check_length("rows of 'out'", out.shape()[0], gradient.shape()[0]);
    details::check_status(mts_gradient_contract(details::dtype_of<T>(), weights.data(), weights.shape()[0], length,
        map.as_mts_gradient_map_t(), gradient.data(), own, out.data()));
}

} // namespace metatensor

#endif
