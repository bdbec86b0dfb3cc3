//! Parts of maps and blocks.

use metatensor_core::internal::rows::{Rows, first_occurrences};
use metatensor_core::{DenseArray, Error, Labels, Result, TensorBlock};

use crate::engine::{
    Axis, Blocks, Operand, Part, Parts, Sorting, only, samples_or_properties, take,
};

/// Which entries of an axis to keep.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    /// Those that match one of these entries, in some or all of the dimensions of the axis.
    Labels(&'a Labels),
    /// Those at these positions, each of them given once. Negative positions count from the end: -1 is the last entry.
    Indices(&'a [i64]),
}

impl<'a> From<&'a Labels> for Selection<'a> {
    fn from(labels: &'a Labels) -> Self {
        Selection::Labels(labels)
    }
}

impl<'a> From<&'a [i64]> for Selection<'a> {
    fn from(indices: &'a [i64]) -> Self {
        Selection::Indices(indices)
    }
}

impl<'a, const N: usize> From<&'a [i64; N]> for Selection<'a> {
    fn from(indices: &'a [i64; N]) -> Self {
        Selection::Indices(indices)
    }
}

/// Part of a map: the samples or properties of each block that are selected.
///
/// - Selected samples are in the order of `selection` if this is a list of positions, or labels with
///   all dimensions of the samples in the same order. Otherwise they keep their order, as selected
///   properties always do.
/// - Gradients keep the rows of the selected samples, in the order these rows had.
/// - Blocks stay even if nothing of them was selected, and the info stays as well.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{Axis, slice};
/// # use ndarray::arr2;
/// let samples = Labels::new(["system", "atom"], &[[0, 0], [0, 1], [1, 0]])?;
/// let values = arr2(&[[1.0], [2.0], [3.0]]);
/// let block = TensorBlock::new(values, &samples, &[], &Labels::range("p", 1)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// let first_system = Labels::new(["system"], &[[0]])?;
/// let part = slice(&tensor, Axis::Samples, &first_system)?;
/// assert_eq!(part.block_by_id(0)?.to_ndarray::<f64>()?, arr2(&[[1.0], [2.0]]).into_dyn());
/// let part = slice(&tensor, Axis::Samples, &[2, 0])?;
/// assert_eq!(part.block_by_id(0)?.to_ndarray::<f64>()?, arr2(&[[3.0], [1.0]]).into_dyn());
/// let last = slice(&tensor, Axis::Samples, &[-1])?;
/// assert_eq!(last.block_by_id(0)?.to_ndarray::<f64>()?, arr2(&[[3.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If `axis` is neither samples nor properties; if a dimension of the selection is not one of the
/// axis; if a position is not one of the axis, for any of the blocks, or comes twice (from the start or from the end);
/// or those of the arrays.
pub fn slice<'a, T: Operand>(
    tensor: &T,
    axis: Axis,
    selection: impl Into<Selection<'a>>,
) -> Result<T> {
    let parts = split_all(tensor, axis, &[selection.into()]);
    only(parts.map_err(|error| error.context("slice"))?)
}

/// Several parts of a map, one for each selection: see [`slice()`].
///
/// Selections may have entries in common, and may leave some out. All parts are made in one pass.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{Axis, Selection, split};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[1, 2, 3]]), &samples, &[], &Labels::range("p", 3)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// let selections = [Selection::Indices(&[0]), Selection::Indices(&[1, 2])];
/// let parts = split(&tensor, Axis::Properties, &selections)?;
/// assert_eq!(parts[0].block_by_id(0)?.to_ndarray::<i32>()?, arr2(&[[1]]).into_dyn());
/// assert_eq!(parts[1].block_by_id(0)?.to_ndarray::<i32>()?, arr2(&[[2, 3]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`slice()`].
pub fn split<T: Operand>(tensor: &T, axis: Axis, selections: &[Selection<'_>]) -> Result<Vec<T>> {
    split_all(tensor, axis, selections).map_err(|error| error.context("split"))
}

fn split_all<T: Operand>(tensor: &T, axis: Axis, selections: &[Selection<'_>]) -> Result<Vec<T>> {
    let results = split_blocks(tensor.parts(), axis, selections)?.into_iter();
    results
        .map(|blocks| tensor.with_structure(blocks))
        .collect()
}

/// The parts of all blocks, for each selection.
fn split_blocks(
    blocks: Blocks<'_>,
    axis: Axis,
    selections: &[Selection<'_>],
) -> Result<Vec<Vec<TensorBlock>>> {
    samples_or_properties(axis, "known as a slicing axis")?;
    let mut results = vec![Vec::with_capacity(blocks.list.len()); selections.len()];
    // Blocks often have the same labels: what is selected from them, and new labels for it, are only made once.
    let mut last: Option<(&Labels, Parts)> = None;
    for (i, block) in blocks.list.iter().enumerate() {
        let labels = axis.labels(block);
        let parts = match last.take() {
            Some((known, parts)) if have_same_parts(known, labels) => Ok(parts),
            _ => parts(labels, axis, selections),
        };
        let split = parts.and_then(|parts| {
            let blocks = take_parts(block, axis, &parts);
            last = Some((labels, parts));
            blocks
        });
        let split = split.map_err(|error| blocks.in_block(i, error))?;
        for (result, block) in results.iter_mut().zip(split) {
            result.push(block);
        }
    }
    Ok(results)
}

/// Whether parts of these labels are the same, and of the same kind.
fn have_same_parts(a: &Labels, b: &Labels) -> bool {
    let is_native = |labels: &Labels| labels.array().downcast_ref::<DenseArray>().is_some();
    a.is_same(b) || (a == b && is_native(a) && is_native(b))
}

/// The selected parts of an axis with these labels.
fn parts(labels: &Labels, axis: Axis, selections: &[Selection<'_>]) -> Result<Parts> {
    let name = match axis {
        Axis::Properties => "property",
        _ => "sample",
    };
    let parts = selected(name, labels, selections)?.into_iter();
    let parts = parts.map(|mut entries| {
        if axis == Axis::Properties {
            entries.sort_unstable();
        }
        Part::new(labels, entries)
    });
    Ok(Parts::new(parts.collect::<Result<_>>()?))
}

/// The blocks with these parts of an axis.
fn take_parts(block: &TensorBlock, axis: Axis, parts: &Parts) -> Result<Vec<TensorBlock>> {
    if axis == Axis::Properties {
        let properties: Vec<_> = parts.list().iter().collect();
        let samples = properties.iter().map(|_| Part::all(block.samples()));
        let samples = Parts::new(samples.collect());
        return take(block, &samples, &properties, Sorting::default());
    }
    let all = Part::all(block.properties());
    let properties = vec![&all; parts.list().len()];
    take(block, parts, &properties, Sorting::default())
}

/// Positions of the entries of an axis that are selected, for each selection.
fn selected(axis: &str, labels: &Labels, selections: &[Selection<'_>]) -> Result<Vec<Vec<u32>>> {
    for selection in selections {
        if let Selection::Labels(selection) = selection
            && let Some(name) = selection
                .names()
                .iter()
                .find(|name| !labels.names().contains(name))
        {
            return Err(Error::invalid(format!(
                "invalid {axis} name '{name}' which is not part of the input, with the dimensions {}",
                labels.names()
            )));
        }
    }
    if let Some(selected) = selected_by_columns(labels, selections)? {
        return Ok(selected);
    }
    let selected = selections.iter().map(|selection| match selection {
        Selection::Labels(selection) => labels.select(selection),
        Selection::Indices(indices) => checked(indices, labels.count()),
    });
    selected.collect()
}

/// The same in one pass over the labels, for several selections with the same dimensions, which are
/// only some of those of the labels.
fn selected_by_columns(
    labels: &Labels,
    selections: &[Selection<'_>],
) -> Result<Option<Vec<Vec<u32>>>> {
    let [Selection::Labels(first), _, ..] = selections else {
        return Ok(None);
    };
    let names = first.names();
    if names.is_empty() || names == labels.names() {
        return Ok(None);
    }
    let mut values = Vec::new();
    let mut owners: Vec<u32> = Vec::new();
    for (number, selection) in (0..).zip(selections) {
        let Selection::Labels(selection) = selection else {
            return Ok(None);
        };
        if selection.names() != names {
            return Ok(None);
        }
        selection.check_readable("select")?;
        values.extend_from_slice(selection.rows().values());
        owners.resize(owners.len() + selection.count(), number);
    }
    labels.check_readable("select")?;
    let columns = names
        .iter()
        .filter_map(|name| labels.names().position(name));
    let columns: Vec<_> = columns.collect();
    let entries = owners.len();
    // One table with what is selected, and then what it is selected from.
    values.extend(labels.rows().columns(&columns));
    let table = Rows::try_new(&values, entries + labels.count(), columns.len())?;
    let (firsts, positions) = first_occurrences(table);
    let distinct = firsts.partition_point(|&first| (first as usize) < entries);
    let mut selected_by = vec![Vec::new(); distinct];
    for (&owner, &position) in owners.iter().zip(&positions) {
        selected_by[position as usize].push(owner);
    }
    let mut selected = vec![Vec::new(); selections.len()];
    for (row, &position) in (0..).zip(&positions[entries..]) {
        for &owner in selected_by.get(position as usize).into_iter().flatten() {
            selected[owner as usize].push(row);
        }
    }
    Ok(Some(selected))
}

/// The positions that these indices stand for, which are all in an axis of length `count`, and different.
fn checked(indices: &[i64], count: usize) -> Result<Vec<u32>> {
    let position = |&index: &i64| {
        let from_start = if index < 0 {
            index + count as i64
        } else {
            index
        };
        match u32::try_from(from_start) {
            Ok(position) if (position as usize) < count => Ok(position),
            _ => Err(Error::invalid(format!(
                "index {index} is out of range for an axis with {count} entries"
            ))),
        }
    };
    let positions: Vec<u32> = indices.iter().map(position).collect::<Result<_>>()?;
    if positions.windows(2).all(|pair| pair[0] < pair[1]) {
        return Ok(positions);
    }
    let mut sorted = positions.clone();
    sorted.sort_unstable();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Error::invalid(format!(
            "index {} is selected more than once, of an axis with {count} entries",
            pair[0]
        )));
    }
    Ok(positions)
}

#[cfg(test)]
mod tests;
