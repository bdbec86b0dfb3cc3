use metatensor_core::{Complex, Element, Labels, TensorMap, f16};
use metatensor_operations::{
    AllcloseOptions, Axis, Direction, GradientSelection, Reduction, check_allclose,
    random_uniform_like, reduce_over_samples, remove_gradients, sort,
};

use super::{map, scattered};
use crate::testing::{Random, contents_of_map};
use crate::{Communicator, Order, Partition, Placement, SumOrder, run_local};

const NAMES: [&[&str]; 4] = [&["a"], &["s", "a"], &["s"], &[]];

fn reduce(
    communicator: &Communicator,
    tensor: &TensorMap,
    reduction: Reduction,
    names: &[&str],
    order: SumOrder,
    placement: Placement<'_>,
) -> TensorMap {
    let result = match reduction {
        Reduction::Sum => communicator.sum_over_samples(tensor, names, order, placement),
        Reduction::Mean => communicator.mean_over_samples(tensor, names, order, placement),
        Reduction::Var => communicator.var_over_samples(tensor, names, placement),
        Reduction::Std => communicator.std_over_samples(tensor, names, placement),
    };
    result.unwrap()
}

/// Maps with random labels, and with random elements from 0 to 1 for floats.
fn maps<T: Element>(make: fn(u32) -> T) -> impl Iterator<Item = TensorMap> {
    (1..=3).map(move |seed| {
        let mut random = Random::new(seed);
        let form = random.form();
        let map = map(&mut random, &form, make);
        match T::DTYPE.is_float() || T::DTYPE.is_complex() {
            true => random_uniform_like(&map, GradientSelection::All, seed).unwrap(),
            false => map,
        }
    })
}

/// Sums and means of ranks are those of all samples, up to `eps` for each of them. No integer is larger than `largest`.
fn check_close<T: Element>(make: fn(u32) -> T, eps: f64, largest: f64) {
    for (seed, map) in maps(make).enumerate() {
        for ranks in 1..=8 {
            for reduction in [Reduction::Sum, Reduction::Mean] {
                // The sum of absolute values of floats is the sum.
                let eps = match reduction {
                    Reduction::Sum if largest > 0.0 => 0.0,
                    _ => eps,
                };
                let options = AllcloseOptions {
                    rtol: (ranks + 1) as f64 * eps,
                    atol: (ranks + 1) as f64 * eps * largest,
                    equal_nan: false,
                };
                let expected =
                    NAMES.map(|names| reduce_over_samples(&map, reduction, names).unwrap());
                let results = run_local(ranks, |communicator| {
                    let part = scattered(&communicator, &map, seed % 2 == 0);
                    let all = NAMES.iter().zip(&expected);
                    let all = all.map(|(names, expected)| {
                        let found = reduce(
                            &communicator,
                            &part,
                            reduction,
                            names,
                            SumOrder::Ranks,
                            Placement::Everywhere,
                        );
                        if map.len() == found.len() {
                            check_allclose(&found, expected, options).unwrap();
                        }
                        if ranks == 1 {
                            assert_eq!(
                                contents_of_map(&found),
                                contents_of_map(expected)
                                    .into_iter()
                                    .filter(|(key, _)| found.keys().contains(key))
                                    .collect()
                            );
                        }
                        contents_of_map(&found)
                    });
                    all.collect::<Vec<_>>()
                });
                assert!(results.iter().all(|result| *result == results[0]));
            }
        }
    }
}

#[test]
fn sums_of_ranks_are_those_of_all_samples() {
    let eps = [1e-3, f64::from(f32::EPSILON), f64::EPSILON];
    check_close(|i| i as i8, eps[2], 128.0);
    check_close(|i| (i as i32).wrapping_mul(4097), eps[2], 3e9);
    check_close(|i| i % 3 == 0, eps[2], 1.0);
    check_close(|i| f16::from_f32(i as f32), eps[0], 0.0);
    check_close(|i| i as f32, eps[1], 0.0);
    check_close(f64::from, eps[2], 0.0);
    check_close(|i| Complex::new(i as f32, 1.0), eps[1], 0.0);
}

/// One result for any number of ranks: that of the serial function on all samples, sorted.
fn check_equal<T: Element>(make: fn(u32) -> T, ranks: &[usize]) {
    for (seed, map) in maps(make).enumerate() {
        // Variances need all gradients of gradients, with the same components everywhere.
        let plain = match remove_gradients(&map, Some(&["g"])) {
            Ok(map) => map,
            Err(_) => map.clone(),
        };
        for (reduction, map) in [
            (Reduction::Sum, &map),
            (Reduction::Mean, &map),
            (Reduction::Var, &plain),
            (Reduction::Std, &plain),
        ] {
            let sorted = sort(map, &[Axis::Samples], Direction::Ascending).unwrap();
            for names in NAMES {
                let expected = reduce_over_samples(&sorted, reduction, names).unwrap();
                let expected = contents_of_map(&expected);
                for &ranks in ranks {
                    run_local(ranks, |communicator| {
                        let part = scattered(&communicator, map, false);
                        let everywhere = reduce(
                            &communicator,
                            &part,
                            reduction,
                            names,
                            SumOrder::Labels,
                            Placement::Everywhere,
                        );
                        assert_eq!(
                            contents_of_map(&everywhere),
                            expected,
                            "{seed} {reduction:?} {names:?}"
                        );
                        let by = Placement::By(Partition::Rows);
                        let part =
                            reduce(&communicator, &part, reduction, names, SumOrder::Labels, by);
                        let all = communicator.all_gather(&part, Order::Labels).unwrap();
                        assert_eq!(contents_of_map(&all), expected);
                    });
                }
            }
        }
    }
}

#[test]
fn sums_by_labels_have_the_same_bits_for_any_number_of_ranks() {
    check_equal(|i| i as f32, &[2, 5]);
    check_equal(f64::from, &[1, 2, 3, 4, 5, 6, 7, 8]);
    check_equal(|i| i as i16, &[3]);
}

#[test]
fn a_mean_of_large_numbers_does_not_overflow() {
    run_local(3, |communicator| {
        let rank = communicator.rank() as i32;
        let samples = Labels::new(["s"], [[rank], [rank + 3]]).unwrap();
        let values = ndarray::arr2(&[[f16::from_f32(60000.0)], [f16::from_f32(50016.0)]]);
        let block = metatensor_core::TensorBlock::new(values, samples, &[], Labels::single());
        let map = TensorMap::new(Labels::single(), vec![block.unwrap()]).unwrap();
        let mean =
            communicator.mean_over_samples(&map, &["s"], SumOrder::Ranks, Placement::Everywhere);
        let mean = mean
            .unwrap()
            .block_by_id(0)
            .unwrap()
            .to_ndarray::<f16>()
            .unwrap();
        assert_eq!(mean[[0, 0]], f16::from_f32(55008.0));
    });
}

#[test]
fn names_have_to_be_dimensions() {
    for order in [SumOrder::Ranks, SumOrder::Labels] {
        let texts = run_local(3, |communicator| {
            let mut random = Random::new(3);
            let form = random.form();
            let map = random.map(
                &form,
                &[([0, 0], vec![[communicator.rank() as i32, 0]])],
                f64::from,
            );
            let result = communicator.sum_over_samples(&map, &["x"], order, Placement::Everywhere);
            result.unwrap_err().to_string()
        });
        assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
        let start = "invalid parameter: rank 0: ";
        let end = "'x' is not a dimension of the samples, which have the dimensions ['s', 'a']";
        assert!(
            texts[0].starts_with(start) && texts[0].ends_with(end),
            "{}",
            texts[0]
        );
    }
}

#[test]
fn names_have_to_be_the_same() {
    let texts = run_local(2, |communicator| {
        let mut random = Random::new(3);
        let form = random.form();
        let map = random.map(&form, &[([0, 0], vec![[0, 0]])], f64::from);
        let names = [["s"], ["a"]][communicator.rank()];
        let result = communicator.var_over_samples(&map, &names, Placement::Everywhere);
        result.unwrap_err().to_string()
    });
    let expected = "invalid parameter: collective 0: rank 0 called var_over_samples(names [\"s\"], placement Everywhere), rank 1 \
                    called var_over_samples(names [\"a\"], placement Everywhere)";
    assert_eq!(texts, [expected; 2]);
}
