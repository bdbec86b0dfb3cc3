//! Blocks made from plain arrays.

use metatensor_core::{ArrayRef, Error, Labels, Result, TensorBlock};

/// Names of the dimensions of a new block.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockNames<'a> {
    /// One name for each of the first axes of the array, `sample` if not given.
    pub samples: Option<&'a [&'a str]>,
    /// One name for each of the axes between, `component_1`, `component_2`... if not given.
    pub components: Option<&'a [&'a str]>,
    /// One name for each of the last axes of the array, `property` if not given.
    pub properties: Option<&'a [&'a str]>,
}

/// Block with the elements of `array`, and labels that count them.
///
/// The first axes of the array, as many as there are names, become the samples, with the position
/// along each of these axes as dimensions. In the same way the last axes become properties. Each axis
/// between is a component. The array is not copied, if it can get this shape without a copy.
///
/// ```
/// # use metatensor_core::Labels;
/// # use metatensor_operations::{BlockNames, block_from_array};
/// let array = ndarray::Array4::<f64>::zeros((2, 3, 1, 2));
/// let names = BlockNames {
///     samples: Some(&["x", "y"]),
///     ..BlockNames::default()
/// };
/// let block = block_from_array(array, names)?;
/// assert_eq!(block.values().shape()?, [6, 1, 2]);
/// assert_eq!(block.samples()[4], [1, 1]);
/// assert_eq!(block.components(), [Labels::range("component_1", 1)?]);
/// assert_eq!(*block.properties(), Labels::range("property", 2)?);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If the array has fewer than two axes, or fewer than there are names; if a list of names is empty,
/// or that for components does not have one for each of them; if a name is repeated or can not be one;
/// if a component has no entries; or those of the array.
pub fn block_from_array(array: impl Into<ArrayRef>, names: BlockNames<'_>) -> Result<TensorBlock> {
    from_array(array.into(), names).map_err(|error| error.context("block_from_array"))
}

fn from_array(mut array: ArrayRef, names: BlockNames<'_>) -> Result<TensorBlock> {
    let shape = array.shape()?.to_vec();
    if shape.len() < 2 {
        return Err(Error::invalid(format!(
            "expected an array with at least 2 axes, got {}",
            shape.len()
        )));
    }
    let samples = names.samples.unwrap_or(&["sample"]);
    let properties = names.properties.unwrap_or(&["property"]);
    if samples.is_empty() || properties.is_empty() {
        return Err(Error::invalid(
            "expected at least one name for samples and for properties",
        ));
    }
    if shape.len() < samples.len() + properties.len() {
        return Err(Error::invalid(format!(
            "an array of shape {shape:?} does not have axes for {} dimensions of samples and {} of \
             properties",
            samples.len(),
            properties.len()
        )));
    }
    let (sample_axes, others) = shape.split_at(samples.len());
    let (component_axes, property_axes) = others.split_at(others.len() - properties.len());
    if let Some(components) = names.components
        && components.len() != component_axes.len()
    {
        return Err(Error::invalid(format!(
            "got {} names of components, but there are {} axes for them",
            components.len(),
            component_axes.len()
        )));
    }
    let device = array.device()?;
    let components = component_axes.iter().enumerate().map(|(i, &length)| {
        let default = format!("component_{}", i + 1);
        let name = names.components.map_or(&default[..], |names| names[i]);
        Labels::range(name, length)?.on_device_of(&*array, device)
    });
    let components = components.collect::<Result<Vec<_>>>()?;
    let count = |axis: &str, names, axes| {
        let labels = positions(names, axes).map_err(|error| error.context(axis))?;
        labels.on_device_of(&*array, device)
    };
    let samples = count("samples", samples, sample_axes)?;
    let properties = count("properties", properties, property_axes)?;

    let mut merged = vec![samples.count()];
    merged.extend(component_axes);
    merged.push(properties.count());
    if merged != shape {
        array.make_mut()?.reshape(&merged)?;
    }
    TensorBlock::new(array, &samples, &components, &properties)
}

/// All positions in an array with these axes, in order.
fn positions(names: &[&str], axes: &[usize]) -> Result<Labels> {
    let too_many = || Error::invalid(format!("labels can not hold all positions of {axes:?}"));
    if axes.iter().any(|&length| i32::try_from(length).is_err()) {
        return Err(too_many());
    }
    let count = axes.iter().try_fold(1_usize, |n, &m| n.checked_mul(m));
    let size = count.and_then(|count| count.checked_mul(axes.len()));
    let mut values = Vec::new();
    values
        .try_reserve_exact(size.ok_or_else(too_many)?)
        .map_err(|_| too_many())?;
    let mut position = vec![0; axes.len()];
    for _ in 0..count.unwrap_or(0) {
        values.extend_from_slice(&position);
        for (value, &length) in position.iter_mut().zip(axes).rev() {
            *value += 1;
            if *value < length as i32 {
                break;
            }
            *value = 0;
        }
    }
    Labels::assume_unique(names, values)
}

#[cfg(test)]
mod tests;
