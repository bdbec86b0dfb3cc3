//! What is sent, counted: it is the same with any transport, so that threads are ranks here.

use std::thread;

use metatensor_core::TensorMap;
use metatensor_distributed::transport::{Counting, Traffic, local_ranks};
use metatensor_distributed::{Communicator, Halo, Order, Partition};

use crate::inputs::{bytes_for, equal, large, many};
use crate::table::Table;

/// Work of all ranks: it gives a function that is counted, and says how many bytes it has to send at least.
type Work = fn(&Communicator) -> (Box<dyn FnOnce()>, u64);

/// What each rank has sent, and had to.
fn count(n: usize, work: Work) -> Vec<(Traffic, u64)> {
    thread::scope(|scope| {
        let ranks = local_ranks(n).into_iter().map(|transport| {
            scope.spawn(move || {
                let (transport, traffic) = Counting::new(transport);
                let (counted, least) = work(&Communicator::new(transport));
                let before = traffic.get();
                counted();
                let mut sent = traffic.get();
                sent.messages -= before.messages;
                sent.message_bytes -= before.message_bytes;
                sent.all_to_all_bytes -= before.all_to_all_bytes;
                sent.broadcast_bytes -= before.broadcast_bytes;
                (sent, least)
            })
        });
        let ranks: Vec<_> = ranks.collect();
        ranks.into_iter().map(|rank| rank.join().unwrap()).collect()
    })
}

/// Systems go to ranks in turn.
fn redistribute(communicator: &Communicator, map: TensorMap) -> (Box<dyn FnOnce()>, u64) {
    let (communicator, n) = (communicator.clone(), communicator.size());
    let bytes = bytes_for(&map, n, |sample| sample[0] as usize % n);
    let least = bytes.iter().sum::<u64>() - bytes[communicator.rank()];
    let work = move || {
        let rank_of = |_: usize, sample: &[i32]| Ok(sample[0] % n as i32);
        let moved = communicator.redistribute(&map, &Partition::By(&rank_of), Order::Source);
        drop(moved.unwrap());
    };
    (Box::new(work), least)
}

fn gather(communicator: &Communicator, map: TensorMap) -> (Box<dyn FnOnce()>, u64) {
    let communicator = communicator.clone();
    let bytes = bytes_for(&map, 1, |_| 0)[0];
    let least = if communicator.rank() == 0 { 0 } else { bytes };
    let work = move || drop(communicator.gather(0, &map, Order::Source).unwrap());
    (Box::new(work), least)
}

/// 8 MiB of numbers.
fn all_reduce(communicator: &Communicator) -> (Box<dyn FnOnce()>, u64) {
    let (communicator, n) = (communicator.clone(), communicator.size() as u64);
    let map = equal(1 << 20);
    let work = move || drop(communicator.all_reduce(&map).unwrap());
    (Box::new(work), 2 * (n - 1) * (8 << 20) / n)
}

/// A chain of ranks, each of which needs the first 1000 of 2000 rows of the next one.
fn halo(communicator: &Communicator) -> (Box<dyn FnOnce()>, u64) {
    let (rank, n) = (communicator.rank(), communicator.size());
    let owned: Vec<i32> = (0..2000).map(|i| (rank * 2000 + i) as i32).collect();
    let ghosts: Vec<i32> = (0..1000)
        .map(|i| ((rank + 1) % n * 2000 + i) as i32)
        .collect();
    let mut halo = Halo::new(communicator, 1, &owned, &ghosts).unwrap();
    let work = move || {
        let rows = vec![0.5; 2000 * 128];
        let mut copies = vec![0.0; 1000 * 128];
        halo.forward(128, &rows, &mut copies).unwrap();
    };
    (Box::new(work), 1000 * 128 * 8)
}

pub(crate) fn run() -> bool {
    let mut table = Table::default();
    let works: [(&str, Work, f64, f64); 6] = [
        (
            "redistribute, large",
            |c| redistribute(c, large(c.rank(), 50)),
            1.01,
            1.0,
        ),
        (
            "redistribute, many",
            |c| redistribute(c, many(c.rank())),
            1.6,
            1.0,
        ),
        (
            "gather, large",
            |c| gather(c, large(c.rank(), 50)),
            1.01,
            1.0,
        ),
        ("gather, many", |c| gather(c, many(c.rank())), 1.6, 1.0),
        ("halo forward, 1000 rows of 128", halo, 1.01, 1.0),
        // parts to who adds them, and sums back
        ("all_reduce, 8 MiB", all_reduce, 1.01, 2.0),
    ];
    for (name, work, most, messages) in works {
        for n in [2, 4, 8] {
            let ranks = count(n, work);
            let sent = ranks.iter().map(|(traffic, _)| traffic.bytes()).sum();
            let least = ranks.iter().map(|(_, least)| least).sum();
            table.bytes(
                &format!("{name}: bytes sent / lower bound"),
                n,
                sent,
                least,
                most,
            );
            let pairs = match name.split([' ', ',']).next() {
                Some("redistribute" | "all_reduce") => n * (n - 1),
                Some("gather") => n - 1,
                _ => n,
            };
            let count: u64 = ranks.iter().map(|(traffic, _)| traffic.messages).sum();
            table.row(
                &format!("{name}: messages / pairs of ranks"),
                n,
                &count.to_string(),
                &pairs.to_string(),
                count as f64 / pairs as f64,
                messages,
            );
        }
    }
    table.missed
}
