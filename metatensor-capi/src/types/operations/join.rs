//! How to join maps.

use metatensor_core::Result;
use metatensor_operations::{DifferentKeys, JoinOptions};

use crate::ffi::{Parameter, Text, bad_parameter};

/// What to do with keys that are not in all joined maps: a `MTS_JOIN_KEYS_` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_join_keys_t(u32);

/// Different keys are an error.
pub const MTS_JOIN_KEYS_ERROR: u32 = 0;
/// Keys that are not in all maps are left out.
pub const MTS_JOIN_KEYS_INTERSECTION: u32 = 1;
/// Maps without a block for a key have nothing to add to this block.
pub const MTS_JOIN_KEYS_UNION: u32 = 2;

impl Parameter for mts_join_keys_t {
    type Value = DifferentKeys;

    fn checked(self, name: &str) -> Result<DifferentKeys> {
        match self.0 {
            MTS_JOIN_KEYS_ERROR => Ok(DifferentKeys::Error),
            MTS_JOIN_KEYS_INTERSECTION => Ok(DifferentKeys::Intersection),
            MTS_JOIN_KEYS_UNION => Ok(DifferentKeys::Union),
            other => Err(bad_parameter(format_args!(
                "'{name}' must be one of the MTS_JOIN_KEYS_ values, got {other}"
            ))),
        }
    }
}

/// How to join maps. NULL stands for `MTS_JOIN_OPTIONS_INIT`, which is `{MTS_JOIN_KEYS_ERROR, NULL}`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_join_options_t<'a> {
    /// what to do with keys that are not in all maps
    different_keys: mts_join_keys_t,
    /// name of a new last dimension of the joined axis, the position of the map that an entry comes from; or NULL
    add_dimension: Text<'a>,
}

impl<'a> Parameter for Option<&mts_join_options_t<'a>> {
    type Value = JoinOptions<'a>;

    fn checked(self, _: &str) -> Result<JoinOptions<'a>> {
        let Some(options) = self else {
            return Ok(JoinOptions::default());
        };
        Ok(JoinOptions {
            different_keys: options.different_keys.checked("different_keys")?,
            add_dimension: options.add_dimension.optional("add_dimension")?,
            ..JoinOptions::default()
        })
    }
}
