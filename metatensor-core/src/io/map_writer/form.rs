//! What the blocks of a map have in common: the form of a block, which is a block without rows.

use crate::block::gradient_names;
use crate::io::archive::{Archive, LoadError, Member};
use crate::io::in_file;
use crate::io::member_names::Parameters;
use crate::io::npy::{Descr, Headers};
use crate::{DType, DenseArray, Error, Labels, Limit, Result, TensorBlock};

/// A block with the data type and the names of `block`, also those of its gradients, and nothing else.
pub(super) fn of_block(block: &TensorBlock) -> Result<TensorBlock> {
    let components: Vec<_> = block.components().iter().map(Labels::names).collect();
    let components = components.into_iter().map(|names| names.iter().collect());
    let mut form = empty_block(
        block.dtype(),
        &block.samples().names().iter().collect::<Vec<_>>(),
        &components.collect::<Vec<Vec<_>>>(),
        &block.properties().names().iter().collect::<Vec<_>>(),
    )?;
    for (parameter, gradient) in block.gradients() {
        form.add_gradient(parameter, of_block(gradient)?)?;
    }
    Ok(form)
}

/// A block without samples and properties.
pub(super) fn empty_block(
    dtype: DType,
    samples: &[impl AsRef<str>],
    components: &[Vec<impl AsRef<str>>],
    properties: &[impl AsRef<str>],
) -> Result<TensorBlock> {
    let components: Vec<Labels> = components
        .iter()
        .map(|names| Labels::from_values(names, vec![0; names.len()]))
        .collect::<Result<_>>()?;
    let mut shape = vec![1; components.len() + 2];
    shape[0] = 0;
    shape[components.len() + 1] = 0;
    TensorBlock::new(
        DenseArray::zeros(dtype, &shape)?,
        Labels::empty(samples)?,
        components,
        Labels::empty(properties)?,
    )
}

/// Reads the forms of the blocks in an archive, from the headers of their arrays.
pub(super) struct Forms {
    /// Parameters of the gradients whose members start with each prefix.
    pub(super) parameters: Parameters,
    pub(super) headers: Headers,
}

impl Forms {
    /// The form of the block with members that start with `prefix`. Gradients get the properties of the values.
    pub(super) fn read(
        &mut self,
        archive: &mut Archive<'_>,
        prefix: &str,
        properties: Option<&[String]>,
        depth: usize,
    ) -> Result<TensorBlock, LoadError> {
        let limits = *archive.source().limits();
        limits.check(Limit::Depth, depth as u64, format_args!("'{prefix}'"))?;
        let (dtype, components) = self.values(archive, &[prefix, "values.npy"].concat())?;
        let samples = self.names(archive, &[prefix, "samples.npy"].concat())?;
        let components = (0..components)
            .map(|i| self.names(archive, &format!("{prefix}components/{i}.npy")))
            .collect::<Result<Vec<_>, LoadError>>()?;
        let properties = match properties {
            Some(properties) => properties.to_vec(),
            None => self.names(archive, &[prefix, "properties.npy"].concat())?,
        };
        let mut form = empty_block(dtype, &samples, &components, &properties)
            .map_err(|error| in_file(error, prefix))?;
        let parameters = self.parameters.remove(prefix).unwrap_or_default();
        limits.check(
            Limit::Names,
            parameters.len() as u64,
            format_args!("'{prefix}'"),
        )?;
        for parameter in parameters {
            gradient_names::check(&parameter).map_err(|error| in_file(error, prefix))?;
            let gradient = format!("{prefix}gradients/{parameter}/");
            let gradient = self.read(archive, &gradient, Some(&properties), depth + 1)?;
            form.add_gradient(&parameter, gradient)
                .map_err(|error| in_file(error, prefix))?;
        }
        Ok(form)
    }

    /// The data type of an array, and how many axes of components it has.
    fn values(
        &mut self,
        archive: &mut Archive<'_>,
        name: &str,
    ) -> Result<(DType, usize), LoadError> {
        let mut member = archive.open_member(name)?;
        let header = member.read_npy_header(&mut self.headers)?;
        let Descr::Scalar(scalar) = header.descr else {
            return Err(bad(&member, "expected an array of numbers, got records").into());
        };
        match header.shape.len().checked_sub(2) {
            Some(components) => Ok((scalar.dtype, components)),
            None => Err(bad(&member, "expected an array with at least two axes").into()),
        }
    }

    /// The names of labels.
    fn names(&mut self, archive: &mut Archive<'_>, name: &str) -> Result<Vec<String>, LoadError> {
        let limits = *archive.source().limits();
        let mut member = archive.open_member(name)?;
        let header = member.read_npy_header(&mut self.headers)?;
        let Descr::Record(fields) = &header.descr else {
            return Err(bad(&member, "expected records, got plain numbers").into());
        };
        limits.check(Limit::Names, fields.len() as u64, format_args!("'{name}'"))?;
        Ok(fields.iter().map(|field| field.name.clone()).collect())
    }
}

#[cold]
fn bad(member: &Member<'_, '_>, reason: &str) -> Error {
    member.bad(reason)
}
