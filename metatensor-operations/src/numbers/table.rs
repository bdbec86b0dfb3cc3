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

/// A function that sets each element of its second argument to what `convert` makes of one of the first.
#[inline(always)]
fn each<S: Copy, T>(convert: impl Fn(S) -> T) -> impl Fn(&[S], &mut [T]) {
    move |input, output| {
        for (output, &input) in output.iter_mut().zip(input) {
            *output = convert(input);
        }
    }
}

/// Promotion never asks for elements with fractions as integers: it would lose these.
fn lost<S>(_: &[S], output: &mut [i64]) {
    output.fill(0);
}

macro_rules! kinds {
    ($(
        $type:ty as $carrier:ty, $continuous:expr, $float_bits:expr, $epsilon:expr;
            $integers:expr, $reals:expr, $complex:expr, $store:expr;
    )*) => {$(
        impl Kind for $type {
            type Carrier = $carrier;
            const CONTINUOUS: DType = $continuous;
            const FLOAT_BITS: u8 = $float_bits;
            const EPSILON: f64 = $epsilon;

            fn integers(elements: &[Self], output: &mut [i64]) {
                $integers(elements, output);
            }

            fn reals(elements: &[Self], output: &mut [f64]) {
                $reals(elements, output);
            }

            fn complex(elements: &[Self], output: &mut [Complex<f64>]) {
                $complex(elements, output);
            }

            fn store(results: &[$carrier], output: &mut [Self]) {
                $store(results, output);
            }
        }
    )*};
}

kinds! {
    bool as bool, DType::F64, 16, f64::EPSILON;
        each(i64::from), each(|x| u8::from(x).into()), each(|x| f64::from(u8::from(x)).into()), each(|x| x);
    i8 as i32, DType::F64, 16, f64::EPSILON;
        each(i64::from), each(f64::from), each(|x| f64::from(x).into()), each(|x| x as i8);
    u8 as i32, DType::F64, 16, f64::EPSILON;
        each(i64::from), each(f64::from), each(|x| f64::from(x).into()), each(|x| x as u8);
    i16 as i32, DType::F64, 32, f64::EPSILON;
        each(i64::from), each(f64::from), each(|x| f64::from(x).into()), each(|x| x as i16);
    u16 as i32, DType::F64, 32, f64::EPSILON;
        each(i64::from), each(f64::from), each(|x| f64::from(x).into()), each(|x| x as u16);
    i32 as i32, DType::F64, 64, f64::EPSILON;
        each(i64::from), each(f64::from), each(|x| f64::from(x).into()), each(|x| x);
    u32 as i32, DType::F64, 64, f64::EPSILON;
        each(i64::from), each(f64::from), each(|x| f64::from(x).into()), each(|x| x as u32);
    i64 as i64, DType::F64, 64, f64::EPSILON;
        each(|x| x), each(|x| x as f64), each(|x| Complex::from(x as f64)), each(|x| x);
    u64 as i64, DType::F64, 64, f64::EPSILON;
        each(|x| x as i64), each(|x| x as f64), each(|x| Complex::from(x as f64)), each(|x| x as u64);
    f16 as f32, DType::F16, 16, 9.765625e-4;
        lost, HalfFloatSliceExt::convert_to_f64_slice, each(|x| f16::to_f64(x).into()),
        |x, output: &mut [f16]| output.convert_from_f32_slice(x);
    bf16 as f32, DType::BF16, 16, 0.0078125;
        lost, each(bf16::to_f64), each(|x| bf16::to_f64(x).into()), each(bf16::from_f32);
    f32 as f32, DType::F32, 32, f32::EPSILON as f64;
        lost, each(f64::from), each(|x| f64::from(x).into()), each(|x| x);
    f64 as f64, DType::F64, 64, f64::EPSILON;
        lost, each(|x| x), each(Complex::from), each(|x| x);
    Complex<f32> as Complex<f32>, DType::C64, 32, f32::EPSILON as f64;
        lost, each(|z: Self| z.re.into()), each(Self::widen), each(|z| z);
    Complex<f64> as Complex<f64>, DType::C128, 64, f64::EPSILON;
        lost, each(|z: Self| z.re), each(|z| z), each(|z| z);
}
