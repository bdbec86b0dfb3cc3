//! Times of two ranks.

use std::fs;
use std::path::Path;

use metatensor_core::TensorMap;
use metatensor_distributed::{Communicator, Halo, Order, Partition, SaveOptions};
use metatensor_mpi::Environment;

use crate::inputs::{bytes_for, equal, large};
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
        all_reduce(&world, &mut table);
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
    let strided = Partition::Strided(&["system"]);
    let small = large(world.rank(), 2);
    let [other, ours, by_values, of_small] = raw::times(
        RUNS,
        [
            &mut || {
                raw::alltoallv(&send, &sizes, &mut receive, &received);
                Box::new(())
            },
            &mut || Box::new(move_systems(world, &map)),
            &mut || Box::new(world.redistribute(&map, &strided, Order::Source).unwrap()),
            &mut || Box::new(move_systems(world, &small)),
        ],
    );
    table.times("redistribute, large / MPI_Alltoallv", 2, ours, other, 2.0);
    let name = "the same, by values of a dimension";
    table.times(name, 2, by_values, other, f64::INFINITY);
    table.time("redistribute, 2 systems", 2, of_small);
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
    let mut copies_of_ours = copies.clone();
    let mut halo = Halo::new(world, 1, &tags, &needed).unwrap();
    let [other, ours, plan] = raw::times(
        41,
        [
            &mut || {
                raw::halo(&values, &rows, width, &mut buffer, &mut copies);
                Box::new(())
            },
            &mut || {
                halo.forward(width, &values, &mut copies_of_ours).unwrap();
                Box::new(())
            },
            &mut || Box::new(Halo::new(world, 1, &tags, &needed).unwrap()),
        ],
    );
    let name = "halo forward, 10⁴ ghosts × 128 / Irecv, Isend, Waitall";
    table.times(name, 2, ours, other, 1.3);
    table.times("halo plan / forward", 2, plan, ours, 30.0);
}

/// 8 MiB; the sums of MPI take the place of what was added.
fn all_reduce(world: &Communicator, table: &mut Table) {
    let count = 1 << 20;
    let mut values = vec![0.0; count];
    let map = equal(count);
    let [other, ours] = raw::times(
        41,
        [
            &mut || {
                raw::allreduce(&mut values);
                Box::new(())
            },
            &mut || Box::new(world.all_reduce(&map).unwrap()),
        ],
    );
    table.times("all_reduce, 8 MiB / MPI_Allreduce", 2, ours, other, 1.2);
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
    let options = SaveOptions::default();
    let [other, ours] = raw::times(
        runs,
        [
            &mut || Box::new(all.as_ref().map(|map| map.save(&serial).unwrap())),
            &mut || Box::new(world.save(&path, &map, Order::Source, options).unwrap()),
        ],
    );
    drop(all);
    drop(map);
    let most = if n == 1 { 1.1 } else { f64::INFINITY };
    table.times("save, 1.2 GB / serial", n, ours, other, most);
    let [other, ours] = raw::times(
        runs,
        [
            &mut || Box::new((world.rank() == 0).then(|| TensorMap::load(&serial).unwrap())),
            &mut || Box::new(world.load(&path, &Partition::Rows).unwrap()),
        ],
    );
    table.times("load, 1.2 GB / serial", n, ours, other, most);
}
