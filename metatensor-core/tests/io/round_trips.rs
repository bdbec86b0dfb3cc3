//! What was saved is loaded again.

use metatensor_core::{DType, Labels, TensorBlock, TensorMap};
use proptest::prelude::*;

use crate::make::{Recipe, assert_same_block, assert_same_map, map};

fn recipes() -> impl Strategy<Value = Recipe> {
    let in_files = |dtype: &DType| *dtype != DType::BF16;
    let dtype = prop::sample::select(&DType::ALL[..]).prop_filter("npy has no such type", in_files);
    (
        dtype,
        0..3_usize,
        0..4_usize,
        0..4_usize,
        0..4_usize,
        any::<u64>(),
    )
        .prop_map(
            |(dtype, components, gradients, depth, blocks, seed)| Recipe {
                dtype,
                components,
                gradients,
                depth,
                blocks,
                seed,
            },
        )
}

fn info() -> impl Strategy<Value = std::collections::BTreeMap<String, String>> {
    prop::collection::btree_map("[^\0]{0,8}", "[^\0]{0,20}", 0..4)
}

#[test]
fn the_space_prepared_for_saving_is_enough_and_not_much_more() {
    for dtype in [DType::F64, DType::I8] {
        let map = map(&Recipe {
            dtype,
            components: 1,
            gradients: 1,
            depth: 1,
            blocks: 3,
            seed: 1,
        });
        let saved = map.save_buffer().unwrap().len();
        assert!((saved..2 * saved).contains(&map.saved_size()), "{saved}");
        let block = &map.blocks()[0];
        let saved = block.save_buffer().unwrap().len();
        assert!((saved..2 * saved).contains(&block.saved_size()), "{saved}");
    }
}

proptest! {
    #[test]
    fn maps_and_blocks_come_back(recipe in recipes(), info in info()) {
        let mut map = map(&recipe);
        *map.info_mut() = info.into_iter().collect();
        let buffer = map.save_buffer().unwrap();
        let loaded = TensorMap::load_buffer(&buffer).unwrap();
        assert_same_map(&loaded, &map);
        prop_assert!(loaded.save_buffer().unwrap() == buffer);
        for block in map.blocks() {
            let buffer = block.save_buffer().unwrap();
            let loaded = TensorBlock::load_buffer(&buffer).unwrap();
            assert_same_block(&loaded, block);
            prop_assert!(loaded.save_buffer().unwrap() == buffer);
        }
        let loaded = Labels::load_buffer(&map.keys().save_buffer().unwrap()).unwrap();
        prop_assert_eq!(&loaded, map.keys());
    }

    #[test]
    fn files_hold_the_same_bytes_as_buffers(recipe in recipes()) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("no extension");
        let map = map(&recipe);
        map.save(&path).unwrap();
        prop_assert!(std::fs::read(&path).unwrap() == map.save_buffer().unwrap());
        assert_same_map(&TensorMap::load(&path).unwrap(), &map);
        if let Some(block) = map.blocks().first() {
            block.save(&path).unwrap();
            prop_assert!(std::fs::read(&path).unwrap() == block.save_buffer().unwrap());
            assert_same_block(&TensorBlock::load(&path).unwrap(), block);
        }
        map.keys().save(&path).unwrap();
        prop_assert!(std::fs::read(&path).unwrap() == map.keys().save_buffer().unwrap());
        prop_assert_eq!(&Labels::load(&path).unwrap(), map.keys());
    }
}

#[test]
fn the_order_of_gradients_is_that_of_their_names() {
    let recipe = |seed| Recipe {
        dtype: DType::F32,
        components: 1,
        gradients: 3,
        depth: 2,
        blocks: 1,
        seed,
    };
    let block = map(&recipe(4)).into_parts().1.remove(0);
    let loaded = TensorBlock::load_buffer(&block.save_buffer().unwrap()).unwrap();
    let sorted = ["a name (of ∂ parameters).npy", "positions", "strain"];
    assert_eq!(loaded.gradients_list(), &sorted);
    let gradient = loaded.gradient("positions").unwrap();
    assert_eq!(gradient.gradients_list(), &sorted);
}

#[test]
fn labels_without_dimensions_or_rows_come_back() {
    for labels in [
        Labels::empty::<&str>(&[]).unwrap(),
        Labels::empty(&["a", "b"]).unwrap(),
        Labels::range("a", 200_000).unwrap(),
    ] {
        let buffer = labels.save_buffer().unwrap();
        assert_eq!(Labels::load_buffer(&buffer).unwrap(), labels);
    }
}

/// Labels are loaded in pieces, and shared if they are small.
#[test]
fn equal_labels_of_several_blocks_are_the_same_labels() {
    let properties = Labels::range("n", 3).unwrap();
    let others = Labels::new(["n"], &[[2], [1], [0]]).unwrap();
    let block = |samples: usize, properties: &Labels| {
        let values = ndarray::Array2::<u8>::zeros((samples, 3));
        let samples = Labels::range("s", samples).unwrap();
        TensorBlock::new(values, &samples, &[], properties).unwrap()
    };
    let blocks = vec![
        block(1, &properties),
        block(2, &others),
        block(3, &properties),
    ];
    let map = TensorMap::new(Labels::range("key", 3).unwrap(), blocks).unwrap();
    let loaded = TensorMap::load_buffer(&map.save_buffer().unwrap()).unwrap();
    assert_same_map(&loaded, &map);
    let of = |i: usize| loaded.blocks()[i].properties();
    assert!(of(0).is_same(of(2)));
    assert!(!of(0).is_same(of(1)));
}
