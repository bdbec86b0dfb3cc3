//! From the components to the properties.

use super::TensorMap;
use super::merged_rows::product;
use super::merged_size::{self, labels_bytes};
use crate::array::reordered;
use crate::limits::ResultBytes;
use crate::names::Names;
use crate::{Error, Labels, Limit, Result, TensorBlock};

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
        let components = component_names(first)?;
        let mut is_moved = vec![false; components.len()];
        let mut moved = Vec::new();
        for dimension in dimensions {
            let component = component(&components, dimension.as_ref())?;
            if std::mem::replace(&mut is_moved[component], true) {
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

        self.check_size(&moved, &model)?;
        let mut blocks = Vec::with_capacity(self.blocks.len());
        let mut properties: Option<Labels> = None;
        let mut previous = first;
        for (i, block) in self.blocks.iter().enumerate() {
            self.check_arrays(i)?;
            let same = has_same_properties(block, previous);
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

    /// Checks that the new properties are not too large. Arrays stay as large as they are.
    fn check_size(&self, moved: &[usize], model: &Labels) -> Result<()> {
        let bytes = |block: &TensorBlock| {
            let moved = moved.iter().map(|&c| block.components()[c].count() as u64);
            let properties = block.properties().count() as u64;
            labels_bytes(moved.fold(properties, u64::saturating_mul), model.size())
        };
        if merged_size::sum(&self.blocks, bytes) <= Limit::ResultBytes.get() {
            return Ok(());
        }
        let mut total = ResultBytes::default();
        for (i, block) in self.blocks.iter().enumerate() {
            if i == 0 || !has_same_properties(block, &self.blocks[i - 1]) {
                total.add(bytes(block), || self.keys.describe(i));
            }
        }
        let check = total.check();
        check.map_err(|error| error.context("can not move components to properties"))
    }
}

/// Whether two blocks have the same properties when components are moved to them.
fn has_same_properties(block: &TensorBlock, other: &TensorBlock) -> bool {
    block.properties() == other.properties() && block.components() == other.components()
}

fn component_names(block: &TensorBlock) -> Result<Names> {
    let mut names = Names::new();
    for component in block.components() {
        names.push(&component.names()[0])?;
    }
    Ok(names)
}

fn component(names: &Names, name: &str) -> Result<usize> {
    names.position(name).ok_or_else(|| {
        Error::invalid(format!(
            "'{name}' is not a component of the blocks in this map, which have {names:?}"
        ))
    })
}

/// All combinations of the entries of these components and the properties, the last varying fastest.
fn new_properties(block: &TensorBlock, moved: &[usize], model: &Labels) -> Result<Labels> {
    if moved.is_empty() {
        return Ok(block.properties().clone());
    }
    let moved = moved
        .iter()
        .map(|&component| &block.components()[component]);
    let factors: Vec<_> = moved.chain([block.properties()]).collect();
    product(&factors, model)?.stored_like(block.properties())
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
    let mut is_moved = vec![false; components.len()];
    for &component in &moved_here {
        is_moved[component] = true;
    }
    let kept: Vec<_> = (0..components.len()).filter(|&c| !is_moved[c]).collect();
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

    let values = reordered(&**block.values(), block.device(), &order, &shape)?;
    let mut result = block.with_array_alike(values, block.samples(), &kept, properties)?;
    for (parameter, gradient) in block.gradients() {
        let skipped = skipped + gradient.components().len() - components.len();
        result.add_gradient(
            parameter,
            move_components(gradient, moved, skipped, properties)?,
        )?;
    }
    Ok(result)
}
