//! CoupledProducts of two blocks: labels, and what elements are sums of.

use metatensor_core::{DType, Labels, Result, TensorBlock};

use super::angular;
use super::plan::Combination;
use super::samples::matched_samples;
use crate::engine::{
    MissingGradients, Pair, ProductGradient, RowOrder, Term, labels_only, product_rule,
};
use crate::kernels::{self, Coupled, CoupledProducts};
use crate::numbers::{continuous, promote, read, stored, with_continuous};

/// Two blocks whose samples are matched.
pub(super) struct Matched<'a> {
    a: &'a TensorBlock,
    b: &'a TensorBlock,
    combination: &'a Combination,
    samples: Labels,
    pairs: Vec<Pair>,
    dtype: DType,
}

impl<'a> Matched<'a> {
    pub(super) fn new(
        a: &'a [TensorBlock],
        b: &'a [TensorBlock],
        combination: &'a Combination,
    ) -> Result<Matched<'a>> {
        let (a, b) = (&a[combination.first], &b[combination.second]);
        let (samples, pairs) = matched_samples(a.samples(), b.samples())?;
        Ok(Matched {
            a,
            b,
            combination,
            samples,
            pairs,
            dtype: continuous(promote(a.dtype(), b.dtype())?)?,
        })
    }

    /// Bytes of the values of all products, which are known before there are labels for all pairs of properties.
    pub(super) fn bytes(&self) -> u64 {
        let couplings = self.combination.couplings.iter();
        let lines: usize = couplings.map(|(_, coupling)| coupling.result_lines()).sum();
        let counts = [
            self.samples.count(),
            lines,
            self.a.properties().count(),
            self.b.properties().count(),
            self.dtype.size(),
        ];
        counts
            .iter()
            .fold(1, |bytes, &count| bytes.saturating_mul(count as u64))
    }

    /// All that is made of the two blocks, but for elements.
    pub(super) fn structure(self, known: &mut PropertyProducts) -> Result<Structure<'a>> {
        let Matched {
            a,
            b,
            combination,
            samples,
            pairs,
            dtype,
        } = self;
        let gradients = product_rule(a, b, &pairs, RowOrder::Factors, MissingGradients::Error)?;
        Ok(Structure {
            a,
            widths: [a.properties().count(), b.properties().count()],
            combination,
            samples,
            properties: known.get(a.properties(), b.properties())?,
            dtype,
            values: vec![Term::of_values(a, b, &pairs)],
            gradients,
        })
    }
}

/// Properties of products of blocks, for other blocks with the same ones.
#[derive(Default)]
pub(super) struct PropertyProducts(Vec<[Labels; 3]>);

/// How many of them are kept. Maps with other properties in each block should not have to look for them.
const MOST: usize = 4;

impl PropertyProducts {
    /// All pairs of properties, in the order of the first, and then of the second ones.
    fn get(&mut self, a: &Labels, b: &Labels) -> Result<Labels> {
        let mut known = self.0.iter();
        if let Some([.., product]) = known.find(|[x, y, _]| x == a && y == b) {
            return Ok(product.clone());
        }
        a.check_readable("a product")?;
        b.check_readable("a product")?;
        let names: Vec<_> = a.names().iter().chain(b.names().iter()).collect();
        let mut values = Vec::with_capacity(a.count() * b.count() * names.len());
        for row in a {
            for other in b {
                values.extend_from_slice(row);
                values.extend_from_slice(other);
            }
        }
        let product = Labels::assume_unique(&names, values)?.stored_like(a)?;
        self.0.truncate(MOST - 1);
        self.0.insert(0, [a.clone(), b.clone(), product.clone()]);
        Ok(product)
    }
}

/// What is made of two blocks, but for elements: a block for each of some angular momenta.
pub(super) struct Structure<'a> {
    a: &'a TensorBlock,
    widths: [usize; 2],
    combination: &'a Combination,
    samples: Labels,
    properties: Labels,
    dtype: DType,
    values: Vec<Term<'a>>,
    gradients: Vec<ProductGradient<'a>>,
}

/// Values or a gradient: labels, and what all blocks have there is a sum of these products.
struct Level<'s, 'a> {
    samples: &'s Labels,
    own_components: &'s [Labels],
    terms: &'s [Term<'a>],
    gradients: &'s [ProductGradient<'a>],
}

/// Makes the values or a gradient of all blocks.
type Make<'m> = dyn FnMut(&Level<'_, '_>) -> Result<Vec<TensorBlock>> + 'm;

impl Structure<'_> {
    /// Blocks with the labels of the products, and no elements.
    pub(super) fn metadata(&self) -> Result<Vec<TensorBlock>> {
        self.blocks(&mut |level| {
            let couplings = self.combination.couplings.iter();
            let blocks = couplings.map(|&(lambda, _)| {
                let components = components(level, lambda)?;
                labels_only(self.dtype, level.samples, &components, &self.properties)
            });
            blocks.collect()
        })
    }

    /// The products.
    pub(super) fn compute(&self) -> Result<Vec<TensorBlock>> {
        with_continuous!(self.dtype, T => self.blocks(&mut |level| self.compute_level::<T>(level)))
    }

    fn blocks(&self, make: &mut Make<'_>) -> Result<Vec<TensorBlock>> {
        let values = Level {
            samples: &self.samples,
            own_components: &[],
            terms: &self.values,
            gradients: &self.gradients,
        };
        all_levels(&values, make)
    }

    fn compute_level<T: Coupled>(&self, level: &Level<'_, '_>) -> Result<Vec<TensorBlock>> {
        let views = level
            .terms
            .iter()
            .map(|term| Ok([term.a.view()?, term.b.view()?]));
        let views = views.collect::<Result<Vec<_>>>()?;
        let factors = views
            .iter()
            .map(|[a, b]| Ok([read::<T>(a)?, read::<T>(b)?]));
        let factors = factors.collect::<Result<Vec<_>>>()?;
        let own: Vec<_> = level.own_components.iter().map(Labels::count).collect();
        let entries = level.terms.iter().map(|term| term.own_entries(&own));
        let entries: Vec<_> = entries.collect();
        let products = level.terms.iter().zip(&factors).zip(&entries);
        let products = products.map(|((term, [a, b]), own)| CoupledProducts {
            factors: [a, b],
            parts: own.counts,
            sources: &own.entries,
            rows: &term.rows,
        });
        let products: Vec<_> = products.collect();

        let blocks = self.combination.couplings.iter().map(|(lambda, coupling)| {
            let mut shape = vec![level.samples.count()];
            shape.extend(&own);
            shape.extend([coupling.result_lines(), self.properties.count()]);
            let parts = own.iter().product();
            let values = kernels::couple(&shape, parts, self.widths, coupling, &products)?;
            let components = components(level, *lambda)?;
            let values = stored(values, self.dtype)?;
            self.a
                .with_new_values(values, level.samples, &components, &self.properties)
        });
        blocks.collect()
    }
}

/// What `make` makes of values and all gradients.
fn all_levels(level: &Level<'_, '_>, make: &mut Make<'_>) -> Result<Vec<TensorBlock>> {
    let mut blocks = make(level)?;
    for gradient in level.gradients {
        let below = Level {
            samples: &gradient.samples,
            own_components: &gradient.own_components,
            terms: &gradient.terms,
            gradients: &gradient.gradients,
        };
        let made = all_levels(&below, make).map_err(|e| e.in_gradient(gradient.parameter))?;
        for (block, made) in blocks.iter_mut().zip(made) {
            block.add_gradient(gradient.parameter, made)?;
        }
    }
    Ok(blocks)
}

fn components(level: &Level<'_, '_>, lambda: usize) -> Result<Vec<Labels>> {
    let mut components = level.own_components.to_vec();
    components.push(angular::components(lambda)?);
    Ok(components)
}
