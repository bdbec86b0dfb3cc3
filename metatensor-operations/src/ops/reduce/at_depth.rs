//! Gradients of gradients of variances and standard deviations.
//!
//! The variance is `v = Σ (x - μ)* (x - μ) / n`. Half of its gradient for some path is, with all ways to give the parameters of
//! the path to two factors, where the first parameter is given to the first one:
//!
//! ```text
//! Σ Re((x - μ)* ∇x) / n + Σ Re((∇x)* ∇x) / n - Re((∇μ)* ∇μ)
//! ```
//!
//! The gradient of the standard deviation `s` is this, less `∇s ∇s` for the same ways, divided by `s`: the product of `s` with
//! itself is `v`. It is 0 for groups that are constant.

use metatensor_core::{DType, Element, Error, Result, TensorBlock};

use super::Reduction;
use crate::engine::{Derivatives, Elements, Rule, elements, map_all};
use crate::kernels;
use crate::numbers::{Continuous, Number, Wide, read};

/// The variances or standard deviations of `block`, of which the `first` ones have values and gradients of values.
/// `deviations` are the differences of the elements of `block` to the means of their groups, and `mean` makes means at all
/// depths. All of this is computed in double precision.
pub(super) fn with_second_derivatives<T: Continuous>(
    block: &TensorBlock,
    deviations: &[T::Sum],
    reduction: Reduction,
    first: &TensorBlock,
    mean: &dyn Fn(&TensorBlock) -> Result<TensorBlock>,
) -> Result<TensorBlock> {
    let wide = T::Sum::DTYPE;
    let block = match block.dtype() == wide {
        true => block.clone(),
        false => map_all(block, wide, |x: T::Sum| x)?,
    };
    let means = mean(&block)?;
    let squares = mean(&squares::<T::Sum>(&block, deviations, wide)?)?;
    let derivatives = Derivatives::of_elements(&[&means, &squares], Rule::Product, wide)?;
    let derivatives = derivatives.with_result();
    let (views, others) = (derivatives.views(0)?, derivatives.views(1)?);
    let (means, squares) = (elements(&views)?, elements(&others)?);
    let mean = Elements::of(0, &means);
    let square = Elements::of(1, &squares);
    let mut results: Vec<Vec<T::Sum>> = vec![read(&first.view()?)?.into_owned()];
    for (number, node) in derivatives.nodes().iter().enumerate().skip(1) {
        if node.depth() == 1 {
            let known = first.gradient(node.parameter)?;
            if known.samples() != &node.samples {
                return Err(Error::Internal("a gradient has other rows".into()));
            }
            results.push(read(&known.view()?)?.into_owned());
            continue;
        }
        let with_first = |part| node.is_first_of_two(part);
        let mut half = derivatives.gathered(number, square)?;
        let minus = |x: T::Sum, y: T::Sum| T::Sum::from_real(-x.inner(y));
        derivatives.add_products(&mut half, number, (mean, mean), with_first, minus)?;
        if reduction == Reduction::Std {
            let result = Elements::of(2, &results);
            derivatives.add_products(&mut half, number, (result, result), with_first, minus)?;
            let over = |s: T::Sum, half: T::Sum| match s.size() {
                0.0 => T::Sum::default(),
                size => half / size,
            };
            let rows = derivatives.rows(number)?;
            kernels::gather_in_place(&rows, &results[0], &mut half, over)?;
        } else {
            kernels::map_in_place(&mut half, |half| half.plus(half))?;
        }
        results.push(half);
    }
    let narrow = |elements: Vec<T::Sum>| elements.into_iter().map(T::narrow).collect();
    let results: Vec<Vec<T>> = results.into_iter().map(narrow).collect();
    derivatives.block(results, first, first.dtype())
}

/// `(x - μ)* ∇x + (∇x)* ∇x` for gradients of gradients, where the first parameter is given to the first factor; zeros for
/// values and their gradients.
fn squares<S: Wide>(block: &TensorBlock, deviations: &[S], dtype: DType) -> Result<TensorBlock> {
    let derivatives = Derivatives::of_elements(&[block], Rule::Product, dtype)?;
    let views = derivatives.views(0)?;
    let x = elements::<S>(&views)?;
    let x = Elements::of(0, &x);
    let deviations = [deviations];
    let deviation = Elements::of(0, &deviations);
    let inner = |x: S, y: S| S::from_real(x.inner(y));
    let squares = derivatives
        .nodes()
        .iter()
        .enumerate()
        .map(|(number, node)| {
            let mut sums = derivatives.zeros(number);
            if node.depth() > 1 {
                let nothing = |part: usize| part == 0;
                derivatives.add_products(&mut sums, number, (deviation, x), nothing, inner)?;
                let with_first = |part| node.is_first_of_two(part);
                derivatives.add_products(&mut sums, number, (x, x), with_first, inner)?;
            }
            Ok(sums)
        });
    derivatives.block(squares.collect::<Result<_>>()?, block, dtype)
}
