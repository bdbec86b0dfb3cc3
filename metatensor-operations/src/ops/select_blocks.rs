//! Maps with some of the blocks of another one.

use metatensor_core::{Labels, Result, TensorMap};

use crate::engine::with_rows;

/// Map without the blocks whose keys match an entry of `keys`, in some or all of the dimensions.
///
/// Entries without a block are ignored. Arrays are shared until they are changed, and the info stays.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{drop_blocks, filter_blocks};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// # let block = |x| TensorBlock::new(arr2(&[[x]]), &samples, &[], &Labels::range("p", 1)?);
/// let keys = Labels::new(["center", "l"], &[[6, 0], [6, 1], [8, 0]])?;
/// let tensor = TensorMap::new(keys, vec![block(1.0)?, block(2.0)?, block(3.0)?])?;
/// let carbon = Labels::new(["center"], &[[6]])?;
/// assert_eq!(drop_blocks(&tensor, &carbon)?.len(), 1);
/// assert_eq!(filter_blocks(&tensor, &carbon)?.len(), 2);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If a dimension of `keys` is not one of the keys of `tensor`.
pub fn drop_blocks(tensor: &TensorMap, keys: &Labels) -> Result<TensorMap> {
    let drop = || with_some_blocks(tensor, &others(tensor, keys)?);
    drop().map_err(|error| error.context("drop_blocks"))
}

/// [`drop_blocks`] of a map that is not needed any more: the result has its arrays for itself.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::into_dropped;
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// # let block = |x| TensorBlock::new(arr2(&[[x]]), &samples, &[], &Labels::range("p", 1)?);
/// let tensor = TensorMap::new(Labels::range("center", 2)?, vec![block(1.0)?, block(2.0)?])?;
/// let first = Labels::range("center", 1)?;
/// let rest = into_dropped(tensor, &first)?;
/// assert_eq!(rest.block_by_id(0)?.to_ndarray::<f64>()?, arr2(&[[2.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`drop_blocks`].
pub fn into_dropped(tensor: TensorMap, keys: &Labels) -> Result<TensorMap> {
    others(&tensor, keys)
        .and_then(|kept| into_some_blocks(tensor, &kept))
        .map_err(|error| error.context("drop_blocks"))
}

/// Positions of the blocks that do not match.
fn others(tensor: &TensorMap, keys: &Labels) -> Result<Vec<u32>> {
    let mut kept = vec![true; tensor.len()];
    for block in tensor.blocks_matching(keys)? {
        kept[block as usize] = false;
    }
    let kept = (0..).zip(kept);
    Ok(kept
        .filter_map(|(block, kept)| kept.then_some(block))
        .collect())
}

/// Map with only the blocks whose keys match an entry of `keys`, in some or all of the dimensions.
///
/// Blocks are in the order of `keys` if these have all dimensions in the same order, else in the order
/// they had. Entries without a block are ignored. Arrays are shared until they are changed, and the
/// info stays.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::filter_blocks;
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// # let block = |x| TensorBlock::new(arr2(&[[x]]), &samples, &[], &Labels::range("p", 1)?);
/// let tensor = TensorMap::new(Labels::range("center", 2)?, vec![block(1.0)?, block(2.0)?])?;
/// let first = Labels::range("center", 1)?;
/// let rest = filter_blocks(&tensor, &first)?;
/// assert_eq!(rest.block_by_id(0)?.to_ndarray::<f64>()?, arr2(&[[1.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If a dimension of `keys` is not one of the keys of `tensor`.
pub fn filter_blocks(tensor: &TensorMap, keys: &Labels) -> Result<TensorMap> {
    let filter = || with_some_blocks(tensor, &tensor.blocks_matching(keys)?);
    filter().map_err(|error| error.context("filter_blocks"))
}

/// [`filter_blocks`] of a map that is not needed any more: the result has its arrays for itself.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::into_filtered;
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// # let block = |x| TensorBlock::new(arr2(&[[x]]), &samples, &[], &Labels::range("p", 1)?);
/// let tensor = TensorMap::new(Labels::range("center", 2)?, vec![block(1.0)?, block(2.0)?])?;
/// let first = Labels::range("center", 1)?;
/// let rest = into_filtered(tensor, &first)?;
/// assert_eq!(rest.block_by_id(0)?.to_ndarray::<f64>()?, arr2(&[[1.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`filter_blocks`].
pub fn into_filtered(tensor: TensorMap, keys: &Labels) -> Result<TensorMap> {
    tensor
        .blocks_matching(keys)
        .and_then(|kept| into_some_blocks(tensor, &kept))
        .map_err(|error| error.context("filter_blocks"))
}

/// Map without the blocks that have no samples or no properties.
///
/// Arrays are shared until they are changed, and the info stays.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::drop_empty_blocks;
/// # use ndarray::Array2;
/// let block = |samples| {
///     let values = Array2::<f64>::zeros((samples, 1));
///     TensorBlock::new(values, &Labels::range("s", samples)?, &[], &Labels::range("p", 1)?)
/// };
/// let tensor = TensorMap::new(Labels::range("k", 2)?, vec![block(0)?, block(3)?])?;
/// assert_eq!(*drop_empty_blocks(&tensor)?.keys(), Labels::new(["k"], &[[1]])?);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If keys can not be read.
pub fn drop_empty_blocks(tensor: &TensorMap) -> Result<TensorMap> {
    let blocks = (0..).zip(tensor.blocks());
    let kept = blocks.filter_map(|(number, block)| {
        let is_empty = block.samples().is_empty() || block.properties().is_empty();
        (!is_empty).then_some(number)
    });
    with_some_blocks(tensor, &kept.collect::<Vec<_>>())
        .map_err(|error| error.context("drop_empty_blocks"))
}

fn with_some_blocks(tensor: &TensorMap, blocks: &[u32]) -> Result<TensorMap> {
    let keys = some_keys(tensor.keys(), blocks)?;
    let blocks = blocks.iter().map(|&i| tensor.blocks()[i as usize].clone());
    let mut result = TensorMap::new(keys, blocks.collect())?;
    result.info_mut().clone_from(tensor.info());
    Ok(result)
}

/// The same, which consumes the map.
fn into_some_blocks(tensor: TensorMap, blocks: &[u32]) -> Result<TensorMap> {
    let (keys, all, info) = tensor.into_parts();
    let mut all: Vec<_> = all.into_iter().map(Some).collect();
    let taken = blocks.iter().filter_map(|&i| all[i as usize].take());
    let mut result = TensorMap::new(some_keys(&keys, blocks)?, taken.collect())?;
    *result.info_mut() = info;
    Ok(result)
}

fn some_keys(keys: &Labels, blocks: &[u32]) -> Result<Labels> {
    keys.check_readable("a part")?;
    with_rows(keys, keys.rows().gather(blocks))
}

#[cfg(test)]
mod tests;
