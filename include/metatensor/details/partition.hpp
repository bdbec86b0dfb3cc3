#ifndef METATENSOR_DETAILS_PARTITION_HPP
#define METATENSOR_DETAILS_PARTITION_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <metatensor/distributed.h>

#include <metatensor/details/or_null.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/labels.hpp>

namespace metatensor::distributed {

/// Which rank each sample of a map goes to, with its rows of gradients. Samples that agree in the dimensions that a partition names go
/// to the same rank.
class Partition final {
public:
    /// Tells the rank of a row of `size` integers in the block at this position. What it throws goes through the library.
    using RankOf = std::function<std::size_t(std::size_t block, const int32_t* row, std::size_t size)>;

    /// Equal contiguous parts of each block, in the order of ranks, and of samples on each of them.
    [[nodiscard]] METATENSOR_HIDDEN static Partition rows() { return Partition(MTS_PARTITION_ROWS); }

    /// Whole blocks, so that ranks have about the same number of bytes.
    [[nodiscard]] METATENSOR_HIDDEN static Partition blocks() { return Partition(MTS_PARTITION_BLOCKS); }

    /// Whole blocks: a function tells the rank from the key.
    [[nodiscard]] METATENSOR_HIDDEN static Partition keys(RankOf rank_of) {
        return with_function(MTS_PARTITION_KEYS, std::move(rank_of));
    }

    /// A function tells the rank from each sample.
    [[nodiscard]] METATENSOR_HIDDEN static Partition by(RankOf rank_of) {
        return with_function(MTS_PARTITION_BY, std::move(rank_of));
    }

    /// A list of ranks for each block of the map that this rank has, with one for each of its samples.
    [[nodiscard]] METATENSOR_HIDDEN static Partition ranks(std::vector<std::vector<int32_t>> ranks) {
        Partition partition(MTS_PARTITION_RANKS);
        partition.ranks_ = std::move(ranks);
        return partition;
    }

    /// The distinct values of these dimensions, sorted, go to the ranks in turn.
    [[nodiscard]] METATENSOR_HIDDEN static Partition strided(std::vector<std::string> dimensions) {
        return with_dimensions(MTS_PARTITION_STRIDED, std::move(dimensions));
    }

    /// Ranges of the sorted values of these dimensions, so that ranks have about the same number of samples.
    [[nodiscard]] METATENSOR_HIDDEN static Partition contiguous(std::vector<std::string> dimensions) {
        return with_dimensions(MTS_PARTITION_CONTIGUOUS, std::move(dimensions));
    }

    /// A hash of the values of these dimensions tells the rank: nothing has to be known of other ranks.
    [[nodiscard]] METATENSOR_HIDDEN static Partition hashed(std::vector<std::string> dimensions) {
        return with_dimensions(MTS_PARTITION_HASHED, std::move(dimensions));
    }

    /// Samples go to where the row of `owned` is that agrees with them in these dimensions. Each rank gives the rows that it owns.
    [[nodiscard]] METATENSOR_HIDDEN static Partition owners(Labels owned, std::vector<std::string> dimensions) {
        auto partition = with_dimensions(MTS_PARTITION_OWNERS, std::move(dimensions));
        partition.owned_ = std::move(owned);
        return partition;
    }

    Partition(const Partition&) = delete;
    Partition& operator=(const Partition&) = delete;
    METATENSOR_HIDDEN Partition(Partition&&) = default;
    METATENSOR_HIDDEN Partition& operator=(Partition&&) = default;
    METATENSOR_HIDDEN ~Partition() = default;

    /// For C: valid until this is changed or moved.
    METATENSOR_HIDDEN mts_partition_t as_mts_partition_t() const & {
        names_ = details::collective_c_strings(dimensions_);
        lists_.clear();
        counts_.clear();
        for (const auto& list: ranks_) {
            lists_.push_back(list.data());
            counts_.push_back(list.size());
        }
        mts_partition_t partition = {};
        partition.kind = kind_;
        partition.dimensions = names_.data();
        partition.dimensions_count = names_.size();
        partition.owned = owned_.has_value() ? details::or_null([&] { return owned_->as_mts_labels_t(); }) : nullptr;
        if (rank_of_ != nullptr) {
            partition.rank_of = call;
            partition.user_data = rank_of_.get();
        }
        partition.ranks = lists_.data();
        partition.ranks_counts = counts_.data();
        partition.lists_count = lists_.size();
        return partition;
    }
    mts_partition_t as_mts_partition_t() const && = delete;

private:
    METATENSOR_HIDDEN explicit Partition(uint32_t kind): kind_(kind) {}

    METATENSOR_HIDDEN static Partition with_dimensions(uint32_t kind, std::vector<std::string> dimensions) {
        Partition partition(kind);
        partition.dimensions_ = std::move(dimensions);
        return partition;
    }

    METATENSOR_HIDDEN static Partition with_function(uint32_t kind, RankOf rank_of) {
        Partition partition(kind);
        partition.rank_of_ = std::make_unique<RankOf>(std::move(rank_of));
        return partition;
    }

    METATENSOR_HIDDEN static int32_t call(void* self, uintptr_t block, const int32_t* row, uintptr_t size) {
        int32_t rank = -1;
        details::catch_exceptions([&] {
            const auto given = (*static_cast<const RankOf*>(self))(block, row, size);
            if (given > static_cast<std::size_t>(INT32_MAX)) {
                details::fail("there is no rank " + std::to_string(given));
            }
            rank = static_cast<int32_t>(given);
        });
        return rank;
    }

    uint32_t kind_;
    std::vector<std::string> dimensions_;
    std::optional<Labels> owned_;
    std::unique_ptr<RankOf> rank_of_;
    std::vector<std::vector<int32_t>> ranks_;
    mutable std::vector<const char*> names_;
    mutable std::vector<const int32_t*> lists_;
    mutable std::vector<uintptr_t> counts_;
};

} // namespace metatensor::distributed

#endif
