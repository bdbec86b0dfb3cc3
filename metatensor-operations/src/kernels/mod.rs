//! Loops over elements, shared by all operations.
//!
//! They read slices, each element once, and write each element of the result once, to memory that
//! nobody has touched before.

mod elementwise;
mod gather;
mod items;

pub(crate) use elementwise::{map, zip};
pub(crate) use gather::{GradientRows, gather_in_place, gather_map, gather_zip};
pub(crate) use items::{Columns, Picked, ZEROS, pick, side_by_side, stack};
