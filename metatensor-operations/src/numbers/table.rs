//! The types of elements, and what arithmetic has to know about each of them.
//!
//! Only six types and booleans have loops of their own, in all operations: their *carriers*. The others are read as one of
//! these, and results are stored as what they should be. Integers of any width and sign have the same sums, differences and
//! products modulo a power of two, and numbers of half precision are rounded once, from what a `f32` has.

use half::slice::HalfFloatSliceExt;
use metatensor_core::internal::with_element;
use metatensor_core::{Complex, DType, Element, bf16, f16};

use super::{Number, Wide};

/// Types of elements. Those without fractions become `f64` where results have some.
pub(crate) trait Kind: Element {
    /// What sums and products of these elements are computed with.
    type Carrier: Number;

    /// What they are compared in.
    type Wide: Wide + Into<Complex<f64>>;

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

    /// This element as such a number.
    fn to_wide(self) -> Self::Wide;

    /// The elements as complex numbers.
    fn complex(elements: &[Self], output: &mut [Complex<f64>]) {
        each(|element: Self| element.to_wide().into())(elements, output);
    }

    /// What is stored for results of computations.
    fn store(results: &[Self::Carrier], output: &mut [Self]);
}

/// The type that carries elements described by `dtype`, if native arrays can have them.
pub(crate) fn carrier(dtype: DType) -> Option<DType> {
    with_element!(dtype, T => Ok(<T as Kind>::Carrier::DTYPE)).ok()
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
        $type:ty as $carrier:ty, $wide:ty, $continuous:expr, $float_bits:expr, $epsilon:expr;
            $integers:expr, $reals:expr, $to_wide:expr, $store:expr;
    )*) => {$(
        impl Kind for $type {
            type Carrier = $carrier;
            type Wide = $wide;
            const CONTINUOUS: DType = $continuous;
            const FLOAT_BITS: u8 = $float_bits;
            const EPSILON: f64 = $epsilon;

            fn integers(elements: &[Self], output: &mut [i64]) {
                $integers(elements, output);
            }

            fn reals(elements: &[Self], output: &mut [f64]) {
                $reals(elements, output);
            }

            #[inline(always)]
            fn to_wide(self) -> $wide {
                $to_wide(self)
            }

            fn store(results: &[$carrier], output: &mut [Self]) {
                $store(results, output);
            }
        }
    )*};
}

kinds! {
    bool as bool, f64, DType::F64, 16, f64::EPSILON;
        each(i64::from), each(|x| u8::from(x).into()), |x| u8::from(x).into(), each(|x| x);
    i8 as i32, f64, DType::F64, 16, f64::EPSILON;
        each(i64::from), each(f64::from), f64::from, each(|x| x as i8);
    u8 as i32, f64, DType::F64, 16, f64::EPSILON;
        each(i64::from), each(f64::from), f64::from, each(|x| x as u8);
    i16 as i32, f64, DType::F64, 32, f64::EPSILON;
        each(i64::from), each(f64::from), f64::from, each(|x| x as i16);
    u16 as i32, f64, DType::F64, 32, f64::EPSILON;
        each(i64::from), each(f64::from), f64::from, each(|x| x as u16);
    i32 as i32, f64, DType::F64, 64, f64::EPSILON;
        each(i64::from), each(f64::from), f64::from, each(|x| x);
    u32 as i32, f64, DType::F64, 64, f64::EPSILON;
        each(i64::from), each(f64::from), f64::from, each(|x| x as u32);
    i64 as i64, f64, DType::F64, 64, f64::EPSILON;
        each(|x| x), each(|x| x as f64), |x| x as f64, each(|x| x);
    u64 as i64, f64, DType::F64, 64, f64::EPSILON;
        each(|x| x as i64), each(|x| x as f64), |x| x as f64, each(|x| x as u64);
    f16 as f32, f64, DType::F16, 16, 9.765625e-4;
        lost, HalfFloatSliceExt::convert_to_f64_slice, f16::to_f64,
        |x, output: &mut [f16]| output.convert_from_f32_slice(x);
    bf16 as f32, f64, DType::BF16, 16, 0.0078125;
        lost, each(bf16::to_f64), bf16::to_f64, each(bf16::from_f32);
    f32 as f32, f64, DType::F32, 32, f32::EPSILON as f64;
        lost, each(f64::from), f64::from, each(|x| x);
    f64 as f64, f64, DType::F64, 64, f64::EPSILON;
        lost, each(|x| x), |x| x, each(|x| x);
    Complex<f32> as Complex<f32>, Complex<f64>, DType::C64, 32, f32::EPSILON as f64;
        lost, each(|z: Self| z.re.into()), Self::widen, each(|z| z);
    Complex<f64> as Complex<f64>, Complex<f64>, DType::C128, 64, f64::EPSILON;
        lost, each(|z: Self| z.re), |z| z, each(|z| z);
}
