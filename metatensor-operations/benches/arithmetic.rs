//! Arithmetic on blocks with gradients: each sample has ten gradient rows with three components, in an
//! order of their own.

#![expect(clippy::unwrap_used, reason = "benchmarks stop at the first error")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use metatensor_core::{DenseArray, Labels, TensorBlock, TensorMap, set_num_threads};
use metatensor_operations::{abs, add, divide, equal, into_pow, multiply, pow};

const ROWS_PER_SAMPLE: usize = 10;
const COMPONENTS: usize = 3;

/// Elements larger than 0.
fn array(shape: &[usize]) -> DenseArray {
    let count = shape.iter().product();
    let elements = (0..count).map(|i| 0.5 + (i % 1013) as f64 / 1013.0);
    let write = DenseArray::write(shape, |output| {
        output.extend(count, elements);
        Ok(())
    });
    write.unwrap()
}

fn block(rows: usize, properties: usize) -> TensorBlock {
    let count = rows / ROWS_PER_SAMPLE;
    let samples = Labels::range("s", count).unwrap();
    let properties = Labels::range("p", properties).unwrap();
    let values = array(&[count, properties.count()]);
    let mut block = TensorBlock::new(values, &samples, &[], &properties).unwrap();

    let row = |i: usize| [(i * 7919 % count) as i32, i as i32];
    let gradient_samples = Labels::from_rows(&["sample", "atom"], (0..rows).map(row)).unwrap();
    let gradient = TensorBlock::new(
        array(&[rows, COMPONENTS, properties.count()]),
        &gradient_samples,
        &[Labels::range("xyz", COMPONENTS).unwrap()],
        &properties,
    );
    block.add_gradient("positions", gradient.unwrap()).unwrap();
    block
}

fn arithmetic(criterion: &mut Criterion) {
    for (rows, properties, threads) in [
        (100, 10, 1),
        (10_000, 10, 1),
        (1_000_000, 10, 1),
        (1_000_000, 10, 2),
        (1_000_000, 1, 1),
    ] {
        set_num_threads(threads);
        let (a, b) = (block(rows, properties), block(rows, properties));
        let id = format!("{rows}x{COMPONENTS}x{properties}, {threads} threads");
        let elements = (rows * COMPONENTS + rows / ROWS_PER_SAMPLE) * properties;

        let mut group = criterion.benchmark_group("arithmetic");
        group.sample_size(10);
        group.warm_up_time(Duration::from_millis(300));
        group.measurement_time(Duration::from_secs(1));
        group.throughput(Throughput::Elements(elements as u64));
        let mut bench = |name: &str, f: &dyn Fn()| {
            group.bench_function(BenchmarkId::new(name, &id), |bencher| bencher.iter(f));
        };
        bench("copy", &|| drop(black_box(a.deep_copy().unwrap())));
        bench("add", &|| drop(black_box(add(&a, &b).unwrap())));
        bench("multiply", &|| drop(black_box(multiply(&a, &b).unwrap())));
        bench("divide", &|| drop(black_box(divide(&a, &b).unwrap())));
        bench("abs", &|| drop(black_box(abs(&a).unwrap())));
        bench("pow 2", &|| drop(black_box(pow(&a, 2.0).unwrap())));
        bench("pow 2.5", &|| drop(black_box(pow(&a, 2.5).unwrap())));
        bench("equal", &|| assert!(equal(&a, &b).unwrap()));

        let mut map = Some(TensorMap::new(Labels::single(), vec![a]).unwrap());
        group.bench_function(BenchmarkId::new("into_pow 2", &id), |bencher| {
            bencher.iter(|| map = map.take().map(|map| into_pow(map, 2.0).unwrap()));
        });
    }
}

criterion_group!(benches, arithmetic);
criterion_main!(benches);
