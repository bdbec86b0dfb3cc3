//! The operations as methods, so that one can follow the other.

use metatensor_core::{Labels, TensorBlock};

use super::*;
use crate::engine::{Axis, NotEqual, Operand};
use crate::{Direction, EqualMetadataOptions, Result};

macro_rules! methods {
    ($($function:ident$(<$lifetime:lifetime>)?($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        /// The functions of this crate as methods of their first argument.
        ///
        /// ```
        /// use metatensor_core::{Labels, TensorBlock, TensorMap};
        /// use metatensor_operations::Operations;
        ///
        /// # let (atoms, properties) = (Labels::range("atom", 2)?, Labels::range("n", 1)?);
        /// # let block = TensorBlock::new(ndarray::arr2(&[[1.0], [2.0]]), &atoms, &[], &properties)?;
        /// # let x = TensorMap::new(Labels::single(), vec![block])?;
        /// // A map with the values 1 and 2.
        /// let squares = x.multiply(&x)?.sum_over_samples(&["atom"])?;
        /// assert_eq!(squares.block_by_id(0)?.to_ndarray::<f64>()?, ndarray::arr2(&[[5.0]]).into_dyn());
        /// # Ok::<(), metatensor_core::Error>(())
        /// ```
        #[expect(clippy::missing_errors_doc, reason = "the functions say it")]
        pub trait Operations: Operand {
            $(
                #[doc = concat!("See [`", stringify!($function), "`](", stringify!($function), "()).")]
                fn $function$(<$lifetime>)?(&self, $($argument: $type),*) -> $result {
                    super::$function(self, $($argument),*)
                }
            )*
        }
    };
}

methods! {
    abs() -> Result<Self>;
    add(other: &Self) -> Result<Self>;
    add_scalar(scalar: f64) -> Result<Self>;
    subtract(other: &Self) -> Result<Self>;
    subtract_scalar(scalar: f64) -> Result<Self>;
    multiply(other: &Self) -> Result<Self>;
    multiply_scalar(scalar: f64) -> Result<Self>;
    divide(other: &Self) -> Result<Self>;
    divide_scalar(scalar: f64) -> Result<Self>;
    pow(exponent: f64) -> Result<Self>;
    dot(other: &Self) -> Result<Self>;
    contract<'o>(other: &Self, options: ContractOptions<'o>) -> Result<Self>;
    lstsq(y: &Self, options: LstsqOptions) -> Result<Self>;
    solve(y: &Self) -> Result<Self>;
    equal(other: &Self) -> Result<bool>;
    allclose(other: &Self, options: AllcloseOptions) -> Result<bool>;
    equal_metadata(other: &Self, options: EqualMetadataOptions) -> bool;
    check_equal(other: &Self) -> Result<(), NotEqual>;
    check_allclose(other: &Self, options: AllcloseOptions) -> Result<(), NotEqual>;
    check_equal_metadata(other: &Self, options: EqualMetadataOptions) -> Result<(), NotEqual>;
    zeros_like(gradients: GradientSelection<'_>) -> Result<Self>;
    ones_like(gradients: GradientSelection<'_>) -> Result<Self>;
    empty_like(gradients: GradientSelection<'_>) -> Result<Self>;
    random_uniform_like(gradients: GradientSelection<'_>, seed: u64) -> Result<Self>;
    sum_over_samples(names: &[&str]) -> Result<Self>;
    mean_over_samples(names: &[&str]) -> Result<Self>;
    var_over_samples(names: &[&str]) -> Result<Self>;
    std_over_samples(names: &[&str]) -> Result<Self>;
    sum_over_properties(names: &[&str]) -> Result<Self>;
    mean_over_properties(names: &[&str]) -> Result<Self>;
    var_over_properties(names: &[&str]) -> Result<Self>;
    std_over_properties(names: &[&str]) -> Result<Self>;
    slice<'s>(axis: Axis, selection: impl Into<Selection<'s>>) -> Result<Self>;
    split(axis: Axis, selections: &[Selection<'_>]) -> Result<Vec<Self>>;
    remove_gradients(remove: Option<&[&str]>) -> Result<Self>;
    sort(axes: &[Axis], direction: Direction) -> Result<Self>;
    align_gradients(other: &Self) -> Result<(Self, Self)>;
    is_contiguous() -> Result<bool>;
    make_contiguous() -> Result<Self>;
    append_dimension(axis: Axis, name: &str, values: DimensionValues<'_>) -> Result<Self>;
    insert_dimension(axis: Axis, index: usize, name: &str, values: DimensionValues<'_>) -> Result<Self>;
    permute_dimensions(axis: Axis, indexes: &[usize]) -> Result<Self>;
    remove_dimension(axis: Axis, name: &str) -> Result<Self>;
    rename_dimension(axis: Axis, old: &str, new: &str) -> Result<Self>;
    forces(atoms: Option<&Labels>) -> Result<TensorBlock>;
    virial(systems: Option<&Labels>) -> Result<TensorBlock>;
    virial_from_cell(positions: &TensorBlock, cells: &TensorBlock) -> Result<TensorBlock>;
    unique_metadata(axis: Axis, names: &[&str], gradient: Option<&str>) -> Result<Labels>;
}

impl<T: Operand> Operations for T {}
