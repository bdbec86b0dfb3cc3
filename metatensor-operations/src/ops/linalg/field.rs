//! The numbers that decompositions are computed with.

use std::fmt::Display;

use ndarray::{ArrayView, CowArray, Dimension, LinalgScalar};
use num_complex::{Complex, ComplexFloat};

use super::matrix::Product;
use crate::numbers::Continuous;

/// Real or complex numbers in double precision.
pub(super) trait Field:
    Widen + Continuous + LinalgScalar + ComplexFloat<Real = f64> + Display
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

/// Types that can be computed with in double precision.
pub(super) trait Widen: Product {
    fn widen(self) -> Complex<f64>;
}

macro_rules! widen {
    ($($type:ty, $convert:expr);* $(;)?) => {$(
        impl Widen for $type {
            #[inline]
            fn widen(self) -> Complex<f64> {
                $convert(self)
            }
        }
    )*};
}

widen! {
    f32, |x: f32| Complex::from(f64::from(x));
    f64, Complex::from;
    Complex<f32>, |x: Complex<f32>| Complex::new(x.re.into(), x.im.into());
    Complex<f64>, |x| x;
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
