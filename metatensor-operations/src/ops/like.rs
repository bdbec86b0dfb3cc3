//! Maps with the structure of others.

use std::collections::HashSet;

use metatensor_core::internal::with_element;
use metatensor_core::{DType, DenseArray, Element, Error, Result, TensorBlock};

use crate::engine::{Operand, map_structure, with_array};

/// Which gradients a new map or block has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientSelection<'a> {
    /// All that the given one has.
    All,
    /// None.
    None,
    /// Those with respect to these parameters, in this order.
    Only(&'a [&'a str]),
}

/// Map with the labels, the data type and the info of `tensor`, and 0 for all elements.
///
/// Gradients that are kept keep their own gradients.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{GradientSelection, ones_like, zeros_like};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[7.0, 8.0]]), &samples, &[], &Labels::range("p", 2)?)?;
/// let zeros = zeros_like(&block, GradientSelection::All)?;
/// assert_eq!(zeros.to_ndarray::<f64>()?, arr2(&[[0.0, 0.0]]).into_dyn());
/// let ones = ones_like(&block, GradientSelection::All)?;
/// assert_eq!(ones.to_ndarray::<f64>()?, arr2(&[[1.0, 1.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If a selected gradient does not exist or is selected twice; or those of the arrays.
pub fn zeros_like<T: Operand>(tensor: &T, gradients: GradientSelection<'_>) -> Result<T> {
    filled_like("zeros_like", tensor, gradients, Fill::Zeros)
}

/// Like [`zeros_like`], with 1 for all elements, also those of gradients: these are not derivatives of
/// anything.
///
/// # Errors
///
/// As for [`zeros_like`].
pub fn ones_like<T: Operand>(tensor: &T, gradients: GradientSelection<'_>) -> Result<T> {
    filled_like("ones_like", tensor, gradients, Fill::Ones)
}

/// Like [`zeros_like`], for callers who will write all elements: do not rely on what they are.
///
/// # Errors
///
/// As for [`zeros_like`].
pub fn empty_like<T: Operand>(tensor: &T, gradients: GradientSelection<'_>) -> Result<T> {
    filled_like("empty_like", tensor, gradients, Fill::Zeros)
}

#[derive(Clone, Copy)]
enum Fill {
    Zeros,
    Ones,
}

fn filled_like<T: Operand>(
    function: &str,
    tensor: &T,
    gradients: GradientSelection<'_>,
    fill: Fill,
) -> Result<T> {
    map_structure(tensor, &|_, block| filled(function, block, gradients, fill))
}

fn filled(
    function: &str,
    block: &TensorBlock,
    gradients: GradientSelection<'_>,
    fill: Fill,
) -> Result<TensorBlock> {
    let value = scalar(block.dtype()?, fill)?;
    let mut result = filled_values(block, &value)?;
    for (parameter, gradient) in selected(function, block, gradients)? {
        result.add_gradient(parameter, filled_all(gradient, &value)?)?;
    }
    Ok(result)
}

/// The selected gradients of a block and their parameters, in the order of the selection.
pub(crate) fn selected<'a>(
    function: &str,
    block: &'a TensorBlock,
    gradients: GradientSelection<'a>,
) -> Result<Vec<(&'a str, &'a TensorBlock)>> {
    let parameters = match gradients {
        GradientSelection::All => return Ok(block.gradients().collect()),
        GradientSelection::None => return Ok(Vec::new()),
        GradientSelection::Only(parameters) => parameters,
    };
    let mut distinct = HashSet::new();
    for parameter in parameters {
        if !block.has_gradient(parameter) {
            return Err(Error::invalid(format!(
                "requested gradient '{parameter}' in '{function}' is not defined in this tensor, \
                 which has {}",
                block.gradients_list()
            )));
        }
        if !distinct.insert(*parameter) {
            return Err(Error::invalid(format!(
                "requested gradient '{parameter}' twice in '{function}'"
            )));
        }
    }
    let selected = parameters.iter();
    selected
        .map(|&parameter| Ok((parameter, block.gradient(parameter)?)))
        .collect()
}

fn filled_all(block: &TensorBlock, value: &DenseArray) -> Result<TensorBlock> {
    let mut result = filled_values(block, value)?;
    for (parameter, gradient) in block.gradients() {
        result.add_gradient(parameter, filled_all(gradient, value)?)?;
    }
    Ok(result)
}

fn filled_values(block: &TensorBlock, value: &DenseArray) -> Result<TensorBlock> {
    let shape = block.shape();
    let values = match block.values().downcast_ref::<DenseArray>() {
        Some(model) => model.filled_like(&shape, value)?.into(),
        None => block.values().create(&shape, value)?.into(),
    };
    with_array(block, values)
}

fn scalar(dtype: DType, fill: Fill) -> Result<DenseArray> {
    let number = match fill {
        Fill::Zeros => 0.0,
        Fill::Ones => 1.0,
    };
    with_element!(dtype, T => Ok(DenseArray::scalar(T::from_number(number).unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use metatensor_core::{Complex, Device, bf16, f16};

    use super::*;
    use crate::testing::*;

    fn three_gradients() -> TensorBlock {
        ["a", "b", "c"]
            .into_iter()
            .fold(block([1, 1], &[5.0]), |block, parameter| {
                with_gradient(block, parameter, &[[0, 1], [0, 0]], &[1.0, 2.0])
            })
    }

    #[test]
    fn gradients_come_in_the_order_of_the_request() {
        let block = three_gradients();
        for (selection, expected) in [
            (GradientSelection::All, &["a", "b", "c"][..]),
            (GradientSelection::None, &[]),
            (GradientSelection::Only(&["c", "a"]), &["c", "a"]),
        ] {
            let ones = ones_like(&block, selection).unwrap();
            assert_eq!(*ones.gradients_list(), *expected);
            assert_eq!(values::<f64>(&ones), [1.0]);
            for (parameter, gradient) in ones.gradients() {
                assert_eq!(values::<f64>(gradient), [1.0, 1.0]);
                assert_eq!(
                    gradient.samples(),
                    block.gradient(parameter).unwrap().samples()
                );
            }
            let zeros = zeros_like(&block, selection).unwrap();
            assert_eq!(values::<f64>(&zeros), [0.0]);
        }
    }

    #[test]
    fn unknown_and_repeated_gradients_are_refused() {
        let tensor = map(vec![three_gradients()]);
        let zeros = |parameters| zeros_like(&tensor, GradientSelection::Only(parameters));
        let error = zeros(&["a", "q"]).unwrap_err().to_string();
        let expected = "requested gradient 'q' in 'zeros_like' is not defined in this tensor";
        assert!(error.contains(expected), "{error}");
        let error = zeros(&["a", "a"]).unwrap_err().to_string();
        assert!(error.contains("'a' twice"), "{error}");
    }

    #[test]
    fn all_types_can_be_filled() {
        fn check<T: Element>(one: T) {
            let other = block([1, 2], &[T::default(); 2]);
            let ones = ones_like(&other, GradientSelection::All).unwrap();
            assert_eq!(values::<T>(&ones), [one, one]);
            let zeros = zeros_like(&ones, GradientSelection::All).unwrap();
            assert_eq!(values::<T>(&zeros), [T::default(); 2]);
        }
        check(true);
        check(1_i8);
        check(1_i16);
        check(1_i32);
        check(1_i64);
        check(1_u8);
        check(1_u16);
        check(1_u32);
        check(1_u64);
        check(f16::ONE);
        check(bf16::ONE);
        check(1_f32);
        check(1_f64);
        check(Complex::<f32>::ONE);
        check(Complex::<f64>::ONE);
    }

    #[test]
    fn arrays_are_of_the_same_kind_on_the_same_device() {
        let device = Device { kind: 2, id: 3 };
        let block = foreign(&three_gradients(), device);
        let ones = ones_like(&block, GradientSelection::All).unwrap();
        for block in [&ones, ones.gradient("b").unwrap()] {
            assert_eq!(block.values().origin().unwrap(), Foreign::origin());
            assert_eq!(block.device().unwrap(), device);
        }
    }

    #[test]
    fn info_and_empty_blocks_are_kept() {
        let mut tensor = map(vec![with_gradient::<f64>(
            block::<f64>([0, 2], &[]),
            "g",
            &[],
            &[],
        )]);
        tensor.info_mut().insert("name".into(), "it".into());
        let zeros = zeros_like(&tensor, GradientSelection::All).unwrap();
        assert_eq!(zeros.info(), tensor.info());
        let gradient = zeros.blocks()[0].gradient("g").unwrap();
        assert_eq!(gradient.values().shape().unwrap(), [0, 2]);
        assert!(
            empty_like(&map(vec![]), GradientSelection::All)
                .unwrap()
                .is_empty()
        );
    }
}
