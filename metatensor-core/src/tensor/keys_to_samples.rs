//! From the keys to the samples.

use super::merge::{Group, MergePlan, MergedProperties, all_properties, key_columns};
use super::merged_rows::{Tables, readable};
use super::{FillValue, KeysToMove, SampleOrder, TensorMap};
use crate::array::PropertyRun;
use crate::{Labels, Names, Result};

impl TensorMap {
    /// Moves dimensions from the keys to the end of the samples: blocks whose keys are the same in
    /// all other dimensions are merged along the samples.
    ///
    /// Each sample is followed by what the key of its block was in these dimensions. The properties of a
    /// merged block are all those of its blocks, in the order they come in. Without any dimension left,
    /// the only key is `_ = 0`.
    ///
    /// If `keys_to_move` are labels with entries, only blocks whose key is one of them in these dimensions take part: the
    /// result is what it would be if there were no others, and does not depend on the order of the entries.
    /// Entries that no block has are ignored.
    ///
    /// Gradients are merged the same way. Elements that were in no block are `fill_value`. Without blocks (that
    /// take part), the result has no blocks either.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, SampleOrder, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// let block = |systems: &[[i32; 1]], values| {
    ///     let samples = Labels::new(["system"], systems)?;
    ///     TensorBlock::new(values, &samples, &[], &Labels::range("n", 2)?)
    /// };
    /// let keys = Labels::new(["center_type"], &[[8], [1]])?;
    /// let oxygen = block(&[[0]], arr2(&[[1.0, 2.0]]))?;
    /// let hydrogen = block(&[[0], [3]], arr2(&[[3.0, 4.0], [5.0, 6.0]]))?;
    /// let map = TensorMap::new(keys, vec![oxygen, hydrogen])?;
    ///
    /// let merged = map.keys_to_samples("center_type", 0.0, SampleOrder::Sorted)?;
    /// let block = merged.block(&[])?;
    /// let samples = Labels::new(["system", "center_type"], &[[0, 1], [0, 8], [3, 1]])?;
    /// assert_eq!(*block.samples(), samples);
    /// let values = arr2(&[[3.0, 4.0], [1.0, 2.0], [5.0, 6.0]]);
    /// assert_eq!(block.to_ndarray::<f64>()?, values.into_dyn());
    ///
    /// let chosen = Labels::new(["center_type"], &[[8]])?;
    /// let merged = map.keys_to_samples(&chosen, 0.0, SampleOrder::Sorted)?;
    /// let samples = Labels::new(["system", "center_type"], &[[0, 8]])?;
    /// assert_eq!(*merged.block(&[])?.samples(), samples);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `keys_to_move` has a dimension that the keys do not have or the samples have already; if
    /// merged blocks do not have the same components; or if the fill value does not have the data type
    /// of the map.
    pub fn keys_to_samples<'k, 'a>(
        &'a self,
        keys_to_move: impl Into<KeysToMove<'k>>,
        fill_value: impl Into<FillValue<'a>>,
        order: SampleOrder,
    ) -> Result<TensorMap> {
        let keys_to_move = keys_to_move.into().into_labels()?;
        let fill_value = fill_value.into();
        if keys_to_move.is_empty() {
            return self.all_keys_to_samples(keys_to_move.names(), fill_value, order);
        }
        self.with_chosen_blocks(&keys_to_move)?.all_keys_to_samples(
            keys_to_move.names(),
            fill_value,
            order,
        )
    }

    fn all_keys_to_samples(
        &self,
        moved: &Names,
        fill_value: FillValue<'_>,
        order: SampleOrder,
    ) -> Result<TensorMap> {
        let plan = MergePlan::new(self, moved, fill_value)?;
        let names = plan.first_block().into_iter();
        let names = names.flat_map(|block| block.samples().names().iter());
        let names: Vec<_> = names.chain(moved.iter()).collect();
        let model =
            Labels::empty(&names).map_err(|error| error.context("can not move keys to samples"))?;
        plan.merge_groups(all_properties, |group| {
            let samples = group.blocks.iter().map(|block| block.samples());
            let tables = Tables::of_labels_with(samples.zip(group.moved.iter().copied()))?;
            let samples = tables.merge(order, &model, group.blocks[0].samples())?;
            Ok((samples, union_of_properties(group)?))
        })
    }

    /// The same map with only those blocks whose key is one of `entries`, in the dimensions that these have.
    fn with_chosen_blocks(&self, entries: &Labels) -> Result<TensorMap> {
        let columns = key_columns(&self.keys, entries.names())?;
        let keys = readable(&self.keys)?;
        let table = keys.columns(&columns);
        let rows = (0..).zip(table.chunks_exact(columns.len()));
        let chosen = rows.filter(|(_, row)| entries.position(row).is_some());
        let chosen: Vec<u32> = chosen.map(|(block, _)| block).collect();
        let blocks = chosen
            .iter()
            .map(|&block| self.blocks[block as usize].clone());
        Ok(TensorMap {
            blocks: blocks.collect(),
            keys: self
                .keys
                .with_rows(keys.gather(&chosen))
                .stored_like(&self.keys)?,
            info: self.info.clone(),
        })
    }
}

fn union_of_properties(group: &Group<'_>) -> Result<MergedProperties> {
    let properties: Vec<_> = group.blocks.iter().map(|b| b.properties()).collect();
    let first = properties[0];
    let merged = Tables::of_labels(&properties)?.merge(SampleOrder::AsInBlocks, first, first)?;
    let runs = (0..properties.len()).map(|i| runs(merged.positions(i)));
    Ok(MergedProperties {
        runs: runs.collect(),
        labels: merged.labels,
    })
}

/// The properties that go to these positions, as few pieces as possible.
fn runs(positions: &[u32]) -> Vec<PropertyRun> {
    let mut start_in = 0;
    let runs = positions.chunk_by(|a, b| a + 1 == *b).map(|run| {
        let run = PropertyRun {
            start_in,
            start_out: run[0] as usize,
            length: run.len(),
        };
        start_in += run.length;
        run
    });
    runs.collect()
}
