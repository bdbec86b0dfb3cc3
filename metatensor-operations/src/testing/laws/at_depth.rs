//! Gradients of gradients of functions that are not linear: those of functions of polynomials are known.

use metatensor_core::{Complex, Element, Labels, TensorBlock, TensorMap};
use proptest::prelude::*;

use crate::testing::series::{Functions, Series, Tree};
use crate::testing::threads::assert_independent_of_threads;
use crate::testing::{Random, labels};
use crate::*;

/// A type of elements: how they are made of complex numbers, the other way round, and how precise results are.
struct Numbers<T> {
    is_complex: bool,
    make: fn(Complex<f64>) -> T,
    number: fn(T) -> Complex<f64>,
    precision: f64,
}

const F64: Numbers<f64> = Numbers {
    is_complex: false,
    make: |z| z.re,
    number: Complex::from,
    precision: 1e-9,
};

const F32: Numbers<f32> = Numbers {
    is_complex: false,
    make: |z| z.re as f32,
    number: |x| f64::from(x).into(),
    precision: 1e-3,
};

const C128: Numbers<Complex<f64>> = Numbers {
    is_complex: true,
    make: |z| z,
    number: |z| z,
    precision: 1e-9,
};

impl<T: Element> Numbers<T> {
    /// Checks that `result` has the values and derivatives of these functions.
    #[track_caller]
    fn check(&self, functions: &Functions, result: Result<TensorBlock>, tree: Tree) {
        functions.check(&result.unwrap(), tree, self.number, self.precision);
    }

    /// Polynomials in blocks without components, or with the component that `like` has.
    fn functions(
        &self,
        random: &mut Random,
        samples: usize,
        like: Option<&Functions>,
    ) -> Functions {
        loop {
            let functions = Functions::random(random, samples, self.is_complex);
            let components = like.map_or(&[][..], |like| &like.components);
            if functions.components == components {
                return functions;
            }
        }
    }
}

const POWERS: [f64; 7] = [-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0];

fn elementwise<T: Element>(seed: u64, numbers: &Numbers<T>) {
    let random = &mut Random(seed);
    let samples = 1 + random.below(3);
    let x = Functions::random(random, samples, numbers.is_complex);
    let y = numbers.functions(random, samples, Some(&x));
    let over = |x: &Series, y: &Series| x.times(&y.power(-1.0));
    let (product, quotient) = (x.zip(&y, Series::times), x.zip(&y, over));
    let powers = POWERS.map(|p| x.map(|x| x.power(p)));
    let moduli = x.map(|x| x.times(&x.conj()).power(0.5));
    // These have no gradients at all.
    let constants = y.map(|y| Series::constant(y.value()));
    let scaled = x.zip(&constants, Series::times);
    let quotients = [x.zip(&constants, over), constants.zip(&x, over)];
    for tree in Tree::ALL {
        let make = numbers.make;
        let (a, b) = (x.block(tree, random, make), y.block(tree, random, make));
        let zero_rows = MissingGradients::ZeroRows;
        numbers.check(&product, multiply_with(&a, &b, zero_rows), tree);
        numbers.check(&quotient, divide_with(&a, &b, zero_rows), tree);
        for (exponent, expected) in POWERS.into_iter().zip(&powers) {
            numbers.check(expected, pow(&a, exponent), tree);
            let in_place = into_pow(a.deep_copy().unwrap(), exponent);
            numbers.check(expected, in_place, tree);
        }
        let negative = multiply_scalar(&a, -1.0).unwrap();
        numbers.check(&moduli, abs(&negative), tree);
        numbers.check(&moduli, into_abs(negative), tree);

        let b = constants.block(Tree::ALL[0], random, make);
        let zeros = MissingGradients::Zeros;
        numbers.check(&scaled, multiply_with(&a, &b, zeros), tree);
        numbers.check(&scaled, multiply_with(&b, &a, zeros), tree);
        numbers.check(&quotients[0], divide_with(&a, &b, zeros), tree);
        numbers.check(&quotients[1], divide_with(&b, &a, zeros), tree);
    }
}

fn matrices<T: Element>(seed: u64, numbers: &Numbers<T>) {
    let random = &mut Random(seed);
    let x = Functions::random(random, 2, numbers.is_complex);
    let y = numbers.functions(random, 3, None);
    let rows = x.elements.chunks(2);
    let elements = rows.flat_map(|row| {
        let products = (0..3).map(|j| {
            let pairs = row.iter().zip(y.row(j));
            pairs.fold(Series::default(), |sum, (x, y)| sum.plus(&x.times(y)))
        });
        products.collect::<Vec<_>>()
    });
    let expected = x.with(elements.collect());
    for tree in Tree::ALL {
        let make = numbers.make;
        let (a, b) = (x.block(tree, random, make), y.block(tree, random, make));
        let product = dot_with(&a, &b, MissingGradients::ZeroRows);
        numbers.check(&expected, product, tree);
    }
}

/// Variances of the numbers of some groups.
fn variances(groups: &[Vec<&Series>]) -> Vec<Series> {
    let variance = |group: &Vec<&Series>| {
        let count = 1.0 / group.len() as f64;
        let sum = |all: Vec<Series>| {
            let sum = all.iter().fold(Series::default(), |sum, x| sum.plus(x));
            sum.scaled(count)
        };
        let mean = sum(group.iter().map(|x| (*x).clone()).collect());
        let squares = group.iter().map(|x| {
            let difference = x.plus(&mean.scaled(-1.0));
            difference.times(&difference.conj())
        });
        sum(squares.collect())
    };
    groups.iter().map(variance).collect()
}

/// The derivatives of a standard deviation are 0 where it is.
fn root(variance: &Series) -> Series {
    match variance.value().re {
        0.0 => Series::default(),
        _ => variance.power(0.5),
    }
}

fn reductions<T: Element>(seed: u64, numbers: &Numbers<T>) {
    let random = &mut Random(seed);
    let mut x = Functions::random(random, 4, numbers.is_complex);
    x.samples = labels(["a", "b"], &[[0, 1], [0, 0], [1, 1], [2, 1]]);
    if random.below(2) == 0 {
        // A group that is constant.
        let row = x.row(0).to_vec();
        let length = row.len();
        x.elements[2 * length..3 * length].clone_from_slice(&row);
        x.elements[3 * length..].clone_from_slice(&row);
    }
    let length = x.row(0).len();
    // Of each element for b = 0, then for b = 1.
    let groups = [&[1][..], &[0, 2, 3]].into_iter().flat_map(|samples| {
        let x = &x;
        (0..length).map(move |i| samples.iter().map(|&s| &x.row(s)[i]).collect())
    });
    let groups: Vec<Vec<&Series>> = groups.collect();
    let rows: Vec<Vec<&Series>> = x
        .elements
        .chunks(2)
        .map(|row| row.iter().collect())
        .collect();
    let variances = |groups: &[Vec<&Series>], samples: &Labels| Functions {
        samples: samples.clone(),
        ..x.with(variances(groups))
    };
    let of_samples = variances(&groups, &Labels::range("b", 2).unwrap());
    let of_properties = variances(&rows, &x.samples);
    let roots = [of_samples.map(root), of_properties.map(root)];
    for tree in Tree::ALL {
        let block = x.block(tree, random, numbers.make);
        numbers.check(&of_samples, var_over_samples(&block, &["a"]), tree);
        numbers.check(&roots[0], std_over_samples(&block, &["a"]), tree);
        numbers.check(&of_properties, var_over_properties(&block, &["m"]), tree);
        numbers.check(&roots[1], std_over_properties(&block, &["m"]), tree);
    }
}

/// Large enough to be shared between threads: all samples depend on everything.
fn large() -> TensorMap {
    let random = &mut Random(1);
    let mut x = F64.functions(random, 1, None);
    let row = x.row(0).to_vec();
    x.properties = Labels::range("m", 64).unwrap();
    x.samples = Labels::range("s", 512).unwrap();
    let scaled = |i: usize| row[i % row.len()].scaled(1.0 + i as f64 / 7.0);
    let different: Vec<_> = (0..101).map(scaled).collect();
    x.elements = (0..512 * 64).map(|i| different[i % 101].clone()).collect();
    let block = x.block(Tree::ALL[3], random, |z| z.re);
    TensorMap::new(Labels::single(), vec![block]).unwrap()
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let x = large();
    let few = slice(&x, Axis::Samples, Selection::Indices(&[3, 1, 7])).unwrap();
    assert_independent_of_threads(|| {
        vec![
            multiply(&x, &x),
            divide(&x, &x),
            pow(&x, 1.5),
            dot_with(&x, &few, MissingGradients::ZeroRows),
            var_over_samples(&x, &["s"]),
            std_over_properties(&x, &["m"]),
        ]
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn functions_of_elements(seed: u64) {
        elementwise(seed, &F64);
        elementwise(seed, &F32);
        elementwise(seed, &C128);
    }

    #[test]
    fn products_of_matrices(seed: u64) {
        matrices(seed, &F64);
        matrices(seed, &F32);
        matrices(seed, &C128);
    }

    #[test]
    fn variances_of_samples_and_properties(seed: u64) {
        reductions(seed, &F64);
        reductions(seed, &F32);
        reductions(seed, &C128);
    }
}
