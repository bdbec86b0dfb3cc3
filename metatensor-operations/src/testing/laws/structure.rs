//! What holds for all operations that only move things around.

mod threads;

use metatensor_core::{Device, Labels, Result, TensorBlock, TensorMap};

use crate::testing::{Foreign, block, foreign, labels, labels_on, map, values, with_gradient};
use crate::*;

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
    TensorMap::new(labels_on(tensor.keys(), device), blocks.collect()).unwrap()
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

type Consuming = fn(TensorMap) -> Result<TensorMap>;
type Borrowing = fn(&TensorMap) -> Result<TensorMap>;

const ZERO: DimensionValues<'_> = DimensionValues::Scalar(0);

/// Operations that consume a map, and those that do the same without. They keep the first block.
const CONSUMING: [(Consuming, Borrowing); 11] = [
    (
        |t| into_filtered(t, &labels(["k"], &[[1]])),
        |t| filter_blocks(t, &labels(["k"], &[[1]])),
    ),
    (
        |t| into_dropped(t, &labels(["k"], &[[4]])),
        |t| drop_blocks(t, &labels(["k"], &[[4]])),
    ),
    (
        |t| into_without_gradients(t, Some(&["other"])),
        |t| remove_gradients(t, Some(&["other"])),
    ),
    (
        |t| into_append_dimension(t, Axis::Keys, "n", ZERO),
        |t| append_dimension(t, Axis::Keys, "n", ZERO),
    ),
    (
        |t| into_append_dimension(t, Axis::Samples, "n", ZERO),
        |t| append_dimension(t, Axis::Samples, "n", ZERO),
    ),
    (
        |t| into_insert_dimension(t, Axis::Properties, 0, "n", ZERO),
        |t| insert_dimension(t, Axis::Properties, 0, "n", ZERO),
    ),
    (
        |t| into_permute_dimensions(t, Axis::Keys, &[1, 0]),
        |t| permute_dimensions(t, Axis::Keys, &[1, 0]),
    ),
    (
        |t| into_remove_dimension(t, Axis::Keys, "l"),
        |t| remove_dimension(t, Axis::Keys, "l"),
    ),
    (
        |t| into_rename_dimension(t, Axis::Keys, "k", "new"),
        |t| rename_dimension(t, Axis::Keys, "k", "new"),
    ),
    (
        |t| into_rename_dimension(t, Axis::Samples, "s", "new"),
        |t| rename_dimension(t, Axis::Samples, "s", "new"),
    ),
    (
        |t| into_rename_dimension(t, Axis::Properties, "p", "new"),
        |t| rename_dimension(t, Axis::Properties, "p", "new"),
    ),
];

/// Two blocks with gradients of gradients, and info.
fn nested() -> TensorMap {
    let blocks = [1.0, 2.0].map(|x| {
        let second = with_gradient(block([2, 1], &[x; 2]), "h", &[[1, 0]], &[x]);
        let rows = labels(["sample", "a"], &[[1, 0], [0, 1]]);
        let (values, properties) = (second.values().clone(), second.properties());
        let mut gradient = TensorBlock::new(values, &rows, &[], properties).unwrap();
        for (parameter, second) in second.gradients() {
            gradient.add_gradient(parameter, second.clone()).unwrap();
        }
        let mut values = block([2, 1], &[x; 2]);
        values.add_gradient("g", gradient).unwrap();
        values
    });
    let keys = labels(["k", "l"], &[[1, 2], [4, 3]]);
    let mut tensor = TensorMap::new(keys, blocks.to_vec()).unwrap();
    tensor.info_mut().insert("unit".into(), "eV".into());
    tensor.deep_copy().unwrap()
}

/// Where the elements of a block are, with those of gradients.
fn addresses(block: &TensorBlock) -> Vec<*const u8> {
    let mut all = vec![block.view().unwrap().as_bytes().unwrap().as_ptr()];
    for (_, gradient) in block.gradients() {
        all.extend(addresses(gradient));
    }
    all
}

fn is_shared(block: &TensorBlock) -> bool {
    block.values().is_shared() || block.gradients().any(|(_, gradient)| is_shared(gradient))
}

#[test]
fn consumed_maps_give_their_arrays_away() {
    for (i, (consuming, borrowing)) in CONSUMING.into_iter().enumerate() {
        let tensor = nested();
        let before = addresses(&tensor.blocks()[0]);
        assert_eq!(before.len(), 3);
        let borrowed = borrowing(&tensor).unwrap();
        assert!(is_shared(&borrowed.blocks()[0]), "operation {i}");
        drop(borrowed);

        let result = consuming(tensor).unwrap();
        assert_eq!(addresses(&result.blocks()[0]), before, "operation {i}");
        assert!(!is_shared(&result.blocks()[0]), "operation {i}");
        // So that the next operation can work in place, too.
        let result = into_multiply_scalar(result, 2.0).unwrap();
        assert_eq!(addresses(&result.blocks()[0]), before, "operation {i}");
    }
    let tensor = nested();
    let before = addresses(&tensor.blocks()[0]);
    let result = into_without_gradients(tensor, None).unwrap();
    assert_eq!(addresses(&result.blocks()[0]), before[..1]);
}

#[test]
fn consuming_a_map_gives_the_same_as_borrowing_it() {
    let twice: [(Consuming, Borrowing); 2] = [
        (
            |t| into_without_gradients(t, None),
            |t| remove_gradients(t, None),
        ),
        (
            |t| into_filtered(t, &labels(["k", "l"], &[[4, 3], [1, 2]])),
            |t| filter_blocks(t, &labels(["k", "l"], &[[4, 3], [1, 2]])),
        ),
    ];
    for (consuming, borrowing) in CONSUMING.into_iter().chain(twice) {
        let tensor = nested();
        let (result, expected) = (
            consuming(tensor.clone()).unwrap(),
            borrowing(&tensor).unwrap(),
        );
        check_equal(&result, &expected).unwrap();
        assert_eq!(result.keys(), expected.keys());
        assert_eq!(result.info(), tensor.info());
        // A clone of the map still has what it had.
        into_multiply_scalar(result, 2.0).unwrap();
        check_equal(&tensor, &nested()).unwrap();
    }
}

#[test]
fn errors_of_consuming_operations_name_the_operation() {
    let q = labels(["q"], &[[0]]);
    for (name, result) in [
        ("filter_blocks", into_filtered(nested(), &q)),
        ("drop_blocks", into_dropped(nested(), &q)),
        (
            "append_dimension",
            into_append_dimension(nested(), Axis::Samples, "s", ZERO),
        ),
        (
            "insert_dimension",
            into_insert_dimension(nested(), Axis::Keys, 3, "n", ZERO),
        ),
        (
            "permute_dimensions",
            into_permute_dimensions(nested(), Axis::Keys, &[1, 1]),
        ),
        (
            "remove_dimension",
            into_remove_dimension(nested(), Axis::Samples, "s"),
        ),
        (
            "rename_dimension",
            into_rename_dimension(nested(), Axis::Components, "c", "d"),
        ),
    ] {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(&format!(": {name}: ")), "{message}");
    }
}
