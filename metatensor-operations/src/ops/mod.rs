//! The operations: a file for each of them, or for those that have one formula, with its tests beside it.

mod align;
mod arithmetic;
mod block_from_array;
mod chain_rule;
mod compare;
mod contiguous;
mod dimensions;
mod forces;
mod join;
mod like;
mod linalg;
mod methods;
mod one_hot;
mod products;
mod random;
mod reduce;
mod remove_gradients;
mod rows;
mod select_blocks;
mod slice;
mod sort;
mod unique_metadata;

pub use align::align_gradients;
pub use arithmetic::*;
pub use block_from_array::{BlockNames, block_from_array};
pub use chain_rule::{gather_multiply, gradient_contract};
pub use compare::*;
pub use contiguous::{is_contiguous, make_contiguous};
pub use dimensions::*;
pub use forces::{forces, stress, virial, virial_from_cell};
pub use join::{DifferentKeys, JoinOptions, LoadManyOptions, join, load_many, load_many_with};
pub use like::{GradientSelection, empty_like, ones_like, zeros_like};
pub use linalg::*;
pub use methods::Operations;
pub use one_hot::one_hot;
pub use products::*;
pub use random::random_uniform_like;
pub use reduce::*;
pub use remove_gradients::{into_without_gradients, remove_gradients};
pub use rows::{gather_rows, scatter_add_rows};
pub use select_blocks::{
    drop_blocks, drop_empty_blocks, filter_blocks, into_dropped, into_filtered,
};
pub use slice::{Selection, slice, split};
pub use sort::sort;
pub use unique_metadata::unique_metadata;
