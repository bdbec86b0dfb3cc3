//! Axes.

use metatensor_core::Result;
use metatensor_operations::Axis;

use crate::handles::bad_parameter;

/// One of the axes of maps and blocks: a `MTS_AXIS_` value.
pub type mts_axis_t = u32;

/// The blocks of a map.
pub const MTS_AXIS_KEYS: u32 = 0;
/// The first axis of the values of blocks.
pub const MTS_AXIS_SAMPLES: u32 = 1;
/// The axes between the first and the last.
pub const MTS_AXIS_COMPONENTS: u32 = 2;
/// The last axis.
pub const MTS_AXIS_PROPERTIES: u32 = 3;

pub(super) fn axis(value: mts_axis_t) -> Result<Axis> {
    match value {
        MTS_AXIS_KEYS => Ok(Axis::Keys),
        MTS_AXIS_SAMPLES => Ok(Axis::Samples),
        MTS_AXIS_COMPONENTS => Ok(Axis::Components),
        MTS_AXIS_PROPERTIES => Ok(Axis::Properties),
        other => Err(bad_parameter(format_args!(
            "'axis' must be one of the MTS_AXIS_ values, got {other}"
        ))),
    }
}
