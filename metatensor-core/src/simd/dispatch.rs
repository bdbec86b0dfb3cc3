//! Run-time dispatch: code that is compiled for several kinds of processors.

#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "calls code for some processors only")
)]

/// A computation that is worth compiling for processors with wide vectors, and with instructions to count bits and
/// for `x * y + z` that round once.
pub trait Kernel: Sized {
    /// What is computed.
    type Output;

    /// The computation on such a processor, where `mul_add` of floating point numbers is fast. This, and what
    /// it calls, must be `#[inline(always)]`: only what is inlined is compiled for this processor.
    fn fused(self) -> Self::Output;

    /// The computation anywhere else, where `mul_add` is slow: the same one, if it does not use that.
    fn plain(self) -> Self::Output {
        self.fused()
    }
}

/// Runs `kernel` in the way that is best for this processor.
///
/// ```
/// # use metatensor_core::internal::{Kernel, run_kernel};
/// struct Sum<'a>(&'a [(f64, f64)]);
///
/// impl Kernel for Sum<'_> {
///     type Output = f64;
///
///     #[inline(always)]
///     fn fused(self) -> f64 {
///         self.0.iter().fold(0.0, |sum, &(x, y)| x.mul_add(y, sum))
///     }
///
///     fn plain(self) -> f64 {
///         self.0.iter().fold(0.0, |sum, &(x, y)| sum + x * y)
///     }
/// }
/// assert_eq!(run_kernel(Sum(&[(1.0, 4.0), (2.0, 5.0), (3.0, 6.0)])), 32.0);
/// ```
#[inline]
pub fn run_kernel<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma,popcnt")]
        fn fused<K: Kernel>(kernel: K) -> K::Output {
            kernel.fused()
        }
        if is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("popcnt")
        {
            // SAFETY: this processor has what `fused` is compiled for.
            return unsafe { fused(kernel) };
        }
        kernel.plain()
    }
    #[cfg(target_arch = "aarch64")]
    {
        // All of these processors have such instructions.
        kernel.fused()
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    kernel.plain()
}
