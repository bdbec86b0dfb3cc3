//! Arrays that are in a file.

use std::fs;
use std::sync::Arc;

use metatensor_core::{
    Array, DType, DenseArray, Device, Labels, Limits, MapFile, Mapping, TensorBlock, TensorMap,
};
use ndarray::Array2;

use crate::make::{Recipe, assert_same_map, map};
use crate::{Counting, compressed, in_memory, large};

fn saved(map: &TensorMap) -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("map.mts");
    map.save(&path).unwrap();
    (directory, path)
}

#[test]
fn large_arrays_are_mapped_and_outlive_the_file() {
    let expected = large(100);
    let (_directory, path) = saved(&expected);
    let file = MapFile::open(&path).unwrap();
    let block = file.block_mapped(1, Mapping::ReadOnly).unwrap();
    assert!(block.is_mapped());
    let whole = TensorMap::load_mapped(&path, Mapping::ReadOnly).unwrap();
    assert!(whole.blocks().iter().all(TensorBlock::is_mapped));
    drop(file);
    fs::remove_file(&path).unwrap();
    assert_same_map(&whole, &expected);
    let clone = block.clone();
    drop(block);
    assert_eq!(
        clone.to_ndarray::<f64>().unwrap(),
        expected.blocks()[1].to_ndarray::<f64>().unwrap()
    );
}

#[test]
fn mapped_maps_are_equal_to_loaded_ones() {
    for seed in 0..20 {
        let recipe = Recipe {
            dtype: DType::ALL[seed as usize % DType::ALL.len()],
            components: 1,
            gradients: 2,
            depth: 2,
            blocks: 2,
            seed,
        };
        if recipe.dtype == DType::BF16 {
            continue;
        }
        let expected = map(&recipe);
        let (_directory, path) = saved(&expected);
        let bytes = fs::read(&path).unwrap();
        for mapping in [Mapping::ReadOnly, Mapping::Private] {
            assert_same_map(&TensorMap::load_mapped(&path, mapping).unwrap(), &expected);
        }
        fs::write(&path, compressed(&bytes)).unwrap();
        let whole = TensorMap::load_mapped(&path, Mapping::ReadOnly).unwrap();
        assert_same_map(&whole, &expected);
        assert!(!whole.blocks().iter().any(TensorBlock::is_mapped));
        assert_same_map(&TensorMap::load_buffer_mapped(bytes).unwrap(), &expected);
    }
}

#[test]
fn what_writes_to_a_mapped_array_gets_a_copy() {
    let (_directory, path) = saved(&large(100));
    let before = fs::read(&path).unwrap();
    let mut map = TensorMap::load_mapped(&path, Mapping::ReadOnly).unwrap();
    let other = TensorMap::load_mapped(&path, Mapping::ReadOnly).unwrap();
    let mut blocks = map.blocks_mut();
    let mut block = blocks.next().unwrap();
    block.values_as_mut::<f64>().unwrap()[[0, 0]] = -1.0;
    drop(blocks);
    assert!(!map.blocks()[0].is_mapped());
    assert_eq!(map.blocks()[0].values_as::<f64>().unwrap()[[0, 0]], -1.0);
    assert_eq!(other.blocks()[0].values_as::<f64>().unwrap()[[0, 0]], 0.0);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn tensors_of_mapped_arrays_are_read_only_and_keep_the_file() {
    let (_directory, path) = saved(&large(100));
    let map = TensorMap::load_mapped(&path, Mapping::ReadOnly).unwrap();
    let array = map.blocks()[1].values().downcast_ref::<DenseArray>();
    let array = array.unwrap();
    let tensor = array.to_dlpack(Device::CPU).unwrap();
    assert!(tensor.is_read_only());
    assert!(!tensor.is_copy());
    let start = array.view().as_bytes().unwrap().as_ptr();
    assert_eq!(tensor.data(), start.cast_mut().cast());
    drop(map);
    let again = DenseArray::from_dlpack(tensor).unwrap();
    assert_eq!(again.to_ndarray::<f64>().unwrap()[[99, 499]], 99_999.0);
}

#[test]
fn private_mappings_are_changed_in_place_and_by_nobody_else() {
    let (_directory, path) = saved(&large(100));
    let before = fs::read(&path).unwrap();
    let file = MapFile::open(&path).unwrap();
    let mut first = file.block_mapped(0, Mapping::Private).unwrap();
    let second = file.block_mapped(0, Mapping::Private).unwrap();
    let address = |block: &TensorBlock| block.view().unwrap().as_bytes().unwrap().as_ptr().addr();
    let start = address(&first);
    first.values_as_mut::<f64>().unwrap()[[0, 0]] = -1.0;
    assert!(first.is_mapped());
    assert_eq!(address(&first), start);
    assert_eq!(second.values_as::<f64>().unwrap()[[0, 0]], 0.0);
    assert_eq!(fs::read(&path).unwrap(), before);
    // clones are independent as ever
    let mut clone = first.clone();
    clone.values_as_mut::<f64>().unwrap()[[0, 0]] = -2.0;
    assert_eq!(first.values_as::<f64>().unwrap()[[0, 0]], -1.0);
}

#[test]
fn what_can_not_be_mapped_is_copied() {
    let labels = Labels::range("i", 300).unwrap();
    let block = |value: DenseArray| {
        let map = TensorBlock::new(value, &labels, [], &labels).unwrap();
        TensorMap::new(Labels::single(), vec![map]).unwrap()
    };
    let booleans = block(Array2::from_elem((300, 300), true).into());
    let (_directory, path) = saved(&booleans);
    let map = TensorMap::load_mapped(&path, Mapping::ReadOnly).unwrap();
    assert!(!map.blocks()[0].is_mapped());

    let bytes = large(100).save_buffer().unwrap();
    let store = Counting::new(bytes.clone());
    let read = store.open().block_mapped(0, Mapping::ReadOnly).unwrap();
    assert!(!read.is_mapped());
    let file = in_memory(bytes.clone()).unwrap();
    assert!(!file.block_mapped(0, Mapping::Private).unwrap().is_mapped());

    // one byte before the file, so that nothing in it is aligned
    let moved = [&b" "[..], &bytes].concat();
    let aligned = usize::from(moved.as_ptr().addr() % 8 == 7);
    let file = in_memory(moved).unwrap();
    let block = file.block_mapped(0, Mapping::ReadOnly).unwrap();
    assert_eq!(usize::from(block.is_mapped()), aligned);
    assert_eq!(block.to_ndarray::<f64>().unwrap()[[99, 499]], 49_999.0);
}

#[test]
fn memory_is_released_with_the_last_array() {
    struct Owner(Vec<u8>, #[expect(dead_code, reason = "counted")] Arc<()>);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    let alive = Arc::new(());
    let owner = Owner(large(100).save_buffer().unwrap(), Arc::clone(&alive));
    let file = MapFile::from_bytes(owner, Limits::default()).unwrap();
    let block = file.block_mapped(0, Mapping::ReadOnly).unwrap();
    let is_mapped = block.is_mapped();
    drop(file);
    assert_eq!(Arc::strong_count(&alive), 1 + usize::from(is_mapped));
    // in another thread
    std::thread::spawn(move || drop(block)).join().unwrap();
    assert_eq!(Arc::strong_count(&alive), 1);
}
