//! All elements of a map, one after the other.

use metatensor_core::{DType, DenseArray, Error, Result, TensorBlock, TensorMap, View};

use crate::communicator::reserved;
use crate::schema::{BlockSchema, Schema};
use crate::wire::contiguous;

/// How many bytes the elements of a map have.
pub(super) fn size(schema: &Schema, tensor: &TensorMap) -> Result<usize> {
    let mut size = 0_usize;
    for_each(schema, tensor, &mut |block| {
        let mut lengths = block.shape().into_iter();
        let bytes = lengths.try_fold(block.dtype().size(), usize::checked_mul);
        let sum = bytes.and_then(|bytes| size.checked_add(bytes));
        size = sum.ok_or_else(|| Error::unsupported("sums of more elements than memory has"))?;
        Ok(())
    })?;
    Ok(size)
}

/// The elements of a map, in the order of [`Schema`].
pub(super) fn pack(schema: &Schema, tensor: &TensorMap, size: usize) -> Result<Vec<u8>> {
    let mut flat = reserved(size)?;
    for_each(schema, tensor, &mut |block| {
        flat.extend_from_slice(contiguous(block)?.as_bytes().unwrap_or_default());
        Ok(())
    })?;
    match flat.len() == size {
        true => Ok(flat),
        false => Err(Error::Internal("arrays have changed their size".into())),
    }
}

/// A map like `tensor`, with these elements and without info.
pub(super) fn unpack(schema: &Schema, tensor: &TensorMap, flat: &[u8]) -> Result<TensorMap> {
    let mut rest = flat;
    let blocks = schema.blocks.iter().zip(tensor.blocks());
    let blocks = blocks.map(|(schema, block)| unpack_block(schema, block, &mut rest));
    TensorMap::new(tensor.keys(), blocks.collect::<Result<_>>()?)
}

fn unpack_block(
    schema: &BlockSchema,
    block: &TensorBlock,
    flat: &mut &[u8],
) -> Result<TensorBlock> {
    let (dtype, shape) = (block.dtype(), block.shape());
    let size = dtype.size() * shape.iter().product::<usize>();
    let (bytes, rest) = flat
        .split_at_checked(size)
        .ok_or_else(|| Error::Internal("there are not as many sums as elements".into()))?;
    *flat = rest;
    let values = copy(dtype, &shape, bytes)?;
    let mut result = block.with_new_values(
        values,
        block.samples(),
        block.components(),
        block.properties(),
    )?;
    let mut made = Vec::with_capacity(schema.gradients.len());
    for (parameter, schema) in &schema.gradients {
        made.push((
            parameter,
            unpack_block(schema, block.gradient(parameter)?, flat)?,
        ));
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
