//! Blocks that have labels and a type, and no elements: what a result will be.

use metatensor_core::internal::WithoutElements;
use metatensor_core::{Array, DType, Error, Labels, Result, TensorBlock};

/// Block with these labels, whose array has the right type and shape, is on their device, and refuses all that needs its
/// elements.
pub(crate) fn labels_only(
    dtype: DType,
    samples: &Labels,
    components: &[Labels],
    properties: &Labels,
) -> Result<TensorBlock> {
    let mut shape = vec![samples.count()];
    shape.extend(components.iter().map(Labels::count));
    shape.push(properties.count());
    let array: Box<dyn Array> = Box::new(WithoutElements {
        dtype,
        shape,
        device: samples.device()?,
        refusal: || {
            Error::unsupported(
                "this block has labels only, and no elements: it says what a result will be",
            )
        },
    });
    TensorBlock::new(array, samples, components, properties)
}
