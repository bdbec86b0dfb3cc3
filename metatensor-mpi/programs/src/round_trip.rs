//! Maps that go to all ranks, and come back as they were.

use metatensor_core::{Labels, TensorMap};
use metatensor_distributed::{Communicator, Order, Partition};

use crate::engine::{gather, hash};
use crate::maps::{map, owner, part};

fn bytes(map: &TensorMap) -> Vec<u8> {
    map.save_buffer().unwrap()
}

pub(crate) fn run(world: &Communicator) {
    let whole = map(1, |i| i as f64 / 7.0);
    check_roots(world, &whole);
    check_partitions(world, &whole);
    check_roots(world, &map(2, |i| i as i16));
    check_roots(world, &map(3, |i| i % 2 == 0));
}

/// From one rank to all, and back to one or all.
fn check_roots(world: &Communicator, whole: &TensorMap) {
    let (rank, size) = (world.rank(), world.size());
    for root in [0, size - 1] {
        let given = (rank == root).then_some(whole);
        let all = world.broadcast(root, given).unwrap();
        assert!(bytes(&all) == bytes(whole), "broadcast");

        // equal parts of the rows of each block, and the same bits when they are together again
        let scattered = world.scatter(root, given, &Partition::Rows).unwrap();
        for (own, block) in scattered.blocks().iter().zip(whole.blocks()) {
            let count = block.samples().count();
            let range = rank * count / size..(rank + 1) * count / size;
            let about = range.len().abs_diff(own.samples().count());
            assert!(about <= 1, "{} of {count} rows", own.samples().count());
        }
        let gathered = world.gather(root, &scattered, Order::Source).unwrap();
        assert_eq!(gathered.is_some(), rank == root);
        if let Some(gathered) = gathered {
            assert_eq!(bytes(&gathered), bytes(whole), "gather(scatter(rows))");
        }
        let gathered = world.all_gather(&scattered, Order::Source).unwrap();
        assert_eq!(bytes(&gathered), bytes(whole), "all_gather(scatter(rows))");
    }
}

/// There and back with all partitions: by labels, it does not matter where rows were.
fn check_partitions(world: &Communicator, whole: &TensorMap) {
    let (rank, size) = (world.rank(), world.size());
    let own = part(whole, rank, size);
    let single = Communicator::single();
    let sorted = single.gather(0, whole, Order::Labels).unwrap().unwrap();
    let back = |_: usize, sample: &[i32]| Ok(owner(sample, size) as i32);
    let at_home = world
        .redistribute(&own, &Partition::By(&back), Order::Labels)
        .unwrap();
    let owned: Vec<[i32; 1]> = (0..10)
        .filter(|atom| *atom as usize % size == rank)
        .map(|atom| [atom])
        .collect();
    let owned = Labels::new(["atom"], owned).unwrap();
    let owners = Partition::Owners {
        owned: &owned,
        dimensions: &["atom"],
    };
    let keys = |key: &[i32]| Ok(key[0] % size as i32);
    let reversed = |_: usize, sample: &[i32]| Ok((size - 1 - sample[1] as usize % size) as i32);
    let partitions = [
        Partition::Rows,
        Partition::Blocks,
        Partition::Keys(&keys),
        Partition::By(&reversed),
        Partition::Strided(&["atom"]),
        Partition::Contiguous(&["system", "atom"]),
        Partition::Hashed(&["system"]),
        owners,
    ];
    let sorted = bytes(&sorted);
    for (i, partition) in partitions.iter().enumerate() {
        for order in [Order::Source, Order::Labels] {
            let moved = world.redistribute(&own, partition, order).unwrap();
            if let Some(gathered) = world.gather(i % size, &moved, Order::Labels).unwrap() {
                assert!(bytes(&gathered) == sorted, "{partition:?} {order:?}");
            }
            let home = world
                .redistribute(&moved, &Partition::By(&back), Order::Labels)
                .unwrap();
            assert_eq!(
                bytes(&home),
                bytes(&at_home),
                "{partition:?} {order:?} and back"
            );
        }
    }
    // all of them have seen the same map
    let hashes = gather(world, hash(&sorted));
    assert!(hashes.iter().all(|other| *other == hashes[0]));
}
