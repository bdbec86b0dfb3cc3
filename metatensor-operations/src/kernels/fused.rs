//! Sums of products, for code that is compiled with and without an instruction for them.

use num_traits::Float;

/// `sum + x y`, rounded once if it is fused.
#[inline(always)]
pub(crate) fn add_product<T: Float, const FUSED: bool>(sum: T, x: T, y: T) -> T {
    if FUSED {
        x.mul_add(y, sum)
    } else {
        sum + x * y
    }
}
