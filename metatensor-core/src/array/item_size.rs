//! Code for elements of any type, which depends on their size only.

/// Runs a block of code with the constant `$N` equal to `$size`, the size of any element type. Other sizes
/// are an error.
///
/// ```
/// # use metatensor_core::internal::with_item_size;
/// # use metatensor_core::{DType, Error, Result};
/// fn zero(dtype: DType) -> Result<Vec<u8>> {
///     with_item_size!(dtype.size(), N => {
///         Ok([0; N].to_vec())
///     })
/// }
/// assert_eq!(zero(DType::F64)?, [0; 8]);
/// # Ok::<(), Error>(())
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! with_item_size {
    ($size:expr, $N:ident => $code:block) => {
        match $size {
            1 => {
                const $N: usize = 1;
                $code
            }
            2 => {
                const $N: usize = 2;
                $code
            }
            4 => {
                const $N: usize = 4;
                $code
            }
            8 => {
                const $N: usize = 8;
                $code
            }
            16 => {
                const $N: usize = 16;
                $code
            }
            size => Err($crate::Error::unsupported(format!(
                "arrays with elements of {size} bytes"
            ))),
        }
    };
}
