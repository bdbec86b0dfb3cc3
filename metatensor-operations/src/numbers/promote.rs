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
mod tests {
    use super::*;

    /// The output of `numpy.result_type` for all pairs of types, in the order of `DType::ALL` without `BF16`.
    const TABLE: &str = "
        bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128
        int8 int8 int16 int32 int64 int16 int32 int64 float64 float16 float32 float64 complex64 complex128
        int16 int16 int16 int32 int64 int16 int32 int64 float64 float32 float32 float64 complex64 complex128
        int32 int32 int32 int32 int64 int32 int32 int64 float64 float64 float64 float64 complex128 complex128
        int64 int64 int64 int64 int64 int64 int64 int64 float64 float64 float64 float64 complex128 complex128
        uint8 int16 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128
        uint16 int32 int32 int32 int64 uint16 uint16 uint32 uint64 float32 float32 float64 complex64 complex128
        uint32 int64 int64 int64 int64 uint32 uint32 uint32 uint64 float64 float64 float64 complex128 complex128
        uint64 float64 float64 float64 float64 uint64 uint64 uint64 uint64 float64 float64 float64 complex128 complex128
        float16 float16 float32 float64 float64 float16 float32 float64 float64 float16 float32 float64 complex64 complex128
        float32 float32 float32 float64 float64 float32 float32 float64 float64 float32 float32 float64 complex64 complex128
        float64 float64 float64 float64 float64 float64 float64 float64 float64 float64 float64 float64 complex128 complex128
        complex64 complex64 complex64 complex128 complex128 complex64 complex64 complex128 complex128 complex64 complex64 complex128 complex64 complex128
        complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128
";

    #[test]
    fn promotion_follows_the_table_of_numpy() {
        let types: Vec<DType> = DType::ALL
            .into_iter()
            .filter(|&d| d != DType::BF16)
            .collect();
        let rows = TABLE.trim().lines();
        assert_eq!(rows.clone().count(), types.len());
        for (&a, row) in types.iter().zip(rows) {
            let row: Vec<&str> = row.split_whitespace().collect();
            assert_eq!(row.len(), types.len());
            for (&b, expected) in types.iter().zip(row) {
                assert_eq!(promote(a, b).unwrap().to_string(), expected, "{a} with {b}");
            }
        }
    }

    #[test]
    fn the_other_half_precision_is_promoted_as_the_first_one() {
        for dtype in DType::ALL {
            let expected = match promote(DType::F16, dtype).unwrap() {
                _ if dtype == DType::F16 => DType::F32,
                DType::F16 => DType::BF16,
                _ if dtype == DType::BF16 => DType::BF16,
                other => other,
            };
            assert_eq!(promote(DType::BF16, dtype).unwrap(), expected, "{dtype}");
            assert_eq!(promote(dtype, DType::BF16).unwrap(), expected, "{dtype}");
        }
    }

    #[test]
    fn types_without_arithmetic_are_named() {
        let float8 = DType {
            code: 2,
            bits: 8,
            lanes: 1,
        };
        for (a, b) in [(float8, DType::F64), (DType::F64, float8)] {
            let error = promote(a, b).unwrap_err();
            assert!(
                matches!(error, metatensor_core::Error::Unsupported(_)),
                "{error}"
            );
            assert!(error.to_string().contains("float8"), "{error}");
        }
        let error = continuous(float8).unwrap_err();
        assert!(error.to_string().contains("float8"), "{error}");
    }

    #[test]
    fn numbers_are_rounded_to_the_precision_of_the_type() {
        let third = |dtype| in_precision(dtype, 1.0 / 3.0).unwrap();
        assert_eq!(third(DType::F16), 0.333_251_953_125);
        assert_eq!(third(DType::BF16), 0.333_984_375);
        assert_eq!(third(DType::C64), f64::from(1_f32 / 3.0));
        for dtype in [DType::BOOL8, DType::U8, DType::I64, DType::F64, DType::C128] {
            assert_eq!(third(dtype), 1.0 / 3.0);
        }
    }
}
