//! A block of which a part is written: what is known of it, and what can follow.

use crate::block::check_samples;
use crate::io::archive::{Growing, Mark};
use crate::{DType, DenseArray, Error, Labels, Result, TensorBlock};

/// A block of which a part is written.
#[derive(Debug)]
pub(super) struct OpenBlock {
    pub(super) key: Vec<i32>,
    /// Where it starts.
    pub(super) mark: Mark,
    pub(super) dtype: DType,
    pub(super) properties: Labels,
    pub(super) array: Option<OpenArray>,
    /// The values and gradients that are complete, without their rows.
    pub(super) parts: Vec<Part>,
}

/// Values or a gradient that were written.
#[derive(Debug)]
pub(super) struct Part {
    /// The parameters of a gradient, and of those that it is a gradient of.
    parameters: Vec<String>,
    count: usize,
    form: TensorBlock,
}

/// An array that grows.
#[derive(Debug)]
pub(super) struct OpenArray {
    pub(super) parameters: Vec<String>,
    pub(super) components: Vec<Labels>,
    pub(super) member: Growing,
    /// Number of bytes that its header has, whatever the number of rows.
    pub(super) reserved: usize,
    /// Its shape so far.
    pub(super) shape: Vec<usize>,
}

impl OpenBlock {
    /// Checks that these can be the samples of `array`, and gives what is to be remembered of it.
    pub(super) fn check_rows(&self, array: &OpenArray, samples: &Labels) -> Result<Part> {
        let rows = array.shape[0];
        if samples.count() != rows {
            return Err(Error::invalid(format!(
                "{rows} rows were added, but there are {} samples",
                samples.count()
            )));
        }
        samples.check_readable("saving")?;
        if let Some((_, parents)) = array.parameters.split_last() {
            check_samples(samples, self.part(parents)?.count)?;
        }
        let names: Vec<_> = samples.names().iter().collect();
        Ok(Part {
            parameters: array.parameters.clone(),
            count: rows,
            form: shell(self.dtype, &names, &array.components, &self.properties)?,
        })
    }

    /// Checks that there can be such a gradient.
    pub(super) fn check_gradient(&self, parameters: &[&str], components: &[Labels]) -> Result<()> {
        if self.array.is_some() {
            return Err(Error::invalid("the rows of this block were not ended"));
        }
        let Some((parameter, parents)) = parameters.split_last() else {
            return Err(Error::invalid("a gradient needs a parameter"));
        };
        let is_there = |part: &Part| part.parameters == *parameters;
        if self.parts.iter().any(is_there) {
            return Err(Error::invalid(format!(
                "this block already has the gradient '{}'",
                parameters.join("/")
            )));
        }
        let parents: Vec<_> = parents.iter().map(|&name| name.to_owned()).collect();
        let mut parent = self.part(&parents)?.form.clone();
        let gradient = shell(self.dtype, &["sample"], components, &self.properties)?;
        parent.add_gradient(parameter, gradient)
    }

    fn part(&self, parameters: &[String]) -> Result<&Part> {
        let part = self.parts.iter().find(|part| part.parameters == parameters);
        part.ok_or_else(|| {
            Error::invalid(format!(
                "this block has no gradient '{}' to take a gradient of",
                parameters.join("/")
            ))
        })
    }
}

/// A block with these labels, but without samples.
pub(super) fn shell(
    dtype: DType,
    samples: &[&str],
    components: &[Labels],
    properties: &Labels,
) -> Result<TensorBlock> {
    let mut shape = vec![0];
    shape.extend(components.iter().map(Labels::count));
    shape.push(properties.count());
    TensorBlock::new(
        DenseArray::zeros(dtype, &shape)?,
        Labels::empty(samples)?,
        components,
        properties,
    )
}

/// The form of the block with these values and gradients.
pub(super) fn assemble(mut parts: Vec<Part>) -> Result<TensorBlock> {
    // gradients of gradients first
    parts.sort_by_key(|part| part.parameters.len());
    while let Some(part) = parts.pop() {
        let Some((parameter, parents)) = part.parameters.split_last() else {
            return Ok(part.form);
        };
        if let Some(parent) = parts.iter_mut().find(|other| other.parameters == parents) {
            parent.form.add_gradient(parameter, part.form)?;
        }
    }
    Err(Error::Internal("a block without values".to_owned()))
}
