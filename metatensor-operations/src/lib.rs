//! Operations on tensor maps that know about gradients.
//!
//! All operations are functions at the root of this crate. They take maps by reference and give new
//! ones, or blocks and give new blocks (see [`Operand`]). With [`Operations`] they are methods as well:
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
//!
//! | family | functions |
//! |---|---|
//! | arithmetic | [`abs`], [`add`], [`add_scalar`], [`subtract`], [`subtract_scalar`], [`multiply`], [`multiply_scalar`], [`divide`], [`divide_scalar`], [`pow`]; [`add_with`], [`subtract_with`], [`multiply_with`], [`divide_with`] for gradients that are missing |
//! | linear algebra | [`dot`], [`dot_with`], [`lstsq`], [`solve`], [`normal_equations`]; [`LeastSquares`] for data in batches |
//! | comparison | [`equal`], [`allclose`], [`equal_metadata`], and [`check_equal`], [`check_allclose`], [`check_equal_metadata`] which say what is different |
//! | creation | [`zeros_like`], [`ones_like`], [`empty_like`], [`random_uniform_like`], [`block_from_array`] |
//! | reduction | [`sum_over_samples`], [`mean_over_samples`], [`var_over_samples`], [`std_over_samples`], and the same over properties |
//! | parts | [`slice()`], [`split`], [`drop_blocks`], [`filter_blocks`], [`drop_empty_blocks`], [`remove_gradients`] |
//! | structure | [`join`], [`load_many`], [`sort`], [`align_gradients`], [`is_contiguous`], [`make_contiguous`] |
//! | labels | [`unique_metadata`], [`one_hot`] |
//! | dimensions | [`append_dimension`], [`insert_dimension`], [`permute_dimensions`], [`remove_dimension`], [`rename_dimension`] |
//! | products by labels | [`contract`], [`invariants`]; [`contract_metadata`] and [`invariants_metadata`] for labels only, and [`estimate_bytes`] |
//! | Cartesian tensors | [`cartesian_to_spherical`], [`spherical_to_cartesian`] |
//! | equivariant products | [`cg_product`], [`cg_power`], [`CgProduct`]; [`cg_product_metadata`] and [`cg_power_metadata`] for labels only |
//! | forces | [`forces()`], [`virial()`], [`virial_from_cell`], [`stress()`] |
//! | gradient rows in plain memory | [`gather_rows`], [`scatter_add_rows`], [`gather_multiply`], [`gradient_contract`] |
//!
//! Functions that start with `into_` consume their argument, and do in its memory what others need new memory for:
//!
//! | | functions |
//! |---|---|
//! | change elements where they are | [`into_abs`], [`into_add_scalar`], [`into_multiply_scalar`], [`into_pow`] |
//! | move arrays to the result, instead of sharing them with it | [`into_filtered`], [`into_dropped`], [`into_without_gradients`], [`into_append_dimension`], [`into_insert_dimension`], [`into_permute_dimensions`], [`into_remove_dimension`], [`into_rename_dimension`] |
//!
//! # Values and gradients
//!
//! The values of a block have the shape `[N, ..., P]`, with N samples, components in the middle, and P
//! properties. A gradient has the shape `[G, own components..., ..., P]`. Each of its G rows has the
//! derivatives of one row of the values, the one that its first dimension, `"sample"`, points to. Samples
//! can have any number of gradient rows, in any order. Derivatives without a row are zero: adding such rows
//! changes no result, except for rows of zeros in its gradients.
//!
//! In the formulas of this crate, `x` is an element of the values, and `∇x` an element of a gradient that is
//! a derivative of this `x`: in a row of its sample, with the same components and property.
//!
//! # Gradients of gradients
//!
//! Gradients can have gradients, and so on: those of the gradient with respect to `p` with respect to `q` have the *path*
//! `p/q`. Operations that are linear in the values or only change the structure treat them as they treat gradients. All
//! others (products and quotients of maps, powers, absolute values of complex numbers, variances) have them by the product
//! rule, applied to itself: for `z = x y`, `∇q∇p z = x ∇q∇p y + ∇q x ∇p y + ∇p x ∇q y + ∇q∇p x y`. For these:
//!
//! - Results have the paths that arguments have, which must be the same for both of them. A second derivative that is not
//!   there is unknown, not zero, and never made of first ones.
//! - A path needs all that is left of it without some of its parameters: `p/q` needs `q`, and `p/p/q` needs `p/p`, `p/q`, `p`
//!   and `q`. What is missing is named in an [`Error::Unsupported`]. `q` has the same components of its own and the same
//!   dimensions of samples wherever it comes. Paths have at most 8 parameters. Nothing is needed if all this is multiplied
//!   with zero: in products with a map without gradients, for powers with the exponents 0 and 1, and absolute values of real
//!   numbers.
//! - A gradient of a gradient has the rows that those of the arguments have, and for each row of the gradient it belongs to
//!   one for each row with respect to the same parameter that its sample has, sorted. Its components are its own ones, then
//!   those of the gradient it belongs to.
//!
//! # Two maps
//!
//! Blocks of two maps belong together if they have the same key, wherever they are; the dimensions of keys must be in
//! the same order. The result has the keys of the first map, in its order. Operations on pairs of elements need blocks
//! with the same labels in the same order, gradients included: there is no broadcasting, and different rows of gradients
//! are an error, unless a function that ends with `_with` is told that [`MissingGradients`] are zeros. [`align_gradients`]
//! gives two maps the same rows.
//!
//! # Types of elements
//!
//! All operations work with all types that arrays can have: `bool`, integers of 8 to 64 bits, `f16`, `bf16`, `f32`, `f64`,
//! and complex numbers of two `f32` or `f64`. Results have the types that numpy gives them:
//!
//! | | integers | booleans | others |
//! |---|---|---|---|
//! | sums and products of maps, [`dot`], [`abs`], sums over samples or properties | the same type, wrapping around | *or* for sums, *and* for products | the same type |
//! | differences of maps | the same type, wrapping around | `f64` | the same type |
//! | quotients, powers, solutions of systems, all with a number instead of a map | `f64` | `f64` | the same type |
//! | means, variances, standard deviations | `f64` | `f64` | the same type |
//!
//! - Two different types give the smallest type that holds all elements of both: `i16` with `f32` gives `f32`, `u32` with
//!   `i32` gives `i64`. If there is no larger integer this is `f64`; real with complex numbers give complex numbers.
//!   Gradients get the type of the values. Operations that move elements do not promote.
//! - `f16` and `bf16` are computed as `f32`, and rounded once. `f32` and real parts of it are accumulated as `f64`.
//! - Numbers that are given are rounded to the precision of the map.
//! - NaN and infinities spread as IEEE 754 says; nothing is masked, and a division by zero is no error.
//!
//! # Reductions
//!
//! A reduction removes some dimensions, given by name, from the samples or properties. All entries that only differ in
//! these make up one group, and become one entry of the result. Groups are sorted by the dimensions that are left; if none
//! is left there is one group, with the label `_ = 0`, or no group, with the same dimension, if there was no entry.
//! Means and variances divide by the number of entries of a group, which for samples is that of rows of the values,
//! however many rows their gradients have.
//!
//! # Arrays
//!
//! Arrays can have any strides. New ones are row-major, and of the same kind as those of the (first) argument. Those that
//! do not change are shared with the argument, and copied when one of the two is changed. Elements must be in main memory:
//! what needs them is refused with [`Error::Unsupported`] on other devices, what only changes labels works on any device.
//!
//! Large operations use several threads (see [`set_num_threads`](metatensor_core::set_num_threads)), and give the same bits for
//! any number of them.
//!
//! The [info](metatensor_core::TensorMap::info) of a map stays with what only is another form of it, or has its labels:
//! structure, parts, dimensions and creation. Results of arithmetic, linear algebra, reductions and of joining several maps
//! have none.
//!
//! # Errors
//!
//! Messages start with the function, then say which block (`block (center_type=6)`), axis or gradient, and what was expected.
//!
//! | [`Error`] | when |
//! |---|---|
//! | `NotEqual` | keys or labels of two maps are different, and must not be |
//! | `InvalidParameter` | an axis, name, index or selection can not be used, or labels would not be unique |
//! | `Unsupported` | a gradient is missing that gradients of gradients need, there is no arithmetic for a type, or data is on another device |
//! | `LinearAlgebra` | a matrix is singular, a number is not finite, or a solution does not fit in the type of elements |
//! | `BufferSize` | memory that was given does not have the right size |

#![forbid(unsafe_code)]

mod engine;
mod kernels;
mod numbers;
mod ops;
#[cfg(test)]
mod testing;

pub use engine::{Axis, EqualMetadataOptions, MissingGradients, NotEqual, Operand};
pub use metatensor_core::internal::rows::Direction;
pub use metatensor_core::{Error, Result};
pub use ops::*;
