//! Merging samples.

use std::borrow::Cow;

use metatensor_core::internal::rows::{RowGroups, Rows};
use metatensor_core::internal::stored_like;
use metatensor_core::{DType, DenseArray, Labels, Result, TensorBlock};

use super::{Kept, Reduction, Spread};
use crate::engine::{Axis, add_gradients, check_no_second_derivatives};
use crate::kernels::{GradientRows, RowMoments, centered_rows, sum_rows};
use crate::numbers::{
    Continuous, Number, continuous, large_integers, read, stored, with_continuous, with_number,
};

pub(super) fn reduce(
    block: &TensorBlock,
    reduction: Reduction,
    names: &[&str],
) -> Result<TensorBlock> {
    let kept = Kept::new(Axis::Samples, block.samples(), names)?;
    let dtype = match reduction {
        Reduction::Sum => block.dtype()?,
        _ => continuous(block.dtype()?)?,
    };
    let merge = Merge::of_values(block, &kept, dtype)?;
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

/// Which rows of a block become one, and the labels of the rows there are then.
struct Merge {
    groups: RowGroups,
    samples: Labels,
    /// For each group of a gradient: the number of samples of the values that it is a derivative of.
    /// For each group of values: how many these are.
    counts: Vec<u32>,
    /// Type of the results.
    dtype: DType,
}

impl Merge {
    fn of_values(block: &TensorBlock, kept: &Kept<'_>, dtype: DType) -> Result<Merge> {
        let (groups, samples) = kept.groups(block.samples())?;
        let offsets = groups.offsets().windows(2);
        let counts = offsets.map(|ends| ends[1] - ends[0]).collect();
        Ok(Merge {
            groups,
            samples,
            counts,
            dtype,
        })
    }

    /// Rows of a gradient are merged if they have the same labels after the rows of the values, or of
    /// the gradient that this is a gradient of, have been merged.
    fn of_gradient(&self, gradient: &TensorBlock) -> Result<Merge> {
        let samples = gradient.samples();
        samples.check_readable("a reduction")?;
        let rows = samples.rows();
        let mut table = rows.values().to_vec();
        for row in table.chunks_exact_mut(rows.width()) {
            row[0] = self.groups.group_of()[row[0] as usize] as i32;
        }
        let groups = RowGroups::new(Rows::try_new(&table, rows.count(), rows.width())?);
        let merged = groups.unique();
        let counts = merged.iter().map(|row| self.counts[row[0] as usize]);
        Ok(Merge {
            counts: counts.collect(),
            samples: Labels::assume_unique(&samples.names().to_vec(), merged.values().to_vec())?
                .stored_like(samples)?,
            groups,
            dtype: self.dtype,
        })
    }

    /// Block with one row per group, without gradients.
    fn block(&self, block: &TensorBlock, results: DenseArray) -> Result<TensorBlock> {
        TensorBlock::new(
            stored_like(&**block.values(), stored(results, self.dtype)?)?,
            &self.samples,
            block.components(),
            block.properties(),
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
/// number of values in the group.
fn merge_all<T: Number>(
    block: &TensorBlock,
    merge: &Merge,
    finish: impl Fn(f64, T::Sum) -> T + Copy + Sync,
) -> Result<TensorBlock> {
    let view = block.view()?;
    let x = read::<T>(&view)?;
    let values = sum_rows(view.shape(), &x, &merge.groups, |group, sum| {
        finish(merge.counts[group].into(), sum)
    })?;
    let mut result = merge.block(block, values)?;
    add_gradients(&mut result, block, |_, gradient| {
        merge_all(gradient, &merge.of_gradient(gradient)?, finish)
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
            let centered = centered_rows(&x, view.shape()[1..].iter().product(), &merge.groups)?;
            centered.into_iter().map(T::from_real).collect()
        }
    };
    let moments = RowMoments::new(view.shape(), &x, &merge.groups)?;
    let mut result = merge.block(block, moments.map_variances(|v| spread.value(v))?)?;
    add_gradients(&mut result, block, |parameter, gradient| {
        let rows = GradientRows::new(block, parameter)?;
        let merge = merge.of_gradient(gradient)?;
        let view = gradient.view()?;
        let a = read::<T>(&view)?;
        let values = moments.weighted_sums(&rows, &a, &merge.groups, |count, variance, sum| {
            spread.derivative(count, variance, sum)
        })?;
        merge.block(gradient, values)
    })?;
    Ok(result)
}
