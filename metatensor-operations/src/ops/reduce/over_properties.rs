//! Merging properties.

use std::borrow::Cow;

use metatensor_core::internal::stored_like;
use metatensor_core::{DType, DenseArray, Labels, Result, TensorBlock};

use super::{Kept, Reduction, Spread};
use crate::engine::{Axis, add_gradients, check_no_second_derivatives};
use crate::kernels::{ColumnGroups, ColumnMoments, GradientRows, centered_columns, sum_columns};
use crate::numbers::{
    Continuous, Number, continuous, large_integers, read, stored, with_continuous, with_number,
};

pub(super) fn reduce(
    block: &TensorBlock,
    reduction: Reduction,
    names: &[&str],
) -> Result<TensorBlock> {
    let kept = Kept::new(Axis::Properties, block.properties(), names)?;
    let (groups, properties) = kept.groups(block.properties())?;
    let dtype = match reduction {
        Reduction::Sum => block.dtype()?,
        _ => continuous(block.dtype()?)?,
    };
    let merge = Merge {
        columns: ColumnGroups::new(groups),
        properties,
        dtype,
    };
    match reduction {
        Reduction::Sum => with_number!(dtype, T => sum::<T>(block, &merge)),
        Reduction::Mean => with_continuous!(dtype, T => mean::<T>(block, &merge)),
        Reduction::Var => {
            with_continuous!(dtype, T => spread::<T>(block, &merge, Spread::Variance))
        }
        Reduction::Std => {
            with_continuous!(dtype, T => spread::<T>(block, &merge, Spread::Deviation))
        }
    }
}

/// Which properties become one, and the labels of those there are then.
struct Merge {
    columns: ColumnGroups,
    properties: Labels,
    /// Type of the results.
    dtype: DType,
}

impl Merge {
    /// Block with one property per group, without gradients.
    fn block(&self, block: &TensorBlock, results: DenseArray) -> Result<TensorBlock> {
        TensorBlock::new(
            stored_like(&**block.values(), stored(results, self.dtype)?)?,
            block.samples(),
            block.components(),
            &self.properties,
        )
    }
}

fn sum<T: Number>(block: &TensorBlock, merge: &Merge) -> Result<TensorBlock> {
    merge_all(block, merge, |_, sum| T::narrow(sum))
}

fn mean<T: Continuous>(block: &TensorBlock, merge: &Merge) -> Result<TensorBlock> {
    merge_all(block, merge, |count, sum: T::Sum| T::narrow(sum / count))
}

/// `finish(count, sum)` for the sums of values and those of gradients, at all depths; `count` is the
/// number of properties in the group.
fn merge_all<T: Number>(
    block: &TensorBlock,
    merge: &Merge,
    finish: impl Fn(f64, T::Sum) -> T + Copy + Sync,
) -> Result<TensorBlock> {
    let view = block.view()?;
    let x = read::<T>(&view)?;
    let values = sum_columns(view.shape(), &x, &merge.columns, finish)?;
    let mut result = merge.block(block, values)?;
    add_gradients(&mut result, block, |_, gradient| {
        merge_all(gradient, merge, finish)
    })?;
    Ok(result)
}

fn spread<T: Continuous>(
    block: &TensorBlock,
    merge: &Merge,
    spread: Spread,
) -> Result<TensorBlock> {
    check_no_second_derivatives(block)?;
    let view = block.view()?;
    let x: Cow<'_, [T]> = match large_integers(&view)? {
        None => read(&view)?,
        Some(x) => {
            let centered =
                centered_columns(&x, view.shape()[view.shape().len() - 1], &merge.columns)?;
            centered.into_iter().map(T::from_real).collect()
        }
    };
    let moments = ColumnMoments::new(view.shape(), &x, &merge.columns)?;
    let mut result = merge.block(block, moments.map_variances(|v| spread.value(v))?)?;
    add_gradients(&mut result, block, |parameter, gradient| {
        let rows = GradientRows::new(block, parameter)?;
        let view = gradient.view()?;
        let a = read::<T>(&view)?;
        let values = moments.weighted_sums(&rows, &a, |count, variance, sum| {
            spread.derivative(count, variance, sum)
        })?;
        merge.block(gradient, values)
    })?;
    Ok(result)
}
