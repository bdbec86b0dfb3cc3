//! Products of two blocks as matrices, where both have gradients, and some of these have gradients.

use metatensor_core::internal::change_rows;
use metatensor_core::internal::rows::{Rows, first_occurrences};
use metatensor_core::{DType, DenseArray, Error, Labels, Limit, Result, TensorBlock};
use ndarray::{Array2, ArrayD, ArrayView2, IxDyn};

use super::matrix::{Product, filled, matrix, matrix_of, part};
use crate::engine::{
    MissingGradients, OwnEntries, Pair, ProductGradient, RowOrder, Term, product_rule, with_rows,
};
use crate::numbers::{Number, read, stored};

/// Adds the gradients of the product of `a` with `b`, at all depths, to `result`.
///
/// Each row of the product is made of a row of `a` and of all rows of `b`: these are one row of a block with one sample.
pub(super) fn add_gradients<T: Product>(
    a: &TensorBlock,
    b: &TensorBlock,
    dtype: DType,
    result: &mut TensorBlock,
) -> Result<()> {
    let rows = b.samples().count();
    let places: Vec<_> = (0..rows as u32).map(|row| (row, 0)).collect();
    let side_by_side = side_by_side::<T>(b, &Labels::single(), &places, rows)?;
    let pair = |row| Pair {
        a: Some(row),
        b: Some(0),
    };
    let pairs: Vec<_> = (0..a.samples().count() as u32).map(pair).collect();
    let (order, missing) = (RowOrder::Factors, MissingGradients::Zeros);
    let gradients = product_rule(a, &side_by_side, &pairs, order, missing)?;
    let size = |gradient: &ProductGradient<'_>| {
        elements(&shape(gradient, result)).saturating_mul(dtype.size() as u64)
    };
    let bytes = total(&gradients, &size);
    Limit::check_result(bytes, || "the gradients of gradients of a product")?;
    let values = result.clone();
    for gradient in &gradients {
        let made = block::<T>(gradient, &values, dtype);
        let made = made.map_err(|error| error.in_gradient(gradient.parameter))?;
        result.add_gradient(gradient.parameter, made)?;
    }
    Ok(())
}

/// The sum of some number for all gradients, at all depths.
fn total(gradients: &[ProductGradient<'_>], number: &dyn Fn(&ProductGradient<'_>) -> u64) -> u64 {
    let all = gradients.iter();
    let all =
        all.map(|gradient| number(gradient).saturating_add(total(&gradient.gradients, number)));
    all.fold(0, u64::saturating_add)
}

fn elements(shape: &[usize]) -> u64 {
    let lengths = shape.iter().map(|&length| length as u64);
    lengths.fold(1, u64::saturating_mul)
}

/// Shape of a gradient of a product with these values.
fn shape(gradient: &ProductGradient<'_>, values: &TensorBlock) -> Vec<usize> {
    let mut shape = vec![gradient.samples.count()];
    shape.extend(gradient.own_components.iter().map(Labels::count));
    shape.extend(&values.shape()[1..]);
    shape
}

/// `block` with all rows that are in the same place side by side: for each of its rows, the number of this row there, and
/// the place, which is a row of the new block. There are `count` rows in each place, some of them zeros.
fn side_by_side<T: Number>(
    block: &TensorBlock,
    samples: &Labels,
    places: &[(u32, u32)],
    count: usize,
) -> Result<TensorBlock> {
    let view = block.view()?;
    let rows = read::<T>(&view)?;
    let width = block.properties().count();
    let repeats: usize = block.components().iter().map(Labels::count).product();
    let mut shape = vec![samples.count()];
    shape.extend(block.components().iter().map(Labels::count));
    shape.push(count * width);
    let mut values = vec![T::default(); shape.iter().product()];
    if width > 0 {
        let lines = rows.chunks_exact(width).enumerate();
        for (line, elements) in lines {
            let ((row, place), repeat) = (places[line / repeats], line % repeats);
            let start = ((place as usize * repeats + repeat) * count + row as usize) * width;
            values[start..][..width].copy_from_slice(elements);
        }
    }
    let values = ArrayD::from_shape_vec(IxDyn(&shape), values);
    let values = values.map_err(|error| Error::Internal(error.to_string()))?;
    let properties = Labels::range("_", count * width)?;
    let values = DenseArray::from(values);
    let mut result = TensorBlock::new(values, samples, block.components(), properties)?;
    for (parameter, gradient) in block.gradients() {
        let old = gradient.samples();
        old.check_readable("dot")?;
        let mut table = old.rows().values().to_vec();
        for row in table.chunks_exact_mut(old.size()) {
            row[0] = places[row[0] as usize].1 as i32;
        }
        let table = Rows::try_new(&table, old.count(), old.size())?;
        let (firsts, positions) = first_occurrences(table);
        let samples = with_rows(old, table.gather(&firsts))?;
        let rows = old.iter().map(|row| places[row[0] as usize].0);
        let places: Vec<_> = rows.zip(positions).collect();
        let gradient = side_by_side::<T>(gradient, &samples, &places, count)?;
        result.add_gradient(parameter, gradient)?;
    }
    Ok(result)
}

/// A gradient of a product with these values.
fn block<T: Product>(
    gradient: &ProductGradient<'_>,
    values: &TensorBlock,
    dtype: DType,
) -> Result<TensorBlock> {
    let shape = shape(gradient, values);
    let sums = filled(&shape, |output| {
        let lengths: Vec<_> = gradient.own_components.iter().map(Labels::count).collect();
        for term in &gradient.terms {
            let columns = values.properties().count();
            add_products::<T>(term, &lengths, columns, shape[1..].iter().product(), output)?;
        }
        Ok(())
    })?;
    let mut result = values.with_new_values(
        stored(sums, dtype)?,
        &gradient.samples,
        &[&gradient.own_components, values.components()].concat(),
        values.properties(),
    )?;
    for below in &gradient.gradients {
        let made = block::<T>(below, values, dtype);
        let made = made.map_err(|error| error.in_gradient(below.parameter))?;
        result.add_gradient(below.parameter, made)?;
    }
    Ok(result)
}

/// Adds the products of rows as matrices to rows of this length, with `columns` properties.
fn add_products<T: Product>(
    term: &Term<'_>,
    lengths: &[usize],
    columns: usize,
    length: usize,
    output: &mut [T],
) -> Result<()> {
    let (a, b) = (term.a.view()?, term.b.view()?);
    let (a, b) = (matrix::<T>(&a)?, read::<T>(&b)?);
    let width = a.ncols();
    if width == 0 || output.is_empty() {
        return Ok(());
    }
    let b = matrix_of(b.len() / width, width, &b)?;
    let a = a.as_standard_layout();
    let OwnEntries {
        counts: [of_a, of_b],
        entries,
    } = term.own_entries(lengths);
    // Lines of the result, and of `a`, for the same combination of components that the values do not have.
    let lines = length / columns / (of_a * of_b);
    let work = term.rows.len() * length * width * size_of::<T>() / 8;
    change_rows(output, length, work, |range, output| {
        let first = term
            .rows
            .partition_point(|row| (row.output as usize) < range.start);
        let rows = term.rows[first..].iter();
        let mut products = Array2::default((of_a * lines, of_b * columns));
        for row in rows.take_while(|row| (row.output as usize) < range.end) {
            let rows_of = |matrix: ArrayView2<'_, T>, row: u32, count: usize| {
                let start = row as usize * count;
                part(matrix, start..start + count, ..).to_owned()
            };
            let a = rows_of(a.view(), row.a, of_a * lines);
            let b = rows_of(b.view(), row.b, of_b * columns);
            products.fill(T::default());
            T::product(&a.view(), &b.view(), products.view_mut());
            let start = (row.output as usize - range.start) * length;
            let sums = output[start..][..length].chunks_exact_mut(lines * columns);
            for (sums, &[i, j]) in sums.zip(&entries) {
                for (line, sums) in sums.chunks_exact_mut(columns).enumerate() {
                    let products = products.row(i as usize * lines + line);
                    let products = products.iter().skip(j as usize * columns);
                    sums.iter_mut()
                        .zip(products)
                        .for_each(|(sum, &x)| *sum = sum.plus(x));
                }
            }
        }
        Ok(())
    })
}
