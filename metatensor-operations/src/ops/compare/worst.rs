//! Where the elements of two blocks differ most: looked for when they are known to differ, one element at a time.

use metatensor_core::internal::with_element;
use metatensor_core::{DType, Element, Labels, Result, TensorBlock};
use num_complex::{Complex, ComplexFloat};

use super::values::{Close, Criterion, wide};
use crate::engine::NotEqual;
use crate::numbers::converted;

/// How bad a difference is: how many times larger than what is allowed, then how large.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Badness(f64, f64);

/// The worst difference between the elements of two blocks with the same labels, or of their gradients.
pub(super) fn worst_in_block(
    a: &TensorBlock,
    b: &TensorBlock,
    criterion: Criterion,
) -> Result<Option<(Badness, NotEqual)>> {
    let (x, y) = (a.view()?, b.view()?);
    let dtypes = [x.dtype(), y.dtype()];
    let mut found = if dtypes.iter().any(|dtype| dtype.is_complex()) {
        worst_of(
            a,
            &converted::<Complex<f64>>(&x)?,
            &converted(&y)?,
            dtypes,
            criterion,
        )
    } else if dtypes.iter().any(|dtype| dtype.is_float()) {
        worst_of(
            a,
            &converted::<f64>(&x)?,
            &converted(&y)?,
            dtypes,
            criterion,
        )
    } else {
        worst_of(a, &wide(&x)?, &wide(&y)?, dtypes, criterion)
    };
    for (parameter, gradient) in a.gradients() {
        let worst = worst_in_block(gradient, b.gradient(parameter)?, criterion)?;
        let worst = worst.map(|(badness, place)| (badness, place.in_gradient(parameter)));
        found = worse(found, worst);
    }
    Ok(found)
}

/// The worse of two differences, the first one if they are as bad.
pub(super) fn worse(
    first: Option<(Badness, NotEqual)>,
    second: Option<(Badness, NotEqual)>,
) -> Option<(Badness, NotEqual)> {
    match (&first, &second) {
        (Some((x, _)), Some((y, _))) if x >= y => first,
        (_, None) => first,
        _ => second,
    }
}

/// The worst difference between the elements `x` of `block`, which were of the first of these types, and others.
fn worst_of<T: Measure>(
    block: &TensorBlock,
    x: &[T],
    y: &[T],
    dtypes: [DType; 2],
    criterion: Criterion,
) -> Option<(Badness, NotEqual)> {
    let mut found: Option<(Badness, usize)> = None;
    let mut count = 0;
    for (position, (&x, &y)) in x.iter().zip(y).enumerate() {
        let (is_same, allowed) = match criterion {
            Criterion::Equal => (x == y, 0.0),
            Criterion::Close(options) => (
                T::close(x, y, options),
                options.atol + options.rtol * y.widen().abs(),
            ),
        };
        if is_same {
            continue;
        }
        count += 1;
        // NaN is far from everything
        let or_infinite = |x: f64| if x.is_nan() { f64::INFINITY } else { x };
        let distance = or_infinite(T::distance(x, y));
        let badness = Badness(or_infinite(distance / allowed), distance);
        if found.is_none_or(|(worst, _)| badness > worst) {
            found = Some((badness, position));
        }
    }
    let (badness, position) = found?;
    let what = match criterion {
        Criterion::Equal => "equal",
        Criterion::Close(_) => "allclose",
    };
    let (size, place) = (x.len(), describe_position(block, position));
    let (x, y) = (
        x[position].describe(dtypes[0]),
        y[position].describe(dtypes[1]),
    );
    let reason = format!(
        "values are not {what}: {count} of {size} elements differ, most of all at {place}: {x} and {y}"
    );
    Some((badness, NotEqual::new(reason)))
}

/// The labels of an element of the values of `block`, which has this position in row-major order.
fn describe_position(block: &TensorBlock, position: usize) -> String {
    let mut rest = position;
    let mut describe = |labels: &Labels| {
        let row = rest % labels.count();
        rest /= labels.count();
        labels.describe(row)
    };
    let properties = describe(block.properties());
    let components = block.components().iter().rev().map(&mut describe);
    let mut components: Vec<_> = components.collect();
    components.reverse();
    let samples = describe(block.samples());
    let components = match components[..] {
        [] => String::new(),
        _ => format!(", components {}", components.join(" ")),
    };
    format!("samples {samples}{components}, properties {properties}")
}

/// Numbers with a distance from each other. Each stands for an element of an array, of another type.
trait Measure: Close {
    fn distance(x: Self, y: Self) -> f64 {
        (x.widen() - y.widen()).abs()
    }

    /// The element of an array of type `dtype` that was converted to this number.
    fn describe(self, dtype: DType) -> String;
}

impl Measure for i128 {
    fn distance(x: Self, y: Self) -> f64 {
        (x - y).abs() as f64
    }

    fn describe(self, dtype: DType) -> String {
        match dtype {
            DType::BOOL8 => (self != 0).to_string(),
            _ => self.to_string(),
        }
    }
}

impl Measure for f64 {
    fn describe(self, dtype: DType) -> String {
        let part = match dtype {
            DType::C64 => DType::F32,
            float if float.is_float() => float,
            _ => DType::F64,
        };
        with_element!(part, T => Ok(T::from_number(self).map(|element| format!("{element:?}"))))
            .ok()
            .flatten()
            .unwrap_or_default()
    }
}

impl Measure for Complex<f64> {
    fn describe(self, dtype: DType) -> String {
        let (re, im) = (self.re.describe(dtype), self.im.describe(dtype));
        let plus = if im.starts_with('-') { "" } else { "+" };
        format!("{re}{plus}{im}i")
    }
}
