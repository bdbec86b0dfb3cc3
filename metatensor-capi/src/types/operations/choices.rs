//! One of a few, or some of them.

use metatensor_core::{Error, Result};
use metatensor_operations::{Axis, DimensionValues, Direction, MissingGradients};

use crate::ffi::{Parameter, bad_parameter};

/// One of the axes of maps and blocks: a `MTS_AXIS_` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_axis_t(u32);

/// The blocks of a map.
pub const MTS_AXIS_KEYS: u32 = 0;
/// The first axis of the values of blocks.
pub const MTS_AXIS_SAMPLES: u32 = 1;
/// The axes between the first and the last.
pub const MTS_AXIS_COMPONENTS: u32 = 2;
/// The last axis.
pub const MTS_AXIS_PROPERTIES: u32 = 3;

impl Parameter for mts_axis_t {
    type Value = Axis;

    fn checked(self, name: &str) -> Result<Axis> {
        match self.0 {
            MTS_AXIS_KEYS => Ok(Axis::Keys),
            MTS_AXIS_SAMPLES => Ok(Axis::Samples),
            MTS_AXIS_COMPONENTS => Ok(Axis::Components),
            MTS_AXIS_PROPERTIES => Ok(Axis::Properties),
            other => Err(bad_parameter(format_args!(
                "'{name}' must be one of the MTS_AXIS_ values, got {other}"
            ))),
        }
    }
}

/// What to do with gradients that not all arguments of an operation have: a `MTS_MISSING_GRADIENTS_` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_missing_gradients_t(u32);

/// They are an error.
pub const MTS_MISSING_GRADIENTS_ERROR: u32 = 0;
/// A row that only some gradients have is zero in the others. All arguments must have gradients with respect to the same
/// parameters. Results are those for the maps that `mts_align_gradients` makes, without making them.
pub const MTS_MISSING_GRADIENTS_ZERO_ROWS: u32 = 1;
/// The same, and a gradient that only some arguments have is zero for the others.
pub const MTS_MISSING_GRADIENTS_ZEROS: u32 = 2;

impl Parameter for mts_missing_gradients_t {
    type Value = MissingGradients;

    fn checked(self, name: &str) -> Result<MissingGradients> {
        match self.0 {
            MTS_MISSING_GRADIENTS_ERROR => Ok(MissingGradients::Error),
            MTS_MISSING_GRADIENTS_ZERO_ROWS => Ok(MissingGradients::ZeroRows),
            MTS_MISSING_GRADIENTS_ZEROS => Ok(MissingGradients::Zeros),
            other => Err(Error::invalid(format!(
                "'{name}' must be one of the MTS_MISSING_GRADIENTS_ values, got {other}"
            ))),
        }
    }
}

/// Sort samples.
pub const MTS_SORT_SAMPLES: u32 = 1;
/// Sort components.
pub const MTS_SORT_COMPONENTS: u32 = 2;
/// Sort properties.
pub const MTS_SORT_PROPERTIES: u32 = 4;
/// Sort blocks by their keys.
pub const MTS_SORT_KEYS: u32 = 8;
/// Sort all axes of a map.
pub const MTS_SORT_ALL: u32 = 15;

/// The axes in or-ed `MTS_SORT_` values.
pub(crate) fn sort_axes(flags: u32, name: &str) -> Result<Vec<Axis>> {
    if flags & !MTS_SORT_ALL != 0 {
        return Err(bad_parameter(format_args!(
            "'{name}' must be made of MTS_SORT_ values, got {flags}"
        )));
    }
    let all = [
        (MTS_SORT_SAMPLES, Axis::Samples),
        (MTS_SORT_COMPONENTS, Axis::Components),
        (MTS_SORT_PROPERTIES, Axis::Properties),
        (MTS_SORT_KEYS, Axis::Keys),
    ];
    let axes = all.into_iter().filter(|(flag, _)| flags & flag != 0);
    Ok(axes.map(|(_, axis)| axis).collect())
}

pub(crate) fn direction(descending: bool) -> Direction {
    if descending {
        Direction::Descending
    } else {
        Direction::Ascending
    }
}

/// A single value is for all entries.
pub(crate) fn dimension_values(values: &[i32]) -> DimensionValues<'_> {
    match values {
        [value] => DimensionValues::Scalar(*value),
        values => DimensionValues::Array(values),
    }
}
