//! From the keys to the samples.

use super::merge::{Group, MergePlan, MergedProperties};
use super::merged_rows::Tables;
use super::{FillValue, SampleOrder, TensorMap};
use crate::array::PropertyRun;
use crate::{Error, Labels, Result};

impl TensorMap {
    /// Moves dimensions from the keys to the end of the samples: blocks whose keys are the same in
    /// all other dimensions are merged along the samples.
    ///
    /// Only the names of `keys_to_move` matter, it must have no entries. Each sample is followed by
    /// what the key of its block was in these dimensions. The properties of a merged block are all
    /// those of its blocks, in the order they come in. Without any dimension left, the only key is
    /// `_ = 0`.
    ///
    /// Gradients are merged the same way. Elements that were in no block are `fill_value`.
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
    /// let moved = Labels::empty(&["center_type"])?;
    /// let merged = map.keys_to_samples(&moved, 0.0, SampleOrder::Sorted)?;
    /// let block = merged.block(&[])?;
    /// let samples = Labels::new(["system", "center_type"], &[[0, 1], [0, 8], [3, 1]])?;
    /// assert_eq!(*block.samples(), samples);
    /// let values = arr2(&[[3.0, 4.0], [1.0, 2.0], [5.0, 6.0]]);
    /// assert_eq!(block.to_ndarray::<f64>()?, values.into_dyn());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `keys_to_move` has entries, or a dimension that the keys do not have or the samples have
    /// already; if merged blocks do not have the same components; if there are no blocks; or if the
    /// fill value does not have the data type of the map.
    pub fn keys_to_samples<'a>(
        &'a self,
        keys_to_move: &Labels,
        fill_value: impl Into<FillValue<'a>>,
        order: SampleOrder,
    ) -> Result<TensorMap> {
        if !keys_to_move.is_empty() {
            return Err(Error::invalid(format!(
                "keys that are moved to samples can not be chosen: expected {} without entries, got \
                 {} of them",
                keys_to_move.names(),
                keys_to_move.count()
            )));
        }
        let plan = MergePlan::new(self, keys_to_move.names(), fill_value.into())?;
        let names = plan.first_block().samples().names().iter();
        let names: Vec<_> = names.chain(keys_to_move.names().iter()).collect();
        let model =
            Labels::empty(&names).map_err(|error| error.context("can not move keys to samples"))?;
        plan.merge_groups(|group| {
            let samples = group.blocks.iter().map(|block| block.samples());
            let tables = Tables::of_labels_with(samples.zip(group.moved.iter().copied()))?;
            let samples = tables.merge(order, &model, group.blocks[0].samples())?;
            Ok((samples, union_of_properties(group)?))
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
