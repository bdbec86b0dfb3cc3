//! Moving rows of one array to places in another one.

use ndarray::{Axis, Slice};

use super::{View, ViewMut};
use crate::{Error, Result, with_item_size};

/// Some properties of one sample, for all components, to be copied from one array to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct DataMovement {
    /// Position of the sample in the input.
    pub sample_in: usize,
    /// Position of the sample in the output.
    pub sample_out: usize,
    /// First property in the input.
    pub properties_start_in: usize,
    /// First property in the output.
    pub properties_start_out: usize,
    /// Number of properties.
    pub properties_length: usize,
}

/// Copies parts of `input` to `output`, which must be contiguous.
pub(super) fn move_data(
    output: &mut ViewMut<'_>,
    input: &View<'_>,
    movements: &[DataMovement],
) -> Result<()> {
    let shape_out: super::layout::Shape = output.shape().into();
    let shape_in = input.shape();
    let axes = shape_out.len();
    let dtype = input.dtype();
    if dtype != output.dtype() {
        return Err(Error::invalid(format!(
            "can not move data from an array of {dtype} to an array of {}",
            output.dtype()
        )));
    }
    if axes < 2 || shape_in.len() != axes || shape_in[1..axes - 1] != shape_out[1..axes - 1] {
        return Err(Error::invalid(format!(
            "can not move data from an array of shape {shape_in:?} to one of shape {:?}",
            &shape_out[..]
        )));
    }
    let components: usize = shape_in[1..axes - 1].iter().product();
    let (row_in, row_out) = (shape_in[axes - 1], shape_out[axes - 1]);
    let check = |m: &DataMovement| {
        let fits = |start: usize, n| {
            start
                .checked_add(m.properties_length)
                .is_some_and(|e| e <= n)
        };
        if m.sample_in < shape_in[0]
            && m.sample_out < shape_out[0]
            && fits(m.properties_start_in, row_in)
            && fits(m.properties_start_out, row_out)
        {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "{m:?} is out of bounds for arrays of shape {shape_in:?} and {:?}",
            &shape_out[..]
        )))
    };

    with_item_size!(dtype.size(), N => {
        let items = input.items::<N>();
        let Some(target) = output.as_items_mut::<N>() else {
            return Err(Error::Internal("moving data to an array with strides".into()));
        };
        let source = items.as_slice();
        for m in movements {
            check(m)?;
            let mut to = m.sample_out * components * row_out + m.properties_start_out;
            if let Some(source) = source {
                let mut from = m.sample_in * components * row_in + m.properties_start_in;
                if m.properties_length == row_in && row_in == row_out {
                    let length = components * row_in;
                    target[to..to + length].copy_from_slice(&source[from..from + length]);
                    continue;
                }
                for _ in 0..components {
                    target[to..to + m.properties_length]
                        .copy_from_slice(&source[from..from + m.properties_length]);
                    from += row_in;
                    to += row_out;
                }
            } else {
                let mut row = items.index_axis(Axis(0), m.sample_in);
                let properties = m.properties_start_in..m.properties_start_in + m.properties_length;
                row.slice_axis_inplace(Axis(axes - 2), Slice::from(properties));
                for component in row.rows() {
                    let target = &mut target[to..to + m.properties_length];
                    for (target, &item) in target.iter_mut().zip(component) {
                        *target = item;
                    }
                    to += row_out;
                }
            }
        }
        Ok(())
    })
}
