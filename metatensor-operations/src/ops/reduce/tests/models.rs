//! Comparison with loops over all pairs of rows.

use std::collections::{BTreeMap, BTreeSet};

use metatensor_core::{DenseArray, TensorBlock};
use ndarray::{ArrayD, Axis, IxDyn};
use proptest::prelude::*;

use super::random::{Case, cases, names, reductions};
use crate::testing::{gradient, values};
use crate::*;

/// Rows that are left of `rows` without some columns, sorted, and the number of the new row for each of
/// the old ones.
fn groups(
    rows: &[[i32; 2]],
    dimensions: [&str; 2],
    removed: &[&str],
) -> (Vec<Vec<i32>>, Vec<usize>) {
    let kept = |row: &[i32; 2]| -> Vec<i32> {
        let columns = row.iter().zip(dimensions);
        columns
            .filter(|(_, name)| !removed.contains(name))
            .map(|(&value, _)| value)
            .collect()
    };
    let unique: BTreeSet<Vec<i32>> = rows.iter().map(kept).collect();
    let unique: Vec<_> = unique.into_iter().collect();
    let group = |row| unique.binary_search(&kept(row)).unwrap();
    let group_of = rows.iter().map(group).collect();
    (unique, group_of)
}

fn reduced(reduction: Reduction, x: &[f64]) -> f64 {
    let n = x.len() as f64;
    let sum: f64 = x.iter().sum();
    let variance = x.iter().map(|x| (x - sum / n).powi(2)).sum::<f64>() / n;
    match reduction {
        Reduction::Sum => sum,
        Reduction::Mean => sum / n,
        Reduction::Var => variance,
        Reduction::Std => variance.sqrt(),
    }
}

/// Derivative of [`reduced`], where `a` are derivatives of `x`.
fn derivative(reduction: Reduction, x: &[f64], a: &[f64]) -> f64 {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let product: f64 = x.iter().zip(a).map(|(x, a)| (x - mean) * a).sum();
    let std = reduced(Reduction::Std, x);
    match reduction {
        Reduction::Sum => a.iter().sum(),
        Reduction::Mean => a.iter().sum::<f64>() / n,
        Reduction::Var => 2.0 * product / n,
        Reduction::Std if std < 1e-12 => 0.0,
        Reduction::Std => product / (n * std),
    }
}

fn assert_close(actual: &[f64], expected: &[f64]) {
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-10 * (1.0 + b.abs());
    assert!(
        actual.len() == expected.len() && actual.iter().zip(expected).all(close),
        "{actual:?} is not {expected:?}"
    );
}

fn check_over_samples(case: &Case, reduction: Reduction, removed: &[&str]) {
    let result = reduce_over_samples(&case.block(), reduction, removed).unwrap();
    let (unique, group_of) = groups(&case.samples, ["a", "b"], removed);
    let labels: Vec<_> = result.samples().iter().map(<[i32]>::to_vec).collect();
    if unique.first().is_some_and(Vec::is_empty) {
        assert_eq!(labels, [[0]]);
    } else {
        assert_eq!(labels, unique);
    }

    let line = case.line();
    let column = |group: usize, m: usize| -> Vec<f64> {
        let rows = (0..group_of.len()).filter(|&row| group_of[row] == group);
        rows.map(|row| case.values[row * line + m]).collect()
    };
    let mut expected = Vec::new();
    for group in 0..unique.len() {
        expected.extend((0..line).map(|m| reduced(reduction, &column(group, m))));
    }
    assert_close(&values(&result), &expected);

    // All derivatives by (group, i), with zeros for those that are not there.
    let mut derivatives: BTreeMap<[i32; 2], Vec<f64>> = BTreeMap::new();
    for &[parent, i] in &case.rows {
        let group = group_of[parent as usize];
        derivatives.entry([group as i32, i]).or_default();
    }
    for ([group, i], derivatives) in &mut derivatives {
        for e in 0..case.extra * line {
            let rows = (0..group_of.len()).filter(|&row| group_of[row] == *group as usize);
            let a: Vec<f64> = rows
                .map(|parent| {
                    let row = case.rows.iter().position(|&row| row == [parent as i32, *i]);
                    row.map_or(0.0, |row| case.gradient[row * case.extra * line + e])
                })
                .collect();
            derivatives.push(derivative(
                reduction,
                &column(*group as usize, e % line),
                &a,
            ));
        }
    }
    let rows: Vec<_> = derivatives.keys().map(|key| key.to_vec()).collect();
    let merged = result.gradient("g").unwrap();
    assert!(merged.samples().iter().eq(rows.iter().map(Vec::as_slice)));
    let expected: Vec<f64> = derivatives.into_values().flatten().collect();
    assert_close(&gradient(&result, "g"), &expected);
}

fn check_over_properties(case: &Case, reduction: Reduction, removed: &[&str]) {
    let result = reduce_over_properties(&case.block(), reduction, removed).unwrap();
    let (unique, group_of) = groups(&case.properties, ["m", "n"], removed);
    let labels: Vec<_> = result.properties().iter().map(<[i32]>::to_vec).collect();
    if unique.first().is_some_and(Vec::is_empty) {
        assert_eq!(labels, [[0]]);
    } else {
        assert_eq!(labels, unique);
    }

    let length = case.properties.len();
    let members = |x: &[f64], group: usize| -> Vec<f64> {
        let members = x.iter().zip(&group_of).filter(|(_, g)| **g == group);
        members.map(|(&x, _)| x).collect()
    };
    let (mut expected, mut derivatives) = (Vec::new(), Vec::new());
    if length != 0 {
        for x in case.values.chunks(length) {
            expected.extend((0..unique.len()).map(|g| reduced(reduction, &members(x, g))));
        }
        for (row, [parent, _]) in case.rows.iter().enumerate() {
            let x = &case.values[*parent as usize * case.line()..][..case.line()];
            let a = &case.gradient[row * case.extra * case.line()..][..case.extra * case.line()];
            for (x, a) in x.chunks(length).cycle().zip(a.chunks(length)) {
                derivatives.extend(
                    (0..unique.len())
                        .map(|g| derivative(reduction, &members(x, g), &members(a, g))),
                );
            }
        }
    }
    assert_close(&values(&result), &expected);
    assert_close(&gradient(&result, "g"), &derivatives);
    let samples = case.block().gradient("g").unwrap().samples().clone();
    assert_eq!(*result.gradient("g").unwrap().samples(), samples);
}

/// The same block, with arrays whose last axis varies slowest, and with negative strides.
fn strided(block: &TensorBlock) -> TensorBlock {
    let array = |block: &TensorBlock| {
        let values = block.to_ndarray::<f64>().unwrap();
        let mut reversed = values.t().to_owned();
        reversed.invert_axis(Axis(0));
        let mut reversed = ArrayD::from_shape_fn(IxDyn(reversed.shape()), |i| reversed[&i]);
        reversed.invert_axis(Axis(0));
        DenseArray::from(reversed.reversed_axes())
    };
    let with_array = |block: &TensorBlock| {
        let (samples, properties) = (block.samples(), block.properties());
        TensorBlock::new(array(block), samples, block.components(), properties).unwrap()
    };
    let mut result = with_array(block);
    for (parameter, gradient) in block.gradients() {
        result
            .add_gradient(parameter, with_array(gradient))
            .unwrap();
    }
    result
}

/// All rows that the gradient could have, those that were not there with zeros.
fn dense(case: &Case) -> Case {
    let size = case.extra * case.line();
    let is: BTreeSet<i32> = case.rows.iter().map(|row| row[1]).collect();
    let mut result = case.clone();
    for parent in 0..case.samples.len() as i32 {
        for &i in &is {
            if !case.rows.contains(&[parent, i]) {
                result.rows.push([parent, i]);
                result.gradient.extend(vec![0.0; size]);
            }
        }
    }
    result
}

proptest! {
    #[test]
    fn samples_agree_with_loops(case in cases(), how in reductions(), removed in names(["a", "b"])) {
        check_over_samples(&case, how, &removed);
    }

    #[test]
    fn properties_agree_with_loops(case in cases(), how in reductions(), removed in names(["m", "n"])) {
        check_over_properties(&case, how, &removed);
    }

    #[test]
    fn strides_do_not_matter(case in cases(), how in reductions(), removed in names(["a", "b"])) {
        let block = case.block();
        let other = strided(&block);
        let expected = reduce_over_samples(&block, how, &removed).unwrap();
        let result = reduce_over_samples(&other, how, &removed).unwrap();
        prop_assert!(equal(&result, &expected).unwrap());
        let expected = reduce_over_properties(&block, how, &["m"]).unwrap();
        let result = reduce_over_properties(&other, how, &["m"]).unwrap();
        prop_assert!(equal(&result, &expected).unwrap());
    }

    #[test]
    fn rows_of_zeros_change_nothing(case in cases(), how in reductions(), removed in names(["a", "b"])) {
        let sparse = reduce_over_samples(&case.block(), how, &removed).unwrap();
        let dense = reduce_over_samples(&dense(&case).block(), how, &removed).unwrap();
        prop_assert_eq!(values::<f64>(&sparse), values::<f64>(&dense));
        let (sparse, dense) = (sparse.gradient("g").unwrap(), dense.gradient("g").unwrap());
        let size = case.extra * case.line();
        let (few, all) = (values::<f64>(sparse), values::<f64>(dense));
        for (row, key) in dense.samples().iter().enumerate() {
            let zeros = vec![0.0; size];
            let expected = match sparse.samples().position(key) {
                Some(position) => &few[position * size..][..size],
                None => &zeros,
            };
            prop_assert_eq!(&all[row * size..][..size], expected);
        }
    }

    #[test]
    fn sums_are_those_of_rows_in_order(case in cases(), removed in names(["a", "b"])) {
        // Sizes so different that any other order gives other bits.
        let mut case = case;
        for (i, x) in case.values.iter_mut().enumerate() {
            *x *= 10_f64.powi((i * 7 % 19) as i32);
        }
        let result = sum_over_samples(&case.block(), &removed).unwrap();
        let (unique, group_of) = groups(&case.samples, ["a", "b"], &removed);
        let line = case.line();
        let mut expected = vec![0.0; unique.len() * line];
        for (row, group) in group_of.iter().enumerate() {
            for m in 0..line {
                expected[group * line + m] += case.values[row * line + m];
            }
        }
        let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&values(&result)), bits(&expected));
    }

    #[test]
    fn single_precision_is_double_precision_rounded(
        case in cases(), how in reductions(), removed in names(["a", "b"])
    ) {
        let round = |x: f64| f64::from(x as f32);
        let double = case.block_of(round);
        let single = case.block_of(|x| x as f32);
        for (double, single) in [
            (
                reduce_over_samples(&double, how, &removed).unwrap(),
                reduce_over_samples(&single, how, &removed).unwrap(),
            ),
            (
                reduce_over_properties(&double, how, &["n"]).unwrap(),
                reduce_over_properties(&single, how, &["n"]).unwrap(),
            ),
        ] {
            let rounded = |x: Vec<f64>| x.into_iter().map(|x| x as f32).collect::<Vec<_>>();
            prop_assert_eq!(rounded(values(&double)), values::<f32>(&single));
            prop_assert_eq!(rounded(gradient(&double, "g")), gradient::<f32>(&single, "g"));
        }
    }
}

/// Long rows go through the kernels in several pieces.
#[test]
fn long_rows_agree_with_loops() {
    let properties: Vec<_> = (0..1100).map(|p| [p % 7, p]).collect();
    let count = properties.len();
    let number = |i: usize| ((i * 7919) % 1009) as f64 / 500.0 - 1.0;
    let case = Case {
        samples: (0..9).map(|s| [s % 2, s]).collect(),
        properties,
        components: 2,
        values: (0..9 * 2 * count).map(number).collect(),
        rows: (0..14).map(|r| [(r * 5) % 9, r / 9]).collect(),
        extra: 2,
        gradient: (7..14 * 2 * 2 * count + 7).map(number).collect(),
    };
    for how in [
        Reduction::Sum,
        Reduction::Mean,
        Reduction::Var,
        Reduction::Std,
    ] {
        check_over_samples(&case, how, &["b"]);
        check_over_samples(&case, how, &["a", "b"]);
        check_over_properties(&case, how, &["n"]);
    }
}
