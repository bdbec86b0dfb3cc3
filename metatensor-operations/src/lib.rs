//! Operations on tensor maps that know about gradients.
//!
//! All operations are functions at the root of this crate. They take maps by reference and give new
//! ones; the same operation on a single block has the suffix `_block`. Gradients are operated on as
//! the rules of differentiation ask, using for each row of a gradient the row of the values that its
//! `"sample"` dimension points to. Gradients of gradients are handled to any depth by operations that
//! are linear in the values or only change the structure; the others refuse them with
//! [`Error::Unsupported`].
//!
//! Results have arrays of the same kind as those of the (first) argument. Functions that start with
//! `into_` consume a map, and reuse its memory if they can.
//!
//! | family | functions |
//! |---|---|
//! | arithmetic | [`abs`], [`add`], [`add_scalar`], [`subtract`], [`subtract_scalar`], [`multiply`], [`multiply_scalar`], [`divide`], [`divide_scalar`], [`pow`], [`into_abs`], [`into_add_scalar`], [`into_multiply_scalar`], [`into_pow`] |
//! | linear algebra | [`dot`], [`lstsq`], [`solve`] |
//! | comparison | [`equal`], [`allclose`], [`equal_metadata`], and [`check_equal`], [`check_allclose`], [`check_equal_metadata`] which say what is different |
//! | creation | [`zeros_like`], [`ones_like`], [`empty_like`], [`random_uniform_like`], [`block_from_array`] |
//! | reduction | [`sum_over_samples`], [`mean_over_samples`], [`var_over_samples`], [`std_over_samples`], and the same over properties |
//! | parts | [`slice()`], [`split`], [`drop_blocks`], [`filter_blocks`], [`drop_empty_blocks`], [`remove_gradients`] |
//! | structure | [`join`], [`sort`], [`align_gradients`], [`is_contiguous`], [`make_contiguous`] |
//! | labels | [`unique_metadata`], [`one_hot`] |
//! | dimensions | [`append_dimension`], [`insert_dimension`], [`permute_dimensions`], [`remove_dimension`], [`rename_dimension`] |
//!
//! ```
//! use metatensor_core::{Labels, TensorBlock, TensorMap};
//! use ndarray::arr2;
//!
//! // x², with x = 3 and dx/dt = 1.
//! let samples = Labels::range("atom", 1)?;
//! let properties = Labels::range("n", 1)?;
//! let mut block = TensorBlock::new(arr2(&[[3.0]]), &samples, &[], &properties)?;
//! let rows = Labels::new(["sample"], &[[0]])?;
//! block.add_gradient("t", TensorBlock::new(arr2(&[[1.0]]), &rows, &[], &properties)?)?;
//! let x = TensorMap::new(Labels::single(), vec![block])?;
//!
//! let square = metatensor_operations::multiply(&x, &x)?;
//! let square = square.block_by_id(0)?;
//! assert_eq!(square.to_ndarray::<f64>()?, arr2(&[[9.0]]).into_dyn());
//! assert_eq!(square.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[6.0]]).into_dyn());
//! # Ok::<(), metatensor_core::Error>(())
//! ```

#![forbid(unsafe_code)]

mod align;
mod arithmetic;
mod axis;
mod block_from_array;
mod chain_rule;
mod compare;
mod contiguous;
mod dimensions;
mod elements;
mod gradient_rows;
mod gradients;
mod in_place;
mod join;
mod kernels;
#[cfg(test)]
mod laws;
mod like;
mod linalg;
mod matching;
mod number;
mod one_hot;
mod random;
mod reduce;
mod results;
mod rows;
mod select_blocks;
mod slice;
mod sort;
mod structure;
mod take;
#[cfg(test)]
mod testing;
mod unique_metadata;

pub use align::{align_gradients, align_gradients_block};
pub use arithmetic::*;
pub use axis::Axis;
pub use block_from_array::{BlockNames, block_from_array};
pub use chain_rule::{gather_multiply, gradient_contract};
pub use compare::*;
pub use contiguous::{is_contiguous, is_contiguous_block, make_contiguous, make_contiguous_block};
pub use dimensions::*;
pub use gradients::{into_without_gradients, remove_gradients, remove_gradients_block};
pub use join::{DifferentKeys, JoinOptions, join, join_blocks};
pub use like::*;
pub use linalg::*;
pub use metatensor_core::rows::Direction;
pub use metatensor_core::{Error, Result};
pub use one_hot::one_hot;
pub use random::{random_uniform_like, random_uniform_like_block};
pub use reduce::*;
pub use rows::{gather_rows, scatter_add_rows};
pub use select_blocks::{
    drop_blocks, drop_empty_blocks, filter_blocks, into_dropped, into_filtered,
};
pub use slice::{Selection, slice, slice_block, split, split_block};
pub use sort::{sort, sort_block};
pub use unique_metadata::{unique_metadata, unique_metadata_block};

/// The Rust code in the README is tested with the examples of this crate.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
