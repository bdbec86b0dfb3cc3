//! The value of what no block holds.

use crate::{Array, ArrayRef, DType, DenseArray, Element, Error, Result, with_element};

/// Value of the elements of a merged block that are in none of the blocks it was made from.
#[derive(Clone, Copy, Debug)]
pub enum FillValue<'a> {
    /// This number, converted to the data type of the map.
    Number(f64),
    /// The only element of this array, which has no axes and the data type of the map. It is given
    /// as it is to [`Array::create`] of the arrays in the map.
    Array(&'a dyn Array),
}

impl Default for FillValue<'_> {
    /// Zero, or `false`.
    fn default() -> Self {
        FillValue::Number(0.0)
    }
}

impl From<f64> for FillValue<'_> {
    fn from(number: f64) -> Self {
        FillValue::Number(number)
    }
}

impl<'a> From<&'a dyn Array> for FillValue<'a> {
    fn from(array: &'a dyn Array) -> Self {
        FillValue::Array(array)
    }
}

/// A fill value in the form that [`Array::create`] wants.
pub(super) enum FillArray<'a> {
    Given(&'a dyn Array),
    Made(Box<dyn Array>),
}

impl<'a> FillArray<'a> {
    /// Fill value for arrays of the kind of `model`.
    pub(super) fn new(value: FillValue<'a>, model: &ArrayRef) -> Result<FillArray<'a>> {
        let array = match value {
            FillValue::Number(number) => Box::new(scalar(number, model.dtype()?)?),
            // Native arrays are not always filled: what can not be a fill value is refused here.
            FillValue::Array(array) if model.downcast_ref::<DenseArray>().is_some() => {
                model.create(&[], array)?
            }
            FillValue::Array(array) => return Ok(FillArray::Given(array)),
        };
        Ok(FillArray::Made(array))
    }

    pub(super) fn array(&self) -> &dyn Array {
        match self {
            FillArray::Given(array) => *array,
            FillArray::Made(array) => &**array,
        }
    }
}

/// Array without axes. Numbers are rounded as floating point numbers are, but have to be exact in
/// any other type.
fn scalar(number: f64, dtype: DType) -> Result<DenseArray> {
    let array = with_element!(dtype, T => Ok(T::from_number(number).map(DenseArray::scalar)))?;
    array.ok_or_else(|| {
        Error::invalid(format!(
            "the fill value {number} is not a value of the data type {dtype}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_values_of_all_data_types() {
        for dtype in DType::ALL {
            for number in [0.0, 1.0] {
                assert_eq!(scalar(number, dtype).unwrap().dtype(), dtype);
            }
        }
        let value = scalar(255.0, DType::U8).unwrap().to_ndarray::<u8>();
        assert_eq!(value.unwrap()[[].as_slice()], 255);
        let value = scalar(f64::NAN, DType::F32).unwrap().to_ndarray::<f32>();
        assert!(value.unwrap()[[].as_slice()].is_nan());
    }

    #[test]
    fn numbers_that_a_data_type_does_not_have_are_refused() {
        let cases = [
            (256.0, DType::U8),
            (-1.0, DType::U64),
            (0.5, DType::I32),
            (f64::NAN, DType::I64),
            (f64::INFINITY, DType::I64),
            (9_223_372_036_854_775_808.0, DType::I64),
            (2.0, DType::BOOL8),
        ];
        for (number, dtype) in cases {
            let error = scalar(number, dtype).unwrap_err().to_string();
            assert!(error.contains(&dtype.to_string()), "{error}");
        }
    }
}
