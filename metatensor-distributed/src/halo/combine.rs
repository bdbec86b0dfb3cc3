//! Arithmetic on rows of bytes: what several ghosts have is combined with what their owner has.

use metatensor_core::{Complex, DType, Error, Result};

/// What is made of an owned row and the rows of its ghosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// The sum. That of integers wraps around.
    Add,
    /// The product. That of integers wraps around.
    Multiply,
    /// The smallest number. One that is not a number is smaller than all others.
    Min,
    /// The largest number. One that is not a number is larger than all others.
    Max,
}

/// Combines rows of `size` bytes: row `targets[i]` of `memory` with row `sources[i]` of `source`, or with row `i` if there are
/// no `sources`.
pub(super) type Kernel =
    fn(size: usize, targets: &[u32], sources: Option<&[u32]>, source: &[u8], memory: &mut [u8]);

macro_rules! kernel {
    ($type:ty, $f:expr) => {
        |size, targets, sources, source, memory| {
            rows::<$type, { size_of::<$type>() }>(size, targets, sources, source, memory, $f);
        }
    };
}

macro_rules! integers {
    ($op:expr, $type:ty) => {
        match $op {
            Combine::Add => kernel!($type, |a, b| a.wrapping_add(b)),
            Combine::Multiply => kernel!($type, |a, b| a.wrapping_mul(b)),
            Combine::Min => kernel!($type, |a, b| a.min(b)),
            Combine::Max => kernel!($type, |a, b| a.max(b)),
        }
    };
}

macro_rules! floats {
    ($op:expr, $type:ty) => {
        match $op {
            Combine::Add => kernel!($type, |a, b| a + b),
            Combine::Multiply => kernel!($type, |a, b| a * b),
            Combine::Min => kernel!($type, |a, b| if a.is_nan() || a < b { a } else { b }),
            Combine::Max => kernel!($type, |a, b| if a.is_nan() || a > b { a } else { b }),
        }
    };
}

macro_rules! complex {
    ($op:expr, $type:ty) => {
        match $op {
            Combine::Add => kernel!($type, |a, b| a + b),
            Combine::Multiply => kernel!($type, |a, b| a * b),
            Combine::Min | Combine::Max => {
                return Err(Error::unsupported("complex numbers have no order"));
            }
        }
    };
}

impl Combine {
    /// The loop for elements of this type.
    pub(super) fn kernel(self, dtype: DType) -> Result<Kernel> {
        Ok(match dtype {
            DType::I32 => integers!(self, i32),
            DType::I64 => integers!(self, i64),
            DType::F32 => floats!(self, f32),
            DType::F64 => floats!(self, f64),
            DType::C64 => complex!(self, Complex<f32>),
            DType::C128 => complex!(self, Complex<f64>),
            dtype => return Err(Error::unsupported(format!("combining rows of {dtype}"))),
        })
    }
}

#[inline(always)]
fn rows<T: Bytes<N>, const N: usize>(
    size: usize,
    targets: &[u32],
    sources: Option<&[u32]>,
    source: &[u8],
    memory: &mut [u8],
    f: impl Fn(T, T) -> T,
) {
    for (i, &target) in targets.iter().enumerate() {
        let from = sources.map_or(i, |sources| sources[i] as usize);
        let source = source[from * size..][..size].as_chunks::<N>().0;
        let target = &mut memory[target as usize * size..][..size];
        for (target, &source) in target.as_chunks_mut::<N>().0.iter_mut().zip(source) {
            *target = f(T::read(*target), T::read(source)).write();
        }
    }
}

/// Numbers in memory, at any address.
trait Bytes<const N: usize> {
    fn read(bytes: [u8; N]) -> Self;
    fn write(self) -> [u8; N];
}

macro_rules! bytes {
    ($($type:ty: $size:literal),*) => {$(
        impl Bytes<$size> for $type {
            #[inline(always)]
            fn read(bytes: [u8; $size]) -> Self {
                Self::from_ne_bytes(bytes)
            }

            #[inline(always)]
            fn write(self) -> [u8; $size] {
                self.to_ne_bytes()
            }
        }
    )*};
}

macro_rules! complex_bytes {
    ($($type:ty: $size:literal),*) => {$(
        impl Bytes<{ 2 * $size }> for Complex<$type> {
            #[inline(always)]
            fn read(bytes: [u8; 2 * $size]) -> Self {
                let (re, im) = bytes.split_at($size);
                let part = |bytes: &[u8]| {
                    bytes.first_chunk().map_or(0.0, |bytes| <$type>::from_ne_bytes(*bytes))
                };
                Complex::new(part(re), part(im))
            }

            #[inline(always)]
            fn write(self) -> [u8; 2 * $size] {
                let mut bytes = [0; 2 * $size];
                bytes[..$size].copy_from_slice(&self.re.to_ne_bytes());
                bytes[$size..].copy_from_slice(&self.im.to_ne_bytes());
                bytes
            }
        }
    )*};
}

bytes!(i32: 4, i64: 8, f32: 4, f64: 8);
complex_bytes!(f32: 4, f64: 8);
