//! How arrays are in a file, for who wants to know whether it can be mapped.

use super::archive::Member;
use super::npy::{ByteOrder, Scalar};
use crate::DType;

/// Where the elements of an array are in its file, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Where they start in the file. `None` if they are compressed.
    pub start: Option<u64>,
    /// How many bytes they have.
    pub size: u64,
    /// The order of the bytes of a number. `None` if it has a single one.
    pub byte_order: Option<ByteOrder>,
    /// Whether they are what arrays are in memory, so that they can be used where they are in a mapped file.
    pub can_be_mapped: bool,
}

impl Placement {
    /// That of what is left of a member after its header.
    pub(super) fn of(member: &Member<'_, '_>, scalar: Scalar) -> Placement {
        let start = member.place().map(|place| place.start);
        let size = member.remaining();
        let number = number_size(scalar.dtype);
        let is_aligned = start.is_some_and(|start| start % number as u64 == 0);
        Placement {
            start,
            size,
            byte_order: (number > 1).then_some(scalar.byte_order),
            can_be_mapped: is_aligned && size > 0 && is_as_in_memory(scalar),
        }
    }
}

/// How many members of a file are stored as they are, and how many are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemberCounts {
    /// As they are.
    pub stored: usize,
    /// Compressed with DEFLATE.
    pub deflated: usize,
}

impl MemberCounts {
    /// Of members of which it is known whether they are compressed.
    pub(super) fn of(are_compressed: impl Iterator<Item = bool>) -> MemberCounts {
        are_compressed.fold(MemberCounts::default(), |mut counts, is_compressed| {
            match is_compressed {
                true => counts.deflated += 1,
                false => counts.stored += 1,
            }
            counts
        })
    }
}

/// Whether elements in a file are what they are in memory. Booleans are not: there are bytes that are none.
pub(super) fn is_as_in_memory(scalar: Scalar) -> bool {
    let is_native = scalar.byte_order == ByteOrder::NATIVE || scalar.dtype.size() == 1;
    is_native && scalar.dtype != DType::BOOL8
}

/// Bytes of the real numbers that elements consist of, which is also how these are aligned.
pub(super) fn number_size(dtype: DType) -> usize {
    match dtype.is_complex() {
        true => dtype.size() / 2,
        false => dtype.size(),
    }
}
