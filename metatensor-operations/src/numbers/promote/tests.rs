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
