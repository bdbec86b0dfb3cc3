//! The elements of arrays, one after the other and with the type that a computation needs.

use std::borrow::Cow;

use half::f16;
use metatensor_core::{DType, Element, Error, Result, View};
use num_complex::Complex;
use num_traits::AsPrimitive;

/// Types that elements can be promoted to.
pub(crate) trait Convert: Copy {
    fn from_integer(value: i128) -> Self;
    fn from_real(value: f64) -> Self;
    /// Promotion never asks a real type for this: it would lose the imaginary part.
    fn from_complex(value: Complex<f64>) -> Self;
}

macro_rules! convert_to_real {
    ($($type:ty),*) => {$(
        impl Convert for $type {
            #[inline]
            fn from_integer(value: i128) -> Self {
                value.as_()
            }

            #[inline]
            fn from_real(value: f64) -> Self {
                value.as_()
            }

            #[inline]
            fn from_complex(value: Complex<f64>) -> Self {
                value.re.as_()
            }
        }
    )*};
}

convert_to_real!(i32, i64, i128, f32, f64);

impl Convert for f16 {
    #[inline]
    fn from_integer(value: i128) -> Self {
        f16::from_f64(value as f64)
    }

    #[inline]
    fn from_real(value: f64) -> Self {
        f16::from_f64(value)
    }

    #[inline]
    fn from_complex(value: Complex<f64>) -> Self {
        f16::from_f64(value.re)
    }
}

macro_rules! convert_to_complex {
    ($($real:ty),*) => {$(
        impl Convert for Complex<$real> {
            #[inline]
            fn from_integer(value: i128) -> Self {
                Complex::new(value as $real, 0.0)
            }

            #[inline]
            fn from_real(value: f64) -> Self {
                Complex::new(value as $real, 0.0)
            }

            #[inline]
            fn from_complex(value: Complex<f64>) -> Self {
                Complex::new(value.re as $real, value.im as $real)
            }
        }
    )*};
}

convert_to_complex!(f32, f64);

/// The elements of `view` in row-major order, without a copy if they are stored like this.
pub(crate) fn read<'v, T: Element + Convert>(view: &'v View<'_>) -> Result<Cow<'v, [T]>> {
    if view.dtype() == T::DTYPE
        && let Some(elements) = view.as_slice()?
    {
        return Ok(Cow::Borrowed(elements));
    }
    Ok(Cow::Owned(converted(view)?))
}

/// The elements of `view` in row-major order, promoted to `T`.
pub(crate) fn converted<T: Convert>(view: &View<'_>) -> Result<Vec<T>> {
    fn collect<S: Element, T>(view: &View<'_>, convert: impl Fn(S) -> T) -> Result<Vec<T>> {
        let elements = view.typed::<S>()?;
        let mut converted = Vec::with_capacity(elements.len());
        for row in elements.rows() {
            converted.extend(row.iter().map(|&x| convert(x)));
        }
        Ok(converted)
    }
    match view.dtype() {
        DType::BOOL8 => collect(view, |x: bool| T::from_integer(x.into())),
        DType::I8 => collect(view, |x: i8| T::from_integer(x.into())),
        DType::I16 => collect(view, |x: i16| T::from_integer(x.into())),
        DType::I32 => collect(view, |x: i32| T::from_integer(x.into())),
        DType::I64 => collect(view, |x: i64| T::from_integer(x.into())),
        DType::U8 => collect(view, |x: u8| T::from_integer(x.into())),
        DType::U16 => collect(view, |x: u16| T::from_integer(x.into())),
        DType::U32 => collect(view, |x: u32| T::from_integer(x.into())),
        DType::U64 => collect(view, |x: u64| T::from_integer(x.into())),
        DType::F16 => collect(view, |x: f16| T::from_real(x.to_f64())),
        DType::F32 => collect(view, |x: f32| T::from_real(x.into())),
        DType::F64 => collect(view, |x: f64| T::from_real(x)),
        DType::C64 => collect(view, |x: Complex<f32>| {
            T::from_complex(Complex::new(x.re.into(), x.im.into()))
        }),
        DType::C128 => collect(view, |x: Complex<f64>| T::from_complex(x)),
        other => Err(Error::unsupported(format!("arrays of {other}"))),
    }
}
