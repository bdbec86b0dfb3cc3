//! Linear algebra on blocks with gradients: each sample has ten gradient rows with three components.

#![expect(clippy::unwrap_used, reason = "benchmarks stop at the first error")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use metatensor_core::{DenseArray, Labels, TensorBlock};
use metatensor_operations::{LstsqOptions, dot, lstsq, solve};

/// Numbers between -1 and 1 without any pattern.
fn array(shape: &[usize], seed: u64) -> DenseArray {
    let count = shape.iter().product();
    let mut state = seed;
    let numbers = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        (state >> 40) as f64 / f64::from(1 << 23) - 1.0
    });
    let write = DenseArray::write(shape, |output| {
        output.extend(count, numbers);
        Ok(())
    });
    write.unwrap()
}

fn block(samples: usize, properties: usize, gradient_rows: usize, seed: u64) -> TensorBlock {
    let properties = Labels::range("p", properties).unwrap();
    let values = array(&[samples, properties.count()], seed);
    let samples = Labels::range("s", samples).unwrap();
    let mut block = TensorBlock::new(values, &samples, &[], &properties).unwrap();
    if gradient_rows > 0 {
        let row = |i: usize| [(i % samples.count()) as i32, i as i32];
        let rows = (0..gradient_rows).map(row);
        let gradient = TensorBlock::new(
            array(&[gradient_rows, 3, properties.count()], seed + 1),
            Labels::from_rows(&["sample", "atom"], rows).unwrap(),
            &[Labels::range("xyz", 3).unwrap()],
            &properties,
        );
        block.add_gradient("positions", gradient.unwrap()).unwrap();
    }
    block
}

fn linalg(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("linalg");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(2));

    let x = block(5000, 128, 50_000, 1);
    for outputs in [1, 4, 16] {
        let weights = block(outputs, 128, 0, 2);
        group.bench_function(format!("dot/155000x128/{outputs}"), |bencher| {
            bencher.iter(|| black_box(dot(&x, &weights).unwrap()));
        });
    }
    let y = block(5000, 1, 50_000, 3);
    let options = |rcond| LstsqOptions { rcond: Some(rcond) };
    group.bench_function("lstsq/155000x128/1", |bencher| {
        bencher.iter(|| black_box(lstsq(&x, &y, options(1e-12)).unwrap()));
    });

    // With this many singular values left out, all of them have to be known.
    let x = block(512, 256, 0, 4);
    let y = block(512, 1, 0, 5);
    group.bench_function("lstsq/512x256/1/rcond 0.5", |bencher| {
        bencher.iter(|| black_box(lstsq(&x, &y, options(0.5)).unwrap()));
    });
    let (x, y) = (block(512, 512, 0, 6), block(512, 1, 0, 7));
    group.bench_function("solve/512/1", |bencher| {
        bencher.iter(|| black_box(solve(&x, &y).unwrap()));
    });
    group.finish();
}

criterion_group!(benches, linalg);
criterion_main!(benches);
