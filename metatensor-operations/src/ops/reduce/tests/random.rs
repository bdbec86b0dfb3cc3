//! Random blocks, described by simple data.

use metatensor_core::{Labels, TensorBlock};
use proptest::prelude::*;

use crate::testing::array;

/// What a random block is made of. Axes: samples `(a, b)`, components `c`, properties `(m, n)`.
/// Gradient samples are `(sample, i)`, and gradients have one more component, `xyz`.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) samples: Vec<[i32; 2]>,
    pub(super) properties: Vec<[i32; 2]>,
    pub(super) components: usize,
    pub(super) values: Vec<f64>,
    pub(super) rows: Vec<[i32; 2]>,
    pub(super) extra: usize,
    pub(super) gradient: Vec<f64>,
}

fn distinct(max: usize, first: std::ops::Range<i32>) -> impl Strategy<Value = Vec<[i32; 2]>> {
    prop::collection::hash_set((first, 0..4), 0..=max)
        .prop_map(|rows| rows.into_iter().map(|(a, b)| [a, b]).collect::<Vec<_>>())
        .prop_shuffle()
}

pub(super) fn cases() -> impl Strategy<Value = Case> {
    let labels = (
        distinct(9, -2..3),
        distinct(7, -1..2),
        1..3_usize,
        1..3_usize,
    );
    let with_rows = labels.prop_flat_map(|(samples, properties, components, extra)| {
        let parents = samples.len() as i32;
        let rows = distinct(if parents == 0 { 0 } else { 12 }, 0..parents.max(1));
        (
            Just(samples),
            Just(properties),
            Just(components),
            Just(extra),
            rows,
        )
    });
    with_rows.prop_flat_map(|(samples, properties, components, extra, rows)| {
        let line = components * properties.len();
        (
            prop::collection::vec(-2.0..2.0, samples.len() * line),
            prop::collection::vec(-2.0..2.0, rows.len() * extra * line),
        )
            .prop_map(move |(values, gradient)| Case {
                samples: samples.clone(),
                properties: properties.clone(),
                components,
                values,
                rows: rows.clone(),
                extra,
                gradient,
            })
    })
}

impl Case {
    /// The block, with `convert(x)` for all elements `x`.
    pub(super) fn block_of<T: metatensor_core::Element>(
        &self,
        convert: impl Fn(f64) -> T,
    ) -> TensorBlock {
        let convert = |x: &[f64]| x.iter().map(|&x| convert(x)).collect::<Vec<T>>();
        let samples = Labels::new(["a", "b"], &self.samples).unwrap();
        let properties = Labels::new(["m", "n"], &self.properties).unwrap();
        let component = Labels::range("c", self.components).unwrap();
        let shape = [samples.count(), self.components, properties.count()];
        let mut block = TensorBlock::new(
            array(&shape, &convert(&self.values)),
            &samples,
            std::slice::from_ref(&component),
            &properties,
        )
        .unwrap();
        let rows = Labels::new(["sample", "i"], &self.rows).unwrap();
        let shape = [rows.count(), self.extra, shape[1], shape[2]];
        let gradient = TensorBlock::new(
            array(&shape, &convert(&self.gradient)),
            &rows,
            &[Labels::range("xyz", self.extra).unwrap(), component],
            &properties,
        );
        block.add_gradient("g", gradient.unwrap()).unwrap();
        block
    }

    pub(super) fn block(&self) -> TensorBlock {
        self.block_of(|x| x)
    }

    /// Elements in one row of the values.
    pub(super) fn line(&self) -> usize {
        self.components * self.properties.len()
    }
}

/// Any subset of these names, some of them repeated.
pub(super) fn names(of: [&'static str; 2]) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(of.to_vec()), 0..4)
}

pub(super) fn reductions() -> impl Strategy<Value = crate::Reduction> {
    use crate::Reduction::*;
    prop::sample::select(vec![Sum, Mean, Var, Std])
}
