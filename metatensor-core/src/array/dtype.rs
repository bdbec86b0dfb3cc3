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

/// The table of element types: what native arrays can hold. A row is the name of a type, the type in Rust, its type code
/// and bits in DLPack, and how it is made of a number. The rows are given to the macro `$then`, after `$arguments`.
#[doc(hidden)]
#[macro_export]
macro_rules! element_types {
    ([$($then:tt)+] $arguments:tt) => {
        $($then)+! { $arguments
            /// `bool`, one byte each.
            BOOL8: bool, BOOL 8, |number| (number == 0.0 || number == 1.0).then_some(number == 1.0);
            /// `i8`
            I8: i8, INT 8, exact!(i8);
            /// `i16`
            I16: i16, INT 16, exact!(i16);
            /// `i32`
            I32: i32, INT 32, exact!(i32);
            /// `i64`
            I64: i64, INT 64, exact!(i64);
            /// `u8`
            U8: u8, UINT 8, exact!(u8);
            /// `u16`
            U16: u16, UINT 16, exact!(u16);
            /// `u32`
            U32: u32, UINT 32, exact!(u32);
            /// `u64`
            U64: u64, UINT 64, exact!(u64);
            /// IEEE half precision
            F16: $crate::f16, FLOAT 16, |number| Some(f16::from_f64(number));
            /// The other half precision: a `f32` without the last 16 bits. Files can not hold it.
            BF16: $crate::bf16, BFLOAT 16, |number| Some(bf16::from_f64(number));
            /// `f32`
            F32: f32, FLOAT 32, |number| Some(number as f32);
            /// `f64`
            F64: f64, FLOAT 64, Some;
            /// Complex number made of two `f32`
            C64: $crate::Complex<f32>, COMPLEX 64, |number| Some(Complex::from(number as f32));
            /// Complex number made of two `f64`
            C128: $crate::Complex<f64>, COMPLEX 128, |number| Some(Complex::from(number));
        }
    };
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

macro_rules! define_elements {
    ({} $($(#[$doc:meta])* $name:ident: $type:ty, $code:ident $bits:literal, $from_number:expr;)*) => {
        impl DType {
            $($(#[$doc])* pub const $name: DType = DType::scalar(Self::$code, $bits);)*

            /// All data types that native arrays can have. Files can hold all of them but [`DType::BF16`].
            pub const ALL: [DType; [$(DType::$name),*].len()] = [$(DType::$name),*];
        }

        $(
            impl sealed::Sealed for $type {}
            impl Element for $type {
                const DTYPE: DType = DType::$name;

                fn from_number(number: f64) -> Option<Self> {
                    $from_number(number)
                }
            }
        )*
    };
}

element_types! { [define_elements] {} }

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
        $crate::element_types! { [$crate::with_element_of] ($dtype, $T => $code) }
    };
}

/// The `match` of [`with_element!`], from the table of types.
#[doc(hidden)]
#[macro_export]
macro_rules! with_element_of {
    (
        ($dtype:expr, $T:ident => $body:expr)
        $($(#[$doc:meta])* $name:ident: $type:ty, $code:ident $bits:literal, $from_number:expr;)*
    ) => {
        match $dtype {
            $($crate::DType::$name => {
                type $T = $type;
                $body
            })*
            other => Err($crate::Error::unsupported(format!("arrays of {other}"))),
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_match_the_rust_types() {
        for dtype in DType::ALL {
            let size = with_element!(dtype, T => Ok((T::DTYPE, size_of::<T>())));
            assert_eq!(size.unwrap(), (dtype, dtype.size()));
        }
    }

    #[test]
    fn every_type_is_of_one_kind() {
        for dtype in DType::ALL {
            let kinds = [
                dtype == DType::BOOL8,
                dtype.is_integer(),
                dtype.is_float(),
                dtype.is_complex(),
            ];
            let count = kinds.into_iter().filter(|&is_kind| is_kind).count();
            assert_eq!(
                count, 1,
                "{dtype} is bool, an integer, a float, complex: {kinds:?}"
            );
            assert!(!dtype.to_string().contains("dlpack"), "{dtype} has no name");
        }
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
