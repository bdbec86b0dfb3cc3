//! More than 2^31 bytes in one message.

use metatensor_core::{Labels, TensorBlock, TensorMap};
use metatensor_distributed::{Communicator, Order, Partition};
use ndarray::Array2;

/// Moves a map with one block of that size from the first rank to the last one.
pub(crate) fn run(world: &Communicator) {
    let (columns, rows) = (1 << 10, (1 << 18) + 600);
    let properties = Labels::range("n", columns).unwrap();
    let count = if world.rank() == 0 { rows } else { 0 };
    // Rows are copied and compared as a whole: this takes no time also if nothing is optimised.
    let first: Vec<i64> = (0..columns as i64).collect();
    let mut values = Array2::<i64>::zeros([count, columns]);
    for (i, mut row) in values.outer_iter_mut().enumerate() {
        let row = row.as_slice_mut().unwrap();
        row.copy_from_slice(&first);
        row[0] = i as i64;
    }
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
        let values = block.values_as::<i64>().unwrap();
        assert!(values.len() * 8 > (1 << 31));
        for (i, row) in values.outer_iter().enumerate() {
            let row = row.to_slice().unwrap();
            assert!(row[0] == i as i64 && row[1..] == first[1..], "row {i}");
        }
    } else {
        assert_eq!(block.samples().count(), 0);
    }
}
