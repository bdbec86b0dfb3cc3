//! Loops over elements, shared by all operations.
//!
//! They read slices, each element once, and write each element of the result once, to memory that
//! nobody has touched before.

mod accumulate;
mod centered;
mod clebsch_gordan;
mod contraction;
mod elementwise;
mod fused;
mod gather;
mod items;
mod merge_columns;
mod merge_rows;
mod mix_components;
mod products;
mod row_moments;
mod row_sums;
mod sparse;

pub(crate) use accumulate::Variance;
pub(crate) use centered::{centered_columns, centered_rows};
pub(crate) use clebsch_gordan::{Coupled, CoupledProducts, Coupling, couple};
pub(crate) use contraction::{Contract, Factors, Layout, Lines, Products, TermRow, contract_rows};
pub(crate) use elementwise::{map, map_in_place, zip};
pub(crate) use fused::add_product;
pub(crate) use gather::{GradientRows, gather_in_place, gather_map, gather_zip};
pub(crate) use items::{Columns, Picked, PickedAxes, ZEROS, pick, side_by_side, stack};
pub(crate) use merge_columns::{ColumnMoments, sum_columns};
pub(crate) use merge_rows::sum_rows;
pub(crate) use mix_components::{Terms, mix_components};
pub(crate) use products::{PickedRows, RowProducts, add_products, gathered_rows};
pub(crate) use row_moments::{RowMoments, row_variances};
pub(crate) use row_sums::{Elements, RowSums, negative_sums};
pub(crate) use sparse::{Sparse, zip_rows};
