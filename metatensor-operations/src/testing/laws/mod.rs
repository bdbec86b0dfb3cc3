//! What has to hold for all operations, checked for each of them on random blocks.
//!
//! Blocks have up to two components and two gradients, the rows of which are sparse and in any order; gradients can have
//! components of their own, and gradients. Any axis but components can be empty.

mod at_depth;
mod conformance;
mod densification;
mod derivatives;
mod devices;
mod element_types;
mod inverses;
mod layouts;
mod maps;
mod operations;
mod order;
mod recursion;
mod structure;

use std::collections::BTreeMap;

use half::{bf16, f16};
use metatensor_core::{Element, Labels, TensorBlock};
use ndarray::ArrayD;
use num_complex::Complex;

use crate::numbers::converted;
use crate::testing::random::{Place, elements};
use crate::testing::{Random, with_arrays};
use operations::{Class, Operation, Second};

/// Numbers that operations are tried on: small integers which are not 0. Their sums and products are exact.
trait Small: Element + PartialEq {
    fn small(i: u32) -> Self;
}

macro_rules! small {
    ($($type:ty: $convert:expr),* $(,)?) => {$(
        impl Small for $type {
            fn small(i: u32) -> Self {
                const NUMBERS: [i8; 8] = [3, -1, 2, 4, -2, 1, -4, -3];
                let convert: fn(i8) -> $type = $convert;
                // Not periodic, so that neighbors in any direction are different.
                convert(NUMBERS[(i.wrapping_mul(0x9e37_79b9) >> 29) as usize])
            }
        }
    )*};
}

small! {
    f64: f64::from,
    f32: f32::from,
    f16: f16::from,
    i64: i64::from,
    i32: i32::from,
    Complex<f64>: |x| Complex::new(x.into(), f64::from(x) - 1.0),
    Complex<f32>: |x| Complex::new(x.into(), f32::from(x) - 1.0),
    bf16: bf16::from,
    i8: |x| x,
    u8: |x| x as u8,
    u64: |x| x as u64,
    bool: |x| x > 0,
}

/// Calls a function for all types of numbers.
macro_rules! for_all_numbers {
    ($function:ident($($argument:expr),*)) => {
        $function::<f64>($($argument),*);
        $function::<f32>($($argument),*);
        $function::<half::f16>($($argument),*);
        $function::<half::bf16>($($argument),*);
        $function::<i64>($($argument),*);
        $function::<i32>($($argument),*);
        $function::<num_complex::Complex<f64>>($($argument),*);
        $function::<num_complex::Complex<f32>>($($argument),*);
    };
}
use for_all_numbers;

/// Two random blocks that `operation` can be used on.
fn random_pair<T: Small>(operation: &Operation, seed: u64) -> [TensorBlock; 2] {
    let random = &mut Random(seed);
    let (samples, properties) = (random.pairs(["a", "b"]), random.pairs(["p", "q"]));
    pair_with::<T>(operation, random, &samples, &properties)
}

/// The same, with these labels.
fn pair_with<T: Small>(
    operation: &Operation,
    random: &mut Random,
    samples: &Labels,
    properties: &Labels,
) -> [TensorBlock; 2] {
    let (components, parameters) = (random.below(3), random.below(3));
    let mut make = || random.block_with(samples, properties, components, parameters, T::small);
    let (mut a, mut b) = (make(), make());
    if operation.class == Class::NonLinear && parameters == 1 {
        [a, b] = [a, b].map(|block| without_second_derivatives(&block));
    }
    if operation.second == Second::SameRows {
        b = with_arrays(&a, &mut |array| {
            random.array(array.shape().unwrap(), T::small)
        });
    }
    [a, b]
}

fn without_second_derivatives(block: &TensorBlock) -> TensorBlock {
    let plain = |block: &TensorBlock| {
        let (samples, properties) = (block.samples(), block.properties());
        TensorBlock::new(
            block.values().clone(),
            samples,
            block.components(),
            properties,
        )
        .unwrap()
    };
    let mut result = plain(block);
    for (parameter, gradient) in block.gradients() {
        result.add_gradient(parameter, plain(gradient)).unwrap();
    }
    result
}

/// All elements, whatever their type, regardless of the order of entries of labels.
fn numbers(block: &TensorBlock) -> BTreeMap<Place, Complex<f64>> {
    let complex = with_arrays(block, &mut |array| {
        let view = array.view().unwrap();
        let elements = converted::<Complex<f64>>(&view).unwrap();
        ArrayD::from_shape_vec(view.shape(), elements)
            .unwrap()
            .into()
    });
    elements(&complex)
}

fn is_same(a: Complex<f64>, b: Complex<f64>) -> bool {
    let same = |a: f64, b: f64| a == b || a.is_nan() && b.is_nan();
    same(a.re, b.re) && same(a.im, b.im)
}

/// Checks that all elements are the same, and gives a name to what differs.
#[track_caller]
fn assert_same_numbers(name: &str, result: &TensorBlock, expected: &TensorBlock) {
    let (result, mut rest) = (numbers(result), numbers(expected));
    for (place, x) in result {
        let expected = rest.remove(&place);
        assert!(
            expected.is_some_and(|y| is_same(x, y)),
            "{name}: {x} at {place:?}, expected {expected:?}"
        );
    }
    assert!(rest.is_empty(), "{name}: nothing at {rest:?}");
}

/// The rows of a block with these numbers, in this order, and zeros for those that are `None`; without gradients.
fn rows<T: Element>(
    block: &TensorBlock,
    samples: &Labels,
    numbers: &[Option<usize>],
) -> TensorBlock {
    let old = block.to_ndarray::<T>().unwrap();
    let mut shape = old.shape().to_vec();
    shape[0] = numbers.len();
    let mut new = ArrayD::from_elem(shape, T::default());
    for (mut row, number) in new.axis_iter_mut(ndarray::Axis(0)).zip(numbers) {
        if let Some(number) = number {
            row.assign(&old.index_axis(ndarray::Axis(0), *number));
        }
    }
    TensorBlock::new(new, samples, block.components(), block.properties()).unwrap()
}
