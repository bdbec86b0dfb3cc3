//! Labels at three sizes, with sorted and shuffled rows: creation, look-ups, union.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use metatensor_core::Labels;

const SIZES: [usize; 3] = [100, 10_000, 1_000_000];
const NAMES: [&str; 4] = ["system", "atom", "n", "l"];

fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    z ^ (z >> 29)
}

/// Rows `first..first + count` of an infinite sorted table.
fn sorted(first: usize, count: usize) -> Vec<[i32; 4]> {
    let row = |i: i32| [i / 1000, i / 20 % 50, i % 20, i % 20 % 7];
    (first..first + count).map(|i| row(i as i32)).collect()
}

fn shuffled(first: usize, count: usize) -> Vec<[i32; 4]> {
    let mut rows = sorted(first, count);
    let mut state = first as u64;
    for i in (1..count).rev() {
        rows.swap(i, random(&mut state) as usize % (i + 1));
    }
    rows
}

fn labels(rows: &[[i32; 4]]) -> Labels {
    Labels::assume_unique(&NAMES, rows.as_flattened().to_vec()).expect("rows of four values")
}

fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("labels");
    for count in SIZES {
        group.throughput(Throughput::Elements(count as u64));
        for (order, make) in [
            ("sorted", sorted as fn(usize, usize) -> Vec<[i32; 4]>),
            ("shuffled", shuffled),
        ] {
            let id = |name: &str| BenchmarkId::new(format!("{name}_{order}"), count);
            let rows = make(0, count);
            let values = rows.as_flattened();

            group.bench_function(id("new"), |b| {
                b.iter_batched(
                    || values.to_vec(),
                    |values| Labels::from_values(&NAMES, values),
                    BatchSize::LargeInput,
                );
            });
            group.bench_function(id("assume_unique"), |b| {
                b.iter_batched(
                    || values.to_vec(),
                    |values| Labels::assume_unique(&NAMES, values),
                    BatchSize::LargeInput,
                );
            });
            group.bench_function(id("first_position"), |b| {
                b.iter_batched_ref(
                    || labels(&rows),
                    |labels| labels.position(&rows[count / 2]),
                    BatchSize::LargeInput,
                );
            });
            let hot = labels(&rows);
            let queries = shuffled(0, count);
            group.bench_function(id("position"), |b| {
                b.iter(|| {
                    let found = queries.iter().filter_map(|row| hot.position(row));
                    black_box(found.sum::<usize>())
                });
            });
            let others = make(count / 2, count);
            group.bench_function(id("first_union"), |b| {
                b.iter_batched_ref(
                    || (labels(&rows), labels(&others)),
                    |(first, second)| first.union_and_mapping(second),
                    BatchSize::LargeInput,
                );
            });
            let others = labels(&others);
            group.bench_function(id("union"), |b| b.iter(|| hot.union_and_mapping(&others)));
        }
    }
}

criterion_group!(labels_benches, benches);
criterion_main!(labels_benches);
