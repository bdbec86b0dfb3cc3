//! Maps filled with random numbers.

use std::iter;

use half::{bf16, f16};
use metatensor_core::internal::{Kernel, Output, run_kernel};
use metatensor_core::{DType, DenseArray, Element, Error, Result, TensorBlock};
use num_complex::Complex;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_xoshiro::SplitMix64;

use crate::engine::{Operand, map_structure, with_values};
use crate::ops::like::{GradientSelection, selected};

/// Map with the labels, the data type and the info of `tensor`, and random numbers for all elements,
/// evenly distributed from 0 (included) to 1 (excluded).
///
/// Both parts of complex numbers are such numbers. The same `seed` gives the same elements again. Those
/// of each block and gradient only depend on the seed, the position of the block and the parameters.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{GradientSelection, equal, random_uniform_like};
/// # use ndarray::Array2;
/// # let samples = Labels::range("s", 3)?;
/// let values = Array2::<f32>::zeros((3, 2));
/// let block = TensorBlock::new(values, &samples, &[], &Labels::range("p", 2)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
/// let random = |seed| random_uniform_like(&tensor, GradientSelection::All, seed);
/// assert!(equal(&random(3)?, &random(3)?)?);
/// assert!(!equal(&random(3)?, &random(4)?)?);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If elements are neither real nor complex floating point numbers; if a selected gradient does not
/// exist or is selected twice; or those of the arrays.
pub fn random_uniform_like<T: Operand>(
    tensor: &T,
    gradients: GradientSelection<'_>,
    seed: u64,
) -> Result<T> {
    map_structure(tensor, &|i, block| {
        random_block(block, gradients, part(seed, i as u64))
    })
    .map_err(|error| error.context("random_uniform_like"))
}

fn random_block(
    block: &TensorBlock,
    gradients: GradientSelection<'_>,
    seed: u64,
) -> Result<TensorBlock> {
    let mut result = with_values(block, random_values(block, seed)?)?;
    for (parameter, gradient) in selected("random_uniform_like", block, gradients)? {
        let seed = parameter
            .bytes()
            .fold(part(seed, u64::MAX), |seed, byte| part(seed, byte.into()));
        let gradient = random_block(gradient, GradientSelection::All, seed)?;
        result.add_gradient(parameter, gradient)?;
    }
    Ok(result)
}

fn random_values(block: &TensorBlock, seed: u64) -> Result<DenseArray> {
    let device = block.device();
    if !device.is_cpu() {
        return Err(Error::unsupported(format!("data on {device}")));
    }
    let shape = &block.shape()[..];
    match block.dtype() {
        DType::F64 => fill(shape, seed, 1, Generator::random::<f64>),
        DType::F32 => fill(shape, seed, 1, Generator::random::<f32>),
        DType::F16 => fill(shape, seed, 1, |numbers| {
            f16::from_f32(fraction(numbers, 11))
        }),
        DType::BF16 => fill(shape, seed, 1, |numbers| {
            bf16::from_f32(fraction(numbers, 8))
        }),
        DType::C128 => fill(shape, seed, 2, |numbers| {
            Complex::<f64>::new(numbers.random(), numbers.random())
        }),
        DType::C64 => fill(shape, seed, 2, |numbers| {
            Complex::<f32>::new(numbers.random(), numbers.random())
        }),
        other => Err(Error::unsupported(format!(
            "random numbers between 0 and 1 of type {other}"
        ))),
    }
}

/// A generator with numbers that can be computed several at a time. It can skip numbers: which ones an element gets does
/// not depend on the thread that draws them.
type Generator = SplitMix64;

/// What the state of the generator grows by for each number (G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014).
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Array of what `make` draws, `draws` random numbers for each element.
fn fill<T: Element>(
    shape: &[usize],
    seed: u64,
    draws: u64,
    make: impl Fn(&mut Generator) -> T + Sync,
) -> Result<DenseArray> {
    // A number takes longer than to write it.
    let work = 4 * shape.iter().product::<usize>() * size_of::<T>();
    DenseArray::write_rows(shape, 1, work, |range, output| {
        let skipped = STEP.wrapping_mul(draws).wrapping_mul(range.start as u64);
        run_kernel(Draw {
            output,
            count: range.len(),
            numbers: Generator::seed_from_u64(seed.wrapping_add(skipped)),
            make: &make,
        });
        Ok(())
    })
}

/// Writes `count` elements.
struct Draw<'o, 'm, T, F> {
    output: &'o mut Output<'m, T>,
    count: usize,
    numbers: Generator,
    make: &'o F,
}

impl<T: Copy, F: Fn(&mut Generator) -> T> Kernel for Draw<'_, '_, T, F> {
    type Output = ();

    #[inline(always)]
    fn fused(mut self) {
        let elements = iter::repeat_with(|| (self.make)(&mut self.numbers));
        self.output.extend(self.count, elements);
    }
}

/// A random multiple of 2⁻ᵇ less than 1, where `b` is the number of `bits`.
fn fraction(numbers: &mut Generator, bits: u32) -> f32 {
    (numbers.next_u32() >> (32 - bits)) as f32 / (1_u32 << bits) as f32
}

/// The seed of a part of what `seed` is for.
fn part(seed: u64, number: u64) -> u64 {
    let mixed = Generator::seed_from_u64(seed).next_u64();
    Generator::seed_from_u64(mixed ^ number).next_u64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::threads::{Order, assert_independent_of_threads, large};
    use crate::testing::{block, gradient, map, values, with_gradient};

    fn random<T: Element>(count: usize, seed: u64) -> Vec<T> {
        let zeros = block([count, 1], &vec![T::default(); count]);
        let random = random_uniform_like(&zeros, GradientSelection::All, seed);
        values(&random.unwrap())
    }

    /// The mean, the variance, and the correlation of neighbors are those of the even distribution.
    fn check_distribution(numbers: &[f64]) {
        let count = numbers.len() as f64;
        assert!(numbers.iter().all(|x| (0.0..1.0).contains(x)));
        let mean = numbers.iter().sum::<f64>() / count;
        let square = numbers.iter().map(|x| (x - 0.5).powi(2)).sum::<f64>() / count;
        let pairs = numbers.windows(2).map(|x| (x[0] - 0.5) * (x[1] - 0.5));
        assert!(
            (mean - 0.5).abs() < 5.0 * (1.0 / 12.0 / count).sqrt(),
            "{mean}"
        );
        assert!(
            (square - 1.0 / 12.0).abs() < 5.0 * (1.0 / 180.0 / count).sqrt(),
            "{square}"
        );
        let correlation = pairs.sum::<f64>() / count;
        assert!(
            correlation.abs() < 5.0 / 12.0 / count.sqrt(),
            "{correlation}"
        );
    }

    #[test]
    fn numbers_of_all_types_are_evenly_distributed() {
        let count = 20_000;
        check_distribution(&random::<f64>(count, 0));
        check_distribution(
            &random::<f32>(count, 1)
                .into_iter()
                .map(f64::from)
                .collect::<Vec<_>>(),
        );
        check_distribution(
            &random::<f16>(count, 2)
                .into_iter()
                .map(f64::from)
                .collect::<Vec<_>>(),
        );
        let numbers = random::<Complex<f64>>(count, 3);
        check_distribution(
            &numbers
                .iter()
                .flat_map(|x| [x.re, x.im])
                .collect::<Vec<_>>(),
        );
        let numbers = random::<Complex<f32>>(count, 4).into_iter();
        let parts = numbers.flat_map(|x| [x.re, x.im]).map(f64::from);
        check_distribution(&parts.collect::<Vec<_>>());
    }

    #[test]
    fn blocks_and_gradients_have_numbers_of_their_own() {
        let block = with_gradient(block([1, 2], &[0.0; 2]), "g", &[[0, 0]], &[0.0; 2]);
        let tensor = map(vec![block.clone(), block.clone()]);
        let random = random_uniform_like(&tensor, GradientSelection::All, 5).unwrap();
        let [a, b] = [0, 1].map(|i| &random.blocks()[i]);
        let mut all = [
            values::<f64>(a),
            values(b),
            gradient(a, "g"),
            gradient(b, "g"),
        ]
        .concat();
        all.sort_by(f64::total_cmp);
        all.dedup();
        assert_eq!(all.len(), 8);

        let alone = random_uniform_like(&block, GradientSelection::None, 5).unwrap();
        assert_eq!(values::<f64>(&alone), values::<f64>(a));
        assert!(alone.gradients_list().is_empty());
    }

    #[test]
    fn numbers_do_not_depend_on_the_number_of_threads() {
        let tensor = large(3000, 7, 40, 0.0, Order::RowMajor);
        let random = || random_uniform_like(&tensor, GradientSelection::All, 3);
        assert_independent_of_threads(|| vec![random()]);
        // They are those of one generator, in order.
        let mut numbers = Generator::seed_from_u64(part(3, 0));
        let all = values::<f64>(&random().unwrap().blocks()[0]);
        assert_eq!(all.len(), 120_000);
        assert!(all.iter().all(|&x| x == numbers.random::<f64>()));
    }

    #[test]
    fn integers_and_unknown_gradients_are_refused() {
        let integers = map(vec![block([1, 1], &[1])]);
        let error = random_uniform_like(&integers, GradientSelection::All, 0).unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)), "{error}");
        assert!(error.to_string().contains("int32"), "{error}");
        let floats = map(vec![block([1, 1], &[1.0])]);
        let error = random_uniform_like(&floats, GradientSelection::Only(&["q"]), 0).unwrap_err();
        assert!(
            error.to_string().contains("requested gradient 'q'"),
            "{error}"
        );
    }
}
