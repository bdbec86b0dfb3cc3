//! All arrays of a map, one after the other.

use metatensor_core::{DType, DenseArray, Error, Result, TensorBlock, TensorMap, View};

use crate::schema::{BlockSchema, Schema};
use crate::wire::contiguous;

/// Copies of the arrays of a map, in the order of [`Schema`]. Booleans are bytes.
pub(super) fn copies(schema: &Schema, tensor: &TensorMap) -> Result<Vec<DenseArray>> {
    let mut arrays = Vec::new();
    for_each(schema, tensor, &mut |block| {
        let view = contiguous(block)?;
        arrays.push(match (view.dtype(), view.as_bytes()) {
            (DType::BOOL8, Some(bytes)) => copy(DType::U8, view.shape(), bytes)?,
            _ => DenseArray::copy_of(&view)?,
        });
        Ok(())
    })?;
    Ok(arrays)
}

/// A map like `tensor`, with these arrays and without info.
pub(super) fn with_arrays(
    schema: &Schema,
    tensor: &TensorMap,
    arrays: Vec<DenseArray>,
) -> Result<TensorMap> {
    let mut arrays = arrays.into_iter();
    let blocks = schema.blocks.iter().zip(tensor.blocks());
    let blocks = blocks.map(|(schema, block)| block_with(schema, block, &mut arrays));
    TensorMap::new(tensor.keys(), blocks.collect::<Result<_>>()?)
}

fn block_with(
    schema: &BlockSchema,
    block: &TensorBlock,
    arrays: &mut dyn Iterator<Item = DenseArray>,
) -> Result<TensorBlock> {
    let array = arrays.next();
    let mut values =
        array.ok_or_else(|| Error::Internal("there are not as many sums as arrays".into()))?;
    if block.dtype() == DType::BOOL8 {
        let bytes = values.view();
        values = copy(
            DType::BOOL8,
            &block.shape(),
            bytes.as_bytes().unwrap_or_default(),
        )?;
    }
    let mut result = block.with_new_values(
        values,
        block.samples(),
        block.components(),
        block.properties(),
    )?;
    let mut made = Vec::with_capacity(schema.gradients.len());
    for (parameter, schema) in &schema.gradients {
        let gradient = block_with(schema, block.gradient(parameter)?, arrays)?;
        made.push((parameter, gradient));
    }
    // Gradients of the result are in the order of this rank.
    for parameter in block.gradients_list().iter() {
        if let Some(position) = made.iter().position(|(name, _)| *name == parameter) {
            result.add_gradient(parameter, made.swap_remove(position).1)?;
        }
    }
    Ok(result)
}

fn copy(dtype: DType, shape: &[usize], bytes: &[u8]) -> Result<DenseArray> {
    DenseArray::copy_of(&View::from_bytes(dtype, shape, bytes)?)
}

/// Calls `f` for all blocks and their gradients, at all depths.
fn for_each(
    schema: &Schema,
    tensor: &TensorMap,
    f: &mut dyn FnMut(&TensorBlock) -> Result<()>,
) -> Result<()> {
    let blocks = schema.blocks.iter().zip(tensor.blocks()).enumerate();
    for (i, (schema, block)) in blocks {
        for_each_of(schema, block, f)
            .map_err(|error| error.context(format!("block {}", tensor.keys().describe(i))))?;
    }
    Ok(())
}

fn for_each_of(
    schema: &BlockSchema,
    block: &TensorBlock,
    f: &mut dyn FnMut(&TensorBlock) -> Result<()>,
) -> Result<()> {
    f(block)?;
    for (parameter, schema) in &schema.gradients {
        let gradient = block.gradient(parameter)?;
        for_each_of(schema, gradient, f).map_err(|error| error.in_gradient(parameter))?;
    }
    Ok(())
}
