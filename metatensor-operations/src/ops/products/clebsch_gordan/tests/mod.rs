mod errors;
mod gradients;
mod rotations;
mod selections;

use metatensor_core::{Complex, DType, Element, Labels, TensorBlock, TensorMap, f16};
use ndarray::{Array3, ArrayD};

use super::coefficients::coefficients;
use super::*;
use crate::testing::Random;
use crate::testing::threads::assert_independent_of_threads;

/// Components of an angular momentum.
fn mu(lambda: usize) -> Labels {
    angular::components(lambda).unwrap()
}

/// Keys with these rows, after the angular momentum and the parity that all have.
fn keys<const N: usize>(others: [&str; N], rows: &[(i32, i32, [i32; N])]) -> Labels {
    let names = [&["o3_lambda", "o3_sigma"], &others[..]].concat();
    let rows = rows
        .iter()
        .map(|(lambda, sigma, others)| [&[*lambda, *sigma], &others[..]].concat());
    Labels::from_rows(&names, rows).unwrap()
}

/// Map of random numbers with these keys, samples and properties.
fn random_map<T: Element>(
    keys: &Labels,
    samples: &Labels,
    properties: &Labels,
    random: &mut Random,
    make: fn(f64) -> T,
) -> TensorMap {
    let blocks = keys.column("o3_lambda").unwrap().into_iter().map(|lambda| {
        let mu = mu(lambda as usize);
        let shape = (samples.count(), mu.count(), properties.count());
        let values = Array3::from_shape_simple_fn(shape, || make(random.between(-1.0, 1.0)));
        TensorBlock::new(values, samples, &[mu], properties).unwrap()
    });
    TensorMap::new(keys, blocks.collect()).unwrap()
}

fn atoms(rows: &[[i32; 2]]) -> Labels {
    Labels::new(["system", "atom"], rows).unwrap()
}

/// Two maps with some angular momenta, which share samples and a dimension of keys.
fn pair<T: Element>(random: &mut Random, make: fn(f64) -> T) -> [TensorMap; 2] {
    let (a, b) = (
        keys(
            ["center_type", "k"],
            &[(0, 1, [1, 0]), (2, 1, [1, 0]), (1, -1, [8, 3])],
        ),
        keys(
            ["center_type", "j"],
            &[
                (1, 1, [8, 5]),
                (1, 1, [1, 5]),
                (3, -1, [1, 6]),
                (2, 1, [6, 6]),
            ],
        ),
    );
    let samples = [
        atoms(&[[0, 0], [0, 3], [1, 1]]),
        atoms(&[[1, 1], [0, 0], [2, 5], [2, 6]]),
    ];
    let properties = [("n_1", 3), ("n_2", 5)].map(|(name, n)| Labels::range(name, n).unwrap());
    [
        random_map(&a, &samples[0], &properties[0], random, make),
        random_map(&b, &samples[1], &properties[1], random, make),
    ]
}

fn product(a: &TensorMap, b: &TensorMap) -> TensorMap {
    cg_product(a, b, "l_1", "l_2", CgOptions::default()).unwrap()
}

/// One element of a block, or 0 if there is no such sample.
fn element(block: &TensorBlock, values: &ArrayD<f64>, sample: &[i32], m: usize, p: usize) -> f64 {
    let row = block.samples().position(sample);
    row.map_or(0.0, |row| values[[row, m, p]])
}

#[test]
fn products_are_sums_with_coefficients_for_all_pairs_of_blocks_and_samples() {
    let [a, b] = pair(&mut Random(1), |x| x);
    let z = product(&a, &b);
    assert_eq!(
        *z.keys().names(),
        [
            "o3_lambda",
            "o3_sigma",
            "center_type",
            "k",
            "l_1",
            "j",
            "l_2"
        ]
    );
    let expected = [
        [1, 1, 1, 0, 0, 5, 1],
        [3, -1, 1, 0, 0, 6, 3],
        [1, 1, 1, 0, 2, 5, 1],
        [2, -1, 1, 0, 2, 5, 1],
        [3, 1, 1, 0, 2, 5, 1],
        [1, -1, 1, 0, 2, 6, 3],
        [2, 1, 1, 0, 2, 6, 3],
        [3, -1, 1, 0, 2, 6, 3],
        [4, 1, 1, 0, 2, 6, 3],
        [5, -1, 1, 0, 2, 6, 3],
        [0, -1, 8, 3, 1, 5, 1],
        [1, 1, 8, 3, 1, 5, 1],
        [2, -1, 8, 3, 1, 5, 1],
    ];
    assert_eq!(z.keys().iter().collect::<Vec<_>>(), expected);
    for (key, block) in z.keys().iter().zip(z.blocks()) {
        let [lambda, _, center, k, l1, j, l2] = key else {
            panic!()
        };
        let first = a
            .block(&[("o3_lambda", *l1), ("center_type", *center), ("k", *k)])
            .unwrap();
        let second = b
            .block(&[("o3_lambda", *l2), ("center_type", *center), ("j", *j)])
            .unwrap();
        assert_eq!(block.components(), [mu(*lambda as usize)]);
        assert_eq!(
            *block.samples(),
            atoms(&[[0, 0], [0, 3], [1, 1], [2, 5], [2, 6]])
        );
        assert_eq!(*block.properties().names(), ["n_1", "n_2"]);
        let found = block.to_ndarray::<f64>().unwrap();
        let (x, y) = (first.to_ndarray().unwrap(), second.to_ndarray().unwrap());
        let all = coefficients(*l1 as usize, *l2 as usize, *lambda as usize).unwrap();
        for (i, sample) in block.samples().iter().enumerate() {
            for m in 0..2 * *lambda as usize + 1 {
                for (pq, names) in block.properties().iter().enumerate() {
                    let of_m = all.iter().filter(|c| c.mu == m);
                    let terms = of_m.map(|c| {
                        c.value
                            * element(first, &x, sample, c.m1, names[0] as usize)
                            * element(second, &y, sample, c.m2, names[1] as usize)
                    });
                    let expected: f64 = terms.sum();
                    assert!((found[[i, m, pq]] - expected).abs() < 1e-14);
                }
            }
        }
    }
}

#[test]
fn samples_with_fewer_dimensions_are_those_of_all_samples_that_they_fit() {
    let (samples, few) = (
        atoms(&[[2, 0], [0, 0], [1, 0], [0, 1]]),
        Labels::new(["system"], [[0], [3], [2]]).unwrap(),
    );
    let random = &mut Random(2);
    let keys = keys([], &[(1, 1, [])]);
    let map = |samples, property, random: &mut Random| {
        random_map(
            &keys,
            samples,
            &Labels::range(property, 2).unwrap(),
            random,
            |x| x,
        )
    };
    let a = map(&samples, "n", random);
    let b = map(&few, "m", random);
    let repeated = |map: &TensorMap, samples: &Labels| {
        let block = map.block_by_id(0).unwrap();
        let values = block.to_ndarray::<f64>().unwrap();
        let rows = samples.iter().map(|row| few.position(&row[..1]).unwrap());
        let values = values.select(ndarray::Axis(0), &rows.collect::<Vec<_>>());
        let block = TensorBlock::new(values, samples, block.components(), block.properties());
        TensorMap::new(&keys, vec![block.unwrap()]).unwrap()
    };
    let kept = atoms(&[[2, 0], [0, 0], [0, 1]]);
    let block = a.block_by_id(0).unwrap().to_ndarray::<f64>().unwrap();
    let block = block.select(ndarray::Axis(0), &[0, 1, 3]);
    let block = TensorBlock::new(block, &kept, &[mu(1)], Labels::range("n", 2).unwrap()).unwrap();
    let of_a = TensorMap::new(&keys, vec![block]).unwrap();
    let of_b = repeated(&b, &kept);

    crate::check_equal(&product(&a, &b), &product(&of_a, &of_b)).unwrap();
    crate::check_equal(&product(&b, &a), &product(&of_b, &of_a)).unwrap();
}

#[test]
fn all_types_of_elements_are_multiplied_as_those_that_hold_both() {
    let [a, b] = pair(&mut Random(3), |x| x);
    let expected = product(&a, &b);
    let tolerance = |tolerance: f64| crate::AllcloseOptions {
        rtol: 0.0,
        atol: tolerance,
        ..crate::AllcloseOptions::default()
    };
    let single = pair(&mut Random(3), |x| x as f32);
    let z = product(&single[0], &single[1]);
    assert_eq!(z.dtype(), Some(DType::F32));
    crate::check_allclose(&z, &expected, tolerance(1e-6)).unwrap();
    let z = product(&single[0], &b);
    assert_eq!(z.dtype(), Some(DType::F64));
    crate::check_allclose(&z, &expected, tolerance(1e-6)).unwrap();

    let half = pair(&mut Random(3), f16::from_f64);
    let z = product(&half[0], &half[1]);
    assert_eq!(z.dtype(), Some(DType::F16));
    crate::check_allclose(&z, &expected, tolerance(1e-2)).unwrap();

    // linear in both: i a times (2 - i) b
    let complex = [
        pair(&mut Random(3), |x| Complex::new(0.0, x))[0].clone(),
        pair(&mut Random(3), |x| Complex::new(2.0 * x, -x))[1].clone(),
    ];
    let z = product(&complex[0], &complex[1]);
    for (z, x) in z.blocks().iter().zip(expected.blocks()) {
        let x = x.to_ndarray::<f64>().unwrap();
        for (z, x) in z.to_ndarray::<Complex<f64>>().unwrap().iter().zip(&x) {
            assert!((z - Complex::new(1.0, 2.0) * x).norm() < 1e-14);
        }
    }

    let integers = pair(&mut Random(3), |x| (x * 10.0) as i16);
    let floats = pair(&mut Random(3), |x| (x * 10.0).trunc());
    let z = product(&integers[0], &integers[1]);
    assert_eq!(z.dtype(), Some(DType::F64));
    crate::check_equal(&z, &product(&floats[0], &floats[1])).unwrap();
}

#[test]
fn maps_without_blocks_samples_or_properties_have_products() {
    let random = &mut Random(4);
    let [a, b] = pair(random, |x| x);
    let none = TensorMap::new(
        Labels::empty(&["o3_lambda", "o3_sigma", "center_type"]).unwrap(),
        Vec::new(),
    );
    let z = product(&a, none.as_ref().unwrap());
    assert!(z.is_empty());
    assert_eq!(
        *z.keys().names(),
        ["o3_lambda", "o3_sigma", "center_type", "k", "l_1", "l_2"]
    );
    for (samples, properties) in [(atoms(&[]), 2), (atoms(&[[0, 1]]), 0), (atoms(&[]), 0)] {
        let properties = Labels::range("n_3", properties).unwrap();
        let empty = random_map(b.keys(), &samples, &properties, random, |x| x);
        let z = product(&a, &empty);
        assert_eq!(z.len(), 13);
        let block = z.block_by_id(0).unwrap();
        assert_eq!(block.properties().count(), 3 * properties.count());
        let values = block.to_ndarray::<f64>().unwrap();
        assert!(samples.count() > 0 || values.iter().all(|&x| x == 0.0));
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let random = &mut Random(5);
    let keys = keys([], &[(0, 1, []), (3, 1, [])]);
    let samples = Labels::range("s", 300).unwrap();
    let mut map = |property, count| {
        let properties = Labels::range(property, count).unwrap();
        let map = random_map(&keys, &samples, &properties, random, |x| x);
        let blocks = map.blocks().iter().map(|block| {
            let mut block = block.clone();
            let rows = (0..300).map(|s| [s * 7 % 300, s % 3, s]);
            let rows = Labels::from_rows(&["sample", "a", "b"], rows).unwrap();
            let values = block.to_ndarray::<f64>().unwrap().mapv(|x| x + 0.3);
            let own = block.components()[0].clone();
            let gradient = TensorBlock::new(values, rows, &[own], block.properties());
            block.add_gradient("g", gradient.unwrap()).unwrap();
            block
        });
        TensorMap::new(&keys, blocks.collect()).unwrap()
    };
    let (a, b) = (map("n", 17), map("m", 21));
    assert_independent_of_threads(|| vec![cg_product(&a, &b, "l_1", "l_2", CgOptions::default())]);
}
