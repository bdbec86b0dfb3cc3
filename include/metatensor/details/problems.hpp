#ifndef METATENSOR_DETAILS_PROBLEMS_HPP
#define METATENSOR_DETAILS_PROBLEMS_HPP

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <metatensor/io.h>

#include <metatensor/errors.hpp>

namespace metatensor::io {

/// Something that is wrong with a file.
struct Problem {
    /// member of the archive that is concerned, or folder of the block, if it is not the file as a whole
    std::optional<std::string> member;
    /// where that is in the file, if that is known
    std::optional<uint64_t> byte;
    /// what is wrong
    std::string message;
};

} // namespace metatensor::io

namespace metatensor::details {

/// The problems that C gave, which are released.
METATENSOR_HIDDEN inline std::vector<io::Problem> list_of(mts_problems_t* problems) {
    const std::unique_ptr<mts_problems_t, mts_status_t (*)(mts_problems_t*)> owner(problems, mts_problems_free);
    uintptr_t count = 0;
    check_status(mts_problems_count(problems, &count));
    std::vector<io::Problem> list;
    list.reserve(count);
    for (uintptr_t i = 0; i < count; i++) {
        mts_problem_t problem = {};
        check_status(mts_problems_get(problems, i, &problem));
        io::Problem copied{std::nullopt, std::nullopt, problem.message};
        if (problem.member != nullptr) {
            copied.member = problem.member;
        }
        if (problem.byte != UINT64_MAX) {
            copied.byte = problem.byte;
        }
        list.push_back(std::move(copied));
    }
    return list;
}

} // namespace metatensor::details

#endif
