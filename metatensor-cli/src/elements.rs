//! Elements of arrays of any type, as numbers and as text.

use metatensor_core::internal::with_element;
use metatensor_core::{Complex, Element, Result, TensorBlock, TypedView, bf16, f16};
use ndarray::Axis;
use num_complex::Complex64;
use serde_json::{Value, json};

use crate::output::{not_in_json, number};

/// Does something with each value of a block, row after row. Of complex numbers, these are the absolute values.
pub(crate) fn each_real(block: &TensorBlock, mut visit: impl FnMut(f64)) -> Result<()> {
    let is_complex = block.dtype().is_complex();
    with_element!(block.dtype(), T => {
        let values = block.values_as::<T>()?;
        for number in values.iter().map(|value| value.number()) {
            visit(if is_complex { number.norm() } else { number.re });
        }
        Ok(())
    })
}

/// The values of one row of a block as complex numbers. All types fit in but integers of more than 53 bits, which are rounded.
pub(crate) fn numbers_of_row(block: &TensorBlock, row: usize) -> Result<Vec<Complex64>> {
    with_element!(block.dtype(), T => {
        let values = block.values_as::<T>()?;
        let row = values.index_axis(Axis(0), row);
        Ok(row.iter().map(|value| value.number()).collect())
    })
}

/// A value for people.
pub(crate) struct Printed {
    /// With as many digits as tell it from all others.
    pub(crate) text: String,
    pub(crate) is_zero: bool,
}

/// The values of one row of a block.
pub(crate) fn printed(block: &TensorBlock, row: usize) -> Result<Vec<Printed>> {
    first_printed(block, row, usize::MAX)
}

/// The first values of one row of a block, at most so many.
pub(crate) fn first_printed(block: &TensorBlock, row: usize, most: usize) -> Result<Vec<Printed>> {
    with_element!(block.dtype(), T => {
        let values = block.values_as::<T>()?;
        let row = values.index_axis(Axis(0), row);
        let printed = row.iter().take(most).map(|value| Printed {
            text: value.text(),
            is_zero: *value == T::default(),
        });
        Ok(printed.collect())
    })
}

/// The values of one row of a block as they are in a JSON document. Integers keep all of their digits.
pub(crate) fn json_values(block: &TensorBlock, row: usize) -> Result<Vec<Value>> {
    with_element!(block.dtype(), T => {
        let values = block.values_as::<T>()?;
        let row = values.index_axis(Axis(0), row);
        Ok(row.iter().map(|value| value.value()).collect())
    })
}

/// The values of one row of a block as text of JSON: numbers with as many digits as tell them from all others.
pub(crate) fn json_texts(block: &TensorBlock, row: usize) -> Result<Vec<String>> {
    with_element!(block.dtype(), T => {
        let values = block.values_as::<T>()?;
        let row = values.index_axis(Axis(0), row);
        Ok(row.iter().map(|value| value.json()).collect())
    })
}

/// Where two blocks have values for the same labels: in which rows and columns of the first one, and of the second one.
pub(crate) struct Places {
    pub(crate) rows: Vec<(usize, usize)>,
    pub(crate) columns: Vec<(usize, usize)>,
    /// How many columns there are in both.
    pub(crate) widths: (usize, usize),
}

impl Places {
    pub(crate) fn len(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// Positions in both arrays, row after row.
    fn iter(&self) -> impl Iterator<Item = (usize, usize)> {
        self.rows.iter().flat_map(|&(a, b)| {
            let (a, b) = (a * self.widths.0, b * self.widths.1);
            self.columns.iter().map(move |&(i, j)| (a + i, b + j))
        })
    }
}

/// A place where two blocks differ.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// Which one of the places.
    pub(crate) place: usize,
    /// How many times what is allowed: more than 1, or infinite.
    pub(crate) excess: f64,
    /// Both values.
    pub(crate) values: [String; 2],
}

/// How far values may be from each other, as in `allclose`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tolerance {
    pub(crate) rtol: f64,
    pub(crate) atol: f64,
    pub(crate) equal_nan: bool,
}

/// Where values are not close.
#[derive(Debug, Default)]
pub(crate) struct Differences {
    pub(crate) count: usize,
    /// The largest ones, of which no more are kept than were asked for: all together may need more memory than the blocks.
    pub(crate) worst: Vec<Difference>,
}

impl Differences {
    /// One more. What is as large as another one comes after it.
    fn add(&mut self, excess: f64, most: usize, difference: impl FnOnce() -> Difference) {
        self.count += 1;
        let position = self.worst.partition_point(|known| known.excess >= excess);
        if position < most {
            self.worst.insert(position, difference());
            self.worst.truncate(most);
        }
    }
}

/// The places where values are not close, the `most` worst of them with their values. Values of different types are compared as complex
/// numbers.
pub(crate) fn differences(
    a: &TensorBlock,
    b: &TensorBlock,
    places: &Places,
    tolerance: Tolerance,
    most: usize,
) -> Result<Differences> {
    if a.dtype() != b.dtype() {
        return with_numbers(a, |a| {
            with_numbers(b, |b| compare(a, b, places, tolerance, most))
        })?;
    }
    with_element!(a.dtype(), T => {
        let (a, b) = (Flat::<T>::of(a)?, Flat::<T>::of(b)?);
        let (a, b) = (a.slice(), b.slice());
        Ok(compare(|i| a[i], |i| b[i], places, tolerance, most))
    })
}

/// Uses what gives any of the values of a block as a number.
fn with_numbers<R>(
    block: &TensorBlock,
    use_them: impl FnOnce(&dyn Fn(usize) -> Complex64) -> R,
) -> Result<R> {
    with_element!(block.dtype(), T => {
        let values = Flat::<T>::of(block)?;
        let values = values.slice();
        Ok(use_them(&|i| values[i].number()))
    })
}

/// The values of a block, row after row: as they are in memory, if they are there like this.
struct Flat<'b, T> {
    values: TypedView<'b, T>,
    copied: Vec<T>,
}

impl<'b, T: Number> Flat<'b, T> {
    fn of(block: &'b TensorBlock) -> Result<Self> {
        let values = block.values_as::<T>()?;
        let copied = match values.as_slice() {
            Some(_) => Vec::new(),
            None => values.iter().copied().collect(),
        };
        Ok(Flat { values, copied })
    }

    fn slice(&self) -> &[T] {
        self.values.as_slice().unwrap_or(&self.copied)
    }
}

fn compare<T: Number>(
    a: impl Fn(usize) -> T,
    b: impl Fn(usize) -> T,
    places: &Places,
    tolerance: Tolerance,
    most: usize,
) -> Differences {
    let mut differences = Differences::default();
    for (place, (in_a, in_b)) in places.iter().enumerate() {
        let (x, y) = (a(in_a), b(in_b));
        // Infinities, and most of what is equal.
        if x == y || (tolerance.equal_nan && x.number().is_nan() && y.number().is_nan()) {
            continue;
        }
        let allowed = tolerance.atol + tolerance.rtol * y.number().norm();
        let distance = x.distance(&y);
        if distance <= allowed && allowed.is_finite() {
            continue;
        }
        let excess = match distance / allowed {
            excess if excess.is_nan() => f64::INFINITY,
            excess => excess,
        };
        differences.add(excess, most, || Difference {
            place,
            excess,
            values: [x.text(), y.text()],
        });
    }
    differences
}

/// What commands want to know of an element.
trait Number: Element {
    fn number(&self) -> Complex64;
    fn distance(&self, other: &Self) -> f64;
    fn text(&self) -> String;
    fn json(&self) -> String;
    fn value(&self) -> Value;
}

macro_rules! numbers {
    ($($types:ty),*: |$value:ident| $number:expr, $distance:expr, $format:literal, $json:expr, $json_value:expr) => {
        $(impl Number for $types {
            fn number(&self) -> Complex64 {
                let $value = *self;
                Complex64::from($number)
            }

            fn distance(&self, other: &Self) -> f64 {
                $distance(*self, *other)
            }

            fn text(&self) -> String {
                format!($format, self)
            }

            fn json(&self) -> String {
                $json(*self)
            }

            fn value(&self) -> Value {
                $json_value(*self)
            }
        })*
    };
}

fn far<T: Number>(x: T, y: T) -> f64 {
    (x.number() - y.number()).norm()
}

/// Integers of 64 bits are further from each other than their roundings may be.
fn far_integers<T: Into<i128>>(x: T, y: T) -> f64 {
    x.into().abs_diff(y.into()) as f64
}

/// A real number in JSON: a string for what it does not have.
fn real<T: Number>(value: T) -> String {
    match not_in_json(value.number().re) {
        None => value.text(),
        Some(name) => format!("\"{name}\""),
    }
}

/// Real and imaginary part.
fn pair<T: Number>(value: Complex<T>) -> String {
    format!("[{}, {}]", real(value.re), real(value.im))
}

/// The same in a document.
fn real_value<T: Number>(value: T) -> Value {
    number(value.number().re)
}

fn pair_value<T: Number>(value: Complex<T>) -> Value {
    json!([real_value(value.re), real_value(value.im)])
}

numbers!(bool: |value| f64::from(u8::from(value)), far, "{}", real, Value::from);
numbers!(i8, i16, i32, i64, u8, u16, u32, u64: |value| value as f64, far_integers, "{}", real, Value::from);
numbers!(f16, bf16: |value| value.to_f64(), far, "{}", real, real_value);
// With a point, or a power of ten.
numbers!(f32: |value| f64::from(value), far, "{:?}", real, real_value);
numbers!(f64: |value| value, far, "{:?}", real, real_value);
numbers!(Complex<f32>: |value| Complex64::new(value.re.into(), value.im.into()), far, "{}", pair, pair_value);
numbers!(Complex<f64>: |value| value, far, "{}", pair, pair_value);
