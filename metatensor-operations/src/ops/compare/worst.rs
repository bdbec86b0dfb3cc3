//! Where the elements of two blocks differ most: looked for when they are known to differ, one element at a time.

use half::{bf16, f16};
use metatensor_core::{DType, Labels, Result, TensorBlock, View};
use num_complex::Complex;

use super::values::{Close, Criterion, wide};
use crate::engine::NotEqual;
use crate::numbers::converted;

/// How bad a difference is: how many times larger than what is allowed, then how large.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Badness(f64, f64);

/// What two arrays differ in.
struct Worst {
    badness: Badness,
    /// Position of the two elements, in row-major order.
    position: usize,
    /// The two elements.
    numbers: [String; 2],
    /// Number of elements that differ.
    count: usize,
}

/// The worst difference between the elements of two blocks with the same labels, or of their gradients.
pub(super) fn worst_in_block(
    a: &TensorBlock,
    b: &TensorBlock,
    criterion: Criterion,
) -> Result<Option<(Badness, NotEqual)>> {
    let (x, y) = (a.view()?, b.view()?);
    let worst = worst_in_arrays(&x, &y, criterion)?;
    let mut found = worst.map(|worst| (worst.badness, worst.describe(a, x.shape(), criterion)));
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

fn worst_in_arrays(a: &View<'_>, b: &View<'_>, criterion: Criterion) -> Result<Option<Worst>> {
    let dtypes = [a.dtype(), b.dtype()];
    Ok(if dtypes.iter().any(|dtype| dtype.is_complex()) {
        let (a, b) = (converted::<Complex<f64>>(a)?, converted(b)?);
        worst_of(&a, &b, dtypes, criterion)
    } else if dtypes.iter().any(|dtype| dtype.is_float()) {
        worst_of(&converted::<f64>(a)?, &converted(b)?, dtypes, criterion)
    } else {
        worst_of(&wide(a)?, &wide(b)?, dtypes, criterion)
    })
}

fn worst_of<T: Measure>(
    a: &[T],
    b: &[T],
    dtypes: [DType; 2],
    criterion: Criterion,
) -> Option<Worst> {
    let mut found: Option<(Badness, usize)> = None;
    let mut count = 0;
    for (position, (&x, &y)) in a.iter().zip(b).enumerate() {
        let (is_same, allowed) = match criterion {
            Criterion::Equal => (x == y, 0.0),
            Criterion::Close(options) => (
                T::close(x, y, options),
                options.atol + options.rtol * y.modulus(),
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
    Some(Worst {
        badness,
        position,
        numbers: [
            a[position].describe(dtypes[0]),
            b[position].describe(dtypes[1]),
        ],
        count,
    })
}

impl Worst {
    /// What to say about this difference between the values of `block`, which have this shape, and others.
    fn describe(&self, block: &TensorBlock, shape: &[usize], criterion: Criterion) -> NotEqual {
        let mut rest = self.position;
        let mut rows = vec![0; shape.len()];
        for (row, length) in rows.iter_mut().zip(shape).rev() {
            *row = rest % length;
            rest /= length;
        }
        let components = block.components().iter().zip(&rows[1..]);
        let components: Vec<_> = components
            .map(|(labels, &row)| labels.describe(row))
            .collect();
        let axis = |labels: &Labels, row: Option<&usize>| {
            labels.describe(row.copied().unwrap_or_default())
        };
        let mut place = format!("samples {}", axis(block.samples(), rows.first()));
        if !components.is_empty() {
            place += &format!(", components {}", components.join(" "));
        }
        place += &format!(", properties {}", axis(block.properties(), rows.last()));
        let what = match criterion {
            Criterion::Equal => "equal",
            Criterion::Close(_) => "allclose",
        };
        let [x, y] = &self.numbers;
        let (count, size) = (self.count, shape.iter().product::<usize>());
        NotEqual::new(format!(
            "values are not {what}: {count} of {size} elements differ, most of all at {place}: {x} and {y}"
        ))
    }
}

/// Numbers with a distance from each other. Each stands for an element of an array, of another type.
trait Measure: Close {
    fn distance(x: Self, y: Self) -> f64;
    fn modulus(self) -> f64;
    /// The element of an array of type `dtype` that was converted to this number.
    fn describe(self, dtype: DType) -> String;
}

impl Measure for i128 {
    fn distance(x: Self, y: Self) -> f64 {
        (x - y).abs() as f64
    }
    fn modulus(self) -> f64 {
        self.abs() as f64
    }
    fn describe(self, dtype: DType) -> String {
        match dtype {
            DType::BOOL8 => (self != 0).to_string(),
            _ => self.to_string(),
        }
    }
}

impl Measure for f64 {
    fn distance(x: Self, y: Self) -> f64 {
        (x - y).abs()
    }
    fn modulus(self) -> f64 {
        self.abs()
    }
    fn describe(self, dtype: DType) -> String {
        match dtype {
            DType::F16 => format!("{:?}", f16::from_f64(self)),
            DType::BF16 => format!("{:?}", bf16::from_f64(self)),
            DType::F32 | DType::C64 => format!("{:?}", self as f32),
            _ => format!("{self:?}"),
        }
    }
}

impl Measure for Complex<f64> {
    fn distance(x: Self, y: Self) -> f64 {
        (x - y).re.hypot((x - y).im)
    }
    fn modulus(self) -> f64 {
        self.re.hypot(self.im)
    }
    fn describe(self, dtype: DType) -> String {
        let (re, im) = (self.re.describe(dtype), self.im.describe(dtype));
        let plus = if im.starts_with('-') { "" } else { "+" };
        format!("{re}{plus}{im}i")
    }
}
