//! What holds for all operations that only move things around.

use metatensor_core::{Device, Labels, TensorBlock, TensorMap};

use crate::testing::{Foreign, block, foreign, labels, map, values, with_gradient};
use crate::{
    Axis, DimensionValues, Direction, JoinOptions, Selection, align_gradients, append_dimension,
    drop_blocks, drop_empty_blocks, filter_blocks, insert_dimension, join, make_contiguous,
    permute_dimensions, remove_dimension, rename_dimension, slice, sort, unique_metadata,
};

const DEVICE: Device = Device { kind: 2, id: 0 };

fn tensor() -> TensorMap {
    let block = with_gradient(
        block([2, 2], &[1, 2, 3, 4]),
        "g",
        &[[1, 0], [0, 1]],
        &[5, 6, 7, 8],
    );
    map(vec![block])
}

fn on_device(tensor: &TensorMap, device: Device) -> TensorMap {
    let blocks = tensor.blocks().iter().map(|block| foreign(block, device));
    TensorMap::new(tensor.keys().clone(), blocks.collect()).unwrap()
}

#[test]
fn operations_on_labels_work_on_any_device() {
    let tensor = on_device(&tensor(), DEVICE);
    let keys = labels(["k"], &[[0]]);
    let two = |axis| append_dimension(&tensor, axis, "n", DimensionValues::Array(&[3, 4])).unwrap();
    let zero = DimensionValues::Scalar(0);
    let all = Selection::Indices(&[0, 1]);
    let results = [
        drop_blocks(&tensor, &labels(["k"], &[[5]])),
        filter_blocks(&tensor, &keys),
        drop_empty_blocks(&tensor),
        insert_dimension(&tensor, Axis::Properties, 0, "n", zero),
        permute_dimensions(&two(Axis::Samples), Axis::Samples, &[1, 0]),
        remove_dimension(&two(Axis::Properties), Axis::Properties, "p"),
        rename_dimension(&tensor, Axis::Samples, "s", "t"),
        slice(&tensor, Axis::Samples, all),
        sort(
            &tensor,
            &[Axis::Keys, Axis::Properties],
            Direction::Ascending,
        ),
        join(&[&tensor], Axis::Samples, JoinOptions::default()),
        align_gradients(&tensor, &tensor).map(|(first, _)| first),
    ];
    for result in results {
        let result = result.unwrap();
        let (new, old) = (&result.blocks()[0], &tensor.blocks()[0]);
        assert!(new.values().is_same(old.values()));
        let gradients = [new, old].map(|block| block.gradient("g").unwrap().values());
        assert!(gradients[0].is_same(gradients[1]));
    }
    let unique = unique_metadata(&tensor, Axis::Samples, &["s"], None).unwrap();
    assert_eq!(unique, Labels::range("s", 2).unwrap());
}

#[test]
fn new_arrays_are_of_the_kind_of_the_first_map() {
    let native = tensor();
    let tensor = on_device(&native, Device::CPU);
    let half =
        |tensor, index| slice(tensor, Axis::Properties, Selection::Indices(&[index])).unwrap();
    let results = [
        slice(&tensor, Axis::Samples, Selection::Indices(&[1])),
        sort(&tensor, &Axis::ALL, Direction::Descending),
        join(
            &[&half(&tensor, 0), &half(&tensor, 1)],
            Axis::Properties,
            JoinOptions::default(),
        ),
        join(
            &[&half(&tensor, 0), &half(&native, 1)],
            Axis::Properties,
            JoinOptions::default(),
        ),
        make_contiguous(&tensor),
    ];
    for result in results {
        let result = result.unwrap();
        let block = &result.blocks()[0];
        for block in [block, block.gradient("g").unwrap()] {
            assert_eq!(block.values().origin().unwrap(), Foreign::origin());
        }
        assert!(values::<i32>(block).contains(&4));
    }
}

#[test]
fn elements_that_can_not_be_reached_are_an_error_with_the_block() {
    let tensor = on_device(&tensor(), DEVICE);
    let results = [
        slice(&tensor, Axis::Samples, Selection::Indices(&[1])),
        sort(&tensor, &Axis::ALL, Direction::Descending),
        join(
            &[&tensor, &tensor],
            Axis::Samples,
            JoinOptions {
                add_dimension: Some("n"),
                ..JoinOptions::default()
            },
        ),
    ];
    for result in results {
        let error = result.unwrap_err().to_string();
        assert!(
            error.contains("block (k=0)") && error.contains("cuda:0"),
            "{error}"
        );
    }
}

#[test]
fn united_blocks_of_a_single_map_become_arrays_of_the_first_kind() {
    let block_for = |key: i32| -> TensorMap {
        let blocks: Vec<TensorBlock> = vec![block([1, 1], &[key])];
        TensorMap::new(labels(["k"], &[[key]]), blocks).unwrap()
    };
    let options = JoinOptions {
        different_keys: crate::DifferentKeys::Union,
        ..JoinOptions::default()
    };
    for axis in [Axis::Samples, Axis::Properties] {
        let joined = join(
            &[&on_device(&block_for(0), Device::CPU), &block_for(1)],
            axis,
            options,
        );
        let joined = joined.unwrap();
        assert_eq!(values::<i32>(&joined.blocks()[1]), [1]);
        assert_eq!(
            joined.blocks()[1].values().origin().unwrap(),
            Foreign::origin()
        );
    }
}
