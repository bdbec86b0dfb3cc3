//! How to solve systems of linear equations.

use metatensor_core::Result;
use metatensor_operations::LstsqOptions;

use crate::ffi::Parameter;

/// How to solve least squares problems. NULL stands for `MTS_LSTSQ_OPTIONS_INIT`, which is `{NAN}`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_lstsq_options_t {
    /// singular values that are not larger than this times the largest one count as zero. NAN stands for the precision
    /// of the data type times the larger number of rows and columns, a negative number for the precision alone. For
    /// data with a relative noise of 1e-12, say, use 1e-12
    pub rcond: f64,
}

impl Parameter for Option<&mts_lstsq_options_t> {
    type Value = LstsqOptions;

    fn checked(self, _: &str) -> Result<LstsqOptions> {
        Ok(
            self.map_or_else(LstsqOptions::default, |options| LstsqOptions {
                rcond: Some(options.rcond),
            }),
        )
    }
}
