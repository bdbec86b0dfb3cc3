//! How much is sent.

use std::thread;

use metatensor_core::{Labels, TensorBlock, TensorMap};

use super::redistribute;
use crate::transport::{Counting, Traffic, local_ranks};
use crate::{Communicator, Order};

/// 4 blocks with 100 samples of 32 numbers, and 10 gradient rows of 3 × 32 numbers for each.
fn large(rank: i32) -> TensorMap {
    let properties = Labels::range("n", 32).unwrap();
    let xyz = [Labels::range("xyz", 3).unwrap()];
    let samples =
        Labels::from_rows(&["system", "atom"], (0..100).map(|atom| [rank, atom])).unwrap();
    let rows = (0..1000).map(|i| [i / 10, rank, i % 10]);
    let rows = Labels::from_rows(&["sample", "system", "atom"], rows).unwrap();
    let blocks = (0..4).map(|_| {
        let values = ndarray::Array2::<f64>::ones((100, 32));
        let mut block = TensorBlock::new(values, &samples, [], &properties).unwrap();
        let values = ndarray::Array3::<f64>::ones((1000, 3, 32));
        let gradient = TensorBlock::new(values, &rows, &xyz, &properties).unwrap();
        block.add_gradient("positions", gradient).unwrap();
        block
    });
    let blocks = blocks.collect();
    TensorMap::new(Labels::range("k", 4).unwrap(), blocks).unwrap()
}

/// Labels and elements of a sample and its gradient rows.
const BYTES_OF_SAMPLE: u64 = (2 * 4 + 32 * 8) + 10 * (3 * 4 + 3 * 32 * 8);

fn traffic_of(ranks: usize, function: impl Fn(&Communicator) + Sync) -> Vec<Traffic> {
    thread::scope(|scope| {
        let threads: Vec<_> = local_ranks(ranks)
            .into_iter()
            .map(|transport| {
                let function = &function;
                scope.spawn(move || {
                    let (transport, traffic) = Counting::new(transport);
                    function(&Communicator::new(transport));
                    traffic.get()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

fn check_within_a_percent(sent: u64, least: u64) {
    assert!(
        sent >= least && sent <= least + least / 100,
        "{sent} bytes instead of {least}"
    );
}

#[test]
fn nothing_is_sent_but_rows_that_leave() {
    for max_buffer in [1 << 30, 3_000_000] {
        let traffic = traffic_of(4, |communicator| {
            communicator.set_max_buffer(max_buffer);
            let map = large(communicator.rank() as i32);
            let rows: Vec<_> = (0..100).map(|i| i % 4).collect();
            redistribute(communicator, Some(&map), &vec![rows; 4], Order::Source).unwrap();
        });
        for traffic in traffic {
            check_within_a_percent(traffic.bytes(), 4 * 75 * BYTES_OF_SAMPLE);
            if max_buffer == 1 << 30 {
                assert_eq!((traffic.messages, traffic.all_to_alls), (3, 1));
            }
        }
    }
}

#[test]
fn gather_and_all_gather_send_each_row_once() {
    let traffic = traffic_of(3, |communicator| {
        let map = large(communicator.rank() as i32);
        communicator.gather(1, &map, Order::Labels).unwrap();
    });
    check_within_a_percent(traffic[0].bytes(), 400 * BYTES_OF_SAMPLE);
    assert!(traffic[1].bytes() < 1000);
    let traffic = traffic_of(3, |communicator| {
        let map = large(communicator.rank() as i32);
        communicator.all_gather(&map, Order::Source).unwrap();
    });
    for traffic in traffic {
        check_within_a_percent(traffic.bytes(), 2 * 400 * BYTES_OF_SAMPLE);
    }
}

#[test]
fn broadcast_sends_one_message() {
    let traffic = traffic_of(3, |communicator| {
        let map = large(0);
        let mine = (communicator.rank() == 0).then_some(&map);
        communicator.broadcast(0, mine).unwrap();
    });
    check_within_a_percent(traffic[0].bytes(), 2 * 400 * BYTES_OF_SAMPLE);
    assert!(traffic[1].bytes() < 1000);
}

#[test]
fn nothing_is_copied_to_messages_on_a_single_rank() {
    let traffic = traffic_of(1, |communicator| {
        let map = large(0);
        let moved = redistribute(
            communicator,
            Some(&map),
            &vec![vec![0; 100]; 4],
            Order::Source,
        )
        .unwrap();
        assert!(moved.blocks()[0].values().is_same(map.blocks()[0].values()));
        communicator.gather(0, &map, Order::Labels).unwrap();
    });
    assert_eq!(traffic[0].bytes(), 0);
}
