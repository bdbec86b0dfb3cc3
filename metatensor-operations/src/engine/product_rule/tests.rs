use metatensor_core::{Complex, Error, Labels, TensorBlock};
use ndarray::{ArrayD, Dimension};
use proptest::prelude::*;

use super::*;
use crate::testing::series::{Functions, Tree};
use crate::testing::{Random, block, labels, with_gradient};

/// The product of two blocks, element by element, in the slowest way.
fn product(
    a: &TensorBlock,
    b: &TensorBlock,
    pairs: &[Pair],
    gradients: &[ProductGradient<'_>],
) -> TensorBlock {
    let values = pairs.iter().enumerate().filter_map(|(i, pair)| {
        Some(TermRow {
            output: i as u32,
            a: pair.a?,
            b: pair.b?,
        })
    });
    let values = Term {
        a,
        b,
        own: Vec::new(),
        rows: values.collect(),
    };
    let samples = Labels::range("s", pairs.len()).unwrap();
    summed(&samples, &[], &[values], gradients)
}

fn summed(
    samples: &Labels,
    own: &[Labels],
    terms: &[Term<'_>],
    gradients: &[ProductGradient<'_>],
) -> TensorBlock {
    let of_values =
        &terms[0].a.components()[terms[0].own.iter().filter(|s| **s == Side::A).count()..];
    let components = [own, of_values].concat();
    let mut shape = vec![samples.count()];
    shape.extend(components.iter().map(Labels::count));
    shape.push(terms[0].a.properties().count());
    let mut values = ArrayD::<f64>::zeros(shape);
    for term in terms {
        assert!(term.rows.is_sorted_by(|x, y| x.output < y.output));
        assert_eq!(term.own.len(), own.len());
        let (a, b) = (
            term.a.to_ndarray::<f64>().unwrap(),
            term.b.to_ndarray::<f64>().unwrap(),
        );
        for row in &term.rows {
            let mut output = values.index_axis_mut(ndarray::Axis(0), row.output as usize);
            for (place, sum) in output.indexed_iter_mut() {
                let index = |side: Side, row: u32| {
                    let own = term.own.iter().enumerate().filter(|(_, s)| **s == side);
                    let own = own.map(|(i, _)| place[i]);
                    let others = (term.own.len()..place.ndim()).map(|i| place[i]);
                    [row as usize]
                        .into_iter()
                        .chain(own)
                        .chain(others)
                        .collect::<Vec<_>>()
                };
                *sum += a[&index(Side::A, row.a)[..]] * b[&index(Side::B, row.b)[..]];
            }
        }
    }
    let properties = terms[0].a.properties();
    let mut result = TensorBlock::new(values, samples, components, properties).unwrap();
    for gradient in gradients {
        let made = summed(
            &gradient.samples,
            &gradient.own_components,
            &gradient.terms,
            &gradient.gradients,
        );
        result.add_gradient(gradient.parameter, made).unwrap();
    }
    result
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// All numbers are integers: there is no rounding.
    #[test]
    fn products_of_polynomials(seed: u64) {
        let random = &mut Random(seed);
        let a = Functions::random(random, 3, false);
        let b = Functions::random(random, 2, false);
        if a.components != b.components {
            return Ok(());
        }
        for tree in Tree::ALL {
            let blocks = [&a, &b].map(|f| f.block(tree, random, |x| x.re));
            let some = |random: &mut Random, count: usize| {
                (random.below(5) > 0).then(|| random.below(count) as u32)
            };
            let pairs: Vec<_> = (0..4)
                .map(|_| Pair { a: some(random, 3), b: some(random, 2) })
                .collect();
            let elements = pairs.iter().flat_map(|pair| match (pair.a, pair.b) {
                (Some(i), Some(j)) => {
                    let pairs = a.row(i as usize).iter().zip(b.row(j as usize));
                    pairs.map(|(x, y)| x.times(y)).collect()
                }
                _ => vec![Default::default(); a.row(0).len()],
            });
            let expected = Functions {
                samples: Labels::range("s", 4).unwrap(),
                elements: elements.collect(),
                ..a.clone()
            };
            for order in [RowOrder::Factors, RowOrder::Sorted] {
                let [x, y] = &blocks;
                let missing = MissingGradients::Error;
                let gradients = product_rule(x, y, &pairs, order, missing).unwrap();
                let result = product(x, y, &pairs, &gradients);
                expected.check(&result, tree, |x: f64| Complex::from(x), 0.0);
                for (_, gradient) in result.gradients() {
                    let has_seconds = gradient.gradients().next();
                    prop_assert!(order == RowOrder::Factors || gradient.samples().is_sorted());
                    prop_assert!(has_seconds.is_none_or(|(_, g)| g.samples().is_sorted()));
                }
            }
        }
    }
}

fn pairs(count: u32) -> Vec<Pair> {
    let pair = |i| Pair {
        a: Some(i),
        b: Some(i),
    };
    (0..count).map(pair).collect()
}

fn rule<'a>(a: &'a TensorBlock, b: &'a TensorBlock) -> Result<Vec<ProductGradient<'a>>> {
    product_rule(a, b, &pairs(2), RowOrder::Factors, MissingGradients::Error)
}

/// A block with a gradient with respect to `p` that has one with respect to `q`.
fn nested(p: &[[i32; 2]], pq: &[[i32; 2]]) -> TensorBlock {
    let mut values = block([2, 1], &[1.0; 2]);
    let first = with_gradient(block([2, 1], &[1.0; 2]), "p", p, &vec![1.0; p.len()]);
    let first = first.gradient("p").unwrap();
    let rows = block([p.len(), 1], &vec![1.0; p.len()]);
    let second = with_gradient(rows, "q", pq, &vec![1.0; pq.len()]);
    let mut gradient = first.clone();
    gradient
        .add_gradient("q", second.gradient("q").unwrap().clone())
        .unwrap();
    values.add_gradient("p", gradient).unwrap();
    values
}

#[test]
fn rows_of_gradients_are_those_of_both_factors_and_of_products_of_gradients() {
    let both = |p: &[[i32; 2]], pq: &[[i32; 2]], q: &[[i32; 2]]| {
        with_gradient(nested(p, pq), "q", q, &vec![1.0; q.len()])
    };
    let a = both(&[[1, 5], [0, 7]], &[[0, 1]], &[[0, 3]]);
    let b = both(&[[1, 6], [0, 7]], &[[1, 2]], &[[1, 4], [0, 3]]);
    let gradients = rule(&a, &b).unwrap();
    assert_eq!(gradients[0].parameter, "p");
    let rows = |rows: &[[i32; 2]]| labels(["sample", "a"], rows);
    // a's, then those that only b has
    assert_eq!(gradients[0].samples, rows(&[[1, 5], [0, 7], [1, 6]]));
    assert_eq!(gradients[1].samples, rows(&[[0, 3], [1, 4]]));
    // (1, 5): 1 of a, and 4 of ∇q of sample 1; (0, 7): 2 of b, and 3 of sample 0; (1, 6): 4 of sample 1
    let seconds = &gradients[0].gradients[0];
    assert_eq!(
        seconds.samples,
        rows(&[[0, 1], [0, 4], [1, 2], [1, 3], [2, 4]])
    );
    let products: Vec<Vec<_>> = seconds
        .terms
        .iter()
        .map(|term| {
            let rows = term.rows.iter();
            rows.map(|row| (row.output, row.a, row.b)).collect()
        })
        .collect();
    let expected = [
        // ∇q∇p a · b, ∇q a · ∇p b, ∇p a · ∇q b, a · ∇q∇p b
        vec![(0, 0, 1)],
        vec![(3, 0, 1)],
        vec![(1, 0, 0), (3, 1, 1)],
        vec![(2, 0, 0)],
    ];
    // The order of the terms is the same everywhere, but nothing depends on it.
    for terms in &expected {
        assert!(products.contains(terms), "{terms:?} is not in {products:?}");
    }
    assert_eq!(products.len(), 4);
}

#[test]
fn a_constant_needs_no_other_gradients() {
    let a = nested(&[[1, 5], [0, 7]], &[[1, 2], [0, 1]]);
    let constant = block([2, 1], &[1.0; 2]);
    for [x, y] in [[&a, &constant], [&constant, &a]] {
        let gradients = rule(x, y).unwrap();
        let seconds = &gradients[0].gradients[0];
        assert_eq!(gradients[0].samples, *a.gradient("p").unwrap().samples());
        assert_eq!(seconds.samples, labels(["sample", "a"], &[[1, 2], [0, 1]]));
        assert_eq!(seconds.terms.len(), 1);
    }
    assert!(rule(&constant, &constant).unwrap().is_empty());
}

#[test]
fn refusals_name_the_gradient() {
    let rows: &[[i32; 2]] = &[[0, 1]];
    let message = |a: &TensorBlock, b: &TensorBlock| rule(a, b).unwrap_err();
    let a = nested(rows, rows);
    let error = message(&a, &a);
    assert!(matches!(error, Error::Unsupported(_)), "{error}");
    assert_eq!(
        error.to_string(),
        "unsupported: the gradient 'p/q' can not be computed without the gradient 'q', which is not there"
    );

    let only_p = with_gradient(block([2, 1], &[1.0; 2]), "p", rows, &[1.0]);
    let error = message(&a, &only_p);
    assert!(matches!(error, Error::NotEqual(_)), "{error}");
    let error = error.to_string();
    assert!(error.contains("gradient 'p' "), "{error}");
    assert!(error.contains("only the first block has 'q'"), "{error}");

    let other = |names: [&str; 2], own: &[Labels]| {
        let mut a = a.clone();
        let shape = [vec![1], own.iter().map(Labels::count).collect(), vec![1]].concat();
        let array = ArrayD::<f64>::zeros(shape);
        let gradient = TensorBlock::new(array, labels(names, rows), own, a.properties());
        a.add_gradient("q", gradient.unwrap()).unwrap();
        a
    };
    let names = other(["sample", "b"], &[]);
    let error = message(&names, &names).to_string();
    assert!(
        error.contains("gradient 'p/q' has other dimensions of samples than a gradient 'q': ")
            && error.contains("['sample', 'a']")
            && error.contains("['sample', 'b']"),
        "{error}"
    );
    let own = other(["sample", "a"], &[Labels::range("xyz", 3).unwrap()]);
    let error = message(&own, &own).to_string();
    assert!(
        error.contains(
            "gradient 'p/q' has other components of its own than a gradient 'q': [] and [xyz (3)]"
        ),
        "{error}"
    );
}

#[test]
fn very_deep_gradients_are_refused() {
    let mut a = block([1, 1], &[1.0]);
    for _ in 0..Derivatives::MAX_DEPTH + 1 {
        let rows = labels(["sample", "a"], &[[0, 0]]);
        let mut gradient = TensorBlock::new(a.values().clone(), rows, &[], a.properties()).unwrap();
        for (parameter, below) in a.gradients() {
            gradient.add_gradient(parameter, below.clone()).unwrap();
        }
        a = block([1, 1], &[1.0]);
        a.add_gradient("p", gradient).unwrap();
    }
    let error = product_rule(&a, &a, &pairs(1), RowOrder::Sorted, MissingGradients::Error);
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("more than 8 parameters, got 'p/p/p/p/p/p/p/p/p'"),
        "{error}"
    );
    let constant = block([1, 1], &[1.0]);
    product_rule(
        &a,
        &constant,
        &pairs(1),
        RowOrder::Sorted,
        MissingGradients::Error,
    )
    .unwrap();
}
