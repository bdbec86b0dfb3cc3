//! Products of two blocks.

use std::borrow::Cow;

use metatensor_core::{DType, DenseArray, Labels, Result, TensorBlock};

use super::super::sums::{Form, Piece, summed};
use super::ContractOptions;
use super::components::PairedComponents;
use super::properties::PairedProperties;
use super::samples::PairedSamples;
use crate::engine::{
    MissingGradients, Pair, ProductGradient, Repeated, RowOrder, labels_only, product_rule,
    with_gradients,
};
use crate::kernels::TermRow;
use crate::numbers::promote;

/// The product of two blocks, before it is computed.
pub(super) struct BlockProduct<'a> {
    a: &'a TensorBlock,
    b: &'a TensorBlock,
    dtype: DType,
    samples: Labels,
    rows: Vec<TermRow>,
    components: Vec<Labels>,
    properties: Labels,
    form: Form,
    gradients: Vec<ProductGradient<'a>>,
}

impl<'a> BlockProduct<'a> {
    pub(super) fn new(
        a: &'a TensorBlock,
        b: &'a TensorBlock,
        properties: &Repeated<PairedProperties>,
        options: &ContractOptions<'_>,
    ) -> Result<Self> {
        let dtype = promote(a.dtype(), b.dtype())?;
        let paired = PairedComponents::new(a, b, options)?;
        let samples = PairedSamples::new(a.samples(), b.samples(), options.samples)?;
        let elements = paired.axes.iter().map(|axis| axis.length as u64);
        let elements = elements.fold(samples.labels.count() as u64, u64::saturating_mul);
        let bytes = elements.saturating_mul(dtype.size() as u64);
        let properties = properties.get_for(&[a.properties(), b.properties()], &[], || {
            PairedProperties::new(a.properties(), b.properties(), options, bytes)
        })?;
        let order = RowOrder::Factors;
        let missing = MissingGradients::Error;
        let gradients = product_rule(a, b, &samples.pairs, order, missing)?;
        Ok(BlockProduct {
            a,
            b,
            dtype,
            rows: Pair::rows(&samples.pairs),
            samples: samples.labels,
            components: paired.components,
            form: Form {
                axes: paired.axes,
                contracted: paired.contracted,
                lengths: paired.lines,
                lines: properties.lines.clone(),
                properties: properties.labels.count(),
                scale: 1.0,
            },
            properties: properties.labels.clone(),
            gradients,
        })
    }

    /// The labels of the result.
    pub(super) fn labels_only(&self) -> Result<TensorBlock> {
        let block = labels_only(
            self.dtype,
            &self.samples,
            &self.components,
            &self.properties,
        )?;
        self.with_gradients(block, &self.gradients, &|gradient, components| {
            labels_only(self.dtype, &gradient.samples, components, &self.properties)
        })
    }

    /// The result.
    pub(super) fn compute(&self) -> Result<TensorBlock> {
        let piece = Piece {
            rows: Cow::Borrowed(&self.rows),
            own: Cow::Borrowed(&[]),
            factors: vec![(self.a, self.b, self.form.clone())],
        };
        let values = self.summed(&self.samples, &self.components, &[piece])?;
        let block = self.block(values, &self.samples, &self.components)?;
        self.with_gradients(block, &self.gradients, &|gradient, components| {
            let pieces = gradient.terms.iter().map(|term| Piece {
                rows: Cow::Borrowed(&term.rows),
                own: Cow::Borrowed(&term.own),
                factors: vec![(term.a, term.b, self.form.clone())],
            });
            let pieces: Vec<_> = pieces.collect();
            let values = self.summed(&gradient.samples, components, &pieces)?;
            self.block(values, &gradient.samples, components)
        })
    }

    fn summed(
        &self,
        samples: &Labels,
        components: &[Labels],
        pieces: &[Piece<'_>],
    ) -> Result<DenseArray> {
        let mut shape = vec![samples.count()];
        shape.extend(components.iter().map(Labels::count));
        shape.push(self.properties.count());
        summed(self.dtype, &shape, pieces)
    }

    fn block(
        &self,
        values: DenseArray,
        samples: &Labels,
        components: &[Labels],
    ) -> Result<TensorBlock> {
        self.a
            .with_new_values(values, samples, components, &self.properties)
    }

    /// `block` with what `make` makes of these gradients and all their components, at all depths.
    fn with_gradients(
        &self,
        block: TensorBlock,
        gradients: &[ProductGradient<'a>],
        make: &dyn Fn(&ProductGradient<'a>, &[Labels]) -> Result<TensorBlock>,
    ) -> Result<TensorBlock> {
        let gradients = gradients.iter().map(|gradient| {
            let components = [&*gradient.own_components, &*self.components].concat();
            let made = make(gradient, &components)?;
            let made = self.with_gradients(made, &gradient.gradients, make)?;
            Ok((gradient.parameter, made))
        });
        with_gradients(block, gradients.collect::<Result<_>>()?)
    }
}
