//! Arithmetic of the types that computations are made with.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Sub};

use metatensor_core::Element;
use num_complex::{Complex, ComplexFloat};
use num_traits::{AsPrimitive, Float, Zero};

/// Types with sums and products. Those of integers wrap around; for booleans they are *or* and *and*.
pub(crate) trait Number: Element {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;

    /// The absolute value, as a number of the same type.
    fn modulus(self) -> Self;

    /// The sign: for complex numbers `x* / |x|`, and 0 for 0.
    fn direction(self) -> Self;

    /// Derivative of [`Number::modulus`], from the direction of its argument and the derivative of it.
    fn along(self, direction: Self) -> Self;

    fn from_integer(value: i64) -> Self;
    fn from_real(value: f64) -> Self;
    /// Promotion never asks a real type for this: it would lose the imaginary part.
    fn from_complex(value: Complex<f64>) -> Self;

    /// What many of these numbers are added in: real and complex ones in double precision, rounded once.
    type Sum: Number;
    fn widen(self) -> Self::Sum;
    fn narrow(sum: Self::Sum) -> Self;
}

/// Types with quotients and powers.
pub(crate) trait Continuous: Number<Sum: Wide> {
    fn over(self, other: Self) -> Self;
    fn power(self, exponent: f64) -> Self;

    /// The power 1/2, which is that of `power`: for real numbers not the square root of -0, which is -0, and
    /// of minus infinity, which is not a number.
    fn root(self) -> Self;

    /// The power 3/2.
    fn root_cubed(self) -> Self;

    /// Sum, product and quotient with a real number, in the precision of this type.
    fn plus_real(self, other: f64) -> Self;
    fn times_real(self, other: f64) -> Self;
    fn over_real(self, other: f64) -> Self;
}

/// Numbers in double precision.
pub(crate) trait Wide:
    Number + ComplexFloat<Real = f64> + Mul<f64, Output = Self> + Div<f64, Output = Self>
{
    /// Real part of `self* other`.
    fn inner(self, other: Self) -> f64;

    /// The larger one of the absolute values of real and imaginary part.
    #[inline]
    fn size(self) -> f64 {
        f64::max(self.re().abs(), self.im().abs())
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

macro_rules! numbers {
    ($(
        $type:ty: $plus:expr, $minus:expr, $times:expr;
            $modulus:expr, $direction:expr, $along:expr;
            from $from_integer:expr, $from_real:expr, $from_complex:expr;
            sums in $sum:ty: $widen:expr, $narrow:expr;
    )*) => {$(
        impl Number for $type {
            type Sum = $sum;

            #[inline]
            fn plus(self, other: Self) -> Self {
                $plus(self, other)
            }

            #[inline]
            fn minus(self, other: Self) -> Self {
                $minus(self, other)
            }

            #[inline]
            fn times(self, other: Self) -> Self {
                $times(self, other)
            }

            #[inline]
            fn modulus(self) -> Self {
                $modulus(self)
            }

            #[inline]
            fn direction(self) -> Self {
                $direction(self)
            }

            #[inline]
            fn along(self, direction: Self) -> Self {
                $along(direction, self)
            }

            #[inline]
            fn from_integer(value: i64) -> Self {
                $from_integer(value)
            }

            #[inline]
            fn from_real(value: f64) -> Self {
                $from_real(value)
            }

            #[inline]
            fn from_complex(value: Complex<f64>) -> Self {
                $from_complex(value)
            }

            #[inline]
            fn widen(self) -> $sum {
                $widen(self)
            }

            #[inline]
            fn narrow(sum: $sum) -> Self {
                $narrow(sum)
            }
        }
    )*};
}

// The difference of booleans is that modulo 2: those of arrays are `f64`.
numbers! {
    bool: Self::bitor, Self::bitxor, Self::bitand;
        itself, itself, Self::bitand;
        from |x| x != 0, |x| x != 0.0, |z: Complex<_>| z.re != 0.0;
        sums in Self: itself, itself;
    i32: Self::wrapping_add, Self::wrapping_sub, Self::wrapping_mul;
        Self::wrapping_abs, Self::signum, Self::wrapping_mul;
        from i64::as_, f64::as_, real_part;
        sums in Self: itself, itself;
    i64: Self::wrapping_add, Self::wrapping_sub, Self::wrapping_mul;
        Self::wrapping_abs, Self::signum, Self::wrapping_mul;
        from i64::as_, f64::as_, real_part;
        sums in Self: itself, itself;
    f32: Self::add, Self::sub, Self::mul;
        Self::abs, sign, Self::mul;
        from i64::as_, f64::as_, real_part;
        sums in f64: f64::from, f64::as_;
    f64: Self::add, Self::sub, Self::mul;
        Self::abs, sign, Self::mul;
        from i64::as_, f64::as_, real_part;
        sums in Self: itself, itself;
    Complex<f32>: Self::add, Self::sub, Self::mul;
        complex_modulus, complex_direction, complex_along;
        from |x: i64| Self::from(x as f32), |x: f64| Self::from(x as f32), single;
        sums in Complex<f64>: |z: Self| Complex::new(z.re.into(), z.im.into()), single;
    Complex<f64>: Self::add, Self::sub, Self::mul;
        complex_modulus, complex_direction, complex_along;
        from |x: i64| Self::from(x as f64), Self::from, itself;
        sums in Self: itself, itself;
}

#[inline]
fn itself<T>(x: T) -> T {
    x
}

/// 1, -1, 0 or NaN.
#[inline]
fn sign<T: Float>(x: T) -> T {
    if x > T::zero() {
        T::one()
    } else if x < T::zero() {
        -T::one()
    } else {
        x.abs() // 0 or NaN
    }
}

#[inline]
fn real_part<T: Copy + 'static>(z: Complex<f64>) -> T
where
    f64: AsPrimitive<T>,
{
    z.re.as_()
}

#[inline]
fn single(z: Complex<f64>) -> Complex<f32> {
    Complex::new(z.re as f32, z.im as f32)
}

#[inline]
fn complex_modulus<T: Float>(z: Complex<T>) -> Complex<T> {
    Complex::from(z.norm())
}

#[inline]
fn complex_direction<T: Float>(z: Complex<T>) -> Complex<T> {
    if z.is_zero() {
        Complex::zero()
    } else {
        z.conj() / z.norm()
    }
}

#[inline]
fn complex_along<T: Float>(direction: Complex<T>, z: Complex<T>) -> Complex<T> {
    Complex::from(direction.re * z.re - direction.im * z.im)
}

macro_rules! continuous {
    ($($type:ty, $real:ty: $over:expr, $power:expr, $root:expr, $root_cubed:expr;)*) => {$(
        impl Continuous for $type {
            #[inline]
            fn over(self, other: Self) -> Self {
                $over(self, other)
            }

            #[inline]
            fn power(self, exponent: f64) -> Self {
                $power(self, exponent)
            }

            #[inline]
            fn root(self) -> Self {
                $root(self)
            }

            #[inline]
            fn root_cubed(self) -> Self {
                $root_cubed(self)
            }

            #[inline]
            fn plus_real(self, other: f64) -> Self {
                self + other as $real
            }

            #[inline]
            fn times_real(self, other: f64) -> Self {
                self * other as $real
            }

            #[inline]
            fn over_real(self, other: f64) -> Self {
                self / other as $real
            }
        }
    )*};
}

continuous! {
    f32, f32: Self::div, |x: f32, p| x.powf(p as f32), real_root, |x: f32| x.abs() * real_root(x);
    f64, f64: Self::div, f64::powf, real_root, |x: f64| x.abs() * real_root(x);
    Complex<f32>, f32: complex_quotient, complex_power, Self::sqrt, |z: Self| z * z.sqrt();
    Complex<f64>, f64: complex_quotient, complex_power, Self::sqrt, |z: Self| z * z.sqrt();
}

#[inline]
fn real_root<T: Float>(x: T) -> T {
    if x == T::neg_infinity() {
        T::infinity()
    } else {
        (x + T::zero()).sqrt()
    }
}

/// Without squares of the denominator, which can overflow when the quotient does not
/// (R. L. Smith, Communications of the ACM 5, 435, 1962).
#[inline]
fn complex_quotient<T: Float>(x: Complex<T>, y: Complex<T>) -> Complex<T> {
    if y.re.abs() >= y.im.abs() {
        if y.re == T::zero() {
            return x / y.re;
        }
        let ratio = y.im / y.re;
        let scale = y.re + y.im * ratio;
        Complex::new((x.re + x.im * ratio) / scale, (x.im - x.re * ratio) / scale)
    } else {
        let ratio = y.re / y.im;
        let scale = y.re * ratio + y.im;
        Complex::new((x.re * ratio + x.im) / scale, (x.im * ratio - x.re) / scale)
    }
}

/// Larger integer powers of complex numbers go through polar coordinates, as all others.
const MAX_REPEATED_PRODUCT: f64 = 100.0;

#[inline]
fn complex_power<T: Float + 'static>(z: Complex<T>, exponent: f64) -> Complex<T>
where
    f64: AsPrimitive<T>,
{
    if exponent.fract() == 0.0 && exponent.abs() < MAX_REPEATED_PRODUCT {
        z.powi(exponent as i32)
    } else {
        z.powf(exponent.as_())
    }
}

#[cfg(test)]
mod tests;
