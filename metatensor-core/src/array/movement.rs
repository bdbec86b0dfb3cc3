//! Moving rows of one array to places in another one.

use ndarray::{Axis, Slice};

use super::{Array, DenseArray, View, ViewMut};
use crate::{Error, Result};

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

/// Where a whole array goes inside of a larger one: each row to another row, all properties
/// starting at the same one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement<'a> {
    /// Row of the output for each row of the input.
    pub(crate) rows: &'a [u32],
    /// Property of the output that gets the first property of the input.
    pub(crate) properties_start: usize,
}

impl Placement<'_> {
    /// Copies all of `input` to its place in `output`.
    pub(crate) fn apply(&self, output: &mut dyn Array, input: &dyn Array) -> Result<()> {
        let properties_length = *input.shape()?.last().unwrap_or(&0);
        let movements = self
            .rows
            .iter()
            .enumerate()
            .map(|(sample_in, &sample_out)| DataMovement {
                sample_in,
                sample_out: sample_out as usize,
                properties_start_in: 0,
                properties_start_out: self.properties_start,
                properties_length,
            });
        if output.downcast_ref::<DenseArray>().is_some() {
            return move_data(&mut output.view_mut()?, &input.view()?, movements);
        }
        output.move_data(input, &movements.collect::<Vec<_>>())
    }
}

/// Runs a block of code with the constant `$N` equal to `$size`, the size of any element type.
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
pub(super) use with_item_size;

/// Copies parts of `input` to `output`, which must be contiguous.
pub(super) fn move_data<M: std::borrow::Borrow<DataMovement>>(
    output: &mut ViewMut<'_>,
    input: &View<'_>,
    movements: impl IntoIterator<Item = M>,
) -> Result<()> {
    let shape_out: super::view::Shape = output.as_view().shape().into();
    let shape_in = input.shape();
    let axes = shape_out.len();
    let dtype = input.dtype();
    if dtype != output.as_view().dtype() {
        return Err(Error::invalid(format!(
            "can not move data from an array of {dtype} to an array of {}",
            output.as_view().dtype()
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
            let m = m.borrow();
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
