//! Data types of array elements.

use std::fmt;

use half::f16;
use num_complex::Complex;

/// Type of the elements of an array, described as DLPack does: a type code, the number of bits of
/// one lane, and the number of lanes.
///
/// Arrays made elsewhere can have types this library does not compute with (`bfloat16`, say): a
/// `DType` can describe them all, and the constants name those that files can hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct DType {
    /// DLPack type code: 0 for signed and 1 for unsigned integers, 2 for floats, 5 for complex
    /// numbers, 6 for booleans.
    pub code: u8,
    /// Size of one lane in bits.
    pub bits: u8,
    /// Number of lanes, 1 for scalar types.
    pub lanes: u16,
}

impl DType {
    const INT: u8 = 0;
    const UINT: u8 = 1;
    const FLOAT: u8 = 2;
    const BFLOAT: u8 = 4;
    const COMPLEX: u8 = 5;
    const BOOL: u8 = 6;

    /// `bool`, one byte each.
    pub const BOOL8: DType = DType::scalar(Self::BOOL, 8);
    /// `i8`
    pub const I8: DType = DType::scalar(Self::INT, 8);
    /// `i16`
    pub const I16: DType = DType::scalar(Self::INT, 16);
    /// `i32`
    pub const I32: DType = DType::scalar(Self::INT, 32);
    /// `i64`
    pub const I64: DType = DType::scalar(Self::INT, 64);
    /// `u8`
    pub const U8: DType = DType::scalar(Self::UINT, 8);
    /// `u16`
    pub const U16: DType = DType::scalar(Self::UINT, 16);
    /// `u32`
    pub const U32: DType = DType::scalar(Self::UINT, 32);
    /// `u64`
    pub const U64: DType = DType::scalar(Self::UINT, 64);
    /// IEEE half precision
    pub const F16: DType = DType::scalar(Self::FLOAT, 16);
    /// `f32`
    pub const F32: DType = DType::scalar(Self::FLOAT, 32);
    /// `f64`
    pub const F64: DType = DType::scalar(Self::FLOAT, 64);
    /// Complex number made of two `f32`
    pub const C64: DType = DType::scalar(Self::COMPLEX, 64);
    /// Complex number made of two `f64`
    pub const C128: DType = DType::scalar(Self::COMPLEX, 128);

    /// All data types that files can hold.
    pub const ALL: [DType; 14] = [
        Self::BOOL8,
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::U8,
        Self::U16,
        Self::U32,
        Self::U64,
        Self::F16,
        Self::F32,
        Self::F64,
        Self::C64,
        Self::C128,
    ];

    const fn scalar(code: u8, bits: u8) -> DType {
        DType {
            code,
            bits,
            lanes: 1,
        }
    }

    /// Size of one element in bytes.
    pub const fn size(self) -> usize {
        (self.bits as usize * self.lanes as usize).div_ceil(8)
    }

    /// Whether elements are complex numbers.
    pub const fn is_complex(self) -> bool {
        self.code == Self::COMPLEX
    }

    /// Whether elements are real floating point numbers.
    pub const fn is_float(self) -> bool {
        self.code == Self::FLOAT
    }

    /// Whether elements are integers, signed or not.
    pub const fn is_integer(self) -> bool {
        self.code == Self::INT || self.code == Self::UINT
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Self::BOOL if self.bits == 8 => f.write_str("bool")?,
            Self::BOOL => write!(f, "bool{}", self.bits)?,
            Self::INT => write!(f, "int{}", self.bits)?,
            Self::UINT => write!(f, "uint{}", self.bits)?,
            Self::FLOAT => write!(f, "float{}", self.bits)?,
            Self::BFLOAT => write!(f, "bfloat{}", self.bits)?,
            Self::COMPLEX => write!(f, "complex{}", self.bits)?,
            code => write!(f, "dlpack type {code} with {} bits", self.bits)?,
        }
        if self.lanes != 1 {
            write!(f, " x {}", self.lanes)?;
        }
        Ok(())
    }
}

impl fmt::Debug for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

mod sealed {
    pub trait Sealed {}
}

/// Rust types that array elements can have.
pub trait Element:
    sealed::Sealed + Copy + Default + PartialEq + fmt::Debug + Send + Sync + 'static
{
    /// The matching data type.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($type:ty => $dtype:ident),* $(,)?) => {$(
        impl sealed::Sealed for $type {}
        impl Element for $type {
            const DTYPE: DType = DType::$dtype;
        }
    )*};
}

elements! {
    bool => BOOL8,
    i8 => I8, i16 => I16, i32 => I32, i64 => I64,
    u8 => U8, u16 => U16, u32 => U32, u64 => U64,
    f16 => F16, f32 => F32, f64 => F64,
    Complex<f32> => C64, Complex<f64> => C128,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_match_the_rust_types() {
        fn check<T: Element>() {
            assert_eq!(T::DTYPE.size(), size_of::<T>(), "{}", T::DTYPE);
        }
        check::<bool>();
        check::<i8>();
        check::<i16>();
        check::<i32>();
        check::<i64>();
        check::<u8>();
        check::<u16>();
        check::<u32>();
        check::<u64>();
        check::<f16>();
        check::<f32>();
        check::<f64>();
        check::<Complex<f32>>();
        check::<Complex<f64>>();
    }

    #[test]
    fn names_are_those_of_numpy() {
        let names: Vec<_> = DType::ALL.iter().map(DType::to_string).collect();
        assert_eq!(
            names.join(" "),
            "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 \
             complex64 complex128"
        );
    }
}
