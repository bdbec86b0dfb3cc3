//! All that depends on the type of elements. A new type is one row of the table in `table.rs`, and of the one in core.

mod arithmetic;
mod convert;
mod promote;
mod table;

pub(crate) use arithmetic::{Continuous, Number, Wide};
pub(crate) use convert::{converted, large_integers, read, stored};
pub(crate) use promote::{continuous, difference, in_precision, promote};
pub(crate) use table::{Kind, carrier};

/// Evaluates `$body` with the type `$T` set to the [`Number`] that carries elements described by `$dtype`, which can
/// be any type that native arrays can have: [`read`] its elements as `$T`, and give results the right type by [`stored`].
///
/// Unsigned integers are carried by signed ones, which have the same bits in sums, differences and products.
macro_rules! with_number {
    ($dtype:expr, $T:ident => $body:expr) => {{
        let dtype = $dtype;
        match crate::numbers::carrier(dtype) {
            Some(metatensor_core::DType::BOOL8) => {
                type $T = bool;
                $body
            }
            Some(metatensor_core::DType::I32) => {
                type $T = i32;
                $body
            }
            Some(metatensor_core::DType::I64) => {
                type $T = i64;
                $body
            }
            _ => crate::numbers::with_continuous!(dtype, $T => $body),
        }
    }};
}

/// Evaluates `$body` with the type `$T` set to the [`Continuous`] type that carries elements described by `$dtype`.
macro_rules! with_continuous {
    ($dtype:expr, $T:ident => $body:expr) => {{
        let dtype = $dtype;
        match crate::numbers::carrier(dtype) {
            Some(metatensor_core::DType::F32) => {
                type $T = f32;
                $body
            }
            Some(metatensor_core::DType::F64) => {
                type $T = f64;
                $body
            }
            Some(metatensor_core::DType::C64) => {
                type $T = num_complex::Complex<f32>;
                $body
            }
            Some(metatensor_core::DType::C128) => {
                type $T = num_complex::Complex<f64>;
                $body
            }
            _ => Err(crate::numbers::unsupported(dtype)),
        }
    }};
}
pub(crate) use {with_continuous, with_number};

#[cold]
pub(crate) fn unsupported(dtype: metatensor_core::DType) -> metatensor_core::Error {
    metatensor_core::Error::unsupported(format!("no arithmetic with arrays of {dtype}"))
}
