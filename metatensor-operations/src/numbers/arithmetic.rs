//! Arithmetic of the types that computations are made with.

use metatensor_core::Element;
use num_complex::Complex;
use num_traits::Float;

use super::Convert;

/// Types with sums and products. Those of integers wrap around; for booleans they are *or* and *and*.
pub(crate) trait Number: Element + Convert {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;

    /// The absolute value, as a number of the same type.
    fn modulus(self) -> Self;

    /// The sign: for complex numbers `x* / |x|`, and 0 for 0.
    fn direction(self) -> Self;

    /// Derivative of [`Number::modulus`], from the direction of its argument and the derivative of it.
    fn along(self, direction: Self) -> Self;
}

/// Types with quotients and powers.
pub(crate) trait Continuous: Number {
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

macro_rules! integer {
    ($($type:ty),*) => {$(
        impl Number for $type {
            #[inline]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline]
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            #[inline]
            fn times(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }

            #[inline]
            fn modulus(self) -> Self {
                self.wrapping_abs()
            }

            #[inline]
            fn direction(self) -> Self {
                self.signum()
            }

            #[inline]
            fn along(self, direction: Self) -> Self {
                self.wrapping_mul(direction)
            }
        }
    )*};
}

integer!(i32, i64);

impl Number for bool {
    #[inline]
    fn plus(self, other: Self) -> Self {
        self | other
    }

    /// The difference modulo 2. Those of arrays are `f64`.
    #[inline]
    fn minus(self, other: Self) -> Self {
        self ^ other
    }

    #[inline]
    fn times(self, other: Self) -> Self {
        self & other
    }

    #[inline]
    fn modulus(self) -> Self {
        self
    }

    #[inline]
    fn direction(self) -> Self {
        self
    }

    #[inline]
    fn along(self, direction: Self) -> Self {
        self & direction
    }
}

/// Sums, differences and products of types that have these operators.
macro_rules! operators {
    () => {
        #[inline]
        fn plus(self, other: Self) -> Self {
            self + other
        }

        #[inline]
        fn minus(self, other: Self) -> Self {
            self - other
        }

        #[inline]
        fn times(self, other: Self) -> Self {
            self * other
        }
    };
}

macro_rules! real {
    ($($type:ty),*) => {$(
        impl Number for $type {
            operators!();

            #[inline]
            fn modulus(self) -> Self {
                Float::abs(self)
            }

            #[inline]
            fn direction(self) -> Self {
                let zero = Self::default();
                if self > zero {
                    <$type>::from_real(1.0)
                } else if self < zero {
                    <$type>::from_real(-1.0)
                } else {
                    Float::abs(self) // 0 or NaN
                }
            }

            #[inline]
            fn along(self, direction: Self) -> Self {
                direction * self
            }
        }

        impl Continuous for $type {
            #[inline]
            fn over(self, other: Self) -> Self {
                self / other
            }

            #[inline]
            fn root(self) -> Self {
                if self == <$type>::NEG_INFINITY {
                    <$type>::INFINITY
                } else {
                    Float::sqrt(self + 0.0)
                }
            }

            #[inline]
            fn root_cubed(self) -> Self {
                Float::abs(self) * self.root()
            }

            #[inline]
            fn power(self, exponent: f64) -> Self {
                Float::powf(self, <$type>::from_real(exponent))
            }

            #[inline]
            fn plus_real(self, other: f64) -> Self {
                self + <$type>::from_real(other)
            }

            #[inline]
            fn times_real(self, other: f64) -> Self {
                self * <$type>::from_real(other)
            }

            #[inline]
            fn over_real(self, other: f64) -> Self {
                self / <$type>::from_real(other)
            }
        }
    )*};
}

real!(f32, f64);

/// Larger integer powers of complex numbers go through polar coordinates, as all others.
const MAX_REPEATED_PRODUCT: f64 = 100.0;

macro_rules! complex {
    ($($real:ty),*) => {$(
        impl Number for Complex<$real> {
            operators!();

            #[inline]
            fn modulus(self) -> Self {
                Complex::new(self.norm(), 0.0)
            }

            #[inline]
            fn direction(self) -> Self {
                if self == Complex::ZERO {
                    Complex::ZERO
                } else {
                    self.conj() / self.norm()
                }
            }

            #[inline]
            fn along(self, direction: Self) -> Self {
                Complex::new(direction.re * self.re - direction.im * self.im, 0.0)
            }
        }

        impl Continuous for Complex<$real> {
            /// Without squares of the denominator, which can overflow when the quotient does not
            /// (R. L. Smith, Communications of the ACM 5, 435, 1962).
            #[inline]
            fn over(self, other: Self) -> Self {
                if other.re.abs() >= other.im.abs() {
                    if other.re == 0.0 {
                        return Complex::new(self.re / other.re, self.im / other.re);
                    }
                    let ratio = other.im / other.re;
                    let scale = other.re + other.im * ratio;
                    Complex::new(
                        (self.re + self.im * ratio) / scale,
                        (self.im - self.re * ratio) / scale,
                    )
                } else {
                    let ratio = other.re / other.im;
                    let scale = other.re * ratio + other.im;
                    Complex::new(
                        (self.re * ratio + self.im) / scale,
                        (self.im * ratio - self.re) / scale,
                    )
                }
            }

            #[inline]
            fn root(self) -> Self {
                self.sqrt()
            }

            #[inline]
            fn root_cubed(self) -> Self {
                self * self.sqrt()
            }

            #[inline]
            fn power(self, exponent: f64) -> Self {
                if exponent.fract() == 0.0 && exponent.abs() < MAX_REPEATED_PRODUCT {
                    self.powi(exponent as i32)
                } else {
                    self.powf(exponent as $real)
                }
            }

            #[inline]
            fn plus_real(self, other: f64) -> Self {
                Complex::new(self.re + other as $real, self.im)
            }

            #[inline]
            fn times_real(self, other: f64) -> Self {
                Complex::new(self.re * other as $real, self.im * other as $real)
            }

            #[inline]
            fn over_real(self, other: f64) -> Self {
                Complex::new(self.re / other as $real, self.im / other as $real)
            }
        }
    )*};
}

complex!(f32, f64);

#[cfg(test)]
mod tests;
