//! The gradients of two blocks with respect to the same parameter.

use std::borrow::Cow;
use std::sync::Arc;

use metatensor_core::{DType, DenseArray, Error, GradientMap, Labels, Result, TensorBlock, View};

use super::{Child, gradient_of, parameters, union_of_rows};
use crate::kernels::{GradientRows, Sparse};
use crate::numbers::{Number, read, stored};

/// Two gradients, one of which can be missing, and all rows that they have together.
pub(crate) struct GradientPair<'a> {
    samples: Labels,
    pub(crate) children: Vec<Child<'a>>,
    /// One of the gradients.
    model: &'a TensorBlock,
}

/// What `combine` makes of each pair of gradients of two blocks, with the parameters. Errors name the gradient.
pub(crate) fn combined_gradients<'a>(
    parents: &[Child<'a>],
    combine: &mut dyn FnMut(&str, &GradientPair<'a>) -> Result<TensorBlock>,
) -> Result<Vec<(&'a str, TensorBlock)>> {
    let parameters = parameters(parents.iter().filter_map(|parent| parent.block));
    let combined = parameters.into_iter().map(|parameter| {
        let gradient = GradientPair::new(parents, parameter)
            .and_then(|pair| combine(parameter, &pair))
            .map_err(|error| error.in_gradient(parameter))?;
        Ok((parameter, gradient))
    });
    combined.collect()
}

impl<'a> GradientPair<'a> {
    fn new(parents: &[Child<'a>], parameter: &str) -> Result<Self> {
        let blocks = parents.iter().filter_map(|parent| parent.block);
        let model = blocks
            .filter_map(|block| gradient_of(block, parameter))
            .next();
        let missing = || Error::Internal("nobody has one of the gradients there are".into());
        let model = model.ok_or_else(missing)?;
        let (samples, children) = union_of_rows(parents, parameter, model.samples())?;
        Ok(GradientPair {
            samples,
            children,
            model,
        })
    }

    pub(crate) fn shape(&self) -> Vec<usize> {
        let mut shape = self.model.shape();
        shape[0] = self.samples.count();
        shape
    }

    /// The values of both, `None` where there are none.
    pub(crate) fn views(&self) -> Result<[Option<View<'a>>; 2]> {
        let view = |i: usize| self.children[i].block.map(|block| block.view()).transpose();
        Ok([view(0)?, view(1)?])
    }

    /// The elements of both, for all rows.
    pub(crate) fn elements<'v, T: Number>(
        &self,
        views: &'v [Option<View<'_>>; 2],
    ) -> Result<[Sparse<'v, T>; 2]> {
        let elements = |i: usize| -> Result<Sparse<'v, T>> {
            Ok(Sparse {
                elements: match &views[i] {
                    None => Cow::Owned(Vec::new()),
                    Some(view) => read(view)?,
                },
                rows: self.children[i].sources(self.samples.count()),
            })
        };
        Ok([elements(0)?, elements(1)?])
    }

    /// How the rows of both relate to those of `values`.
    pub(crate) fn rows(&self, values: &TensorBlock, parameter: &str) -> Result<GradientRows> {
        if values.has_gradient(parameter) && values.gradient(parameter)?.samples() == &self.samples
        {
            return GradientRows::new(values, parameter);
        }
        let map = GradientMap::from_samples(&self.samples, values.samples().count())?;
        let extra = self.model.components().len() - values.components().len();
        Ok(GradientRows::with_map(self.shape(), extra, Arc::new(map)))
    }

    /// Gradient with these results for all rows, in an array like that of `values`.
    pub(crate) fn block(
        &self,
        values: &TensorBlock,
        results: DenseArray,
        dtype: DType,
    ) -> Result<TensorBlock> {
        values.with_new_values(
            stored(results, dtype)?,
            &self.samples,
            self.model.components(),
            self.model.properties(),
        )
    }
}
