//! Data types of array elements.

use std::fmt;

pub use half::{bf16, f16};
pub use num_complex::Complex;

/// Type of the elements of an array, described as DLPack does: a type code, the number of bits of
/// one lane, and the number of lanes.
///
/// Arrays made elsewhere can have types this library does not compute with (floats of 8 bits, say): a
/// `DType` can describe them all, and the constants name those that native arrays can have.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct DType {
    /// DLPack type code: 0 for signed and 1 for unsigned integers, 2 for IEEE floats, 4 for the other
    /// float of 16 bits, 5 for complex numbers, 6 for booleans.
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
    const FIRST_NARROW: usize = 7;

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
    /// The other half precision: a `f32` without the last 16 bits. Files can not hold it.
    pub const BF16: DType = DType::scalar(Self::BFLOAT, 16);
    /// `f32`
    pub const F32: DType = DType::scalar(Self::FLOAT, 32);
    /// `f64`
    pub const F64: DType = DType::scalar(Self::FLOAT, 64);
    /// Complex number made of two `f32`
    pub const C64: DType = DType::scalar(Self::COMPLEX, 64);
    /// Complex number made of two `f64`
    pub const C128: DType = DType::scalar(Self::COMPLEX, 128);

    /// All data types that native arrays can have. Files can hold all of them but [`DType::BF16`].
    pub const ALL: [DType; 15] = [
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
        Self::BF16,
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
        self.code == Self::FLOAT || self.code == Self::BFLOAT
    }

    /// Whether elements are integers, signed or not.
    pub const fn is_integer(self) -> bool {
        self.code == Self::INT || self.is_unsigned()
    }

    /// Whether elements are integers that can not be negative.
    pub const fn is_unsigned(self) -> bool {
        self.code == Self::UINT
    }
}

/// Names and sizes of floating point numbers with very few bits, by their type code.
const NARROW: [(&str, u8); 11] = [
    ("float8_e3m4", 8),
    ("float8_e4m3", 8),
    ("float8_e4m3b11fnuz", 8),
    ("float8_e4m3fn", 8),
    ("float8_e4m3fnuz", 8),
    ("float8_e5m2", 8),
    ("float8_e5m2fnuz", 8),
    ("float8_e8m0fnu", 8),
    ("float6_e2m3fn", 6),
    ("float6_e3m2fn", 6),
    ("float4_e2m1fn", 4),
];

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
            code => match NARROW.get(usize::from(code).wrapping_sub(Self::FIRST_NARROW)) {
                Some((name, bits)) if *bits == self.bits => f.write_str(name)?,
                _ => write!(f, "dlpack type {code} with {} bits", self.bits)?,
            },
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

    /// The element that is `number`, rounded if elements are floating point numbers. All others have to be
    /// exact: `None` if there is no such element.
    fn from_number(number: f64) -> Option<Self>;
}

/// The table of element types: what native arrays can hold, and how to get there from a number. Besides
/// this, a new type needs a constant above, a line in [`with_element!`], and a code in the files that can hold it.
macro_rules! elements {
    ($($type:ty => $dtype:ident, $from_number:expr;)*) => {$(
        impl sealed::Sealed for $type {}
        impl Element for $type {
            const DTYPE: DType = DType::$dtype;

            fn from_number(number: f64) -> Option<Self> {
                $from_number(number)
            }
        }
    )*};
}

/// Function that makes integers of numbers.
macro_rules! exact {
    ($type:ty) => {
        |number: f64| {
            let integer = number as $type;
            (number.fract() == 0.0 && integer as i128 == number as i128).then_some(integer)
        }
    };
}

elements! {
    bool => BOOL8, |number| (number == 0.0 || number == 1.0).then_some(number == 1.0);
    i8 => I8, exact!(i8);
    i16 => I16, exact!(i16);
    i32 => I32, exact!(i32);
    i64 => I64, exact!(i64);
    u8 => U8, exact!(u8);
    u16 => U16, exact!(u16);
    u32 => U32, exact!(u32);
    u64 => U64, exact!(u64);
    f16 => F16, |number| Some(f16::from_f64(number));
    bf16 => BF16, |number| Some(bf16::from_f64(number));
    f32 => F32, |number| Some(number as f32);
    f64 => F64, Some;
    Complex<f32> => C64, |number| Some(Complex::from(number as f32));
    Complex<f64> => C128, |number| Some(Complex::from(number));
}

/// Evaluates `$code` with `$T` set to the type of the elements that `$dtype` describes. Types that native arrays
/// can not have are an error.
///
/// ```
/// # use metatensor_core::internal::with_element;
/// # use metatensor_core::{DType, Element, Result};
/// fn has_fractions(dtype: DType) -> Result<bool> {
///     with_element!(dtype, T => Ok(T::from_number(0.5).is_some()))
/// }
/// assert!(has_fractions(DType::BF16)?);
/// assert!(!has_fractions(DType::U8)?);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! with_element {
    ($dtype:expr, $T:ident => $code:expr) => {
        match $dtype {
            $crate::DType::BOOL8 => {
                type $T = bool;
                $code
            }
            $crate::DType::I8 => {
                type $T = i8;
                $code
            }
            $crate::DType::I16 => {
                type $T = i16;
                $code
            }
            $crate::DType::I32 => {
                type $T = i32;
                $code
            }
            $crate::DType::I64 => {
                type $T = i64;
                $code
            }
            $crate::DType::U8 => {
                type $T = u8;
                $code
            }
            $crate::DType::U16 => {
                type $T = u16;
                $code
            }
            $crate::DType::U32 => {
                type $T = u32;
                $code
            }
            $crate::DType::U64 => {
                type $T = u64;
                $code
            }
            $crate::DType::F16 => {
                type $T = $crate::f16;
                $code
            }
            $crate::DType::BF16 => {
                type $T = $crate::bf16;
                $code
            }
            $crate::DType::F32 => {
                type $T = f32;
                $code
            }
            $crate::DType::F64 => {
                type $T = f64;
                $code
            }
            $crate::DType::C64 => {
                type $T = $crate::Complex<f32>;
                $code
            }
            $crate::DType::C128 => {
                type $T = $crate::Complex<f64>;
                $code
            }
            other => Err($crate::Error::unsupported(format!("arrays of {other}"))),
        }
    };
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
        check::<bf16>();
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
            "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64 \
             complex64 complex128"
        );
    }

    #[test]
    fn types_that_are_only_carried_have_names() {
        let name = |code, bits, lanes| DType { code, bits, lanes }.to_string();
        assert_eq!(name(7, 8, 1), "float8_e3m4");
        assert_eq!(name(14, 8, 1), "float8_e8m0fnu");
        assert_eq!(name(17, 4, 2), "float4_e2m1fn x 2");
        assert_eq!(name(5, 32, 1), "complex32");
        assert_eq!(name(7, 4, 1), "dlpack type 7 with 4 bits");
        assert_eq!(name(18, 8, 1), "dlpack type 18 with 8 bits");
        assert_eq!(name(3, 64, 1), "dlpack type 3 with 64 bits");
    }
}
