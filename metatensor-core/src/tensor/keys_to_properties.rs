//! From the keys to the properties.

use super::merge::{Group, MergePlan, MergedProperties, all_properties};
use super::merged_rows::{Tables, product, readable};
use super::{FillValue, KeysToMove, SampleOrder, TensorMap};
use crate::array::PropertyRun;
use crate::rows::Rows;
use crate::{Error, Labels, Result};

impl TensorMap {
    /// Moves dimensions from the keys to the start of the properties: blocks whose keys are the same
    /// in all other dimensions are merged along the properties.
    ///
    /// The samples of a merged block are all those of its blocks. If `keys_to_move` has no entries,
    /// only its names matter, and the properties are those of the first block, then those of the
    /// second one and so on, each after what the key of this block was in the moved dimensions. If
    /// it has entries, the properties are those of the blocks (which must all be the same) once for
    /// each of these entries, whether there is such a block or not; other blocks are left out. This
    /// makes the same properties in all maps. Without any dimension left, the only key is `_ = 0`.
    ///
    /// Gradients are merged the same way. Elements that were in no block are `fill_value`. Without blocks,
    /// the result has no blocks either.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, SampleOrder, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// let block = |atoms: &[[i32; 1]], values| {
    ///     let samples = Labels::new(["atom"], atoms)?;
    ///     TensorBlock::new(values, &samples, &[], &Labels::range("n", 1)?)
    /// };
    /// let keys = Labels::new(["neighbor_type"], &[[1], [8]])?;
    /// let hydrogen = block(&[[0], [2]], arr2(&[[1.0], [2.0]]))?;
    /// let oxygen = block(&[[1], [2]], arr2(&[[3.0], [4.0]]))?;
    /// let map = TensorMap::new(keys, vec![hydrogen, oxygen])?;
    ///
    /// let merged = map.keys_to_properties("neighbor_type", 0.0, SampleOrder::Sorted)?;
    /// let block = merged.block(&[])?;
    /// assert_eq!(*block.samples(), Labels::range("atom", 3)?);
    /// assert_eq!(*block.properties(), Labels::new(["neighbor_type", "n"], &[[1, 0], [8, 0]])?);
    /// let values = arr2(&[[1.0, 0.0], [0.0, 3.0], [2.0, 4.0]]);
    /// assert_eq!(block.to_ndarray::<f64>()?, values.into_dyn());
    ///
    /// let chosen = Labels::new(["neighbor_type"], &[[8], [92]])?;
    /// let merged = map.keys_to_properties(&chosen, -1.0, SampleOrder::Sorted)?;
    /// let block = merged.block(&[])?;
    /// assert_eq!(*block.properties(), Labels::new(["neighbor_type", "n"], &[[8, 0], [92, 0]])?);
    /// let values = arr2(&[[-1.0, -1.0], [3.0, -1.0], [4.0, -1.0]]);
    /// assert_eq!(block.to_ndarray::<f64>()?, values.into_dyn());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `keys_to_move` has a dimension that the keys do not have or the properties have already;
    /// if merged blocks do not have the same components, or the same properties if `keys_to_move`
    /// has entries; or if the fill value does not have the data type of the map.
    pub fn keys_to_properties<'k, 'a>(
        &'a self,
        keys_to_move: impl Into<KeysToMove<'k>>,
        fill_value: impl Into<FillValue<'a>>,
        order: SampleOrder,
    ) -> Result<TensorMap> {
        self.move_to_properties(
            &keys_to_move.into().into_labels()?,
            fill_value.into(),
            order,
        )
    }

    fn move_to_properties(
        &self,
        keys_to_move: &Labels,
        fill_value: FillValue<'_>,
        order: SampleOrder,
    ) -> Result<TensorMap> {
        let plan = MergePlan::new(self, keys_to_move.names(), fill_value)?;
        let own = plan.first_block().into_iter();
        let own = own.flat_map(|block| block.properties().names().iter());
        let names = keys_to_move.names().iter().chain(own);
        let model = Labels::empty(&names.collect::<Vec<_>>())
            .map_err(|error| error.context("can not move keys to properties"))?;
        let most_properties = |group: &Group<'_>| match keys_to_move.count() as u64 {
            0 => all_properties(group),
            entries => entries.saturating_mul(group.blocks[0].properties().count() as u64),
        };
        plan.merge_groups(most_properties, |group| {
            let first = group.blocks[0];
            let samples: Vec<_> = group.blocks.iter().map(|b| b.samples()).collect();
            let samples =
                Tables::of_labels(&samples)?.merge(order, first.samples(), first.samples())?;
            let (labels, runs) = if keys_to_move.is_empty() {
                properties_of_blocks(group, &model)?
            } else {
                properties_of_entries(group, &model, keys_to_move)?
            };
            let labels = labels.stored_like(first.properties())?;
            Ok((samples, MergedProperties { labels, runs }))
        })
    }
}

type LabelsAndRuns = (Labels, Vec<Vec<PropertyRun>>);

/// The properties of each of the blocks.
fn properties_of_blocks(group: &Group<'_>, model: &Labels) -> Result<LabelsAndRuns> {
    let mut rows = Vec::new();
    let mut start = 0;
    let mut runs = Vec::with_capacity(group.blocks.len());
    for (block, moved) in group.blocks.iter().zip(&group.moved) {
        let properties = readable(block.properties())?;
        rows.reserve(properties.count() * model.size());
        for row in properties {
            rows.extend_from_slice(moved);
            rows.extend_from_slice(row);
        }
        runs.push(vec![PropertyRun {
            start_in: 0,
            start_out: start,
            length: properties.count(),
        }]);
        start += properties.count();
    }
    Rows::try_new(&rows, start, model.size())?;
    Ok((model.with_rows(rows), runs))
}

/// The properties that all of the blocks have, for each of the entries.
fn properties_of_entries(
    group: &Group<'_>,
    model: &Labels,
    entries: &Labels,
) -> Result<LabelsAndRuns> {
    let properties = group.blocks[0].properties();
    if group.blocks.iter().any(|b| b.properties() != properties) {
        return Err(Error::invalid(format!(
            "they do not all have the same properties, which is needed to choose the keys {} that are \
             moved to the properties",
            entries.names()
        )));
    }
    let length = properties.count();
    let runs = group.moved.iter().map(|moved| {
        let run = |position| PropertyRun {
            start_in: 0,
            start_out: position * length,
            length,
        };
        entries.position(moved).map(run).into_iter().collect()
    });
    Ok((product(&[entries, properties], model)?, runs.collect()))
}
