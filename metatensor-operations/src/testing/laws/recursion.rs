//! Gradients of gradients are to gradients what gradients are to values.
//!
//! Linear and structural operations are applied to a block, and to its gradient as if that was a block of values, with
//! the samples it gets from the operation. Both have to give the same gradients of gradients.

use proptest::prelude::*;

use super::operations::FROM;
use super::*;
use crate::testing::labels;
use crate::*;

/// A block with a gradient that has gradients, and another one with the same labels of values.
fn nested_pair<T: Small>(seed: u64) -> [TensorBlock; 2] {
    let random = &mut Random(seed);
    let (samples, properties) = (random.pairs(["a", "b"]), random.pairs(["p", "q"]));
    let (components, parameters) = (random.below(3), 1 + random.below(2));
    [(); 2].map(|()| random.block_with(&samples, &properties, components, parameters, T::small))
}

fn g(block: &TensorBlock) -> &TensorBlock {
    block.gradient("g").unwrap()
}

/// The same block with other samples.
fn with_samples(block: &TensorBlock, samples: &Labels) -> TensorBlock {
    let values = block.values().clone();
    let properties = block.properties();
    let mut result = TensorBlock::new(values, samples, block.components(), properties).unwrap();
    for (parameter, gradient) in block.gradients() {
        result.add_gradient(parameter, gradient.clone()).unwrap();
    }
    result
}

/// The same gradient after the samples it is for moved to the positions that `position` gives.
fn moved(gradient: &TensorBlock, position: impl Fn(usize) -> usize) -> TensorBlock {
    let names = gradient.samples().names().to_vec();
    let entries = gradient.samples().iter();
    let entries = entries.flat_map(|row| [position(row[0] as usize) as i32, row[1]]);
    let samples = Labels::from_values(&names, entries.collect()).unwrap();
    with_samples(gradient, &samples)
}

/// Where the samples of a block are among others.
fn positions(of: &Labels, among: &Labels) -> Vec<usize> {
    of.iter().map(|row| among.position(row).unwrap()).collect()
}

#[track_caller]
fn assert_same(name: &str, result: &TensorBlock, expected: &TensorBlock) {
    check_equal(g(result), expected).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(expected.has_gradient("h"), "{name}");
}

type OnOne = fn(&TensorBlock) -> Result<TensorBlock>;
type OnTwo = fn(&TensorBlock, &TensorBlock) -> Result<TensorBlock>;

const ZERO: DimensionValues<'_> = DimensionValues::Scalar(0);

/// Operations that do not move samples, and what they are for gradients.
const UNMOVED: [(&str, OnOne, OnOne); 20] = [
    ("add", |x| add_scalar(x, 2.5), |dx| add_scalar(dx, 0.0)),
    (
        "subtract",
        |x| subtract_scalar(x, 2.5),
        |dx| subtract_scalar(dx, 0.0),
    ),
    (
        "multiply",
        |x| multiply_scalar(x, 2.5),
        |dx| multiply_scalar(dx, 2.5),
    ),
    (
        "divide",
        |x| divide_scalar(x, 2.5),
        |dx| divide_scalar(dx, 2.5),
    ),
    ("pow", |x| pow(x, 1.0), |dx| pow(dx, 1.0)),
    ("dot", |x| dot(x, &weights(x)), |dx| dot(dx, &weights(dx))),
    (
        "sum",
        |x| sum_over_properties(x, &["q"]),
        |dx| sum_over_properties(dx, &["q"]),
    ),
    (
        "mean",
        |x| mean_over_properties(x, &["p"]),
        |dx| mean_over_properties(dx, &["p"]),
    ),
    (
        "mean of all",
        |x| mean_over_properties(x, &["p", "q"]),
        |dx| mean_over_properties(dx, &["p", "q"]),
    ),
    (
        "zeros",
        |x| zeros_like(x, GradientSelection::All),
        |dx| zeros_like(dx, GradientSelection::All),
    ),
    ("contiguous", make_contiguous, make_contiguous),
    (
        "remove",
        |x| remove_gradients(x, Some(&["h"])),
        |dx| Ok(dx.clone()),
    ),
    ("slice", slice_q, slice_q),
    (
        "sort",
        |x| sort(x, &OTHERS, DOWN),
        |dx| sort(dx, &OTHERS, DOWN),
    ),
    (
        "append",
        |x| append_dimension(x, Axis::Samples, "new", ZERO),
        |dx| Ok(dx.clone()),
    ),
    (
        "insert",
        |x| insert_dimension(x, Axis::Properties, 1, "new", ZERO),
        |dx| insert_dimension(dx, Axis::Properties, 1, "new", ZERO),
    ),
    (
        "permute",
        |x| permute_dimensions(x, Axis::Samples, &[1, 0]),
        |dx| Ok(dx.clone()),
    ),
    (
        "permute properties",
        |x| permute_dimensions(x, Axis::Properties, &[1, 0]),
        |dx| permute_dimensions(dx, Axis::Properties, &[1, 0]),
    ),
    (
        "rename",
        |x| rename_dimension(x, Axis::Samples, "a", "new"),
        |dx| Ok(dx.clone()),
    ),
    (
        "rename properties",
        |x| rename_dimension(x, Axis::Properties, "p", "new"),
        |dx| rename_dimension(dx, Axis::Properties, "p", "new"),
    ),
];

const OTHERS: [Axis; 2] = [Axis::Components, Axis::Properties];
const DOWN: Direction = Direction::Descending;

fn slice_q(block: &TensorBlock) -> Result<TensorBlock> {
    let selection = labels(["q"], &[[1]]);
    slice(block, Axis::Properties, Selection::Labels(&selection))
}

/// Two rows of numbers for the properties of a block.
fn weights(block: &TensorBlock) -> TensorBlock {
    let count = block.properties().count();
    let numbers: Vec<_> = (0..2 * count as i32).map(|i| 3 - i).collect();
    let array = crate::testing::array(&[2, count], &numbers);
    TensorBlock::new(array, labels(["z"], &[[1], [0]]), &[], block.properties()).unwrap()
}

fn check_unmoved<T: Small>(seed: u64) {
    let [x, _] = nested_pair::<T>(seed);
    for (name, operation, on_gradient) in UNMOVED {
        assert_same(name, &operation(&x).unwrap(), &on_gradient(g(&x)).unwrap());
    }
    let y = with_arrays(&x, &mut |array| {
        Random(seed).array(array.shape().unwrap(), T::small)
    });
    for (name, operation) in [("add", add as OnTwo), ("subtract", subtract)] {
        let expected = operation(g(&x), g(&y)).unwrap();
        assert_same(name, &operation(&x, &y).unwrap(), &expected);
    }
}

/// The gradient rows of the samples that stay, in the order they had.
fn check_slices<T: Small>(seed: u64) {
    let [x, _] = nested_pair::<T>(seed);
    let all: Vec<_> = (0..x.samples().count() as i64).collect();
    let selected = Random(!seed).some(&all);
    let result = slice(&x, Axis::Samples, Selection::Indices(&selected)).unwrap();
    let kept: Vec<_> = selected.iter().map(|&i| i as i32).collect();
    let kept = Labels::from_values(&["sample"], kept).unwrap();
    let rows = slice(g(&x), Axis::Samples, Selection::Labels(&kept)).unwrap();
    let position = |old| selected.iter().position(|&i| i == old as i64).unwrap();
    assert_same("slice", &result, &moved(&rows, position));

    let parts = split(&x, Axis::Samples, &[Selection::Indices(&selected)]).unwrap();
    assert_same("split", &parts[0], &moved(&rows, position));
}

/// The gradient rows are sorted like the samples of any block, after these have moved.
fn check_sorting<T: Small>(seed: u64) {
    let [x, _] = nested_pair::<T>(seed);
    for direction in [Direction::Ascending, Direction::Descending] {
        for axes in [&[Axis::Samples][..], &Axis::OF_BLOCKS] {
            let result = sort(&x, axes, direction).unwrap();
            let positions = positions(x.samples(), result.samples());
            let rows = moved(g(&x), |old| positions[old]);
            let expected = sort(&rows, axes, direction).unwrap();
            assert_same("sort", &result, &expected);
        }
    }
}

/// The gradient rows of the second block follow those of the first, after its samples.
fn check_joined_samples<T: Small>(seed: u64) {
    let [x, y] = nested_pair::<T>(seed);
    let result = join(&[&x, &y], Axis::Samples, FROM).unwrap();
    let rows = moved(g(&y), |old| x.samples().count() + old);
    let expected = join(&[g(&x), &rows], Axis::Samples, JoinOptions::default()).unwrap();
    assert_same("join samples", &result, &expected);
}

/// The gradient with more rows, of zeros. Those it had keep their numbers, or get others with their labels.
fn padded<T: Element>(gradient: &TensorBlock, samples: &Labels) -> TensorBlock {
    let old = gradient.samples();
    let sources: Vec<_> = samples.iter().map(|row| old.position(row)).collect();
    let mut result = rows::<T>(gradient, samples, &sources);
    let positions = positions(old, samples);
    for (parameter, second) in gradient.gradients() {
        let second = moved(second, |row| positions[row]);
        result.add_gradient(parameter, second).unwrap();
    }
    result
}

/// All gradient rows of both blocks, with zeros where one of them has none, are like samples that both have.
fn check_united_rows<T: Small>(seed: u64) {
    let [x, y] = nested_pair::<T>(seed);
    let united = g(&x).samples().union(g(&y).samples()).unwrap();
    let rows = [&x, &y].map(|block| padded::<T>(g(block), &united));

    let result = join(&[&x, &y], Axis::Properties, FROM).unwrap();
    let expected = join(&[&rows[0], &rows[1]], Axis::Properties, FROM).unwrap();
    assert_same("join properties", &result, &expected);

    let (first, second) = align_gradients(&x, &y).unwrap();
    let expected = align_gradients(&rows[0], &rows[1]).unwrap();
    assert_same("align", &first, &expected.0);
    assert_same("align", &second, &expected.1);
}

/// The gradient rows of all samples of a group are merged like samples: those with the same other dimensions.
fn check_sums_over_samples<T: Small>(seed: u64) {
    let [x, _] = nested_pair::<T>(seed);
    for names in [&["a"][..], &["b"], &["a", "b"], &[]] {
        let result = sum_over_samples(&x, names).unwrap();
        let rows = with_groups(&x, &groups(&x, &result, names));
        let expected = sum_over_samples(&rows, &["old"]).unwrap();
        assert_same("sum", &result, &expected);

        // A mean is a sum, divided by the number of samples of the group.
        let result = mean_over_samples(&x, names).unwrap();
        let (groups, mut counts) = (
            groups(&x, &result, names),
            vec![0.0; result.samples().count()],
        );
        groups.iter().for_each(|&group| counts[group] += 1.0);
        let sums = numbers(&expected);
        for (place, mean) in numbers(g(&result)) {
            let group = place.1[0][0] as usize;
            let expected = sums[&place] / counts[group];
            let error = (mean - expected).norm();
            let precision = match T::DTYPE {
                metatensor_core::DType::BF16 => 1e-2,
                metatensor_core::DType::F16 => 1e-3,
                _ => 1e-6,
            };
            assert!(
                error <= precision * expected.norm(),
                "{mean} is not {expected}"
            );
        }
    }
}

/// The group of each sample.
fn groups(x: &TensorBlock, result: &TensorBlock, names: &[&str]) -> Vec<usize> {
    let kept: Vec<_> = (0..2)
        .filter(|&i| !names.contains(&["a", "b"][i]))
        .collect();
    let group = |row: &[i32]| {
        let row: Vec<_> = kept.iter().map(|&i| row[i]).collect();
        if row.is_empty() {
            0
        } else {
            result.samples().position(&row).unwrap()
        }
    };
    x.samples().iter().map(group).collect()
}

/// The gradient of `x` with the group of each sample in place of the sample, which is the last dimension instead.
fn with_groups(x: &TensorBlock, groups: &[usize]) -> TensorBlock {
    let rows = g(x).samples().iter();
    let rows = rows.map(|row| [groups[row[0] as usize] as i32, row[1], row[0]]);
    let samples = Labels::from_rows(&["sample", "i", "old"], rows).unwrap();
    with_samples(g(x), &samples)
}

#[test]
fn operations_that_are_not_linear_need_gradients_with_respect_to_all_parameters() {
    let samples = labels(["a", "b"], &[[0, 0], [0, 1]]);
    let properties = labels(["p", "q"], &[[0, 0], [0, 1]]);
    for operation in &super::operations::OPERATIONS {
        let complete = Random(1).block_with(&samples, &properties, 1, 2, f64::small);
        (operation.block)(&complete, &complete).unwrap();
        let block = Random(1).block_with(&samples, &properties, 1, 1, f64::small);
        let result = (operation.block)(&block, &block);
        // For these all derivatives but those of values are 0.
        let is_linear = ["abs", "pow 0"].contains(&operation.name);
        if operation.class != Class::NonLinear || is_linear {
            result.unwrap();
            continue;
        }
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)), "{error}");
        let message = error.to_string();
        let function = operation.name.split(' ').next().unwrap();
        let reason = "the gradient 'g/h' can not be computed without the gradient 'h'";
        assert!(
            message.contains(function) && message.contains(reason),
            "{message}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn samples_that_do_not_move(seed: u64) {
        for_all_numbers!(check_unmoved(seed));
    }

    #[test]
    fn samples_that_are_selected(seed: u64) {
        for_all_numbers!(check_slices(seed));
        check_slices::<bool>(seed);
    }

    #[test]
    fn samples_that_are_sorted(seed: u64) {
        for_all_numbers!(check_sorting(seed));
        check_sorting::<bool>(seed);
    }

    #[test]
    fn samples_of_several_blocks(seed: u64) {
        for_all_numbers!(check_joined_samples(seed));
        check_joined_samples::<bool>(seed);
    }

    #[test]
    fn rows_of_several_gradients(seed: u64) {
        for_all_numbers!(check_united_rows(seed));
        check_united_rows::<bool>(seed);
    }

    #[test]
    fn samples_that_are_merged(seed: u64) {
        for_all_numbers!(check_sums_over_samples(seed));
    }
}
