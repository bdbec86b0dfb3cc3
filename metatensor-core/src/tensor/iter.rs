//! Iteration over maps: pairs of keys and blocks.

use std::iter::Zip;
use std::{slice, vec};

use super::TensorMap;
use crate::{BlockMut, Labels, RowsIter, TensorBlock};

/// All blocks of a map with their keys.
pub type MapIter<'a> = Zip<RowsIter<'a>, slice::Iter<'a, TensorBlock>>;

impl TensorMap {
    /// All blocks with their keys. That of `for (key, block) in &map` is the same.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// let keys = Labels::new(["center_type"], [[6], [8]])?;
    /// let map = TensorMap::new(keys, vec![block(0.5)?, block(2.0)?])?;
    /// let larger = map.iter().find(|(_, block)| block.values_as::<f64>().is_ok_and(|v| v.sum() > 1.0));
    /// assert_eq!(larger.map(|(key, _)| key[0]), Some(8));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn iter(&self) -> MapIter<'_> {
        self.keys.iter().zip(&self.blocks)
    }

    /// All blocks with their keys, to change values. That of `for (key, block) in &mut map` is the same.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// let keys = Labels::new(["center_type"], [[6], [8]])?;
    /// let mut map = TensorMap::new(keys, vec![block(0.5)?, block(2.0)?])?;
    /// for (key, mut block) in &mut map {
    ///     *block.values_as_mut::<f64>()? *= f64::from(key[0]);
    /// }
    /// assert_eq!(map.blocks()[1].values_as::<f64>()?.sum(), 16.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn iter_mut(&mut self) -> MapIterMut<'_> {
        MapIterMut(self.keys.iter().zip(&mut self.blocks))
    }

    /// All blocks, in the order of their keys, to change their values.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// # let mut map = TensorMap::new(Labels::range("a", 2)?, vec![block(0.5)?, block(2.0)?])?;
    /// for mut block in map.blocks_mut() {
    ///     block.values_as_mut::<f64>()?.fill(1.0);
    /// }
    /// # assert_eq!(map.blocks()[1].values_as::<f64>()?.sum(), 1.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn blocks_mut(&mut self) -> impl ExactSizeIterator<Item = BlockMut<'_>> {
        self.blocks.iter_mut().map(BlockMut::new)
    }
}

/// All blocks of a map with their keys, to change values: see [`TensorMap::iter_mut`].
#[derive(Debug)]
pub struct MapIterMut<'a>(Zip<RowsIter<'a>, slice::IterMut<'a, TensorBlock>>);

impl<'a> Iterator for MapIterMut<'a> {
    type Item = (&'a [i32], BlockMut<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, block) = self.0.next()?;
        Some((key, BlockMut::new(block)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for MapIterMut<'_> {}

/// The blocks of a map, given away with their keys.
#[derive(Debug)]
pub struct MapIntoIter {
    keys: Labels,
    position: usize,
    blocks: vec::IntoIter<TensorBlock>,
}

impl Iterator for MapIntoIter {
    type Item = (Vec<i32>, TensorBlock);

    fn next(&mut self) -> Option<Self::Item> {
        let block = self.blocks.next()?;
        self.position += 1;
        Some((self.keys[self.position - 1].to_vec(), block))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.blocks.size_hint()
    }
}

impl ExactSizeIterator for MapIntoIter {}

impl IntoIterator for TensorMap {
    type Item = (Vec<i32>, TensorBlock);
    type IntoIter = MapIntoIter;

    fn into_iter(self) -> MapIntoIter {
        MapIntoIter {
            keys: self.keys,
            position: 0,
            blocks: self.blocks.into_iter(),
        }
    }
}

impl<'a> IntoIterator for &'a TensorMap {
    type Item = (&'a [i32], &'a TensorBlock);
    type IntoIter = MapIter<'a>;

    fn into_iter(self) -> MapIter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut TensorMap {
    type Item = (&'a [i32], BlockMut<'a>);
    type IntoIter = MapIterMut<'a>;

    fn into_iter(self) -> MapIterMut<'a> {
        self.iter_mut()
    }
}
