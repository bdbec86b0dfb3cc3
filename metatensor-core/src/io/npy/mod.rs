//! Headers of `.npy` files: what lies before the bytes of an array in a file.
//!
//! The header is the text of a Python dictionary.

mod known;
mod parse;
#[cfg(test)]
mod tests;
mod write;

use smallvec::SmallVec;

use crate::{DType, Error, Result};

pub(crate) use known::Headers;
pub(crate) use parse::{has_fields, parse, size};
pub(crate) use write::{header_of_bytes, write, write_in, write_records};

/// The first bytes of every array in a file.
pub(crate) const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Longest header that is read: enough for thousands of dimension names.
const MAX_SIZE: usize = 1 << 20;

/// The number of bytes that [`size`] needs to see, unless the file ends before.
pub(crate) const PRELUDE: usize = 12;

/// Arrays in files start at multiples of this many bytes after the start of their header.
const ALIGNMENT: usize = 64;

/// Type, order and shape of an array in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// What each element is.
    pub(crate) descr: Descr,
    /// Whether the first index varies fastest (in the words of the format).
    pub(crate) fortran_order: bool,
    /// Number of elements along each axis.
    pub(crate) shape: SmallVec<[usize; 6]>,
}

/// The elements of an array in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Descr {
    /// Plain numbers.
    Scalar(Scalar),
    /// Several named numbers each: this is how rows of `Labels` are stored.
    Record(Vec<Field>),
}

/// A number in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scalar {
    /// Its type.
    pub(crate) dtype: DType,
    /// The order of its bytes.
    pub(crate) byte_order: ByteOrder,
}

/// One of the named numbers of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// What it is.
    pub(crate) scalar: Scalar,
}

/// Order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl ByteOrder {
    /// The order of this machine.
    pub const NATIVE: ByteOrder = if cfg!(target_endian = "little") {
        ByteOrder::Little
    } else {
        ByteOrder::Big
    };
}

impl Scalar {
    /// A number of this type as this machine stores it.
    pub(crate) const fn native(dtype: DType) -> Scalar {
        Scalar {
            dtype,
            byte_order: ByteOrder::NATIVE,
        }
    }
}

impl Descr {
    /// Number of bytes of one element.
    fn size(&self) -> usize {
        match self {
            Descr::Scalar(scalar) => scalar.dtype.size(),
            Descr::Record(fields) => fields.iter().map(|field| field.scalar.dtype.size()).sum(),
        }
    }
}

impl Header {
    /// Number of bytes of the array that follows.
    ///
    /// # Errors
    /// If the array could not be held in memory whatever its other axes are: the product of all
    /// sizes except zeros has to fit, so that the product of any of them does.
    pub(crate) fn data_size(&self) -> Result<usize> {
        let element = self.descr.size();
        let full = self
            .shape
            .iter()
            .filter(|&&n| n != 0)
            .try_fold(element.max(1), |size, &n| size.checked_mul(n))
            .filter(|&size| isize::try_from(size).is_ok());
        match full {
            Some(_) if self.shape.contains(&0) || element == 0 => Ok(0),
            Some(size) => Ok(size),
            None => Err(bad("the shape is larger than any memory")),
        }
    }
}

#[cold]
fn bad(reason: impl std::fmt::Display) -> Error {
    Error::serialization(format!("invalid npy header: {reason}"))
}

/// Whether strings may hold this byte.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'\\'
}

/// The text of the types in files, without the byte order.
const CODES: [(DType, &str); 14] = [
    (DType::F64, "f8"),
    (DType::I32, "i4"),
    (DType::F32, "f4"),
    (DType::F16, "f2"),
    (DType::C64, "c8"),
    (DType::C128, "c16"),
    (DType::BOOL8, "b1"),
    (DType::I8, "i1"),
    (DType::I16, "i2"),
    (DType::I64, "i8"),
    (DType::U8, "u1"),
    (DType::U16, "u2"),
    (DType::U32, "u4"),
    (DType::U64, "u8"),
];
