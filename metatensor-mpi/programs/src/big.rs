//! More than 2^31 bytes in one message.

use metatensor_core::{Labels, TensorBlock, TensorMap};
use metatensor_distributed::{Communicator, Order, Partition};
use ndarray::Array2;

/// Moves a map with one block of that size from the first rank to the last one.
pub(crate) fn run(world: &Communicator) {
    let (columns, rows) = (1 << 10, (1 << 18) + 600);
    let properties = Labels::range("n", columns).unwrap();
    let count = if world.rank() == 0 { rows } else { 0 };
    let values = Array2::from_shape_fn([count, columns], |(i, j)| (i * columns + j) as f64);
    let samples = Labels::range("row", count).unwrap();
    let block = TensorBlock::new(values, samples, [], &properties).unwrap();
    let map = TensorMap::new(Labels::single(), vec![block]).unwrap();
    let last = |_: usize, _: &[i32]| Ok(world.size() as i32 - 1);
    let moved = world
        .redistribute(&map, &Partition::By(&last), Order::Source)
        .unwrap();
    drop(map);
    let block = moved.block_by_id(0).unwrap();
    if world.rank() + 1 == world.size() {
        let values = block.values_as::<f64>().unwrap();
        assert!(values.len() * 8 > (1 << 31));
        for (i, value) in values.iter().enumerate() {
            assert!(*value == i as f64, "element {i} is {value}");
        }
    } else {
        assert_eq!(block.samples().count(), 0);
    }
}
