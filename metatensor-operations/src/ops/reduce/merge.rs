//! Merging entries of an axis.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use metatensor_core::internal::rows::{RowGroups, Rows};
use metatensor_core::{DType, DenseArray, Error, Labels, Result, TensorBlock, View};

use super::{Reduction, at_depth};
use crate::engine::{Axis, Repeated, add_gradients, has_second_derivatives, without_gradients};
use crate::kernels::{
    ColumnMoments, GradientRows, RowMoments, Variance, centered_columns, centered_rows,
    row_variances, sum_columns, sum_rows,
};
use crate::numbers::{
    Continuous, Number, continuous, large_integers, read, stored, with_continuous, with_number,
};

/// `block` with the dimensions `names` removed from its samples or properties. `merges` has what was made for other blocks of
/// the same map.
pub(super) fn reduce(
    block: &TensorBlock,
    axis: Axis,
    reduction: Reduction,
    names: &[&str],
    merges: &Repeated<Merge>,
) -> Result<TensorBlock> {
    let merge = merges.get(axis.labels(block), || {
        Merge::new(block, axis, reduction, names)
    })?;
    match reduction {
        Reduction::Sum => with_number!(merge.dtype, T => {
            merge_all(block, &merge, |_, sum| T::narrow(sum))
        }),
        Reduction::Mean => with_continuous!(merge.dtype, T => {
            merge_all(block, &merge, |count, sum| T::narrow(sum / count))
        }),
        Reduction::Var | Reduction::Std => with_continuous!(merge.dtype, T => {
            if !has_second_derivatives(block) {
                return spread::<T>(block, &merge, reduction);
            }
            let first = spread::<T>(&without_second_derivatives(block)?, &merge, reduction)?;
            let deviations = deviations::<T>(&block.view()?, &merge)?;
            let mean = |block: &TensorBlock| {
                reduce(block, axis, Reduction::Mean, names, &Repeated::new())
            };
            at_depth::with_second_derivatives::<T>(block, &deviations, reduction, &first, &mean)
        }),
    }
}

/// `block` and its gradients, without gradients of these.
fn without_second_derivatives(block: &TensorBlock) -> Result<TensorBlock> {
    let mut result = without_gradients(block)?;
    add_gradients(&mut result, block, &mut |_, gradient| {
        without_gradients(gradient)
    })?;
    Ok(result)
}

/// The differences of all elements to the mean of their group.
fn deviations<T: Continuous>(view: &View<'_>, merge: &Merge) -> Result<Vec<T::Sum>> {
    let (shape, groups) = (view.shape(), &merge.groups);
    if let Some(centered) = centered_integers(view, merge)? {
        return Ok(centered.into_iter().map(T::Sum::from_real).collect());
    }
    let mut x = read::<T::Sum>(view)?.into_owned();
    let group_of = groups.group_of();
    let (length, columns) = (shape[1..].iter().product::<usize>(), shape[shape.len() - 1]);
    let group = |element: usize| match merge.axis {
        Axis::Samples => group_of[element / length] as usize * length + element % length,
        _ => element / columns * groups.len() + group_of[element % columns] as usize,
    };
    // The first number of each group is close to all others, if these are close to each other.
    let mut firsts = HashMap::new();
    for (i, x) in x.iter_mut().enumerate() {
        *x = x.minus(*firsts.entry(group(i)).or_insert(*x));
    }
    let mut sums: HashMap<usize, (T::Sum, f64)> = HashMap::new();
    for (i, &x) in x.iter().enumerate() {
        let (sum, count) = sums.entry(group(i)).or_default();
        (*sum, *count) = (sum.plus(x), *count + 1.0);
    }
    for (i, x) in x.iter_mut().enumerate() {
        let (sum, count) = sums[&group(i)];
        *x = x.minus(sum / count);
    }
    Ok(x)
}

/// Integers that `f64` does not hold, as differences to the mean of their group.
fn centered_integers(view: &View<'_>, merge: &Merge) -> Result<Option<Vec<f64>>> {
    let Some(x) = large_integers(view)? else {
        return Ok(None);
    };
    let (shape, groups) = (view.shape(), &merge.groups);
    let centered = match merge.axis {
        Axis::Samples => centered_rows(&x, shape[1..].iter().product(), groups)?,
        _ => centered_columns(&x, shape[shape.len() - 1], groups)?,
    };
    Ok(Some(centered))
}

/// Which entries of an axis of a block become one, and the labels of those there are then.
pub(super) struct Merge {
    axis: Axis,
    groups: RowGroups,
    labels: Labels,
    /// For each group of the samples of a gradient: the number of samples of the values that it is a derivative of.
    /// For all other groups: how many entries they have.
    counts: Vec<u32>,
    /// Type of the results.
    dtype: DType,
    /// How the samples of gradients are merged.
    of_gradients: Repeated<Merge>,
}

impl Merge {
    /// Entries are merged if they are the same but for the dimensions `removed`.
    fn new(
        block: &TensorBlock,
        axis: Axis,
        reduction: Reduction,
        removed: &[&str],
    ) -> Result<Merge> {
        let labels = axis.labels(block);
        let mut is_removed = vec![false; labels.size()];
        for name in removed {
            let Some(column) = labels.names().position(name) else {
                return Err(Error::invalid(format!(
                    "'{name}' is not a dimension of the {axis}, which have the dimensions {}",
                    labels.names()
                )));
            };
            is_removed[column] = true;
        }
        let names = labels.names().iter().enumerate();
        let kept = names.filter(|(column, _)| !is_removed[*column]);
        let (columns, names): (Vec<_>, Vec<_>) = kept.unzip();
        labels.check_readable("a reduction")?;
        let rows = labels.rows();
        let table = rows.columns(&columns);
        let groups = RowGroups::new(Rows::try_new(&table, rows.count(), columns.len())?);
        let merged = match groups.len() {
            _ if !names.is_empty() => {
                Labels::assume_unique(&names, groups.unique().values().to_vec())?
            }
            0 => Labels::empty(&["_"])?,
            _ => Labels::single(),
        };
        let offsets = groups.offsets().windows(2);
        Ok(Merge {
            axis,
            labels: merged.stored_like(labels)?,
            counts: offsets.map(|ends| ends[1] - ends[0]).collect(),
            groups,
            dtype: match reduction {
                Reduction::Sum => block.dtype(),
                _ => continuous(block.dtype())?,
            },
            of_gradients: Repeated::new(),
        })
    }

    /// Rows of a gradient are merged if they have the same labels after the rows of the values, or of
    /// the gradient that this is a gradient of, have been merged. `None` if properties are merged, which are the same.
    fn of_gradient(&self, gradient: &TensorBlock) -> Result<Option<Rc<Merge>>> {
        if self.axis == Axis::Properties {
            return Ok(None);
        }
        let samples = gradient.samples();
        let merge = self.of_gradients.get(samples, || self.of_rows(samples))?;
        Ok(Some(merge))
    }

    fn of_rows(&self, samples: &Labels) -> Result<Merge> {
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
            axis: self.axis,
            counts: counts.collect(),
            labels: Labels::assume_unique(&samples.names().to_vec(), merged.values().to_vec())?
                .stored_like(samples)?,
            groups,
            dtype: self.dtype,
            of_gradients: Repeated::new(),
        })
    }

    /// Block with one entry per group, without gradients.
    fn block(&self, block: &TensorBlock, results: DenseArray) -> Result<TensorBlock> {
        let (samples, properties) = match self.axis {
            Axis::Samples => (&self.labels, block.properties()),
            _ => (block.samples(), &self.labels),
        };
        let values = stored(results, self.dtype)?;
        block.with_new_values(values, samples, block.components(), properties)
    }
}

/// `finish(count, sum)` for the sums of values and those of gradients, at all depths; `count` is the
/// number of values in the group.
fn merge_all<T: Number>(
    block: &TensorBlock,
    merge: &Merge,
    finish: impl Fn(f64, T::Sum) -> T + Copy + Sync,
) -> Result<TensorBlock> {
    let view = block.view()?;
    let (shape, x) = (view.shape(), read::<T>(&view)?);
    let counts = &merge.counts;
    let of_group = |group: usize, sum| finish(counts[group].into(), sum);
    let values = match merge.axis {
        Axis::Samples => sum_rows(shape, &x, &merge.groups, of_group)?,
        _ => sum_columns(shape, &x, &merge.groups, of_group)?,
    };
    let mut result = merge.block(block, values)?;
    add_gradients(&mut result, block, &mut |_, gradient| {
        let own = merge.of_gradient(gradient)?;
        merge_all(gradient, own.as_deref().unwrap_or(merge), finish)
    })?;
    Ok(result)
}

/// Makes the elements of a gradient, the samples of which are merged like this.
type Derivatives<'a, T> = dyn Fn(&GradientRows, &[T], &Merge) -> Result<DenseArray> + 'a;

/// Variances or standard deviations of a block without gradients of gradients.
fn spread<T: Continuous>(
    block: &TensorBlock,
    merge: &Merge,
    reduction: Reduction,
) -> Result<TensorBlock> {
    let value = |Variance { scaled, scale }: Variance| match reduction {
        Reduction::Std => scaled.sqrt() * scale,
        _ => scaled * scale * scale,
    };
    // `sum` is that of all `(x - μ) ∇x`, divided by the scale of the variance: the derivative of `μ` would be multiplied by
    // the sum of all `x - μ`, which is 0.
    let derivative = |count, Variance { scaled, scale }: Variance, sum: f64| match reduction {
        Reduction::Std if scaled == 0.0 => 0.0,
        Reduction::Std => sum / (count * scaled.sqrt()),
        _ => 2.0 * sum / count * scale,
    };

    let view = block.view()?;
    let (shape, groups) = (view.shape(), &merge.groups);
    let x: Cow<'_, [T]> = match centered_integers(&view, merge)? {
        None => read(&view)?,
        Some(centered) => centered.into_iter().map(T::from_real).collect(),
    };
    if merge.axis == Axis::Samples && block.gradients().len() == 0 {
        return merge.block(block, row_variances(shape, &x, groups, value)?);
    }
    let (values, derivatives): (_, Box<Derivatives<'_, T>>) = match merge.axis {
        Axis::Samples => {
            let moments = RowMoments::new(shape, &x, groups)?;
            let values = moments.map_variances(value)?;
            let derivatives = move |rows: &GradientRows, a: &[T], merge: &Merge| {
                moments.weighted_sums(rows, a, &merge.groups, derivative)
            };
            (values, Box::new(derivatives))
        }
        _ => {
            let moments = ColumnMoments::new(shape, &x, groups)?;
            let values = moments.map_variances(value)?;
            let derivatives = move |rows: &GradientRows, a: &[T], _: &Merge| {
                moments.weighted_sums(rows, a, derivative)
            };
            (values, Box::new(derivatives))
        }
    };
    let mut result = merge.block(block, values)?;
    add_gradients(&mut result, block, &mut |parameter, gradient| {
        let rows = GradientRows::new(block, parameter)?;
        let own = merge.of_gradient(gradient)?;
        let merge = own.as_deref().unwrap_or(merge);
        let values = derivatives(&rows, &read(&gradient.view()?)?, merge)?;
        merge.block(gradient, values)
    })?;
    Ok(result)
}
