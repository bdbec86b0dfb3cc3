//! Sums over rows of the gradients of several blocks.

use std::borrow::Cow;

use metatensor_core::internal::rows::{RowGroups, Rows};
use metatensor_core::{DType, DenseArray, Element, Error, Labels, Limit, Result, TensorBlock};

use super::check_dimensions;
use crate::engine::{Axis, Blocks, same_labels, with_rows};
use crate::kernels::{Elements, RowSums, negative_sums};
use crate::numbers::{Number, continuous, read, stored, with_continuous};

/// A gradient of one of the blocks.
pub(super) struct Summand<'a> {
    pub(super) block: &'a TensorBlock,
    /// The block that this is a gradient of.
    pub(super) parent: &'a TensorBlock,
    /// Components of the values, which have one entry each and come last.
    inner: usize,
    /// For each row, the row of the result that it is added to.
    rows: Vec<u32>,
}

impl<'a> Summand<'a> {
    fn components(&self) -> &'a [Labels] {
        let components = self.block.components();
        &components[..components.len() - self.inner]
    }
}

/// The gradients with respect to one parameter of all blocks, or gradients of these.
pub(super) struct Summands<'a> {
    energy: Blocks<'a>,
    /// The parameter, or several of them with a slash between.
    path: String,
    pub(super) list: Vec<Summand<'a>>,
    dtype: DType,
}

impl<'a> Summands<'a> {
    /// The gradients with respect to `parameter`, if all of them have samples with the dimensions `names`, and as many
    /// components of their own as `axes` says.
    pub(super) fn new(
        energy: Blocks<'a>,
        parameter: &str,
        names: &[&str],
        axes: usize,
    ) -> Result<Self> {
        let list = energy.map(|_, block| gradient_of_energy(block, parameter, names, axes))?;
        let Some(first) = list.first() else {
            return Err(Error::invalid("there are no blocks, and so no energies"));
        };
        let dtype = continuous(first.block.dtype())?;
        let summands = Summands {
            energy,
            path: parameter.to_owned(),
            list,
            dtype,
        };
        summands.check_components()?;
        Ok(summands)
    }

    /// Blocks of a map have components with the same names, but these can have other entries.
    fn check_components(&self) -> Result<()> {
        let first = self.list[0].components();
        for (i, other) in self.list.iter().enumerate().skip(1) {
            let other = other.components();
            for (component, other) in first.iter().zip(other) {
                same_labels(Axis::Components, component, other).map_err(|error| {
                    self.energy
                        .in_block(i, error.in_gradient(&self.path).into())
                })?;
            }
        }
        Ok(())
    }

    /// The same with the rows of the result that `rows` gives for each of the gradients.
    pub(super) fn added_to(
        mut self,
        mut rows: impl FnMut(&Summand<'a>) -> Result<Vec<u32>>,
    ) -> Result<Self> {
        for i in 0..self.list.len() {
            let rows = rows(&self.list[i]).map_err(|error| self.in_gradient(i, error))?;
            self.list[i].rows = rows;
        }
        Ok(self)
    }

    fn in_gradient(&self, block: usize, error: Error) -> Error {
        self.energy.in_block(block, error.in_gradient(&self.path))
    }

    /// Type of the sums.
    pub(super) fn dtype(&self) -> DType {
        self.dtype
    }

    /// Fails if there are gradients of gradients.
    pub(super) fn check_no_gradients(&self) -> Result<()> {
        for (i, summand) in self.list.iter().enumerate() {
            if let Some(parameter) = summand.block.gradients_list().iter().next() {
                return Err(self.energy.in_block(
                    i,
                    Error::unsupported(format!(
                        "no formula for gradients of gradients, got '{}/{parameter}'",
                        self.path
                    )),
                ));
            }
        }
        Ok(())
    }

    /// Block with these samples, and minus the sums of rows of all properties, which become a property of this name; and
    /// gradients, at all depths.
    pub(super) fn negative_sum(&self, samples: &Labels, property: &str) -> Result<TensorBlock> {
        let samples = samples.clone().stored_like(self.list[0].block.samples())?;
        let property = Labels::range(property, 1)?.stored_like(self.list[0].block.properties())?;
        self.sum(&samples, &property)
    }

    fn sum(&self, samples: &Labels, property: &Labels) -> Result<TensorBlock> {
        let first = &self.list[0];
        let sums = with_continuous!(self.dtype, T => {
            self.negative_sums::<T, T>(samples.count(), T::narrow)
        })?;
        let mut result = first.block.with_new_values(
            stored(sums, self.dtype)?,
            samples,
            first.components(),
            property,
        )?;
        for parameter in first.block.gradients_list().iter() {
            result.add_gradient(parameter, self.sum_of_gradients(parameter, property)?)?;
        }
        Ok(result)
    }

    /// Array with minus the sums of rows of all properties, which `finish` makes the elements of.
    pub(super) fn negative_sums<T: Number, R: Element>(
        &self,
        count: usize,
        finish: impl Fn(T::Sum) -> R + Sync,
    ) -> Result<DenseArray> {
        let mut shape = vec![count];
        shape.extend(self.list[0].components().iter().map(Labels::count));
        shape.push(1);
        let sizes = shape.iter().map(|&n| n as u64);
        let bytes = sizes.fold(size_of::<R>() as u64, u64::saturating_mul);
        Limit::check_result(bytes, || format!("a result of shape {shape:?}"))?;

        let blocks = self.list.iter().enumerate();
        let views = blocks.map(|(i, summand)| {
            let view = summand.block.view();
            view.map_err(|error| self.in_gradient(i, error))
        });
        let views = views.collect::<Result<Vec<_>>>()?;
        let elements = views.iter().map(read::<T>).collect::<Result<Vec<_>>>()?;
        let arrays = self.list.iter().zip(&elements);
        let arrays: Vec<_> = arrays
            .map(|(summand, elements): (_, &Cow<'_, [T]>)| Elements {
                all: elements,
                columns: summand.block.properties().count(),
            })
            .collect();
        let sums = RowSums::new(count, self.list.iter().map(|summand| &summand.rows[..]));
        negative_sums(&shape, &arrays, &sums, finish)
    }

    /// The same for the gradients with respect to `parameter` of these blocks. The samples are those of all of them, where
    /// rows of these blocks are replaced by those of the result, sorted.
    fn sum_of_gradients(&self, parameter: &str, property: &Labels) -> Result<TensorBlock> {
        let model = self.list[0].block.gradient(parameter)?;
        let mut table = Vec::new();
        let mut list = Vec::with_capacity(self.list.len());
        for summand in &self.list {
            let gradient = summand.block.gradient(parameter)?;
            gradient.samples().check_readable("a sum over rows")?;
            for row in gradient.samples().rows().iter() {
                table.push(summand.rows[row[0] as usize] as i32);
                table.extend_from_slice(&row[1..]);
            }
            list.push(Summand {
                block: gradient,
                parent: summand.block,
                inner: summand.inner,
                rows: Vec::new(),
            });
        }
        let width = model.samples().size();
        let groups = RowGroups::new(Rows::try_new(&table, table.len() / width, width)?);
        let samples = with_rows(model.samples(), groups.unique().values().to_vec())?;
        let mut group_of = groups.group_of();
        for summand in &mut list {
            let (rows, others) = group_of.split_at(summand.block.samples().count());
            summand.rows = rows.to_vec();
            group_of = others;
        }
        let summands = Summands {
            energy: self.energy,
            path: format!("{}/{parameter}", self.path),
            list,
            dtype: self.dtype,
        };
        summands.check_components()?;
        summands.sum(&samples, property)
    }
}

fn gradient_of_energy<'a>(
    energy: &'a TensorBlock,
    parameter: &str,
    names: &[&str],
    axes: usize,
) -> Result<Summand<'a>> {
    for component in energy.components() {
        if component.count() != 1 {
            return Err(Error::invalid(format!(
                "energies have no components, got {} with {} entries",
                component.names(),
                component.count()
            )));
        }
    }
    let block = energy.gradient(parameter)?;
    let summand = Summand {
        block,
        parent: energy,
        inner: energy.components().len(),
        rows: Vec::new(),
    };
    let check = || {
        check_dimensions(block.samples(), names).map_err(|error| error.context("samples"))?;
        check_axes(summand.components(), axes)
    };
    check().map_err(|error| error.in_gradient(parameter))?;
    Ok(summand)
}

/// Fails if there are not so many components, each with the entries 0, 1 and 2.
pub(super) fn check_axes(components: &[Labels], axes: usize) -> Result<()> {
    if components.len() != axes {
        return Err(Error::invalid(format!(
            "expected {axes} components of three entries, got {}",
            components.len()
        )));
    }
    for component in components {
        if component.size() != 1 || component.rows().values() != [0, 1, 2] {
            return Err(Error::invalid(format!(
                "the component {} must have the entries 0, 1 and 2",
                component.names()
            )));
        }
    }
    Ok(())
}
