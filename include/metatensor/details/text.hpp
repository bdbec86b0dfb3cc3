#ifndef METATENSOR_DETAILS_TEXT_HPP
#define METATENSOR_DETAILS_TEXT_HPP

#include <iosfwd>

#include <metatensor.h>
#include <metatensor/shortcuts.h>

#include <metatensor/errors.hpp>

namespace metatensor {
namespace details {

/// How many rows are printed of labels and keys: of more, those in the middle are left out.
constexpr uintptr_t PRINTED_ROWS = 20;

/// A text that the library made.
class Text final {
public:
    METATENSOR_HIDDEN explicit Text(char* text): text_(text) { check_pointer(text); }
    Text(const Text&) = delete;
    Text& operator=(const Text&) = delete;
    METATENSOR_HIDDEN ~Text() { mts_string_free(text_); }

    /// Writes the text. A template, since `<ostream>` is only included by those who print.
    template<typename Stream>
    METATENSOR_HIDDEN Stream& print(Stream& stream) const {
        stream << static_cast<const char*>(text_);
        return stream;
    }

private:
    char* text_;
};

} // namespace details
} // namespace metatensor

#endif
