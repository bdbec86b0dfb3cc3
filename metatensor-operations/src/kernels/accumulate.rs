//! What moments are accumulated in.

use crate::numbers::{Continuous, Number, Wide};

/// The variance of a group, as that of its numbers divided by a power of 2: their squares can be out of reach.
#[derive(Clone, Copy)]
pub(crate) struct Variance {
    pub(crate) scaled: f64,
    pub(crate) scale: f64,
}

/// Mean and variance of a group, the mean as its difference to the first number of the group, divided by the scale of
/// the variance.
#[derive(Clone, Copy)]
pub(super) struct Moments<S> {
    pub(super) mean: S,
    pub(super) variance: Variance,
}

impl<S: Wide> Moments<S> {
    pub(super) fn new(mean: S, variance: f64) -> Self {
        Moments {
            mean,
            variance: Variance {
                scaled: variance,
                scale: 1.0,
            },
        }
    }

    /// The difference of a number to the mean, divided by the scale.
    #[inline]
    pub(super) fn deviation(&self, x: S, first: S) -> S {
        scaled_difference(x, first, self.variance.scale).minus(self.mean)
    }
}

impl<S: Wide> Default for Moments<S> {
    fn default() -> Self {
        Moments::new(S::default(), 0.0)
    }
}

/// `(x - first) / scale`, without an overflow on the way.
#[inline]
fn scaled_difference<S: Wide>(x: S, first: S, scale: f64) -> S {
    let inverse = 1.0 / scale;
    if scale > 1.0 {
        (x * inverse).minus(first * inverse)
    } else {
        x.minus(first) * inverse
    }
}

/// Whether a sum of squares may have lost what became too small or too large, or is about to in products with
/// derivatives. It is 0 for groups that are constant.
#[inline]
pub(super) fn is_extreme(square: f64) -> bool {
    !(1e-30..1e30).contains(&square)
}

/// Mean and variance of the numbers `x` of a group, with a scale. `None` if there is no need for one, because all numbers
/// are the same, or no use, because not all are finite.
pub(super) fn scaled_moments<S: Wide>(
    x: impl Iterator<Item = S> + Clone,
    first: S,
    count: f64,
) -> Option<Moments<S>> {
    let sizes = x.clone().map(|x| x.minus(first).size());
    let mut size = sizes.fold(0.0, f64::max);
    if size == f64::INFINITY {
        size = x.clone().map(Wide::size).fold(0.0, f64::max);
    }
    if size == 0.0 || !size.is_finite() || !x.clone().all(|x| x.is_finite()) {
        return None;
    }
    // A power of 2 whose inverse is one as well.
    let scale = size.log2().floor().clamp(-1000.0, 1023.0).exp2();
    let difference = |x: S| scaled_difference(x, first, scale);
    let mean = x.clone().map(difference);
    let mean = mean.fold(S::default(), S::plus) / count;
    let squares = x.map(|x| {
        let deviation = difference(x).minus(mean);
        deviation.inner(deviation)
    });
    let scaled = squares.sum::<f64>() / count;
    Some(Moments {
        mean,
        variance: Variance { scaled, scale },
    })
}

/// `(x - first) - mean`.
#[inline]
pub(super) fn deviation<T: Continuous>(x: T, first: T, mean: T::Sum) -> T::Sum {
    x.widen().minus(first.widen()).minus(mean)
}

/// [`deviation`] for each of `(x, first), mean`.
#[inline]
pub(super) fn deviations<'a, T: Continuous>(
    elements: impl Iterator<Item = ((&'a T, &'a T), &'a T::Sum)>,
) -> impl Iterator<Item = T::Sum> {
    elements.map(|((&x, &first), &mean)| deviation(x, first, mean))
}
