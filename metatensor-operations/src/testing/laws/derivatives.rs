//! Gradients of results are the derivatives of results.

use metatensor_core::TensorBlock;
use ndarray::Axis;
use proptest::prelude::*;

use super::operations::OPERATIONS;
use super::*;
use crate::testing::moderate;
use crate::testing::series::{Functions, Tree};
use crate::*;

const STEP: f64 = 1e-5;

/// One direction to go: that of the gradients with respect to a parameter, in rows `i`, for one combination of the components
/// that only the gradient has.
#[derive(Clone, Debug)]
struct Direction<'a> {
    parameter: &'a str,
    i: i32,
    components: usize,
}

/// The block after a step in this direction: values move, and gradients that have gradients with respect to the parameter.
fn moved(block: &TensorBlock, direction: &Direction<'_>, step: f64) -> TensorBlock {
    let (samples, properties) = (block.samples(), block.properties());
    let mut values = block.to_ndarray::<f64>().unwrap();
    if block.has_gradient(direction.parameter) {
        let gradient = block.gradient(direction.parameter).unwrap();
        let extra = gradient.components().len() - block.components().len();
        let slopes = gradient.to_ndarray::<f64>().unwrap();
        for (row, slopes) in gradient.samples().iter().zip(slopes.axis_iter(Axis(0))) {
            if row[1] != direction.i {
                continue;
            }
            let mut slopes = slopes;
            for number in component_positions(gradient, extra, direction.components) {
                slopes = slopes.index_axis_move(Axis(0), number);
            }
            values
                .index_axis_mut(Axis(0), row[0] as usize)
                .scaled_add(step, &slopes);
        }
    }
    let mut result = TensorBlock::new(values, samples, block.components(), properties).unwrap();
    for (parameter, gradient) in block.gradients() {
        let gradient = moved(gradient, direction, step);
        result.add_gradient(parameter, gradient).unwrap();
    }
    result
}

/// Positions along the first components of a block, for one of all combinations.
fn component_positions(block: &TensorBlock, count: usize, mut combination: usize) -> Vec<usize> {
    let components = block.components()[..count].iter();
    let positions = components.map(|component| {
        let position = combination % component.count();
        combination /= component.count();
        position
    });
    positions.collect()
}

/// Parameters that lead to all gradients, at all depths.
fn paths(block: &TensorBlock) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (parameter, gradient) in block.gradients() {
        all.push(vec![parameter.to_owned()]);
        for path in paths(gradient) {
            all.push([vec![parameter.to_owned()], path].concat());
        }
    }
    all
}

fn follow<'a>(block: &'a TensorBlock, path: &[String]) -> &'a TensorBlock {
    path.iter()
        .fold(block, |block, parameter| block.gradient(parameter).unwrap())
}

type OfBlocks = fn(&TensorBlock, &TensorBlock) -> Result<TensorBlock>;

fn check(name: &str, operation: OfBlocks, [a, b]: [&TensorBlock; 2]) {
    let result = operation(a, b).unwrap();
    let mut derivatives = numbers(&result);
    for path in paths(&result) {
        let (parent, gradient) = (follow(a, &path[..path.len() - 1]), follow(a, &path));
        let extra = gradient.components().len() - parent.components().len();
        let lengths = gradient.components()[..extra].iter().map(|c| c.count());
        for (i, components) in
            (0..3).flat_map(|i| (0..lengths.clone().product()).map(move |c| (i, c)))
        {
            let direction = Direction {
                parameter: &path[path.len() - 1],
                i,
                components,
            };
            let at = |step| {
                let (a, b) = (moved(a, &direction, step), moved(b, &direction, step));
                numbers(&operation(&a, &b).unwrap())
            };
            let (above, below) = (at(STEP), at(-STEP));
            let own = component_positions(gradient, extra, components);
            let own = own.iter().zip(gradient.components());
            let own: Vec<_> = own.map(|(&i, labels)| labels[i].to_vec()).collect();
            for ((parameters, chain, others), above) in above {
                if parameters != path[..path.len() - 1] {
                    continue;
                }
                let below = below[&(parameters, chain.clone(), others.clone())];
                let difference = (above - below) / (2.0 * STEP);
                let chain = [chain, vec![vec![i]]].concat();
                let place = (path.clone(), chain, [own.clone(), others].concat());
                let derivative = derivatives.remove(&place).unwrap_or_default();
                assert!(
                    (derivative - difference).norm() < 1e-6 * (1.0 + derivative.norm()),
                    "{name}: {derivative} at {place:?}, but differences are {difference}"
                );
            }
        }
    }
    derivatives.retain(|(path, ..), _| !path.is_empty());
    assert!(derivatives.is_empty(), "{name}: too many {derivatives:?}");
}

/// The absolute values of a block, and its gradients.
fn with_positive_values(block: &TensorBlock) -> TensorBlock {
    let mut result = abs(&remove_gradients(block, None).unwrap()).unwrap();
    for (parameter, gradient) in block.gradients() {
        result.add_gradient(parameter, gradient.clone()).unwrap();
    }
    result
}

/// Standard deviations have no derivative at 0, and change fast next to it.
fn is_smooth(operation: &Operation, result: &TensorBlock) -> bool {
    let near_zero = |&x: &f64| x != 0.0 && x < 0.05;
    !operation.name.starts_with("std") || !result.to_ndarray::<f64>().unwrap().iter().any(near_zero)
}

/// Operations on blocks with samples `s` and properties `m`, which have gradients with the same rows.
const AT_DEPTH: [(&str, OfBlocks); 8] = [
    ("multiply", multiply),
    ("divide", divide),
    ("pow -1.5", |a, _| pow(a, -1.5)),
    ("pow 3", |a, _| pow(a, 3.0)),
    ("dot", |a, b| {
        let few = slice(b, crate::Axis::Samples, Selection::Indices(&[1, 0]))?;
        dot_with(a, &few, MissingGradients::ZeroRows)
    }),
    ("var", |a, _| var_over_samples(a, &["s"])),
    // No two numbers of `b` are the same: standard deviations have no derivatives at 0.
    ("std", |_, b| std_over_samples(b, &["s"])),
    ("std of properties", |_, b| std_over_properties(b, &["m"])),
];

/// Gradients of all orders are the differences of the next lower ones, for two parameters, and for the same one twice.
#[test]
fn third_derivatives_are_finite_differences_of_second_ones() {
    for (seed, tree) in [(1, Tree::ALL[3]), (2, Tree::ALL[5]), (3, Tree::ALL[6])] {
        let random = &mut Random(seed);
        let mut functions = Functions::random(random, 3, false);
        while !functions.components.is_empty() {
            functions = Functions::random(random, 3, false);
        }
        let a = functions.block(tree, random, |z| z.re / 3.0);
        let mut fill = moderate(seed);
        let b = with_arrays(&a, &mut |array| fill(array.shape().unwrap()));
        for (name, operation) in AT_DEPTH {
            check(name, operation, [&a, &b]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn gradients_are_finite_differences_at_all_depths(seed: u64) {
        for operation in &OPERATIONS {
            let mut fill = moderate(seed ^ 1);
            let [mut a, b] = random_pair::<f64>(operation, seed).map(|block| {
                with_arrays(&block, &mut |array| fill(array.shape().unwrap()))
            });
            if operation.name.starts_with("pow") {
                a = with_positive_values(&a);
            }
            if is_smooth(operation, &(operation.block)(&a, &b).unwrap()) {
                check(operation.name, operation.block, [&a, &b]);
            }
        }
    }
}
