//! Gradients of products of two blocks as matrices, if the second one has gradients.

use std::collections::HashSet;

use metatensor_core::internal::rows::{Rows, first_occurrences};
use metatensor_core::{DType, Labels, Result, TensorBlock};
use ndarray::ArrayView2;

use super::matrix::{Product, filled, matrix, matrix_of, multiply_to, part};
use crate::engine::{
    Axis, MissingGradients, NotEqual, gradient_of, parameters, same_dimensions, same_labels,
    same_parameters, with_hint, with_rows,
};
use crate::numbers::stored;

/// Fails if the gradients of two blocks do not go together. Blocks without gradients are constant.
pub(super) fn check_gradients(
    a: &TensorBlock,
    b: &TensorBlock,
    missing: MissingGradients,
) -> Result<(), NotEqual> {
    if a.gradients_list().is_empty() || b.gradients_list().is_empty() {
        return Ok(());
    }
    check_derivatives(a, b, [None, None], missing)
}

/// [`check_gradients`] for the gradients of blocks, given what is varied in each row of these if they are gradients.
fn check_derivatives(
    a: &TensorBlock,
    b: &TensorBlock,
    varied: [Option<&[Vec<i32>]>; 2],
    missing: MissingGradients,
) -> Result<(), NotEqual> {
    if missing != MissingGradients::Zeros {
        same_parameters(a, b).map_err(with_hint)?;
    }
    for (parameter, da) in a.gradients().filter(|(p, _)| b.has_gradient(p)) {
        let db = b.gradient(parameter)?;
        let check = || {
            same_components(own_components(da, a), own_components(db, b))?;
            same_dimensions(da, db)?;
            let first = all_variations(da, varied[0])?;
            let second = all_variations(db, varied[1])?;
            if missing == MissingGradients::Error {
                same_variations(da, &first, &second)?;
            }
            check_derivatives(da, db, [Some(&first), Some(&second)], missing)
        };
        check().map_err(|different| with_hint(different.in_gradient(parameter)))?;
    }
    Ok(())
}

/// The components of a gradient that its parent does not have.
fn own_components<'a>(gradient: &'a TensorBlock, parent: &TensorBlock) -> &'a [Labels] {
    &gradient.components()[..gradient.components().len() - parent.components().len()]
}

fn same_components(own: &[Labels], others: &[Labels]) -> Result<(), NotEqual> {
    if own.len() != others.len() {
        let (count, other) = (own.len(), others.len());
        let reason = format!(
            "numbers of components that values do not have are different: {count} and {other}"
        );
        return Err(NotEqual::on_axis(Axis::Components, reason));
    }
    for (component, other) in own.iter().zip(others) {
        same_labels(Axis::Components, component, other)?;
    }
    Ok(())
}

/// What is varied in each row of a gradient, after what is varied in its row of the parent.
fn all_variations(gradient: &TensorBlock, parents: Option<&[Vec<i32>]>) -> Result<Vec<Vec<i32>>> {
    let rows = gradient.samples().iter().zip(variations(gradient)?);
    let all = rows.map(|(row, varied)| match parents {
        None => varied.to_vec(),
        Some(parents) => [&parents[row[0] as usize], varied].concat(),
    });
    Ok(all.collect())
}

/// Fails if something is varied in only one of two blocks, of which this is a gradient.
fn same_variations(
    gradient: &TensorBlock,
    first: &[Vec<i32>],
    second: &[Vec<i32>],
) -> Result<(), NotEqual> {
    for (which, some, others) in [("first", first, second), ("second", second, first)] {
        let known: HashSet<_> = others.iter().collect();
        if let Some(row) = some.iter().find(|row| !known.contains(row)) {
            let names: Vec<_> = gradient.samples().names().iter().skip(1).collect();
            let last = row[row.len() - names.len()..].to_vec();
            let what = Labels::from_values(&names, last)?.describe(0);
            let reason = format!("only the {which} block has derivatives with respect to {what}");
            return Err(NotEqual::on_axis(Axis::Samples, reason));
        }
    }
    Ok(())
}

/// What is varied in each row of a gradient: all that its samples say, but for the sample of the values.
fn variations(gradient: &TensorBlock) -> Result<Vec<&[i32]>> {
    let samples = gradient.samples();
    samples.check_readable("dot")?;
    Ok(samples.iter().map(|row| &row[1..]).collect())
}

/// Number of rows and combinations of components that gradients of the product of `a` with `b` have, but those of `a` have
/// not.
pub(super) fn additional_rows(a: &TensorBlock, b: &TensorBlock) -> Result<u64> {
    let mut total = 0_u64;
    for (parameter, db) in b.gradients() {
        let varied: HashSet<_> = variations(db)?.into_iter().collect();
        let all = (a.samples().count() as u64).saturating_mul(varied.len() as u64);
        let known = match gradient_of(a, parameter) {
            None => 0,
            Some(da) => variations(da)?
                .iter()
                .filter(|row| varied.contains(*row))
                .count(),
        };
        let components = a.components().iter().chain(db.components());
        let components = components.map(|component| component.count() as u64);
        let rows = all.saturating_sub(known as u64);
        total = total.saturating_add(components.fold(rows, u64::saturating_mul));
    }
    Ok(total)
}

/// Adds the gradients of the product of `a` with `b`, whose values are `weights`, to `result`.
pub(super) fn add_gradients<T: Product>(
    a: &TensorBlock,
    b: &TensorBlock,
    weights: &ArrayView2<'_, T>,
    dtype: DType,
    result: &mut TensorBlock,
) -> Result<()> {
    let view = a.view()?;
    let values = matrix::<T>(&view)?;
    for parameter in parameters([a, b]) {
        let (da, db) = (gradient_of(a, parameter), gradient_of(b, parameter));
        let components = match (da, db) {
            (Some(da), _) => da.components().to_vec(),
            (None, Some(db)) => [db.components(), a.components()].concat(),
            (None, None) => continue,
        };
        let rows = ProductRows::new(a.samples(), da, db)?;
        let mut shape = vec![rows.samples.count()];
        shape.extend(components.iter().map(Labels::count));
        shape.push(weights.nrows());
        let derivatives = filled(&shape, |output| {
            if let Some(da) = da {
                let own = da.view()?;
                let da = matrix::<T>(&own)?;
                let own_rows = &mut output[..da.nrows() * weights.nrows()];
                multiply_to(&da.view(), weights, own_rows)?;
            }
            if let Some(db) = db {
                let own = db.view()?;
                let db = matrix::<T>(&own)?;
                let extra = components.len() - a.components().len();
                let extra = shape[1..=extra].iter().product();
                rows.add_products(&values.view(), &db.view(), extra, weights.nrows(), output)?;
            }
            Ok(())
        })?;
        let gradient = a.with_new_values(
            stored(derivatives, dtype)?,
            &rows.samples,
            &components,
            result.properties(),
        )?;
        result.add_gradient(parameter, gradient)?;
    }
    Ok(())
}

/// The rows of the gradient of a product.
struct ProductRows {
    /// Those of the gradient of the first block, then those that only come from the second.
    samples: Labels,
    /// All that is varied in the second block.
    variations: Vec<Variation>,
}

/// Something that is varied in the second block.
#[derive(Default)]
struct Variation {
    /// Rows of the gradient of the second block, and the rows of its values that they are derivatives of.
    rows: Vec<(u32, u32)>,
    /// For each sample of the first block, the row of the gradient of the product.
    places: Vec<u32>,
}

impl ProductRows {
    /// For a first block with these samples, and gradients of which there is at least one.
    fn new(
        samples: &Labels,
        da: Option<&TensorBlock>,
        db: Option<&TensorBlock>,
    ) -> Result<ProductRows> {
        let (Some(model), Some(db)) = (da.or(db), db) else {
            let samples = da.map_or(samples, TensorBlock::samples).clone();
            return Ok(ProductRows {
                samples,
                variations: Vec::new(),
            });
        };
        let varied = self::variations(db)?;
        let width = db.samples().size();
        let columns: Vec<_> = (1..width).collect();
        let table = db.samples().rows().columns(&columns);
        let (firsts, numbers) = first_occurrences(Rows::try_new(&table, varied.len(), width - 1)?);
        let mut variations: Vec<_> = firsts.iter().map(|_| Variation::default()).collect();
        for ((row, number), sample) in (0..).zip(numbers).zip(db.samples()) {
            variations[number as usize]
                .rows
                .push((row, sample[0] as u32));
        }

        let mut values = Vec::new();
        if let Some(da) = da {
            da.samples().check_readable("dot")?;
            values.extend_from_slice(da.samples().rows().values());
        }
        let mut wanted = vec![0; width];
        for sample in 0..samples.count() {
            wanted[0] = sample as i32;
            for (&first, variation) in firsts.iter().zip(&mut variations) {
                wanted[1..].copy_from_slice(varied[first as usize]);
                let place = da.and_then(|da| da.samples().position(&wanted));
                let place = place.unwrap_or_else(|| {
                    values.extend_from_slice(&wanted);
                    values.len() / width - 1
                });
                variation.places.push(place as u32);
            }
        }
        Rows::try_new(&values, values.len() / width, width)?;
        Ok(ProductRows {
            samples: with_rows(model.samples(), values)?,
            variations,
        })
    }

    /// Adds `a dbᵀ` to the gradient of the product, with `columns` properties. There are `extra` combinations of components
    /// that only gradients have, which are before those of `a`.
    fn add_products<T: Product>(
        &self,
        a: &ArrayView2<'_, T>,
        db: &ArrayView2<'_, T>,
        extra: usize,
        columns: usize,
        output: &mut [T],
    ) -> Result<()> {
        for Variation { rows, places } in &self.variations {
            let mut factors = Vec::with_capacity(rows.len() * extra * db.ncols());
            for &(row, _) in rows {
                let first = row as usize * extra;
                factors.extend(part(db.view(), first..first + extra, ..));
            }
            let factors = matrix_of(rows.len() * extra, db.ncols(), &factors)?;
            let mut products = vec![T::default(); a.nrows() * factors.nrows()];
            multiply_to(a, &factors, &mut products)?;
            let components = a.nrows().checked_div(places.len()).unwrap_or(0);
            let mut products = products.iter();
            for &place in places {
                for component in 0..components {
                    for &(_, column) in rows {
                        for e in 0..extra {
                            let line = (place as usize * extra + e) * components + component;
                            let sum = &mut output[line * columns + column as usize];
                            if let Some(&product) = products.next() {
                                *sum = sum.plus(product);
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
