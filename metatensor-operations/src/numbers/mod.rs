//! All that depends on the type of elements. A new type is one row of the table in `table.rs`, and of the one in core.

mod arithmetic;
mod convert;
mod promote;
mod table;

pub(crate) use arithmetic::{Continuous, Number, Wide};
pub(crate) use convert::{converted, large_integers, read, stored};
pub(crate) use promote::{continuous, difference, in_precision, promote};
pub(crate) use table::Kind;

/// Evaluates `$body` with the type `$T` set to the [`Number`] that carries elements described by `$dtype`, which can
/// be any type that native arrays can have: [`read`] its elements as `$T`, and give results the right type by [`stored`].
///
/// Unsigned integers are carried by signed ones, which have the same bits in sums, differences and products.
macro_rules! with_number {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            metatensor_core::DType::BOOL8 => {
                type $T = bool;
                $body
            }
            metatensor_core::DType::I64 | metatensor_core::DType::U64 => {
                type $T = i64;
                $body
            }
            dtype if dtype.is_integer() => {
                type $T = i32;
                $body
            }
            other => crate::numbers::with_continuous!(other, $T => $body),
        }
    };
}

/// Evaluates `$body` with the type `$T` set to the [`Continuous`] type that carries elements described by `$dtype`.
macro_rules! with_continuous {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            metatensor_core::DType::F16
            | metatensor_core::DType::BF16
            | metatensor_core::DType::F32 => {
                type $T = f32;
                $body
            }
            metatensor_core::DType::F64 => {
                type $T = f64;
                $body
            }
            metatensor_core::DType::C64 => {
                type $T = num_complex::Complex<f32>;
                $body
            }
            metatensor_core::DType::C128 => {
                type $T = num_complex::Complex<f64>;
                $body
            }
            other => Err(crate::numbers::unsupported(other)),
        }
    };
}
pub(crate) use {with_continuous, with_number};

#[cold]
pub(crate) fn unsupported(dtype: metatensor_core::DType) -> metatensor_core::Error {
    metatensor_core::Error::unsupported(format!("no arithmetic with arrays of {dtype}"))
}
