//! Blocks whose gradients, at all depths, are the derivatives of polynomials: what their functions have is then known.

use std::collections::BTreeMap;

use metatensor_core::{Complex, DenseArray, Element, Labels, TensorBlock};
use ndarray::{Array, IxDyn};

use super::Random;

/// Terms with more variables than this are left out.
pub(crate) const DEGREE: usize = 3;
/// Number of things that are varied for each parameter, and of entries of the component that some gradients have.
const VARIED: usize = 2;
const OWN: usize = 2;

/// One of the real numbers that functions depend on: a parameter, which of the things that are varied, and which component.
type Variable = (Parameter, usize, usize);

type Parameter = &'static str;

/// What a row of a gradient is a derivative with respect to: for each parameter of the path, the thing that is varied.
type Varied = Vec<(Parameter, usize)>;

/// A polynomial: the number before each product of variables, which are sorted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series(BTreeMap<Vec<Variable>, Complex<f64>>);

impl Series {
    pub(crate) fn constant(value: impl Into<Complex<f64>>) -> Series {
        Series([(Vec::new(), value.into())].into())
    }

    /// What it is where all variables are 0.
    pub(crate) fn value(&self) -> Complex<f64> {
        self.0.get(&Vec::new()).copied().unwrap_or_default()
    }

    pub(crate) fn plus(&self, other: &Series) -> Series {
        let mut sum = self.clone();
        for (variables, number) in &other.0 {
            *sum.0.entry(variables.clone()).or_default() += number;
        }
        sum
    }

    pub(crate) fn times(&self, other: &Series) -> Series {
        let mut product = Series::default();
        for (first, x) in &self.0 {
            for (second, y) in other
                .0
                .iter()
                .filter(|(s, _)| first.len() + s.len() <= DEGREE)
            {
                let mut variables = [&first[..], second].concat();
                variables.sort_unstable();
                *product.0.entry(variables).or_default() += x * y;
            }
        }
        product
    }

    pub(crate) fn scaled(&self, factor: f64) -> Series {
        self.times(&Series::constant(factor))
    }

    pub(crate) fn conj(&self) -> Series {
        Series(self.0.iter().map(|(v, x)| (v.clone(), x.conj())).collect())
    }

    /// A function of this, given by its value and its derivatives, the first [`DEGREE`] ones.
    pub(crate) fn apply(&self, f: impl Fn(Complex<f64>, usize) -> Complex<f64>) -> Series {
        let x = self.value();
        let difference = self.plus(&Series::constant(-x));
        let mut power = Series::constant(1.0);
        let mut sum = Series::default();
        for order in 0..=DEGREE {
            sum = sum.plus(&power.times(&Series::constant(f(x, order))));
            power = power.times(&difference).scaled(1.0 / (order + 1) as f64);
        }
        sum
    }

    /// The power `exponent`. Derivatives that are 0 for all numbers are 0.
    pub(crate) fn power(&self, exponent: f64) -> Series {
        self.apply(|x, order| {
            let factor: f64 = (0..order).map(|i| exponent - i as f64).product();
            match factor {
                0.0 => Complex::default(),
                _ => x.powf(exponent - order as f64) * factor,
            }
        })
    }

    /// The derivative with respect to some variables, where all of them are 0.
    fn derivative(&self, variables: &[Variable]) -> Complex<f64> {
        let mut variables = variables.to_vec();
        variables.sort_unstable();
        let number = self.0.get(&variables).copied().unwrap_or_default();
        let powers = variables.chunk_by(|a, b| a == b);
        number
            * powers
                .map(|same| (1..=same.len()).product::<usize>() as f64)
                .product::<f64>()
    }

    /// Whether it has a term with all of these things that are varied.
    fn depends_on(&self, varied: &[(Parameter, usize)]) -> bool {
        let mut terms = self
            .0
            .iter()
            .filter(|(_, number)| **number != Complex::default());
        terms.any(|(variables, _)| {
            let mut left = variables.clone();
            varied.iter().all(|(parameter, t)| {
                let found = left.iter().position(|v| (v.0, v.1) == (*parameter, *t));
                found.map(|found| left.remove(found)).is_some()
            })
        })
    }
}

/// The gradients that blocks have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree(pub(crate) &'static [(Parameter, Tree)]);

const NONE: Tree = Tree(&[]);
const P: (&str, Tree) = ("p", NONE);
const Q: (&str, Tree) = ("q", NONE);

impl Tree {
    /// One without gradients, some with those of two parameters in any order, and with the same one repeated.
    pub(crate) const ALL: [Tree; 7] = [
        NONE,
        Tree(&[P]),
        Tree(&[P, ("q", Tree(&[P]))]),
        Tree(&[("p", Tree(&[Q])), ("q", Tree(&[P]))]),
        Tree(&[("p", Tree(&[P]))]),
        Tree(&[("q", Tree(&[Q, P])), P]),
        // p/p/q needs p/p, p/q, p, q
        Tree(&[("p", Tree(&[("p", Tree(&[Q])), Q])), Q]),
    ];
}

/// Components that gradients with respect to a parameter have, the second time it comes in a path with another name.
fn own_components(parameter: &str, path: &[(&str, usize)]) -> Vec<Labels> {
    let repeated = path.iter().filter(|(other, _)| *other == parameter).count();
    match parameter {
        "q" => vec![Labels::range(&format!("xyz_{repeated}"), OWN).unwrap()],
        _ => Vec::new(),
    }
}

/// A function for each element of a block.
#[derive(Clone, Debug)]
pub(crate) struct Functions {
    pub(crate) samples: Labels,
    pub(crate) components: Vec<Labels>,
    pub(crate) properties: Labels,
    /// In row-major order.
    pub(crate) elements: Vec<Series>,
}

impl Functions {
    /// Random polynomials with small integers in them. Samples depend on some of the things that are varied only.
    pub(crate) fn random(random: &mut Random, samples: usize, is_complex: bool) -> Functions {
        let components =
            Vec::from_iter((random.below(2) == 0).then(|| Labels::range("c", 2).unwrap()));
        let row = components.iter().map(Labels::count).product::<usize>() * 2;
        let mut elements = Vec::new();
        for _ in 0..samples {
            let variables = [("p", 1), ("q", OWN)]
                .into_iter()
                .flat_map(|(parameter, own)| {
                    (0..VARIED).flat_map(move |t| (0..own).map(move |e| (parameter, t, e)))
                });
            let mut variables: Vec<Variable> = variables.collect();
            if random.below(3) > 0 {
                let without = random.below(VARIED);
                variables.retain(|(_, t, _)| *t != without);
            }
            if random.below(4) == 0 {
                variables.retain(|(parameter, ..)| *parameter != "p");
            }
            for _ in 0..row {
                elements.push(random.series(&variables, is_complex));
            }
        }
        Functions {
            samples: Labels::range("s", samples).unwrap(),
            components,
            properties: Labels::range("m", 2).unwrap(),
            elements,
        }
    }

    /// Others with the same labels.
    pub(crate) fn with(&self, elements: Vec<Series>) -> Functions {
        Functions {
            elements,
            ..self.clone()
        }
    }

    pub(crate) fn map(&self, f: impl Fn(&Series) -> Series) -> Functions {
        self.with(self.elements.iter().map(f).collect())
    }

    pub(crate) fn zip(
        &self,
        other: &Functions,
        f: impl Fn(&Series, &Series) -> Series,
    ) -> Functions {
        let pairs = self.elements.iter().zip(&other.elements);
        self.with(pairs.map(|(x, y)| f(x, y)).collect())
    }

    /// The functions of one sample.
    pub(crate) fn row(&self, sample: usize) -> &[Series] {
        let length = self.elements.len() / self.samples.count();
        &self.elements[sample * length..][..length]
    }

    /// Block with their derivatives. Gradients have rows for what is not zero and some others, in any order.
    pub(crate) fn block<T: Element>(
        &self,
        tree: Tree,
        random: &mut Random,
        make: fn(Complex<f64>) -> T,
    ) -> TensorBlock {
        let rows = (0..self.samples.count()).map(|i| (i, Vec::new())).collect();
        self.block_at(&self.samples, rows, &[], tree, random, make)
    }

    /// The gradient with these samples, of which is known what sample each row is for, and what is varied.
    fn block_at<T: Element>(
        &self,
        samples: &Labels,
        rows: Vec<(usize, Varied)>,
        own: &[Labels],
        tree: Tree,
        random: &mut Random,
        make: fn(Complex<f64>) -> T,
    ) -> TensorBlock {
        let components = [own, &self.components].concat();
        let mut shape = vec![rows.len()];
        shape.extend(components.iter().map(Labels::count));
        shape.push(self.properties.count());
        let mut elements = Vec::new();
        for (sample, varied) in &rows {
            for entries in combinations(own) {
                let variables = with_entries(varied, &entries);
                elements.extend(
                    self.row(*sample)
                        .iter()
                        .map(|x| make(x.derivative(&variables))),
                );
            }
        }
        let array = Array::from_shape_vec(IxDyn(&shape), elements).unwrap();
        let array = DenseArray::from(array);
        let mut block = TensorBlock::new(array, samples, components, &self.properties).unwrap();
        for &(parameter, below) in tree.0 {
            let mut next: Vec<(usize, usize)> = Vec::new();
            for (row, (sample, varied)) in rows.iter().enumerate() {
                for t in 0..VARIED {
                    let varied = [&varied[..], &[(parameter, t)]].concat();
                    let is_needed = self.row(*sample).iter().any(|x| x.depends_on(&varied));
                    if is_needed || random.below(5) == 0 {
                        next.push((row, t));
                    }
                }
            }
            random.shuffle(&mut next);
            let entries = next.iter().flat_map(|&(row, t)| [row as i32, t as i32]);
            let samples = Labels::from_values(&["sample", "t"], entries.collect()).unwrap();
            let own = [
                own_components(parameter, &rows.first().map_or(vec![], |r| r.1.clone())),
                own.to_vec(),
            ]
            .concat();
            let next = next.into_iter().map(|(row, t)| {
                let (sample, varied) = &rows[row];
                (*sample, [&varied[..], &[(parameter, t)]].concat())
            });
            let gradient = self.block_at(&samples, next.collect(), &own, below, random, make);
            block.add_gradient(parameter, gradient).unwrap();
        }
        block
    }

    /// Fails if a block does not have these values and derivatives: those without a row are zero.
    #[track_caller]
    pub(crate) fn check<T: Element>(
        &self,
        block: &TensorBlock,
        tree: Tree,
        number: fn(T) -> Complex<f64>,
        precision: f64,
    ) {
        assert_eq!(block.samples().count(), self.samples.count());
        let rows: Vec<_> = (0..self.samples.count())
            .map(|i| (i, Vec::new(), Some(i)))
            .collect();
        self.check_at(block, &rows, &[], tree, number, precision);
    }

    #[track_caller]
    fn check_at<T: Element>(
        &self,
        block: &TensorBlock,
        rows: &[(usize, Varied, Option<usize>)],
        own: &[Labels],
        tree: Tree,
        number: fn(T) -> Complex<f64>,
        precision: f64,
    ) {
        let elements: Vec<T> = block.to_ndarray::<T>().unwrap().iter().copied().collect();
        let length = elements
            .len()
            .checked_div(block.samples().count())
            .unwrap_or(0);
        for (sample, varied, row) in rows {
            let found: Vec<_> = match row {
                Some(row) => elements[row * length..][..length]
                    .iter()
                    .map(|&x| number(x))
                    .collect(),
                None => vec![Complex::default(); self.row(*sample).len() * combinations(own).len()],
            };
            let mut found = found.into_iter();
            for entries in combinations(own) {
                let variables = with_entries(varied, &entries);
                for function in self.row(*sample) {
                    let (x, expected) = (found.next().unwrap(), function.derivative(&variables));
                    assert!(
                        (x - expected).norm() <= precision * (1.0 + expected.norm()),
                        "{x} is not {expected}, for sample {sample} and {variables:?} of {tree:?}"
                    );
                }
            }
        }
        assert_eq!(block.gradients().count(), tree.0.len());
        for &(parameter, below) in tree.0 {
            let gradient = block.gradient(parameter).unwrap();
            let path = rows.first().map_or(vec![], |row| row.1.clone());
            let own = [own_components(parameter, &path), own.to_vec()].concat();
            assert_eq!(gradient.components()[..own.len()], own);
            let next = rows.iter().flat_map(|(sample, varied, row)| {
                (0..VARIED).map(move |t| {
                    let row =
                        row.and_then(|row| gradient.samples().position(&[row as i32, t as i32]));
                    (*sample, [&varied[..], &[(parameter, t)]].concat(), row)
                })
            });
            let next: Vec<_> = next.collect();
            self.check_at(gradient, &next, &own, below, number, precision);
        }
    }
}

/// All entries of some components, the last one of which changes fastest.
fn combinations(components: &[Labels]) -> Vec<Vec<usize>> {
    components.iter().fold(vec![Vec::new()], |all, component| {
        let longer = all.into_iter().flat_map(|entries: Vec<usize>| {
            (0..component.count()).map(move |e| [&entries[..], &[e]].concat())
        });
        longer.collect()
    })
}

/// The variables with these entries of components, those of the last parameter first.
fn with_entries(varied: &[(Parameter, usize)], entries: &[usize]) -> Vec<Variable> {
    let mut entries = entries.iter().rev();
    let variables = varied.iter().map(|&(parameter, t)| match parameter {
        "q" => (parameter, t, *entries.next().unwrap()),
        _ => (parameter, t, 0),
    });
    variables.collect()
}

impl Random {
    /// Small integers before all products of up to [`DEGREE`] variables.
    fn series(&mut self, variables: &[Variable], is_complex: bool) -> Series {
        let mut products: Vec<Vec<Variable>> = vec![Vec::new()];
        let mut first = 0;
        for _ in 0..DEGREE {
            let end = products.len();
            for i in first..end {
                for variable in variables {
                    if products[i].last().is_none_or(|last| last <= variable) {
                        products.push([&products[i][..], &[*variable]].concat());
                    }
                }
            }
            first = end;
        }
        let mut number = |is_value: bool| {
            let mut part = || self.below(7) as f64 - 3.0;
            match is_value {
                // far enough from zero, and from the negative numbers
                true => Complex::new(2.0 + part().abs(), if is_complex { part() } else { 0.0 }),
                false => Complex::new(part(), if is_complex { part() } else { 0.0 }),
            }
        };
        let terms = products.into_iter().map(|variables| {
            let number = number(variables.is_empty());
            (variables, number)
        });
        Series(terms.collect())
    }
}
