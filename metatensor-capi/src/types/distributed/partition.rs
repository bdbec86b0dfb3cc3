//! Which rank samples go to.

use std::ffi::{c_char, c_void};

use metatensor_core::Result;
use metatensor_distributed::Partition;

use crate::ffi::{CallbackStatus, Names, Parameter, bad_parameter, call, given, slice, texts};
use crate::types::{BorrowedLabels, mts_labels_t};

/// How samples are shared between ranks: a `MTS_PARTITION_` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_partition_kind_t(u32);

/// Equal contiguous parts of each block, in the order of ranks, and of samples on each of them.
pub const MTS_PARTITION_ROWS: u32 = 0;
/// Whole blocks, so that ranks have about the same number of bytes.
pub const MTS_PARTITION_BLOCKS: u32 = 1;
/// Whole blocks: `rank_of` is called with the key of each block.
pub const MTS_PARTITION_KEYS: u32 = 2;
/// `ranks` has a list for each block of the map of this rank, with the rank of each of its samples. A list that is too long or too short is an
/// error.
pub const MTS_PARTITION_RANKS: u32 = 3;
/// `rank_of` is called with each sample.
pub const MTS_PARTITION_BY: u32 = 4;
/// The distinct values of `dimensions`, sorted over all ranks, go to ranks 0, 1, ... in turn: parts of a data set for training.
pub const MTS_PARTITION_STRIDED: u32 = 5;
/// Ranges of the sorted values of `dimensions`, so that ranks have about the same number of samples.
pub const MTS_PARTITION_CONTIGUOUS: u32 = 6;
/// A hash of the values of `dimensions` tells the rank: nothing has to be known of other ranks.
pub const MTS_PARTITION_HASHED: u32 = 7;
/// Samples go to the rank where a row of `owned` agrees with them in `dimensions`. A sample that nobody owns is an error that names it.
pub const MTS_PARTITION_OWNERS: u32 = 8;

/// Which rank each sample of a map goes to, with its rows of gradients. Samples that agree in all `dimensions` go to the same rank.
///
/// The kind and the dimensions are the same on all ranks. Only the members that the kind needs are looked at: all others can be zero.
// Only C makes these, so that the lists are what the fields say.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_partition_t<'a> {
    /// which of them this is
    pub(crate) kind: mts_partition_kind_t,
    /// names of dimensions of samples, `dimensions_count` NUL-terminated strings in UTF-8
    pub(crate) dimensions: *const *const c_char,
    /// number of these
    pub(crate) dimensions_count: usize,
    /// rows that this rank owns
    pub(crate) owned: Option<&'a mts_labels_t>,
    /// Gives the rank of a row of `size` integers: of a key, which is the same on all ranks, and then `block` is 0; or of a sample of the block
    /// at position `block` of the map on this rank. It returns a negative number if it fails, after giving a message to
    /// `mts_set_last_error`. It can not use the communicator.
    pub(crate) rank_of: Option<
        unsafe extern "C" fn(
            user_data: *mut c_void,
            block: usize,
            row: *const i32,
            size: usize,
        ) -> i32,
    >,
    /// given to `rank_of`
    pub(crate) user_data: *mut c_void,
    /// `lists_count` lists of ranks: one for each block
    pub(crate) ranks: *const *const i32,
    /// how many ranks each of these lists has, which is the number of samples of its block
    pub(crate) ranks_counts: *const usize,
    /// number of lists
    pub(crate) lists_count: usize,
}

/// What a partition borrows while it is used.
pub(crate) enum PartitionParts<'a> {
    Rows,
    Blocks,
    Keys(RankOf),
    Ranks(Vec<&'a [i32]>),
    By(RankOf),
    Strided(Names<'a>),
    Contiguous(Names<'a>),
    Hashed(Names<'a>),
    Owners(BorrowedLabels<'a>, Names<'a>),
}

/// A function of the caller, with what it is given.
#[derive(Clone, Copy)]
pub(crate) struct RankOf {
    function: unsafe extern "C" fn(*mut c_void, usize, *const i32, usize) -> i32,
    user_data: *mut c_void,
}

impl RankOf {
    fn call(self, block: usize, row: &[i32]) -> Result<i32> {
        let mut rank = 0;
        call("mts_partition_t.rank_of", || {
            // SAFETY: the caller gave this function to be called this way.
            rank = unsafe { (self.function)(self.user_data, block, row.as_ptr(), row.len()) };
            CallbackStatus(rank.min(0))
        })?;
        Ok(rank)
    }
}

impl<'a> mts_partition_t<'a> {
    /// What this borrows, for samples that are not known before: lists of ranks are of no use then.
    pub(crate) fn parts_of_unknown(&self) -> Result<PartitionParts<'a>> {
        match self.kind.0 {
            MTS_PARTITION_RANKS => Err(bad_parameter(
                "MTS_PARTITION_RANKS can only be used for the samples of a map that is given",
            )),
            _ => self.parts(),
        }
    }

    /// What this borrows.
    pub(crate) fn parts(&self) -> Result<PartitionParts<'a>> {
        match self.kind.0 {
            MTS_PARTITION_ROWS => Ok(PartitionParts::Rows),
            MTS_PARTITION_BLOCKS => Ok(PartitionParts::Blocks),
            MTS_PARTITION_KEYS => Ok(PartitionParts::Keys(self.rank_of()?)),
            MTS_PARTITION_RANKS => Ok(PartitionParts::Ranks(self.ranks()?)),
            MTS_PARTITION_BY => Ok(PartitionParts::By(self.rank_of()?)),
            MTS_PARTITION_STRIDED => Ok(PartitionParts::Strided(self.dimensions()?)),
            MTS_PARTITION_CONTIGUOUS => Ok(PartitionParts::Contiguous(self.dimensions()?)),
            MTS_PARTITION_HASHED => Ok(PartitionParts::Hashed(self.dimensions()?)),
            MTS_PARTITION_OWNERS => {
                let owned = self.owned.checked("owned")?;
                Ok(PartitionParts::Owners(owned, self.dimensions()?))
            }
            other => Err(bad_parameter(format_args!(
                "'kind' must be one of the MTS_PARTITION_ values, got {other}"
            ))),
        }
    }

    fn dimensions(&self) -> Result<Names<'a>> {
        // SAFETY: there are so many strings, says who made this.
        unsafe { texts(self.dimensions, self.dimensions_count, "dimensions") }
    }

    fn rank_of(&self) -> Result<RankOf> {
        Ok(RankOf {
            function: given(self.rank_of, "rank_of")?,
            user_data: self.user_data,
        })
    }

    fn ranks(&self) -> Result<Vec<&'a [i32]>> {
        // SAFETY: there are so many lists, says who made this.
        let lists = unsafe { slice(self.ranks, self.lists_count, "ranks") }?;
        // SAFETY: as above.
        let counts = unsafe { slice(self.ranks_counts, self.lists_count, "ranks_counts") }?;
        let lists = lists.iter().zip(counts).enumerate();
        lists
            .map(|(i, (list, count))| {
                // SAFETY: it has so many ranks, says who made this.
                unsafe { slice(*list, *count, &format!("ranks[{i}]")) }
            })
            .collect()
    }
}

impl PartitionParts<'_> {
    /// Calls `function` with the partition.
    pub(crate) fn with<R>(&self, function: impl FnOnce(&Partition<'_>) -> Result<R>) -> Result<R> {
        match self {
            PartitionParts::Rows => function(&Partition::Rows),
            PartitionParts::Blocks => function(&Partition::Blocks),
            PartitionParts::Keys(rank_of) => {
                function(&Partition::Keys(&|key| rank_of.call(0, key)))
            }
            PartitionParts::Ranks(ranks) => function(&Partition::Ranks(ranks)),
            PartitionParts::By(rank_of) => {
                function(&Partition::By(&|block, row| rank_of.call(block, row)))
            }
            PartitionParts::Strided(dimensions) => function(&Partition::Strided(dimensions)),
            PartitionParts::Contiguous(dimensions) => function(&Partition::Contiguous(dimensions)),
            PartitionParts::Hashed(dimensions) => function(&Partition::Hashed(dimensions)),
            PartitionParts::Owners(owned, dimensions) => {
                function(&Partition::Owners { owned, dimensions })
            }
        }
    }
}
