//! Times of two ranks.

use std::fs;
use std::path::Path;

use metatensor_core::TensorMap;
use metatensor_distributed::{Communicator, Halo, Order, Partition, SaveOptions};
use metatensor_mpi::Environment;

use crate::inputs::{bytes_for, large};
use crate::raw;
use crate::table::Table;

const RUNS: usize = 15;

pub(crate) fn run() -> bool {
    let environment = Environment::init().unwrap();
    let world = environment.world().unwrap();
    let mut table = Table {
        quiet: world.rank() != 0,
        ..Table::default()
    };
    if world.size() == 2 {
        // first, since it wants memory that nobody has used
        peak_memory(&world, &mut table);
        redistribute(&world, &mut table);
        halo(&world, &mut table);
    }
    files(&world, &mut table);
    table.missed
}

fn move_systems(world: &Communicator, map: &TensorMap) -> TensorMap {
    let n = world.size() as i32;
    let rank_of = |_: usize, sample: &[i32]| Ok(sample[0] % n);
    world
        .redistribute(map, &Partition::By(&rank_of), Order::Source)
        .unwrap()
}

/// The memory of this process in bytes, or the largest that it had.
fn memory(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * 1024
}

fn peak_memory(world: &Communicator, table: &mut Table) {
    let map = large(world.rank(), 200);
    let payload: u64 = bytes_for(&map, 1, |_| 0)[0];
    let before = memory("VmRSS");
    fs::write("/proc/self/clear_refs", "5").unwrap();
    drop(move_systems(world, &map));
    let most = memory("VmHWM") - before;
    let name = "redistribute, 128 MB: peak memory / payload";
    table.bytes(name, world.size(), most, payload, 2.2);
}

fn redistribute(world: &Communicator, table: &mut Table) {
    let map = large(world.rank(), 50);
    let bytes = bytes_for(&map, 2, |sample| sample[0] as usize % 2);
    let sizes = [bytes[0] as i32, bytes[1] as i32];
    let received = raw::alltoall(&sizes);
    let total = |sizes: &[i32]| sizes.iter().sum::<i32>() as usize;
    let send = vec![1; total(&sizes)];
    let mut receive = vec![1; total(&received)];
    let other = raw::time(RUNS, || {
        raw::alltoallv(&send, &sizes, &mut receive, &received)
    });
    let ours = raw::time(RUNS, || move_systems(world, &map));
    table.times("redistribute, large / MPI_Alltoallv", 2, ours, other, 2.0);
    let strided = Partition::Strided(&["system"]);
    let ours = raw::time(RUNS, || {
        world.redistribute(&map, &strided, Order::Source).unwrap()
    });
    table.times(
        "the same, by values of a dimension",
        2,
        ours,
        other,
        f64::INFINITY,
    );
    let small = large(world.rank(), 2);
    let ours = raw::time(100, || move_systems(world, &small));
    if !table.quiet {
        println!(
            "| redistribute, 2 systems | 2 | {:.3} ms | | | |",
            ours * 1e3
        );
    }
}

fn halo(world: &Communicator, table: &mut Table) {
    let (rank, width, owned, ghosts) = (world.rank(), 128, 20_000, 10_000);
    let first = |rank: usize| (rank * owned) as i32;
    // every second row of the other one
    let rows: Vec<u32> = (0..ghosts).map(|i| 2 * i as u32).collect();
    let needed: Vec<i32> = rows
        .iter()
        .map(|&row| first(1 - rank) + row as i32)
        .collect();
    let tags: Vec<i32> = (0..owned as i32).map(|i| first(rank) + i).collect();
    let values = vec![0.5; owned * width];
    let mut buffer = vec![0.0; ghosts * width];
    let mut copies = vec![0.0; ghosts * width];
    let other = raw::time(41, || {
        raw::halo(&values, &rows, width, &mut buffer, &mut copies)
    });
    let mut halo = Halo::new(world, 1, &tags, &needed).unwrap();
    let ours = raw::time(41, || halo.forward(width, &values, &mut copies).unwrap());
    table.times(
        "halo forward, 10⁴ ghosts × 128 / Irecv, Isend, Waitall",
        2,
        ours,
        other,
        1.3,
    );
    let plan = raw::time(RUNS, || Halo::new(world, 1, &tags, &needed).unwrap());
    table.times("halo plan / forward", 2, plan, ours, 30.0);
}

/// 1.2 GB, which all ranks load and save.
fn files(world: &Communicator, table: &mut Table) {
    let Some(directory) = std::env::args().nth(2) else {
        return;
    };
    let n = world.size();
    let map = large(world.rank(), 1900 / n);
    let path = Path::new(&directory).join("ours.mts");
    let serial = Path::new(&directory).join("serial.mts");
    let all = world.gather(0, &map, Order::Source).unwrap();
    let runs = 3;
    let other = raw::time(runs, || all.as_ref().map(|map| map.save(&serial).unwrap()));
    drop(all);
    let ours = raw::time(runs, || {
        let options = SaveOptions::default();
        world.save(&path, &map, Order::Source, options).unwrap();
    });
    drop(map);
    let most = if n == 1 { 1.1 } else { f64::INFINITY };
    table.times("save, 1.2 GB / serial", n, ours, other, most);
    let other = raw::time(runs, || {
        (world.rank() == 0).then(|| TensorMap::load(&serial).unwrap())
    });
    let ours = raw::time(runs, || world.load(&path, &Partition::Rows).unwrap());
    table.times("load, 1.2 GB / serial", n, ours, other, most);
}
