//! What elements of all types have to be able to do to be added.

use metatensor_core::internal::with_element;
use metatensor_core::{Complex, DType, DenseArray, Element, Error, Result, View, bf16, f16};

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

/// The sums of `pieces`, which are elements of type `dtype`, as many in each: the first and the second, then this and the
/// third, and so on.
pub(super) fn sum(dtype: DType, pieces: &[&[u8]]) -> Result<DenseArray> {
    with_element!(dtype, T => sum_of::<T>(pieces))
}

fn sum_of<T: Addend>(pieces: &[&[u8]]) -> Result<DenseArray> {
    let size = size_of::<T>();
    let shape = [pieces.first().map_or(0, |piece| piece.len() / size)];
    let views = pieces
        .iter()
        .map(|piece| View::from_bytes(T::DTYPE, &shape, piece)?.into_typed::<T>());
    let views = views.collect::<Result<Vec<_>>>()?;
    let slices = views.iter().map(|view| {
        let slice = view.as_slice();
        slice.ok_or_else(|| Error::Internal("a row of elements is not contiguous".into()))
    });
    let slices = slices.collect::<Result<Vec<&[T]>>>()?;
    let Some((first, others)) = slices.split_first() else {
        return DenseArray::zeros(T::DTYPE, &shape);
    };
    DenseArray::write::<T>(&shape, |output| {
        let mut sums = Vec::with_capacity(AT_ONCE.min(shape[0]));
        for (part, first) in first.chunks(AT_ONCE).enumerate() {
            sums.clear();
            sums.extend_from_slice(first);
            for other in others {
                let other = &other[part * AT_ONCE..];
                sums.iter_mut()
                    .zip(other)
                    .for_each(|(sum, &x)| *sum = sum.plus(x));
            }
            output.copy(&sums);
        }
        Ok(())
    })
}
