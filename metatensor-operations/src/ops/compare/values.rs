//! Comparison of values.

use metatensor_core::internal::{all_rows, with_element};
use metatensor_core::{Element, Result, TensorBlock, View};
use num_complex::{Complex, ComplexFloat};

use crate::engine::{EqualMetadataOptions, NotEqual, same_metadata};
use crate::numbers::{Kind, Number, Wide, converted};

/// When two numbers are close to each other, see [`allclose`](crate::allclose).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AllcloseOptions {
    /// Relative tolerance, with respect to the second number.
    pub rtol: f64,
    /// Absolute tolerance.
    pub atol: f64,
    /// Whether NaN is close to NaN.
    pub equal_nan: bool,
}

impl Default for AllcloseOptions {
    /// Tolerances for numbers of order 1 in double precision: `rtol` is 1e-13 and `atol` 1e-12, and
    /// NaN is not close to anything.
    fn default() -> Self {
        AllcloseOptions {
            rtol: 1e-13,
            atol: 1e-12,
            equal_nan: false,
        }
    }
}

/// What has to be true for all elements.
#[derive(Clone, Copy)]
pub(super) enum Criterion {
    Equal,
    Close(AllcloseOptions),
}

/// Fails if two blocks do not have the same shape and labels.
pub(super) fn same_axes(a: &TensorBlock, b: &TensorBlock) -> Result<(), NotEqual> {
    let (shape, other) = (a.shape(), b.shape());
    if shape != other {
        return Err(NotEqual::new(format!(
            "values shapes are different: {shape:?} and {other:?}"
        )));
    }
    same_metadata(a, b, EqualMetadataOptions::default())
}

/// Whether two blocks with the same shape and labels have the same values, and so their gradients.
pub(super) fn same_values(
    a: &TensorBlock,
    b: &TensorBlock,
    criterion: Criterion,
) -> Result<bool, NotEqual> {
    // NaN is different from itself, but there is none among integers.
    let is_same = a.values().is_same(b.values()) && a.dtype().is_integer();
    let mut all = is_same || same_elements(&a.view()?, &b.view()?, criterion)?;
    for (parameter, gradient) in a.gradients() {
        all = all
            && same_values(gradient, b.gradient(parameter)?, criterion)
                .map_err(|failed| failed.in_gradient(parameter))?;
    }
    Ok(all)
}

fn same_elements(a: &View<'_>, b: &View<'_>, criterion: Criterion) -> Result<bool> {
    if a.dtype() != b.dtype() {
        return same_converted(a, b, criterion);
    }
    with_element!(a.dtype(), T => same_typed::<T>(a, b, criterion))
}

fn same_typed<T: Element + Close>(
    a: &View<'_>,
    b: &View<'_>,
    criterion: Criterion,
) -> Result<bool> {
    if let (Some(a), Some(b)) = (a.as_slice::<T>()?, b.as_slice::<T>()?) {
        return Ok(same_slices(a, b, criterion));
    }
    let (a, b) = (a.typed::<T>()?, b.typed::<T>()?);
    let mut pairs = a.iter().zip(&b);
    Ok(match criterion {
        Criterion::Equal => pairs.all(|(x, y)| x == y),
        Criterion::Close(options) => pairs.all(|(&x, &y)| T::close(x, y, options)),
    })
}

/// For different data types: integers are compared exactly, and all others in double precision.
fn same_converted(a: &View<'_>, b: &View<'_>, criterion: Criterion) -> Result<bool> {
    fn same<T: Number + Close>(a: &View<'_>, b: &View<'_>, criterion: Criterion) -> Result<bool> {
        let (a, b) = (converted::<T>(a)?, converted::<T>(b)?);
        Ok(same_slices(&a, &b, criterion))
    }
    let dtypes = [a.dtype(), b.dtype()];
    if dtypes.iter().any(|dtype| dtype.is_complex()) {
        same::<Complex<f64>>(a, b, criterion)
    } else if dtypes.iter().any(|dtype| dtype.is_float()) {
        same::<f64>(a, b, criterion)
    } else {
        Ok(same_slices(&wide(a)?, &wide(b)?, criterion))
    }
}

/// Integers of any type as some that can hold all of them.
pub(super) fn wide(view: &View<'_>) -> Result<Vec<i128>> {
    let bits = converted::<i64>(view)?.into_iter();
    Ok(if view.dtype().is_unsigned() {
        bits.map(|x| i128::from(x as u64)).collect()
    } else {
        bits.map(i128::from).collect()
    })
}

/// Elements compared before looking at the result. Without a branch for each of them, loops use vector
/// instructions.
const CHUNK: usize = 512;

fn same_slices<T: Close>(a: &[T], b: &[T], criterion: Criterion) -> bool {
    let work = size_of_val(a) + size_of_val(b);
    all_rows(a.len(), work, |range| {
        let (a, b) = (&a[range.clone()], &b[range]);
        match criterion {
            Criterion::Equal => all_pairs(a, b, |x, y| x == y),
            Criterion::Close(options) => all_pairs(a, b, |x, y| T::close(x, y, options)),
        }
    })
}

fn all_pairs<T: Copy>(a: &[T], b: &[T], same: impl Fn(T, T) -> bool) -> bool {
    let mut chunks = a.chunks(CHUNK).zip(b.chunks(CHUNK));
    chunks.all(|(a, b)| {
        let pairs = a.iter().zip(b);
        pairs.fold(true, |all, (&x, &y)| all & same(x, y))
    })
}

/// Elements that can be compared with tolerances.
pub(super) trait Close: Copy + PartialEq + Sync {
    /// What they are compared in.
    type Wide: Wide;
    fn widen(self) -> Self::Wide;

    #[inline]
    fn close(x: Self, y: Self, options: AllcloseOptions) -> bool {
        let same = x == y;
        let (x, y) = (x.widen(), y.widen());
        let tolerance = options.atol + options.rtol * y.abs();
        same | (y.is_finite() & ((x - y).abs() <= tolerance))
            | (options.equal_nan & x.is_nan() & y.is_nan())
    }
}

impl<T: Kind> Close for T {
    type Wide = T::Wide;

    #[inline]
    fn widen(self) -> T::Wide {
        self.to_wide()
    }
}

/// Integers of any type, see [`wide`].
impl Close for i128 {
    type Wide = f64;

    #[inline]
    fn widen(self) -> f64 {
        self as f64
    }
}
