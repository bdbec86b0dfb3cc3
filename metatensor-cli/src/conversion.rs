//! Elements with another data type: nothing changes but the last digits of floating point numbers.

use std::fmt;
use std::ops::Range;

use metatensor_core::internal::with_element;
use metatensor_core::{ArrayRef, Complex, DType, Element, Error, Result, TensorBlock, bf16, f16};
use ndarray::Slice;
use num_complex::Complex64;

/// Some rows of a block, converted.
///
/// # Errors
/// If an element has no counterpart of this type.
pub(crate) fn converted(block: &TensorBlock, rows: Range<usize>, dtype: DType) -> Result<ArrayRef> {
    with_element!(block.dtype(), From => {
        let values = block.values_as::<From>()?;
        let rows = values.slice_axis(ndarray::Axis(0), Slice::from(rows));
        with_element!(dtype, To => {
            let mut elements: Vec<To> = Vec::with_capacity(rows.len());
            for element in &rows {
                match To::from_exact(element.exact()) {
                    Some(element) => elements.push(element),
                    None => {
                        let from = block.dtype();
                        let element = element.exact();
                        return Err(Error::unsupported(format!(
                            "{element} is in {from}, but not in {dtype}"
                        )));
                    }
                }
            }
            let array = ndarray::Array::from_shape_vec(rows.raw_dim(), elements);
            let array = array.map_err(|error| Error::invalid(error.to_string()))?;
            Ok(ArrayRef::from(array))
        })
    })
}

/// A number, whatever its type was.
#[derive(Clone, Copy)]
enum Exact {
    Integer(i128),
    Real(f64),
    Complex(Complex64),
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exact::Integer(value) => write!(f, "{value}"),
            // very large and very small ones with a power of ten
            Exact::Real(value) => write!(f, "{value:?}"),
            Exact::Complex(value) => write!(f, "{value}"),
        }
    }
}

impl Exact {
    /// As an integer, if it is one.
    fn integer(self) -> Option<i128> {
        match self {
            Exact::Integer(value) => Some(value),
            // larger ones fit in no type
            Exact::Real(value) if value.fract() == 0.0 && value.abs() < 1e20 => Some(value as i128),
            Exact::Real(_) => None,
            Exact::Complex(value) if value.im == 0.0 => Exact::Real(value.re).integer(),
            Exact::Complex(_) => None,
        }
    }

    /// As a real number, if it is one.
    fn real(self) -> Option<f64> {
        match self {
            Exact::Integer(value) => Some(value as f64),
            Exact::Real(value) => Some(value),
            Exact::Complex(value) => (value.im == 0.0).then_some(value.re),
        }
    }
}

trait Convert: Element {
    fn exact(self) -> Exact;
    fn from_exact(value: Exact) -> Option<Self>;
}

macro_rules! integers {
    ($($type:ty),*) => {
        $(impl Convert for $type {
            fn exact(self) -> Exact {
                Exact::Integer(self.into())
            }

            fn from_exact(value: Exact) -> Option<Self> {
                value.integer()?.try_into().ok()
            }
        })*
    };
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Convert for bool {
    fn exact(self) -> Exact {
        Exact::Integer(self.into())
    }

    fn from_exact(value: Exact) -> Option<Self> {
        match value.integer()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// What became infinite did not fit.
fn unless_overflown(value: f64, rounded: f64) -> Option<()> {
    (rounded.is_finite() || !value.is_finite()).then_some(())
}

macro_rules! floats {
    ($($type:ty, $round:expr, $of_integer:expr;)*) => {
        $(
            impl Convert for $type {
                fn exact(self) -> Exact {
                    Exact::Real(self.into())
                }

                fn from_exact(value: Exact) -> Option<Self> {
                    // rounded once, and not to double precision before
                    let rounded: $type = match value {
                        Exact::Integer(value) => $of_integer(value),
                        value => $round(value.real()?),
                    };
                    unless_overflown(value.real()?, rounded.into())?;
                    Some(rounded)
                }
            }
        )*
    };
}

floats! {
    f16, f16::from_f64, |value| f16::from_f64(value as f64);
    bf16, bf16::from_f64, |value| bf16::from_f64(value as f64);
    f32, |value| value as f32, |value| value as f32;
    f64, |value| value, |value| value as f64;
}

macro_rules! complex {
    ($($part:ty),*) => {
        $(impl Convert for Complex<$part> {
            fn exact(self) -> Exact {
                Exact::Complex(Complex64::new(self.re.into(), self.im.into()))
            }

            fn from_exact(value: Exact) -> Option<Self> {
                let (re, im) = match value {
                    Exact::Complex(value) => (Exact::Real(value.re), Exact::Real(value.im)),
                    real => (real, Exact::Real(0.0)),
                };
                Some(Complex::new(
                    <$part>::from_exact(re)?,
                    <$part>::from_exact(im)?,
                ))
            }
        })*
    };
}

complex!(f32, f64);
