use metatensor_core::{DType, Labels, TensorBlock, TensorMap};
use metatensor_operations::{
    AllcloseOptions, LstsqOptions, check_allclose, lstsq, normal_equations,
};
use ndarray::Array2;

use super::scattered;
use crate::run_local;
use crate::testing::contents_of_map;
use crate::transport::{Counting, local_ranks};
use crate::{Communicator, Partition};

const DEFAULT: LstsqOptions = LstsqOptions { rcond: None };

/// Numbers between -1 and 1 without any pattern.
fn numbers(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_add(12345);
    move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        (state >> 40) as f64 / f64::from(1 << 23) - 1.0
    }
}

/// Blocks with so many rows, and a gradient row for each third one. Elements of each column come row after row.
fn map(
    rows: &[usize],
    columns: usize,
    name: &str,
    mut element: impl FnMut(usize) -> f64,
) -> TensorMap {
    let properties = Labels::range(name, columns).unwrap();
    let mut values = |rows| Array2::from_shape_fn((rows, columns), |(_, j)| element(j));
    let blocks = rows.iter().map(|&rows| {
        let samples = Labels::range("s", rows).unwrap();
        let mut block = TensorBlock::new(values(rows), samples, &[], &properties).unwrap();
        let parents: Vec<_> = (0..rows as i32).step_by(3).map(|row| [row]).collect();
        let samples = Labels::new(["sample"], &parents).unwrap();
        let gradient = TensorBlock::new(values(parents.len()), samples, &[], &properties);
        block.add_gradient("g", gradient.unwrap()).unwrap();
        block
    });
    let keys = Labels::range("k", rows.len()).unwrap();
    TensorMap::new(keys, blocks.collect()).unwrap()
}

fn random(rows: &[usize], columns: usize, name: &str, seed: u64) -> TensorMap {
    let mut number = numbers(seed);
    map(rows, columns, name, |_| number())
}

/// Checks the solutions of all ranks against that of all equations on one, and that they are equal. With `sparse`, blocks
/// without rows are left out.
fn check(x: &TensorMap, y: &TensorMap, tolerance: f64, sparse: bool) {
    let expected = lstsq(x, y, DEFAULT).unwrap();
    for ranks in 1..=8 {
        let solutions = run_local(ranks, |communicator| {
            let [x, y] = [x, y].map(|map| scattered(&communicator, map, sparse && ranks % 2 == 0));
            let weights = communicator.lstsq(&x, &y, DEFAULT).unwrap();
            if weights.len() == expected.len() {
                let options = AllcloseOptions {
                    rtol: tolerance,
                    atol: tolerance,
                    equal_nan: false,
                };
                check_allclose(&weights, &expected, options).unwrap();
            }
            if ranks == 1 {
                assert_eq!(contents_of_map(&weights), contents_of_map(&expected));
            }
            contents_of_map(&weights)
        });
        assert!(solutions.iter().all(|solution| *solution == solutions[0]));
    }
}

#[test]
fn solutions_are_those_of_all_equations() {
    for (rows, columns) in [
        (&[40, 13][..], 5),
        (&[300], 20),
        // Fewer equations than unknowns, on each rank and on all.
        (&[17, 9], 12),
        (&[3, 5], 8),
        (&[1], 4),
    ] {
        let (x, y) = (random(rows, columns, "p", 1), random(rows, 2, "q", 2));
        check(&x, &y, 1e-10, true);
    }
}

#[test]
fn axes_can_be_empty() {
    for (rows, columns, outputs) in [(&[0][..], 3, 2), (&[5, 0], 0, 2), (&[5], 3, 0), (&[], 1, 1)] {
        let (x, y) = (random(rows, columns, "p", 1), random(rows, outputs, "q", 2));
        check(&x, &y, 0.0, false);
    }
}

#[test]
fn solutions_of_any_rank_have_the_smallest_norm() {
    let mut number = numbers(5);
    let mut row = [0.0; 6];
    // The last columns are combinations of the first ones.
    let x = map(&[50, 20], 6, "p", |j| {
        row[j] = match j {
            0..3 => number(),
            _ => row[j - 3] - 0.5 * row[(j + 1) % 3],
        };
        row[j]
    });
    check(&x, &random(&[50, 20], 2, "q", 6), 1e-12, true);
}

#[test]
fn precision_is_not_that_of_normal_equations() {
    // Powers of numbers between 0 and 1: the condition number is about 1e8.
    let mut row = 0;
    let power = |row: i32, j: usize| (f64::from(row) / 400.0).powi(j as i32);
    let x = map(&[300], 11, "p", |j| {
        row += i32::from(j == 0);
        power(row, j)
    });
    let mut row = 0;
    let y = map(&[300], 1, "q", |_| {
        row += 1;
        (0..11).map(|j| (1.0 + j as f64) * power(row, j)).sum()
    });
    for ranks in [2, 3, 8] {
        run_local(ranks, |communicator| {
            let [x, y] = [&x, &y].map(|map| scattered(&communicator, map, false));
            let weights = communicator.lstsq(&x, &y, DEFAULT).unwrap();
            let weights = weights.block_by_id(0).unwrap().to_ndarray::<f64>().unwrap();
            for (j, weight) in weights.iter().enumerate() {
                assert!((weight - 1.0 - j as f64).abs() < 1e-6, "{weights}");
            }
        });
    }
}

#[test]
fn single_precision_is_kept() {
    run_local(3, |communicator| {
        let rank = communicator.rank() as f32;
        let make = |value: f32, name| {
            let samples = Labels::new(["s"], [[rank as i32]]).unwrap();
            let properties = Labels::range(name, 1).unwrap();
            let block = TensorBlock::new(ndarray::arr2(&[[value]]), samples, &[], properties);
            TensorMap::new(Labels::single(), vec![block.unwrap()]).unwrap()
        };
        let (x, y) = (make(1.0 + rank, "p"), make(3.0 + 3.0 * rank, "q"));
        let weights = communicator.lstsq(&x, &y, DEFAULT).unwrap();
        assert_eq!(weights.dtype(), Some(DType::F32));
        let weights = weights.block_by_id(0).unwrap().to_ndarray::<f32>().unwrap();
        assert!((weights[[0, 0]] - 3.0).abs() < 1e-6);
    });
}

#[test]
fn triangles_are_all_that_is_sent() {
    let (columns, ranks) = (64, 4);
    let traffic: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = local_ranks(ranks)
            .into_iter()
            .map(|transport| {
                scope.spawn(move || {
                    let (transport, traffic) = Counting::new(transport);
                    let communicator = Communicator::new(transport);
                    let seed = communicator.rank() as u64;
                    let (x, y) = (
                        random(&[400], columns, "p", seed),
                        random(&[400], 1, "q", seed),
                    );
                    let before = traffic.get();
                    communicator.lstsq(&x, &y, DEFAULT).unwrap();
                    traffic.get().message_bytes - before.message_bytes
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let triangle = (8 * columns * (columns + 3) / 2) as u64;
    for (rank, bytes) in traffic.into_iter().enumerate() {
        match rank {
            0 => assert_eq!(bytes, 0),
            _ => assert!(
                bytes > triangle && bytes < triangle + 500,
                "{bytes} {triangle}"
            ),
        }
    }
}

#[test]
fn errors_are_those_of_all_ranks() {
    let texts = run_local(3, |communicator| {
        let (mut x, y) = (random(&[4], 2, "p", 1), random(&[4], 1, "q", 2));
        if communicator.rank() == 2 {
            x = map(&[4], 2, "p", |_| f64::NAN);
        }
        communicator.lstsq(&x, &y, DEFAULT).unwrap_err().to_string()
    });
    let expected = "linear algebra error: rank 2: LeastSquares::add: block (k=0): values: all numbers must be finite, got an \
                    infinity or NaN";
    assert_eq!(texts, [expected; 3]);

    let texts = run_local(3, |communicator| {
        let rows = [4, 4, 5][communicator.rank()];
        let (x, y) = (random(&[4], 2, "p", 1), random(&[rows], 1, "q", 2));
        communicator
            .normal_equations(&x, &y)
            .unwrap_err()
            .to_string()
    });
    for text in &texts {
        let expected =
            "not equal: rank 2: normal_equations: blocks for key (k=0) are different: samples";
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn normal_equations_are_those_of_all_equations() {
    // Small integers: sums are exact.
    let rows = [40, 0, 13];
    let mut number = numbers(3);
    let mut make = |columns, name| map(&rows, columns, name, |_| (number() * 20.0).round());
    let (x, y) = (make(5, "p"), make(2, "q"));
    let (xtx, xty) = normal_equations(&x, &y).unwrap();
    for ranks in 1..=8 {
        run_local(ranks, |communicator| {
            let parts = [&x, &y].map(|map| {
                let root = (communicator.rank() == 0).then_some(map);
                communicator
                    .scatter(0, root, &Partition::Strided(&["s"]))
                    .unwrap()
            });
            let parts = match communicator.rank() {
                0 => parts,
                _ => parts.map(|part| metatensor_operations::drop_empty_blocks(&part).unwrap()),
            };
            let found = communicator.normal_equations(&parts[0], &parts[1]).unwrap();
            assert_eq!(contents_of_map(&found.0), contents_of_map(&xtx));
            assert_eq!(contents_of_map(&found.1), contents_of_map(&xty));
        });
    }
}
