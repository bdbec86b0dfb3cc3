//! From the elements of factors to those of a result and its gradients, element by element.

use std::borrow::Cow;
use std::sync::Arc;

use metatensor_core::{
    DType, DenseArray, Error, GradientMap, Labels, Limit, Result, TensorBlock, View,
};
use ndarray::{ArrayD, IxDyn};

use super::paths::Part;
use super::{Derivatives, Factor, RowOrder, Rule};
use crate::kernels::{self, GradientRows, PickedRows, RowProducts};
use crate::numbers::{Number, read, stored};

/// The elements of one of the factors, or of the result, for each node: nothing for gradients that it does not have.
pub(crate) struct Elements<'e, E> {
    /// Number of the factor. That of the result is the number of factors.
    pub(crate) factor: usize,
    pub(crate) list: &'e [E],
}

impl<'e, E> Elements<'e, E> {
    /// The elements of this factor.
    pub(crate) fn of(factor: usize, list: &'e [E]) -> Self {
        Elements { factor, list }
    }
}

impl<E> Clone for Elements<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Elements<'_, E> {}

impl<'a> Derivatives<'a> {
    /// The gradients of a function of the elements of some blocks, which has elements of type `dtype`.
    pub(crate) fn of_elements(
        blocks: &[&'a TensorBlock],
        rule: Rule,
        dtype: DType,
    ) -> Result<Derivatives<'a>> {
        let factors = blocks.iter().map(|block| Factor { block, rows: None });
        let count = blocks[0].samples().count();
        let derivatives = Derivatives::new(factors.collect(), count, rule, RowOrder::Factors)?;
        derivatives.check_size(dtype)?;
        Ok(derivatives)
    }

    /// Fails if a result like the first factor needs more memory than results may.
    fn check_size(&self, dtype: DType) -> Result<()> {
        let bytes = (0..self.nodes().len()).map(|node| {
            let elements = self.shape(node).into_iter().map(|length| length as u64);
            elements.fold(dtype.size() as u64, u64::saturating_mul)
        });
        let bytes = bytes.fold(0, u64::saturating_add);
        Limit::check_result(bytes, || "the gradients of gradients of a block")
    }

    /// Arrays of a factor.
    pub(crate) fn views(&self, factor: usize) -> Result<Vec<Option<View<'a>>>> {
        let nodes = self.nodes().iter();
        let views = nodes.map(|node| node.blocks[factor].map(TensorBlock::view).transpose());
        views.collect()
    }

    /// Shape of the array of a gradient, for a result like the first factor.
    pub(crate) fn shape(&self, node: usize) -> Vec<usize> {
        let mut shape = vec![self.row_count(node)];
        shape.extend(self.nodes()[node].own_components.iter().map(Labels::count));
        shape.extend(&self.values_shape()[1..]);
        shape
    }

    fn row_count(&self, node: usize) -> usize {
        match node {
            0 => self.count(),
            _ => self.nodes()[node].samples.count(),
        }
    }

    /// Shape of the values of the first factor.
    fn values_shape(&self) -> Vec<usize> {
        self.values().blocks[0].map_or(Vec::new(), TensorBlock::shape)
    }

    /// Number of elements in a row of the values.
    fn length(&self) -> usize {
        self.values_shape()[1..].iter().product()
    }

    /// Zeros for all elements of a gradient.
    pub(crate) fn zeros<T: Number>(&self, node: usize) -> Vec<T> {
        vec![T::default(); self.shape(node).iter().product()]
    }

    /// The elements of the gradient of a factor with the same path, for all rows.
    pub(crate) fn gathered<T: Number, E: AsRef<[T]>>(
        &self,
        node: usize,
        x: Elements<'_, E>,
    ) -> Result<Vec<T>> {
        let parts = &self.nodes()[node].parts;
        match &parts[parts.len() - 1].rows[x.factor] {
            None => Ok(self.zeros(node)),
            Some(rows) => {
                let length = self.shape(node)[1..].iter().product();
                kernels::gathered_rows(x.list[node].as_ref(), rows, length)
            }
        }
    }

    /// Adds products `f(x, y)` to the elements of a gradient: for all ways to give its parameters to `x` and `y` in which the
    /// number of the part for `x` is one of `parts`.
    pub(crate) fn add_products<T: Number, X: AsRef<[T]>, Y: AsRef<[T]>>(
        &self,
        output: &mut [T],
        node: usize,
        (x, y): (Elements<'_, X>, Elements<'_, Y>),
        parts: impl Fn(usize) -> bool,
        f: impl Fn(T, T) -> T + Sync,
    ) -> Result<()> {
        let node = &self.nodes()[node];
        let lengths: Vec<_> = node.own_components.iter().map(Labels::count).collect();
        let pairs = node.parts.iter().zip(node.parts.iter().rev()).enumerate();
        let products = pairs
            .filter(|(i, _)| parts(*i))
            .filter_map(|(_, (of_x, of_y))| {
                Some(RowProducts {
                    x: rows(of_x, x.factor, x.list[of_x.node].as_ref(), &lengths)?,
                    y: rows(of_y, y.factor, y.list[of_y.node].as_ref(), &lengths)?,
                    entries: entries(&of_x.own, &lengths),
                })
            });
        let products: Vec<_> = products.collect();
        kernels::add_products(output, self.length(), &products, f)
    }

    /// How the rows of a gradient relate to those of the values, if the rows of the first factor are those of the result.
    pub(crate) fn rows(&self, node: usize) -> Result<GradientRows> {
        let own = self.nodes()[node].own_components.len();
        let samples = self.nodes()[node].parts[0].rows[0]
            .clone()
            .unwrap_or_default();
        let map = GradientMap::from_parents(samples, self.count())?;
        Ok(GradientRows::with_map(self.shape(node), own, Arc::new(map)))
    }

    /// Block like `values` with these elements for all nodes, stored as elements of type `dtype`.
    pub(crate) fn block<T: Number>(
        &self,
        elements: Vec<Vec<T>>,
        values: &TensorBlock,
        dtype: DType,
    ) -> Result<TensorBlock> {
        let mut elements: Vec<_> = elements.into_iter().map(Some).collect();
        self.block_of(0, &mut elements, values, dtype)
    }

    fn block_of<T: Number>(
        &self,
        number: usize,
        elements: &mut [Option<Vec<T>>],
        values: &TensorBlock,
        dtype: DType,
    ) -> Result<TensorBlock> {
        let node = &self.nodes()[number];
        let own = elements[number].take().unwrap_or_default();
        let array = ArrayD::from_shape_vec(IxDyn(&self.shape(number)), own);
        let array = array.map_err(|error| Error::Internal(error.to_string()))?;
        let samples = match number {
            0 => values.samples(),
            _ => &node.samples,
        };
        let mut block = values.with_new_values(
            stored(DenseArray::from(array), dtype)?,
            samples,
            &[&node.own_components, values.components()].concat(),
            values.properties(),
        )?;
        for &child in &node.children {
            let parameter = self.nodes()[child].parameter;
            let gradient = self.block_of(child, elements, values, dtype)?;
            block.add_gradient(parameter, gradient)?;
        }
        Ok(block)
    }
}

/// Elements of arrays, none for those that are not there.
pub(crate) fn elements<'v, T: Number>(views: &'v [Option<View<'_>>]) -> Result<Vec<Cow<'v, [T]>>> {
    let all = views.iter().map(|view| match view {
        None => Ok(Cow::Borrowed(&[][..])),
        Some(view) => read(view),
    });
    all.collect()
}

/// The rows of a factor for one part, if there are any.
fn rows<'v, T>(
    part: &'v Part,
    factor: usize,
    elements: &'v [T],
    lengths: &[usize],
) -> Option<PickedRows<'v, T>> {
    let own = part.own.iter().zip(lengths).filter(|(has, _)| **has);
    Some(PickedRows {
        elements,
        rows: part.rows[factor].as_deref()?,
        repeats: own.map(|(_, length)| length).product(),
    })
}

/// For all combinations of components of these lengths, those of the components that the first factor has, and those of
/// all others.
pub(super) fn entries(own: &[bool], lengths: &[usize]) -> Vec<[u32; 2]> {
    let axes = own.iter().zip(lengths);
    axes.fold(vec![[0, 0]], |all, (&is_first, &length)| {
        let longer = all.into_iter().flat_map(|[i, j]| {
            (0..length as u32).map(move |k| match is_first {
                true => [i * length as u32 + k, j],
                false => [i, j * length as u32 + k],
            })
        });
        longer.collect()
    })
}
