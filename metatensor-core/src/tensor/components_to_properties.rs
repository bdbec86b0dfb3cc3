//! From the components to the properties.

use super::TensorMap;
use super::merged_rows::product;
use crate::array::reordered;
use crate::{Error, Labels, Result, TensorBlock};

impl TensorMap {
    /// Moves components to the start of the properties, in each of the blocks and their gradients.
    ///
    /// They are moved one after the other, so that the last of `dimensions` becomes the first one of
    /// the properties.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::{arr2, arr3};
    /// let values = arr3(&[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]);
    /// let (samples, properties) = (Labels::range("system", 1)?, Labels::range("n", 2)?);
    /// let xyz = Labels::range("xyz", 3)?;
    /// let block = TensorBlock::new(values, &samples, &[xyz], &properties)?;
    /// let map = TensorMap::new(Labels::single(), vec![block])?;
    ///
    /// let moved = map.components_to_properties(&["xyz"])?;
    /// let block = moved.block(&[])?;
    /// let properties = [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]];
    /// assert_eq!(*block.properties(), Labels::new(["xyz", "n"], &properties)?);
    /// let values = arr2(&[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]);
    /// assert_eq!(block.to_ndarray::<f64>()?, values.into_dyn());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If one of `dimensions` is not a component or comes twice, or is the name of a dimension of the
    /// properties.
    pub fn components_to_properties<S: AsRef<str>>(&self, dimensions: &[S]) -> Result<TensorMap> {
        let Some(first) = self.blocks.first() else {
            return Ok(self.clone());
        };
        let mut moved = Vec::new();
        for dimension in dimensions {
            let component = component(first, dimension.as_ref())?;
            if moved.contains(&component) {
                return Err(Error::invalid(format!(
                    "can not move the component '{}' twice",
                    dimension.as_ref()
                )));
            }
            moved.push(component);
        }
        moved.reverse();
        let names = dimensions.iter().rev().map(AsRef::as_ref);
        let names: Vec<_> = names.chain(first.properties().names().iter()).collect();
        let model = Labels::empty(&names)
            .map_err(|error| error.context("can not move components to properties"))?;

        let mut blocks = Vec::with_capacity(self.blocks.len());
        let mut properties: Option<Labels> = None;
        let mut previous = first;
        for (i, block) in self.blocks.iter().enumerate() {
            self.check_arrays(i)?;
            let same = block.properties() == previous.properties()
                && block.components() == previous.components();
            let properties = match properties.take().filter(|_| same) {
                Some(same) => properties.insert(same),
                None => properties.insert(new_properties(block, &moved, &model)?),
            };
            blocks.push(move_components(block, &moved, 0, properties)?);
            previous = block;
        }
        let mut map = TensorMap::new(self.keys.clone(), blocks)?;
        map.info.clone_from(&self.info);
        Ok(map)
    }
}

fn component(block: &TensorBlock, name: &str) -> Result<usize> {
    let names: Vec<_> = block.components().iter().map(|c| &c.names()[0]).collect();
    names.iter().position(|&n| n == name).ok_or_else(|| {
        Error::invalid(format!(
            "'{name}' is not a component of the blocks in this map, which have {names:?}"
        ))
    })
}

/// All combinations of the entries of these components and the properties, the last varying fastest.
fn new_properties(block: &TensorBlock, moved: &[usize], model: &Labels) -> Result<Labels> {
    let mut labels = block.properties().clone();
    for (i, &component) in moved.iter().enumerate().rev() {
        let names: Vec<_> = model.names().iter().skip(i).collect();
        labels = product(
            &block.components()[component],
            &labels,
            &Labels::empty(&names)?,
        )?;
    }
    labels.stored_like(block.properties())
}
/// The same block with components moved to the properties. Those of gradients come after `skipped`
/// others.
fn move_components(
    block: &TensorBlock,
    moved: &[usize],
    skipped: usize,
    properties: &Labels,
) -> Result<TensorBlock> {
    let components = block.components();
    let moved_here: Vec<_> = moved.iter().map(|component| component + skipped).collect();
    let kept: Vec<_> = (0..components.len())
        .filter(|component| !moved_here.contains(component))
        .collect();
    let mut order = vec![0];
    order.extend(
        kept.iter()
            .chain(&moved_here)
            .map(|component| component + 1),
    );
    order.push(components.len() + 1);
    let kept: Vec<_> = kept.into_iter().map(|c| components[c].clone()).collect();
    let mut shape = vec![block.samples().count()];
    shape.extend(kept.iter().map(Labels::count));
    shape.push(properties.count());

    let values = reordered(&**block.values(), &order, &shape)?;
    let mut result = TensorBlock::new(values, block.samples(), &kept, properties)?;
    for (parameter, gradient) in block.gradients() {
        let skipped = skipped + gradient.components().len() - components.len();
        result.add_gradient(
            parameter,
            move_components(gradient, moved, skipped, properties)?,
        )?;
    }
    Ok(result)
}
