//! Code for the processor at hand.

#![expect(unsafe_code, reason = "calls code for some processors only")]

/// Calls `fused` with `data` if this processor has wide vectors and instructions for `x * y + z` that round
/// once, and `plain` otherwise.
///
/// `fused` is compiled for such processors, with all that is inlined into it: `mul_add` of floating point
/// numbers is fast there, and only there.
///
/// ```
/// # use metatensor_core::with_fused_multiply_add;
/// let pairs = [(1.0, 4.0), (2.0, 5.0), (3.0, 6.0)];
/// let product = with_fused_multiply_add(
///     pairs.iter(),
///     |pairs| pairs.fold(0.0, |sum, &(x, y)| f64::mul_add(x, y, sum)),
///     |pairs| pairs.fold(0.0, |sum, &(x, y)| x * y + sum),
/// );
/// assert_eq!(product, 32.0);
/// ```
#[inline]
#[cfg_attr(
    not(target_arch = "x86_64"),
    expect(
        unused_variables,
        reason = "other processors have always or never what it takes"
    )
)]
pub fn with_fused_multiply_add<T, R>(
    data: T,
    fused: impl FnOnce(T) -> R,
    plain: impl FnOnce(T) -> R,
) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma")]
        fn call<T, R>(data: T, fused: impl FnOnce(T) -> R) -> R {
            fused(data)
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: this processor has what `call` is compiled for.
            return unsafe { call(data, fused) };
        }
        plain(data)
    }
    #[cfg(target_arch = "aarch64")]
    {
        // All of these processors have such instructions.
        fused(data)
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    plain(data)
}
