//! How to compare maps and blocks.

use metatensor_core::Result;
use metatensor_operations::{AllcloseOptions, EqualMetadataOptions};

use crate::ffi::{Parameter, bad_parameter};

/// Compare the samples of blocks.
pub const MTS_METADATA_SAMPLES: u32 = 1;
/// Compare the components of blocks.
pub const MTS_METADATA_COMPONENTS: u32 = 2;
/// Compare the properties of blocks.
pub const MTS_METADATA_PROPERTIES: u32 = 4;
/// Compare all labels of blocks.
pub const MTS_METADATA_ALL: u32 = 7;

/// How close numbers have to be. NULL stands for `MTS_ALLCLOSE_OPTIONS_INIT`, which is `{1e-13, 1e-12, false}`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_allclose_options_t {
    /// tolerance relative to the number in the second object
    pub rtol: f64,
    /// absolute tolerance
    pub atol: f64,
    /// whether two numbers that are both NaN are close
    pub equal_nan: bool,
}

impl Parameter for Option<&mts_allclose_options_t> {
    type Value = AllcloseOptions;

    fn checked(self, _: &str) -> Result<AllcloseOptions> {
        Ok(
            self.map_or_else(AllcloseOptions::default, |options| AllcloseOptions {
                rtol: options.rtol,
                atol: options.atol,
                equal_nan: options.equal_nan,
            }),
        )
    }
}

/// What metadata to compare. NULL stands for `MTS_EQUAL_METADATA_OPTIONS_INIT`, which is `{MTS_METADATA_ALL, true}`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_equal_metadata_options_t {
    /// or-ed `MTS_METADATA_` values
    pub check: u32,
    /// whether to compare gradients as well
    pub check_gradients: bool,
}

impl Parameter for Option<&mts_equal_metadata_options_t> {
    type Value = EqualMetadataOptions;

    fn checked(self, _: &str) -> Result<EqualMetadataOptions> {
        let Some(options) = self else {
            return Ok(EqualMetadataOptions::default());
        };
        if options.check & !MTS_METADATA_ALL != 0 {
            return Err(bad_parameter(format_args!(
                "'check' must be made of MTS_METADATA_ values, got {}",
                options.check
            )));
        }
        Ok(EqualMetadataOptions {
            samples: options.check & MTS_METADATA_SAMPLES != 0,
            components: options.check & MTS_METADATA_COMPONENTS != 0,
            properties: options.check & MTS_METADATA_PROPERTIES != 0,
            gradients: options.check_gradients,
        })
    }
}
