//! What can not be moved, and why.

use metatensor_core::{Labels, TensorBlock, TensorMap};

use super::redistribute;
use crate::{Order, run_local};

fn block(samples: &[[i32; 2]], properties: &Labels) -> TensorBlock {
    let values = ndarray::Array2::<f64>::zeros((samples.len(), properties.count()));
    TensorBlock::new(
        values,
        Labels::new(["system", "atom"], samples).unwrap(),
        [],
        properties,
    )
    .unwrap()
}

fn map(key: i32, block: TensorBlock) -> TensorMap {
    TensorMap::new(Labels::new(["center_type"], [[key]]).unwrap(), vec![block]).unwrap()
}

/// The error of all ranks, which is the same one.
fn error_of_gather(maps: &[TensorMap]) -> String {
    let errors = run_local(maps.len(), |communicator| {
        let error = communicator
            .gather(0, &maps[communicator.rank()], Order::Source)
            .unwrap_err();
        // the communicator can be used
        communicator.agree(Ok(())).unwrap();
        error.to_string()
    });
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
    errors[0].clone()
}

#[test]
fn samples_on_two_ranks_are_named() {
    let n = Labels::range("n", 2).unwrap();
    for order in [Order::Source, Order::Labels] {
        let maps = [&[[0, 3], [0, 1]][..], &[], &[[1, 0], [0, 1]]]
            .map(|samples| map(6, block(samples, &n)));
        let errors = run_local(3, |communicator| {
            communicator
                .gather(0, &maps[communicator.rank()], order)
                .unwrap_err()
                .to_string()
        });
        for error in errors {
            assert_eq!(
                error,
                "invalid parameter: rank 0: block (center_type=6): the sample (system=0, atom=1) is on rank 0 and on rank 2: each \
                 sample has to be on one rank only"
            );
        }
    }
}

#[test]
fn different_properties_are_named() {
    let properties = [&[[1], [2]][..], &[[1], [2]], &[[1], [4], [3]]]
        .map(|rows| Labels::new(["n"], rows).unwrap());
    let maps: Vec<_> = properties
        .iter()
        .map(|properties| map(6, block(&[], properties)))
        .collect();
    assert_eq!(
        error_of_gather(&maps),
        "not equal: rank 0: block (center_type=6): the properties are not the same on all ranks: entry 1 is (n=2) on rank 0, \
         entry 1 is (n=4) on rank 2; properties made of what each rank has (by `keys_to_properties`, as an example) have to be \
         made of values that are given, the same ones on all ranks"
    );
}

#[test]
fn different_schemas_are_errors() {
    let n = Labels::range("n", 2).unwrap();
    let first = || map(6, block(&[[0, 1]], &n));
    let error = |second: TensorMap| error_of_gather(&[first(), second]);

    let other = Labels::range("m", 2).unwrap();
    let names = "not equal: rank 0: blocks (center_type=6) and (center_type=8): the dimensions of properties are not the same \
                 on all ranks: ['n'] on rank 0, ['m'] on rank 1";
    assert_eq!(error(map(8, block(&[], &other))), names);

    let keys = Labels::new(["type"], [[6]]).unwrap();
    let message = error(TensorMap::new(keys, vec![block(&[], &n)]).unwrap());
    assert!(
        message.contains("the dimensions of keys are not the same on all ranks"),
        "{message}"
    );

    let values = ndarray::Array2::<f32>::zeros((0, 2));
    let samples = Labels::empty(&["system", "atom"]).unwrap();
    let floats = TensorBlock::new(values, &samples, [], &n).unwrap();
    let message = error(map(6, floats));
    assert!(
        message.ends_with(
            "data types are not the same on all ranks: float64 on rank 0, float32 on rank 1"
        ),
        "{message}"
    );

    let mut with_gradient = block(&[], &n);
    let samples = Labels::empty(&["sample"]).unwrap();
    let gradient =
        TensorBlock::new(ndarray::Array2::<f64>::zeros((0, 2)), samples, [], &n).unwrap();
    with_gradient.add_gradient("strain", gradient).unwrap();
    let message = error(map(6, with_gradient));
    assert!(
        message.ends_with(
            "the gradients are not the same on all ranks: [] on rank 0, [\"strain\"] on rank 1"
        ),
        "{message}"
    );

    let samples = Labels::empty(&["system"]).unwrap();
    let others = TensorBlock::new(ndarray::Array2::<f64>::zeros((0, 2)), samples, [], &n).unwrap();
    let message = error(map(6, others));
    assert!(
        message.contains("block (center_type=6): the dimensions of samples are not the same"),
        "{message}"
    );

    let xyz = [Labels::range("xyz", 3).unwrap()];
    let samples = Labels::empty(&["system", "atom"]).unwrap();
    let others =
        TensorBlock::new(ndarray::Array3::<f64>::zeros((0, 3, 2)), samples, &xyz, &n).unwrap();
    let message = error(map(6, others));
    assert!(
        message.ends_with(
            "the numbers of components are not the same on all ranks: 0 on rank 0, 1 on rank 1"
        ),
        "{message}"
    );
}

#[test]
fn destinations_and_roots_are_checked() {
    let n = Labels::range("n", 2).unwrap();
    let map = map(6, block(&[[0, 1], [0, 2]], &n));
    let errors = run_local(2, |communicator| {
        let mine = (communicator.rank() == 1).then_some(&map);
        let error = |destinations: &[Vec<u32>]| {
            let destinations = mine.map_or(&[][..], |_| destinations);
            redistribute(&communicator, mine, destinations, Order::Source)
                .unwrap_err()
                .to_string()
        };
        [
            error(&[vec![0, 2]]),
            error(&[vec![0]]),
            error(&[]),
            redistribute(&communicator, None, &[], Order::Source)
                .unwrap_err()
                .to_string(),
            communicator
                .gather(2, &map, Order::Source)
                .unwrap_err()
                .to_string(),
            communicator.broadcast(0, None).unwrap_err().to_string(),
        ]
    });
    for errors in errors {
        assert_eq!(
            errors,
            [
                "invalid parameter: rank 1: block (center_type=6): row 1 (system=0, atom=2) would go to rank 2, but there \
                 are 2 ranks",
                "invalid parameter: rank 1: block (center_type=6): there are destinations for 1 rows, but it has 2",
                "invalid parameter: rank 1: there are destinations for 0 blocks, but this rank has 1",
                "invalid parameter: rank 0: no rank gave a map",
                "invalid parameter: rank 0: there is no root 2: there are 2 ranks",
                "invalid parameter: rank 0: no rank gave a map",
            ]
        );
    }
}
