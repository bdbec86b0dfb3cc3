//! What occurs in the labels of a map.

use metatensor_core::internal::rows::{Direction, Rows, argsort, first_occurrences};
use metatensor_core::{Error, Labels, Names, Result, TensorBlock};

use crate::engine::{Axis, Operand, invalid_axis};

/// All different combinations of values that some dimensions of the samples or properties have in any
/// of the blocks, sorted.
///
/// With the parameter of a gradient, or several separated by `/` for gradients of gradients, these are
/// the samples or properties of this gradient. The dimensions of the result are `names`, in this order.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{Axis, unique_metadata};
/// # use ndarray::arr2;
/// let samples = Labels::new(["system", "atom"], &[[4, 0], [4, 1], [2, 0]])?;
/// let values = arr2(&[[1.0], [2.0], [3.0]]);
/// let block = TensorBlock::new(values, &samples, &[], &Labels::range("p", 1)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
/// let systems = unique_metadata(&tensor, Axis::Samples, &["system"], None)?;
/// assert_eq!(systems, Labels::new(["system"], &[[2], [4]])?);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If `axis` is neither samples nor properties; if `names` is empty, or a name is repeated or not one
/// of the dimensions; if there is no such gradient; or if labels can not be read.
pub fn unique_metadata<T: Operand>(
    tensor: &T,
    axis: Axis,
    names: &[&str],
    gradient: Option<&str>,
) -> Result<Labels> {
    unique(tensor.parts().list, axis, names, gradient)
        .map_err(|error| error.context("unique_metadata"))
}

fn unique(
    blocks: &[TensorBlock],
    axis: Axis,
    names: &[&str],
    gradient: Option<&str>,
) -> Result<Labels> {
    let valid = [Axis::Samples, Axis::Properties];
    if !valid.contains(&axis) {
        return Err(invalid_axis(axis, "an axis to look for metadata", &valid));
    }
    if names.is_empty() {
        return Err(Error::invalid("expected at least one name of a dimension"));
    }
    // Checks the names, also if there is no block to have them.
    Labels::empty(names)?;
    let mut values = Vec::new();
    for mut block in blocks {
        for parameter in gradient.into_iter().flat_map(|path| path.split('/')) {
            block = block.gradient(parameter)?;
        }
        let labels = if axis == Axis::Samples {
            block.samples()
        } else {
            block.properties()
        };
        let columns = names.iter().map(|name| {
            Names::position(labels.names(), name).ok_or_else(|| {
                Error::invalid(format!(
                    "'{name}' is not one of the dimensions of {axis}, {}",
                    labels.names()
                ))
            })
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        labels.check_readable("metadata")?;
        values.extend(labels.rows().columns(&columns));
    }
    let rows = Rows::try_new(&values, values.len() / names.len(), names.len())?;
    let distinct = rows.gather(&first_occurrences(rows).0);
    let distinct = Rows::try_new(&distinct, distinct.len() / names.len(), names.len())?;
    Labels::assume_unique(
        names,
        distinct.gather(&argsort(distinct, Direction::Ascending)),
    )
}

#[cfg(test)]
mod tests {
    use metatensor_core::TensorMap;

    use super::*;
    use crate::testing::{array, block, labels, map, with_gradient};

    fn block_with_samples(samples: &Labels) -> TensorBlock {
        let values = array(&[samples.count(), 1], &vec![0.0; samples.count()]);
        TensorBlock::new(values, samples, &[], &labels(["p"], &[[0]])).unwrap()
    }

    #[test]
    fn rows_are_sorted_in_the_order_of_the_names() {
        let a = block_with_samples(&labels(["a", "b"], &[[3, 1], [0, 1]]));
        let b = block_with_samples(&labels(["a", "b"], &[[0, 9], [-1, 1]]));
        let tensor = map(vec![a, b]);
        let unique = |names: &[&str]| unique_metadata(&tensor, Axis::Samples, names, None);
        let expected = labels(["b", "a"], &[[1, -1], [1, 0], [1, 3], [9, 0]]);
        assert_eq!(unique(&["b", "a"]).unwrap(), expected);
        assert_eq!(unique(&["b"]).unwrap(), labels(["b"], &[[1], [9]]));
    }

    #[test]
    fn gradients_have_their_own_samples() {
        let values = with_gradient(block([2, 1], &[0.0; 2]), "g", &[[1, 5], [0, 5]], &[0.0; 2]);
        let unique = |axis, name, gradient| unique_metadata(&values, axis, &[name], gradient);
        let rows = unique(Axis::Samples, "sample", Some("g")).unwrap();
        assert_eq!(rows, labels(["sample"], &[[0], [1]]));
        let rows = unique(Axis::Samples, "a", Some("g")).unwrap();
        assert_eq!(rows, labels(["a"], &[[5]]));
        let rows = unique(Axis::Properties, "p", Some("g")).unwrap();
        assert_eq!(rows, labels(["p"], &[[0]]));
        let error = unique(Axis::Samples, "a", Some("g/h"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("'h'"), "{error}");
    }

    #[test]
    fn without_entries_there_are_only_names() {
        let tensor = TensorMap::new(Labels::empty(&["k"]).unwrap(), Vec::new()).unwrap();
        let unique = unique_metadata(&tensor, Axis::Properties, &["x", "y"], None).unwrap();
        assert_eq!(unique, Labels::empty(&["x", "y"]).unwrap());
        let empty = block_with_samples(&labels(["s"], &[]));
        let unique = unique_metadata(&empty, Axis::Samples, &["s"], None).unwrap();
        assert_eq!(unique, labels(["s"], &[]));
    }

    #[test]
    fn bad_names_and_axes_are_named() {
        let block = block([1, 1], &[0.0]);
        let error = |axis, names: &[&str]| {
            let error = unique_metadata(&block, axis, names, None).unwrap_err();
            error.to_string()
        };
        assert!(error(Axis::Samples, &[]).contains("at least one name"));
        assert!(error(Axis::Samples, &["q"]).contains("'q'"));
        assert!(error(Axis::Samples, &["s", "s"]).contains("got 's' twice"));
        assert!(error(Axis::Keys, &["k"]).contains("'keys'"));
    }
}
