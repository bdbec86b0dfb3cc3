//! What sums and moments are accumulated in.

use num_complex::Complex;

use crate::numbers::{Continuous, Number};

/// Elements with sums over many of them. Those of real and complex numbers are accumulated in double
/// precision, and rounded once; those of integers wrap around,
/// and those of booleans are *or*.
pub(crate) trait Summable: Number {
    type Sum: Number;
    fn widen(self) -> Self::Sum;
    fn narrow(sum: Self::Sum) -> Self;
}

/// Sums that variances can be made from.
pub(crate) trait Wide: Continuous {
    /// Real part of `self* other`.
    fn inner(self, other: Self) -> f64;
}

/// Mean and variance of a group, the mean as its difference to the first number of the group.
#[derive(Clone, Copy, Default)]
pub(super) struct Moments<S> {
    pub(super) mean: S,
    pub(super) variance: f64,
}

/// `(x - first) - mean` for each of `(x, first), mean`.
#[inline]
pub(super) fn deviations<'a, T: Summable<Sum: Wide>>(
    elements: impl Iterator<Item = ((&'a T, &'a T), &'a T::Sum)>,
) -> impl Iterator<Item = T::Sum> {
    elements.map(|((x, first), &mean)| x.widen().minus(first.widen()).minus(mean))
}

macro_rules! itself {
    ($($type:ty),*) => {$(
        impl Summable for $type {
            type Sum = $type;

            #[inline]
            fn widen(self) -> $type {
                self
            }

            #[inline]
            fn narrow(sum: $type) -> $type {
                sum
            }
        }
    )*};
}

itself!(bool, i32, i64, f64, Complex<f64>);

impl Summable for f32 {
    type Sum = f64;

    #[inline]
    fn widen(self) -> f64 {
        self.into()
    }

    #[inline]
    fn narrow(sum: f64) -> f32 {
        sum as f32
    }
}

impl Summable for Complex<f32> {
    type Sum = Complex<f64>;

    #[inline]
    fn widen(self) -> Complex<f64> {
        Complex::new(self.re.into(), self.im.into())
    }

    #[inline]
    fn narrow(sum: Complex<f64>) -> Complex<f32> {
        Complex::new(sum.re as f32, sum.im as f32)
    }
}

impl Wide for f64 {
    #[inline]
    fn inner(self, other: f64) -> f64 {
        self * other
    }
}

impl Wide for Complex<f64> {
    #[inline]
    fn inner(self, other: Complex<f64>) -> f64 {
        self.re * other.re + self.im * other.im
    }
}
