//! What elements of all types have to be able to do to be added.

use std::ops::Range;

use metatensor_core::internal::with_element;
use metatensor_core::{Complex, DType, Element, Error, Result, View, ViewMut, bf16, f16};

/// Elements that are added as [`add`](metatensor_operations::add) does it: integers wrap around, sums of booleans are *or*,
/// and those of floats with 16 bits are rounded once.
pub(super) trait Addend: Element {
    fn plus(self, other: Self) -> Self;

    /// In double precision.
    fn widen(self) -> Complex<f64>;

    /// Rounded from double precision.
    fn narrow(number: Complex<f64>) -> Self;
}

macro_rules! addends {
    ($($type:ty: |$a:ident, $b:ident| $sum:expr, |$x:ident| $widen:expr, |$z:ident| $narrow:expr;)*) => {$(
        impl Addend for $type {
            #[inline]
            fn plus(self, other: Self) -> Self {
                let ($a, $b) = (self, other);
                $sum
            }

            #[inline]
            fn widen(self) -> Complex<f64> {
                let $x = self;
                $widen
            }

            #[inline]
            fn narrow($z: Complex<f64>) -> Self {
                $narrow
            }
        }
    )*};
}

macro_rules! integers {
    ($($type:ty),*) => {
        addends! {$(
            $type: |a, b| a.wrapping_add(b), |x| Complex::from(x as f64), |z| z.re as $type;
        )*}
    };
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

addends! {
    bool: |a, b| a | b, |x| Complex::from(f64::from(x)), |z| z.re != 0.0;
    f16: |a, b| f16::from_f32(a.to_f32() + b.to_f32()), |x| x.to_f64().into(), |z| f16::from_f64(z.re);
    bf16: |a, b| bf16::from_f32(a.to_f32() + b.to_f32()), |x| x.to_f64().into(), |z| bf16::from_f64(z.re);
    f32: |a, b| a + b, |x| f64::from(x).into(), |z| z.re as f32;
    f64: |a, b| a + b, |x| x.into(), |z| z.re;
    Complex<f32>: |a, b| a + b, |x| Complex::new(x.re.into(), x.im.into()), |z| Complex::new(z.re as f32, z.im as f32);
    Complex<f64>: |a, b| a + b, |x| x, |z| z;
}

/// Elements that are added at a time, so that their sums stay in the cache.
const AT_ONCE: usize = 4096;

/// Adds numbers of other ranks to those of this one, in the order of ranks: first those of ranks before this one, and then those
/// of ranks after it. `own` has elements of type `dtype`, but for booleans, which are bytes. All others have as many bytes as
/// the range of it.
pub(super) fn add(
    dtype: DType,
    own: &mut ViewMut<'_>,
    range: Range<usize>,
    others: (&[&[u8]], &[&[u8]]),
) -> Result<()> {
    match dtype {
        DType::BOOL8 => add_with::<u8>(own, range, others, |a, b| a | b),
        _ => with_element!(dtype, T => add_with::<T>(own, range, others, Addend::plus)),
    }
}

fn add_with<T: Element>(
    own: &mut ViewMut<'_>,
    bytes: Range<usize>,
    (before, after): (&[&[u8]], &[&[u8]]),
    plus: impl Fn(T, T) -> T,
) -> Result<()> {
    let range = bytes.start / size_of::<T>()..bytes.end / size_of::<T>();
    let shape = [range.len()];
    let not_contiguous = || Error::Internal("elements to be added are not contiguous".into());
    let own = own.as_slice_mut::<T>()?.ok_or_else(not_contiguous)?;
    let own = own.get_mut(range).ok_or_else(not_contiguous)?;
    let views = before.iter().chain(after);
    let views = views.map(|bytes| View::from_bytes(T::DTYPE, &shape, bytes)?.into_typed::<T>());
    let views = views.collect::<Result<Vec<_>>>()?;
    let slices = views
        .iter()
        .map(|view| view.as_slice().ok_or_else(not_contiguous));
    let slices: Vec<&[T]> = slices.collect::<Result<_>>()?;
    let (before, after) = slices.split_at(before.len());
    let mut sums = Vec::with_capacity(AT_ONCE.min(shape[0]));
    for (part, own) in own.chunks_mut(AT_ONCE).enumerate() {
        let part = part * AT_ONCE..part * AT_ONCE + own.len();
        if let Some((first, before)) = before.split_first() {
            sums.clear();
            sums.extend_from_slice(&first[part.clone()]);
            for other in before {
                add_to(&mut sums, &other[part.clone()], &plus);
            }
            // The own numbers come after them.
            own.iter_mut()
                .zip(&sums)
                .for_each(|(own, &sum)| *own = plus(sum, *own));
        }
        for other in after {
            add_to(own, &other[part.clone()], &plus);
        }
    }
    Ok(())
}

fn add_to<T: Copy>(sums: &mut [T], numbers: &[T], plus: impl Fn(T, T) -> T) {
    sums.iter_mut()
        .zip(numbers)
        .for_each(|(sum, &number)| *sum = plus(*sum, number));
}
