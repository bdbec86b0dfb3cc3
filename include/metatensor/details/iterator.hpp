#ifndef METATENSOR_DETAILS_ITERATOR_HPP
#define METATENSOR_DETAILS_ITERATOR_HPP

#include <cstddef>
#include <iterator>
#include <type_traits>

#include <metatensor/details/hidden.hpp>

namespace metatensor {
namespace details {

/// What iterators have in common: `Self` says how to go on (`advance`), where it is (`place`), and what is there, a `Reference`
/// or a value that is made when it is asked for.
template<typename Self, typename Reference, typename Category = std::input_iterator_tag>
class Iterator {
public:
    /// How it can be used.
    using iterator_category = Category;
    /// The type of copies of what it gives.
    using value_type = typename std::remove_cv<typename std::remove_reference<Reference>::type>::type;
    /// The type of distances.
    using difference_type = std::ptrdiff_t;
    /// What it gives.
    using reference = Reference;
    /// There is no `->`.
    using pointer = void;

    /// Goes to the next one.
    METATENSOR_HIDDEN Self& operator++() noexcept {
        auto& self = static_cast<Self&>(*this);
        self.advance();
        return self;
    }
    /// Goes to the next one, and gives the iterator as it was.
    METATENSOR_HIDDEN Self operator++(int) noexcept {
        auto& self = static_cast<Self&>(*this);
        Self before = self;
        self.advance();
        return before;
    }
    /// Whether both are at the same place.
    METATENSOR_HIDDEN friend bool operator==(const Self& a, const Self& b) noexcept { return are_same(a, b); }
    /// Whether they are not.
    METATENSOR_HIDDEN friend bool operator!=(const Self& a, const Self& b) noexcept { return !are_same(a, b); }

private:
    METATENSOR_HIDDEN static bool are_same(const Self& a, const Self& b) noexcept { return a.place() == b.place(); }
};

} // namespace details
} // namespace metatensor

#endif
