//! Row algebra at three sizes: sorted and shuffled tables, and pairs of tables with half of their rows in
//! common.

use std::hash::BuildHasher;
use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use metatensor_core::internal::rows::{
    Direction, Order, RowGroups, RowIndex, RowSet, Rows, argsort, difference, intersection, union,
};

const SIZES: [usize; 3] = [100, 10_000, 1_000_000];

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

fn rows(table: &[[i32; 4]]) -> Rows<'_> {
    Rows::new(table.as_flattened(), table.len(), 4)
}

fn one_table(c: &mut Criterion) {
    let mut group = c.benchmark_group("rows");
    for count in SIZES {
        group.throughput(Throughput::Elements(count as u64));
        let id = |name| BenchmarkId::new(name, count);
        let (sorted, table) = (sorted(0, count), shuffled(0, count));
        let (sorted, table) = (rows(&sorted), rows(&table));
        let queries = shuffled(count / 2, count);
        let queries = rows(&queries);

        group.bench_function(id("order"), |b| b.iter(|| black_box(sorted).order()));
        group.bench_function(id("index"), |b| b.iter(|| RowIndex::new(black_box(table))));
        let index = RowIndex::assume_unique(table);
        group.bench_function(id("find"), |b| {
            b.iter(|| {
                queries
                    .iter()
                    .filter_map(|row| index.find(table, row))
                    .sum::<usize>()
            });
        });
        group.bench_function(id("find_all"), |b| {
            let mut found = vec![0; count];
            b.iter(|| {
                index.find_all(table, queries, |i, row| {
                    found[i] = row.map_or(-1, |r| r as i64)
                })
            });
        });
        group.bench_function(id("columns"), |b| {
            b.iter(|| black_box(table).columns(&[2, 0]))
        });
        let numbers = argsort(table, Direction::Ascending);
        group.bench_function(id("gather"), |b| {
            b.iter(|| black_box(table).gather(&numbers))
        });
        group.bench_function(id("argsort"), |b| {
            b.iter(|| argsort(black_box(table), Direction::Ascending));
        });
        let wide: Vec<i32> = table
            .values()
            .iter()
            .map(|v| v.wrapping_mul(0x9e37_79b1u32 as i32))
            .collect();
        group.bench_function(id("argsort_wide"), |b| {
            b.iter(|| argsort(black_box(Rows::new(&wide, count, 4)), Direction::Ascending));
        });
        let pairs = table.columns(&[0, 1]);
        group.bench_function(id("groups"), |b| {
            b.iter(|| RowGroups::new(black_box(Rows::new(&pairs, count, 2))));
        });
        let pairs = sorted.columns(&[0, 1]);
        group.bench_function(id("groups_sorted"), |b| {
            b.iter(|| RowGroups::new(black_box(Rows::new(&pairs, count, 2))));
        });
    }
}

fn two_tables(c: &mut Criterion) {
    let mut group = c.benchmark_group("rows");
    for count in SIZES {
        group.throughput(Throughput::Elements(count as u64));
        for (order, make) in [
            (Order::StrictlyIncreasing, sorted as fn(usize, usize) -> _),
            (Order::Unordered, shuffled),
        ] {
            let (a, b) = (make(0, count), make(count / 2, count));
            let (a, b) = (RowSet::new(rows(&a), None), RowSet::new(rows(&b), None));
            let id = |name: &str| BenchmarkId::new(format!("{name}_{order:?}"), count);
            let mappings = || (vec![1; count], vec![1; count]);
            group.bench_function(id("union"), |bench| {
                bench.iter_batched_ref(
                    mappings,
                    |(first, second)| union(a, b, Some(first), Some(second)),
                    BatchSize::LargeInput,
                );
            });
            group.bench_function(id("intersection"), |bench| {
                bench.iter_batched_ref(
                    mappings,
                    |(first, second)| intersection(a, b, Some(first), Some(second)),
                    BatchSize::LargeInput,
                );
            });
            group.bench_function(id("difference"), |bench| {
                bench.iter_batched_ref(
                    mappings,
                    |(first, _)| difference(a, b, Some(first)),
                    BatchSize::LargeInput,
                );
            });
        }
    }
}

/// The index of rows that are too far from each other for anything but a hash table, and `hashbrown` with the hash
/// function that it comes with: creation, and look-ups in order, in random order, and of rows that are not there.
fn hash_tables(c: &mut Criterion) {
    let mut group = c.benchmark_group("hash_tables");
    for count in [10, 100, 10_000, 1_000_000] {
        group.throughput(Throughput::Elements(count as u64));
        let spread = |table: Vec<[i32; 4]>| -> Vec<[i32; 4]> {
            let spread = |v: i32| v.wrapping_mul(0x9e37_79b1_u32 as i32);
            table.into_iter().map(|row| row.map(spread)).collect()
        };
        let table = spread(shuffled(0, count));
        let queries = [
            ("in_order", table.clone()),
            ("random", spread(shuffled(0, count + 1)[..count].to_vec())),
            ("misses", spread(shuffled(count, count))),
        ];
        let state = FixedState::with_seed(3);

        let ours = |name| BenchmarkId::new(format!("ours/{name}"), count);
        let ours_alone = |name| BenchmarkId::new(format!("ours one by one/{name}"), count);
        let theirs = |name| BenchmarkId::new(format!("hashbrown/{name}"), count);
        group.bench_function(ours("build"), |b| {
            b.iter(|| RowIndex::new(black_box(rows(&table))).is_ok());
        });
        group.bench_function(theirs("build"), |b| {
            b.iter(|| hashbrown_index(black_box(&table), &state));
        });
        let index = RowIndex::assume_unique(rows(&table));
        let (other, _) = hashbrown_index(&table, &state);
        for (name, queries) in &queries {
            let mut found = vec![0_u32; count];
            group.bench_function(ours(name), |b| {
                b.iter(|| {
                    index.find_all(rows(&table), rows(queries), |i, row| {
                        found[i] = row.map_or(u32::MAX, |row| row as u32);
                    });
                });
            });
            group.bench_function(ours_alone(name), |b| {
                b.iter(|| {
                    for (row, found) in queries.iter().zip(&mut found) {
                        let row = index.find(rows(&table), row);
                        *found = row.map_or(u32::MAX, |row| row as u32);
                    }
                });
            });
            group.bench_function(theirs(name), |b| {
                b.iter(|| {
                    for (row, found) in queries.iter().zip(&mut found) {
                        let row = other.find(hash(row, &state), |&i| table[i as usize] == *row);
                        *found = row.copied().unwrap_or(u32::MAX);
                    }
                });
            });
        }
    }
}

fn hash(row: &[i32; 4], state: &FixedState) -> u64 {
    let [a, b, c, d] = row.map(|value| u128::from(value.cast_unsigned()));
    state.hash_one(a | b << 32 | c << 64 | d << 96)
}

/// A table of row numbers, and whether the rows are distinct.
fn hashbrown_index(table: &[[i32; 4]], state: &FixedState) -> (HashTable<u32>, bool) {
    let mut index = HashTable::with_capacity(table.len());
    let mut distinct = true;
    for (i, row) in (0..).zip(table) {
        let entry = index.entry(
            hash(row, state),
            |&i: &u32| table[i as usize] == *row,
            |&i| hash(&table[i as usize], state),
        );
        match entry {
            Entry::Occupied(_) => distinct = false,
            Entry::Vacant(entry) => {
                entry.insert(i);
            }
        }
    }
    (index, distinct)
}

criterion_group!(benches, one_table, two_tables, hash_tables);
criterion_main!(benches);
