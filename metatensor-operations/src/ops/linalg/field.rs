//! The numbers that decompositions are computed with.

use std::fmt::Display;

use ndarray::{ArrayView, CowArray, Dimension, LinalgScalar};
use num_complex::{Complex, ComplexFloat};

use super::matrix::Product;
use crate::numbers::{Continuous, Wide};

/// Real or complex numbers in double precision.
pub(super) trait Field:
    Product + Continuous + Wide + LinalgScalar + Into<Complex<f64>> + Display
{
}

impl Field for f64 {}
impl Field for Complex<f64> {}

/// The complex conjugate of an array, which for real numbers is this array.
pub(super) fn conjugate<'a, T: Field, D: Dimension>(
    array: &'a ArrayView<'_, T, D>,
) -> CowArray<'a, T, D> {
    if T::DTYPE.is_complex() {
        array.mapv(ComplexFloat::conj).into()
    } else {
        array.view().into()
    }
}

/// Evaluates `$body` with the type `$F` set to the [`Field`] that holds the numbers described by `$dtype`.
macro_rules! with_field {
    ($dtype:expr, $F:ident => $body:expr) => {
        if metatensor_core::DType::is_complex($dtype) {
            type $F = num_complex::Complex<f64>;
            $body
        } else {
            type $F = f64;
            $body
        }
    };
}
pub(super) use with_field;
