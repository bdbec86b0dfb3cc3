//! Types of results.

use metatensor_core::internal::with_element;
use metatensor_core::{DType, Element, Result};

use super::Kind;

/// Type of the results of sums and products of arrays of types `a` and `b`.
///
/// This is `numpy.result_type`: the smallest type that holds all elements of both. Integers for which there is no larger
/// integer become `f64`. `bf16` is to integers what `f16` is, and both together are `f32`.
pub(crate) fn promote(a: DType, b: DType) -> Result<DType> {
    let float_bits = |dtype| with_element!(dtype, T => Ok(T::FLOAT_BITS));
    let bits = float_bits(a)?.max(float_bits(b)?);
    Ok(match (a, b) {
        (a, b) if a == b => a,
        (DType::BOOL8, other) | (other, DType::BOOL8) => other,
        (a, b) if a.is_integer() && b.is_integer() => promote_integers(a, b),
        (a, b) if a.is_complex() || b.is_complex() => match bits {
            64 => DType::C128,
            _ => DType::C64,
        },
        (half, other) | (other, half) if bits == 16 && half.is_float() && !other.is_float() => half,
        _ if bits == 64 => DType::F64,
        _ => DType::F32,
    })
}

fn promote_integers(a: DType, b: DType) -> DType {
    let (signed, unsigned) = match (a.is_unsigned(), b.is_unsigned()) {
        (false, true) => (a, b),
        (true, false) => (b, a),
        _ => return if a.bits > b.bits { a } else { b },
    };
    match unsigned.bits {
        bits if bits < signed.bits => signed,
        8 => DType::I16,
        16 => DType::I32,
        32 => DType::I64,
        _ => DType::F64,
    }
}

/// Type of results that can have fractions: booleans and integers become `f64`.
pub(crate) fn continuous(dtype: DType) -> Result<DType> {
    with_element!(dtype, T => Ok(T::CONTINUOUS))
}

/// Type of differences: there are none between booleans, which become `f64`.
pub(crate) fn difference(dtype: DType) -> DType {
    match dtype {
        DType::BOOL8 => DType::F64,
        other => other,
    }
}

/// A number in the precision of `dtype`, if this type has fractions.
pub(crate) fn in_precision(dtype: DType, number: f64) -> Result<f64> {
    with_element!(continuous(dtype)?, T => Ok({
        let mut rounded = [number];
        if let Some(element) = T::from_number(number) {
            T::reals(&[element], &mut rounded);
        }
        rounded[0]
    }))
}

#[cfg(test)]
mod tests;
