//! The values of all neighbors side by side.

use metatensor_core::{Array, DType, DenseArray, Error, Labels, Result, TensorBlock};

use crate::kernels::TermRow;
use crate::numbers::{Number, read, with_continuous};

/// The values of a block, at one place of a wider block.
pub(super) struct Values<'t> {
    pub(super) block: &'t TensorBlock,
    /// Which of the neighbors they belong to.
    pub(super) neighbor: usize,
    /// Rows of the wider block, and of this one (`a`).
    pub(super) rows: &'t [TermRow],
}

/// Block with these samples, whose properties are those of `count` neighbors, one after the other. What is missing is zero.
pub(super) fn side_by_side(
    dtype: DType,
    samples: &Labels,
    count: usize,
    all: &[Values<'_>],
) -> Result<TensorBlock> {
    let model = all
        .first()
        .ok_or_else(|| Error::Internal("there are no neighbors".into()))?;
    let width = model.block.properties().count();
    let components = model.block.components();
    let shape = [samples.count(), components[0].count(), count * width];
    let values = with_continuous!(dtype, T => elements::<T>(shape, width, all))?;
    let properties = Labels::range("property", count * width)?;
    TensorBlock::new(values, samples, components, properties)
}

fn elements<T: Number>(shape: [usize; 3], width: usize, all: &[Values<'_>]) -> Result<DenseArray> {
    let mut array = DenseArray::zeros(T::DTYPE, &shape)?;
    let mut view = array.view_mut()?;
    let mut elements = view.typed_mut::<T>()?;
    let elements = elements
        .as_slice_mut()
        .ok_or_else(|| Error::Internal("a new array has strides".into()))?;
    let [_, lines, line] = shape;
    for Values {
        block,
        neighbor,
        rows,
    } in all
    {
        let view = block.view()?;
        let source = read::<T>(&view)?;
        // Without properties, there is nothing to copy.
        for row in rows.iter().filter(|_| width > 0) {
            let source = &source[row.a as usize * lines * width..][..lines * width];
            let output = &mut elements[row.output as usize * lines * line..];
            for (output, source) in output
                .chunks_exact_mut(line)
                .zip(source.chunks_exact(width))
            {
                output[neighbor * width..][..width].copy_from_slice(source);
            }
        }
    }
    drop(view);
    Ok(array)
}
