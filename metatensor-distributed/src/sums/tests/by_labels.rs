use metatensor_core::{Complex, Element, Labels, TensorBlock, TensorMap, f16};
use metatensor_operations::{Axis, DifferentKeys, JoinOptions, join, sum_over_samples};
use ndarray::arr2;

use crate::testing::{Form, Random, contents_of_map};
use crate::{Order, Partition, Placement, run_local};

/// Maps of ranks, with samples that are on several of them. Some ranks have no blocks, and some blocks have no rows.
fn overlapping<T: Element>(
    random: &mut Random,
    form: &Form,
    ranks: usize,
    make: fn(u32) -> T,
) -> Vec<TensorMap> {
    let keys = random.keys();
    let maps = (0..ranks).map(|_| {
        let mut blocks = Vec::new();
        for key in &keys {
            if random.below(3) > 0 {
                blocks.push(([key[0], key[1]], random.samples()));
            }
        }
        random.map(form, &blocks, make)
    });
    maps.collect()
}

fn check<T: Element>(make: fn(u32) -> T) {
    for ranks in 1..=8 {
        let mut random = Random::new(7 * ranks as u64);
        let form = random.form();
        let maps = overlapping(&mut random, &form, ranks, make);
        let all: Vec<_> = maps.iter().collect();
        let options = JoinOptions {
            different_keys: DifferentKeys::Union,
            add_dimension: Some("source"),
            ..Default::default()
        };
        let joined = join(&all, Axis::Samples, options).unwrap();
        let expected = contents_of_map(&sum_over_samples(&joined, &["source"]).unwrap());
        run_local(ranks, |communicator| {
            let map = &maps[communicator.rank()];
            let sums = communicator.sum_by_labels(map, Placement::Everywhere);
            assert_eq!(contents_of_map(&sums.unwrap()), expected);
            for partition in [
                Partition::Hashed(&["s"]),
                Partition::Rows,
                Partition::Blocks,
            ] {
                let sums = communicator.sum_by_labels(map, Placement::By(partition));
                let all = communicator.all_gather(&sums.unwrap(), Order::Labels);
                assert_eq!(contents_of_map(&all.unwrap()), expected);
            }
        });
    }
}

#[test]
fn rows_with_equal_labels_are_added_for_all_types() {
    check(|i| i % 3 == 0);
    check(|i| i as i8);
    check(|i| (i as i32).wrapping_mul(4097));
    check(|i| u64::from(i) << 43);
    check(|i| f16::from_f32(i as f32 / 1e6));
    check(|i| i as f32 / 7.0);
    check(|i| f64::from(i) / 7.0);
    check(|i| Complex::new(i as f32 / 7.0, -1.0));
}

#[test]
fn dimensions_can_have_any_name() {
    run_local(3, |communicator| {
        let samples = Labels::new(["rank", "rank_"], [[1, 2]]).unwrap();
        let block = TensorBlock::new(arr2(&[[1.5]]), samples, &[], Labels::single()).unwrap();
        let map = TensorMap::new(Labels::single(), vec![block]).unwrap();
        let sums = communicator.sum_by_labels(&map, Placement::Everywhere);
        let sums = sums.unwrap();
        let sums = sums.block_by_id(0).unwrap();
        assert_eq!(*sums.samples().names(), ["rank", "rank_"]);
        assert_eq!(sums.to_ndarray::<f64>().unwrap(), arr2(&[[4.5]]).into_dyn());
    });
}

#[test]
fn maps_that_do_not_fit_together_are_named() {
    let texts = run_local(3, |communicator| {
        let properties = Labels::new(["p"], [[communicator.rank() as i32 / 2]]).unwrap();
        let block = TensorBlock::new(arr2(&[[1.5]]), Labels::single(), &[], properties).unwrap();
        let map = TensorMap::new(Labels::single(), vec![block]).unwrap();
        let result = communicator.sum_by_labels(&map, Placement::Everywhere);
        result.unwrap_err().to_string()
    });
    let expected = "block (_=0): the properties are not the same on all ranks: entry 0 is (p=0) on rank 0, entry 0 is \
                    (p=1) on rank 2";
    for text in texts {
        assert!(text.contains(expected), "{text}");
    }
}
