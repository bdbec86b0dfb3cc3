//! The operations that laws are checked for.

use metatensor_core::{Device, Labels, Result, TensorBlock, TensorMap};
use ndarray::Array2;

use crate::testing::{foreign_array, labels, labels_on};
use crate::*;

/// What an operation does with gradients of gradients.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// It is linear in the values, or affine: gradients of gradients are handled like gradients.
    Linear,
    /// It only moves elements.
    Structural,
    /// It needs the gradients of values with respect to the same parameters for them.
    NonLinear,
}

/// What the second argument has to have in common with the first one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Second {
    /// All labels.
    SameRows,
    /// All labels but the rows of gradients.
    OtherRows,
}

/// An operation with two arguments, the second of which may not matter.
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) class: Class,
    pub(super) second: Second,
    pub(super) block: fn(&TensorBlock, &TensorBlock) -> Result<TensorBlock>,
    pub(super) map: fn(&TensorMap, &TensorMap) -> Result<TensorMap>,
}

macro_rules! operations {
    ($(
        $class:ident $second:ident $name:literal: $function:path, ($a:pat, $b:pat) => ($($argument:expr),*);
    )*) => {
        [$(Operation {
            name: $name,
            class: Class::$class,
            second: Second::$second,
            block: |$a, $b| $function($($argument),*),
            map: |$a, $b| $function($($argument),*),
        }),*]
    };
}

const ZERO: DimensionValues<'_> = DimensionValues::Scalar(0);

/// Contracts one dimension of properties, and keeps the other one.
const CONTRACTED: ContractOptions<'_> = ContractOptions {
    matched_keys: None,
    matched_components: None,
    contracted_components: &[],
    matched_properties: Some(&[]),
    contracted_properties: &["p"],
    samples: SamplePairs::Union,
    suffixes: ["_1", "_2"],
    max_bytes: None,
};

pub(super) const OPERATIONS: [Operation; 60] = operations! {
    NonLinear SameRows "abs": abs, (a, _) => (a);
    Linear SameRows "add": add, (a, b) => (a, b);
    Linear SameRows "add 2.5": add_scalar, (a, _) => (a, 2.5);
    Linear SameRows "subtract": subtract, (a, b) => (a, b);
    Linear SameRows "subtract 2.5": subtract_scalar, (a, _) => (a, 2.5);
    NonLinear SameRows "multiply": multiply, (a, b) => (a, b);
    Linear SameRows "multiply 2.5": multiply_scalar, (a, _) => (a, 2.5);
    NonLinear SameRows "divide": divide, (a, b) => (a, b);
    Linear SameRows "divide 2.5": divide_scalar, (a, _) => (a, 2.5);
    NonLinear SameRows "pow -1": pow, (a, _) => (a, -1.0);
    NonLinear SameRows "pow 0": pow, (a, _) => (a, 0.0);
    NonLinear SameRows "pow 0.5": pow, (a, _) => (a, 0.5);
    Linear SameRows "pow 1": pow, (a, _) => (a, 1.0);
    NonLinear SameRows "pow 2": pow, (a, _) => (a, 2.0);
    NonLinear SameRows "pow 2.5": pow, (a, _) => (a, 2.5);
    NonLinear SameRows "pow 3": pow, (a, _) => (a, 3.0);
    Linear SameRows "dot": dot_weights, (a, _) => (a);
    NonLinear OtherRows "contract": contract, (a, b) => (a, b, ContractOptions::default());
    NonLinear OtherRows "contract p": contract, (a, b) => (a, b, CONTRACTED);
    Linear SameRows "sum a": sum_over_samples, (a, _) => (a, &["a"]);
    Linear SameRows "sum a, b": sum_over_samples, (a, _) => (a, &["a", "b"]);
    Linear SameRows "sum nothing": sum_over_samples, (a, _) => (a, &[]);
    Linear SameRows "mean b": mean_over_samples, (a, _) => (a, &["b"]);
    Linear SameRows "mean a, b": mean_over_samples, (a, _) => (a, &["b", "a"]);
    NonLinear SameRows "var a": var_over_samples, (a, _) => (a, &["a"]);
    NonLinear SameRows "var a, b": var_over_samples, (a, _) => (a, &["a", "b"]);
    NonLinear SameRows "std b": std_over_samples, (a, _) => (a, &["b"]);
    NonLinear SameRows "std a, b": std_over_samples, (a, _) => (a, &["a", "b"]);
    Linear SameRows "sum p": sum_over_properties, (a, _) => (a, &["p"]);
    Linear SameRows "sum p, q": sum_over_properties, (a, _) => (a, &["p", "q"]);
    Linear SameRows "mean q": mean_over_properties, (a, _) => (a, &["q"]);
    Linear SameRows "mean nothing": mean_over_properties, (a, _) => (a, &[]);
    NonLinear SameRows "var p": var_over_properties, (a, _) => (a, &["p"]);
    NonLinear SameRows "var p, q": var_over_properties, (a, _) => (a, &["p", "q"]);
    NonLinear SameRows "std q": std_over_properties, (a, _) => (a, &["q"]);
    NonLinear SameRows "std p, q": std_over_properties, (a, _) => (a, &["p", "q"]);
    Structural SameRows "slice samples by a": slice_a, (a, _) => (a);
    Structural SameRows "slice samples by a, b": slice_samples, (a, _) => (a);
    Structural SameRows "slice properties by q": slice_q, (a, _) => (a);
    Structural SameRows "split samples": split_samples, (a, _) => (a);
    Structural SameRows "sort": sort, (a, _) => (a, &Axis::OF_BLOCKS, Direction::Ascending);
    Structural SameRows "sort, descending": sort, (a, _) => (a, &Axis::OF_BLOCKS, Direction::Descending);
    Structural SameRows "sort samples": sort, (a, _) => (a, &[Axis::Samples], Direction::Descending);
    Structural SameRows "sort properties": sort, (a, _) => (a, &[Axis::Properties], Direction::Ascending);
    Structural OtherRows "join samples": join_samples, (a, b) => (a, b);
    Structural OtherRows "join properties": join_properties, (a, b) => (a, b);
    Structural OtherRows "join different properties": join_others, (a, b) => (a, b);
    Structural OtherRows "align gradients": align_first, (a, b) => (a, b);
    Structural SameRows "make contiguous": make_contiguous, (a, _) => (a);
    Structural SameRows "remove h": remove_gradients, (a, _) => (a, Some(&["h"]));
    Linear SameRows "zeros": zeros_like, (a, _) => (a, GradientSelection::All);
    Structural SameRows "append to samples": append_dimension, (a, _) => (a, Axis::Samples, "new", ZERO);
    Structural SameRows "insert in properties": insert_dimension, (a, _) => (a, Axis::Properties, 1, "new", ZERO);
    Structural SameRows "permute samples": permute_dimensions, (a, _) => (a, Axis::Samples, &[1, 0]);
    Structural SameRows "permute properties": permute_dimensions, (a, _) => (a, Axis::Properties, &[1, 0]);
    Structural SameRows "remove from samples": append_and_remove, (a, _) => (a, Axis::Samples, "b");
    Structural SameRows "remove from properties": append_and_remove, (a, _) => (a, Axis::Properties, "q");
    Structural SameRows "rename samples": rename_dimension, (a, _) => (a, Axis::Samples, "a", "new");
    Structural SameRows "rename gradient samples": rename_twice, (a, _) => (a);
    Structural SameRows "rename properties": rename_dimension, (a, _) => (a, Axis::Properties, "p", "new");
};

/// Three rows of numbers for the properties of a block.
fn weights(block: &TensorBlock) -> TensorBlock {
    let number = |(i, j)| ((3 * i + 2 * j) % 5) as i32 - 1;
    let values = Array2::from_shape_fn((3, block.properties().count()), number);
    let device = block.device();
    let values = match device {
        Device::CPU => values.into(),
        _ => foreign_array(values, device),
    };
    let outputs = labels_on(&labels(["z"], &[[2], [0], [1]]), device);
    TensorBlock::new(values, &outputs, &[], block.properties()).unwrap()
}

fn dot_weights<T: Operand>(a: &T) -> Result<T> {
    let weights = a.parts().list.iter().map(weights).collect();
    dot(a, &a.with_results(weights)?)
}

fn slice_a<T: Operand>(a: &T) -> Result<T> {
    slice(
        a,
        Axis::Samples,
        Selection::Labels(&labels(["a"], &[[1], [-1]])),
    )
}

fn slice_samples<T: Operand>(a: &T) -> Result<T> {
    slice(
        a,
        Axis::Samples,
        Selection::Labels(&labels(
            ["a", "b"],
            &[[1, 1], [0, 0], [-1, 0], [0, 1], [7, 7]],
        )),
    )
}

fn slice_q<T: Operand>(a: &T) -> Result<T> {
    slice(
        a,
        Axis::Properties,
        Selection::Labels(&labels(["q"], &[[1]])),
    )
}

/// The second of two parts.
fn split_samples<T: Operand>(a: &T) -> Result<T> {
    let parts = [labels(["b"], &[[0]]), labels(["b"], &[[1]])];
    let parts = parts.each_ref().map(Selection::Labels);
    Ok(split(a, Axis::Samples, &parts)?.remove(1))
}

pub(super) const FROM: JoinOptions<'_> = JoinOptions {
    different_keys: DifferentKeys::Error,
    add_dimension: Some("from"),
    missing_gradients: MissingGradients::Error,
};

fn join_samples<T: Operand>(a: &T, b: &T) -> Result<T> {
    join(&[a, b], Axis::Samples, FROM)
}

fn join_properties<T: Operand>(a: &T, b: &T) -> Result<T> {
    join(&[a, b], Axis::Properties, FROM)
}

fn join_others<T: Operand>(a: &T, b: &T) -> Result<T> {
    let b = rename_dimension(b, Axis::Properties, "p", "r")?;
    join(&[a, &b], Axis::Properties, JoinOptions::default())
}

fn align_first<T: Operand>(a: &T, b: &T) -> Result<T> {
    Ok(align_gradients(a, b)?.0)
}

/// Without a dimension that is needed to tell entries apart, after another one for this was added.
fn append_and_remove<T: Operand>(a: &T, axis: Axis, name: &str) -> Result<T> {
    let numbers: Vec<_> = a.parts().list.iter().map(|a| numbers(a, axis)).collect();
    let numbers: Vec<_> = numbers.iter().map(Vec::as_slice).collect();
    let longer = append_dimension(a, axis, "new", DimensionValues::PerBlock(&numbers))?;
    remove_dimension(&longer, axis, name)
}

/// A different number for each entry.
fn numbers(block: &TensorBlock, axis: Axis) -> Vec<i32> {
    let labels: &Labels = match axis {
        Axis::Samples => block.samples(),
        _ => block.properties(),
    };
    labels.iter().map(|row| 10 * row[0] + row[1]).collect()
}

/// In the end, also of gradients.
fn rename_twice<T: Operand>(a: &T) -> Result<T> {
    let renamed = rename_dimension(a, Axis::Samples, "a", "i")?;
    rename_dimension(&renamed, Axis::Samples, "i", "new")
}
