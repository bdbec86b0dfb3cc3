//! The types of elements, and what arithmetic has to know about each of them.
//!
//! Only six types and booleans have loops of their own, in all operations: their *carriers*. The others are read as one of
//! these, and results are stored as what they should be. Integers of any width and sign have the same sums, differences and
//! products modulo a power of two, and numbers of half precision are rounded once, from what a `f32` has.

use half::slice::HalfFloatSliceExt;
use metatensor_core::Element;
use metatensor_core::{Complex, DType, bf16, f16};

use super::Number;

/// Types of elements. Those without fractions become `f64` where results have some.
pub(crate) trait Kind: Element {
    /// What sums and products of these elements are computed with.
    type Carrier: Number;

    /// Type of results that can have fractions.
    const CONTINUOUS: DType;

    /// Number of bits of the smallest float (or part of a complex number) that holds all of these elements.
    const FLOAT_BITS: u8;

    /// Difference between 1 and the next larger number of the type for results that can have fractions.
    const EPSILON: f64;

    /// The elements as integers. The largest ones of `u64` wrap around.
    fn integers(elements: &[Self], output: &mut [i64]);

    /// The (real parts of) elements.
    fn reals(elements: &[Self], output: &mut [f64]);

    /// The elements as complex numbers.
    fn complex(elements: &[Self], output: &mut [Complex<f64>]);

    /// What is stored for results of computations.
    fn store(results: &[Self::Carrier], output: &mut [Self]);
}

/// Sets each element of `output` to what `convert` makes of one of `input`.
#[inline(always)]
fn each<S: Copy, T>(input: &[S], output: &mut [T], convert: impl Fn(S) -> T) {
    for (output, &input) in output.iter_mut().zip(input) {
        *output = convert(input);
    }
}

macro_rules! without_fractions {
    ($($type:ty as $carrier:ty, $float_bits:expr, $integer:expr, $real:expr, $store:expr;)*) => {$(
        impl Kind for $type {
            type Carrier = $carrier;
            const CONTINUOUS: DType = DType::F64;
            const FLOAT_BITS: u8 = $float_bits;
            const EPSILON: f64 = f64::EPSILON;

            fn integers(elements: &[Self], output: &mut [i64]) {
                each(elements, output, $integer);
            }

            fn reals(elements: &[Self], output: &mut [f64]) {
                each(elements, output, $real);
            }

            fn complex(elements: &[Self], output: &mut [Complex<f64>]) {
                each(elements, output, |x| Complex::from($real(x)));
            }

            fn store(results: &[$carrier], output: &mut [Self]) {
                each(results, output, $store);
            }
        }
    )*};
}

without_fractions! {
    bool as bool, 16, i64::from, |x: bool| f64::from(u8::from(x)), |x| x;
    i8 as i32, 16, i64::from, f64::from, |x| x as i8;
    u8 as i32, 16, i64::from, f64::from, |x| x as u8;
    i16 as i32, 32, i64::from, f64::from, |x| x as i16;
    u16 as i32, 32, i64::from, f64::from, |x| x as u16;
    i32 as i32, 64, i64::from, f64::from, |x| x;
    u32 as i32, 64, i64::from, f64::from, |x| x as u32;
    i64 as i64, 64, |x| x, |x: i64| x as f64, |x| x;
    u64 as i64, 64, |x| x as i64, |x: u64| x as f64, |x| x as u64;
}

macro_rules! with_fractions {
    ($(
        $type:ty as $carrier:ty, $epsilon:expr,
        $reals:expr, $complex:expr, $store:expr;
    )*) => {$(
        impl Kind for $type {
            type Carrier = $carrier;
            const CONTINUOUS: DType = Self::DTYPE;
            const FLOAT_BITS: u8 = {
                let parts = if Self::DTYPE.is_complex() { 2 } else { 1 };
                Self::DTYPE.bits / parts
            };
            const EPSILON: f64 = $epsilon;

            /// Promotion never asks for this: it would lose fractions.
            fn integers(_: &[Self], output: &mut [i64]) {
                output.fill(0);
            }

            fn reals(elements: &[Self], output: &mut [f64]) {
                $reals(elements, output);
            }

            fn complex(elements: &[Self], output: &mut [Complex<f64>]) {
                each(elements, output, $complex);
            }

            fn store(results: &[$carrier], output: &mut [Self]) {
                $store(results, output);
            }
        }
    )*};
}

with_fractions! {
    f16 as f32, 9.765625e-4,
        |x: &[f16], output: &mut [f64]| x.convert_to_f64_slice(output), |x| Complex::from(x.to_f64()),
        |x: &[f32], output: &mut [f16]| output.convert_from_f32_slice(x);
    bf16 as f32, 0.0078125,
        |x, output| each(x, output, bf16::to_f64), |x| Complex::from(x.to_f64()),
        |x, output| each(x, output, bf16::from_f32);
    f32 as f32, f32::EPSILON as f64,
        |x, output| each(x, output, f64::from), |x| Complex::from(f64::from(x)),
        |x, output| each(x, output, |x| x);
    f64 as f64, f64::EPSILON,
        |x, output| each(x, output, |x| x), Complex::from,
        |x, output| each(x, output, |x| x);
    Complex<f32> as Complex<f32>, f32::EPSILON as f64,
        |x, output| each(x, output, |x: Self| x.re.into()), |x| Complex::new(x.re.into(), x.im.into()),
        |x, output| each(x, output, |x| x);
    Complex<f64> as Complex<f64>, f64::EPSILON,
        |x, output| each(x, output, |x: Self| x.re), |x| x,
        |x, output| each(x, output, |x| x);
}
