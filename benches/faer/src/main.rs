//! Our linear algebra and that of `faer`, side by side on one thread: times, and errors where systems are badly scaled or
//! have no full rank.
//!
//! ```text
//! cargo run --release --manifest-path benches/faer/Cargo.toml
//! ```
//!
//! `faer` gets the numbers as they are. What it would need on top to replace ours (scales, labels, checks) is left out.

use std::hint::black_box;
use std::time::Instant;

use faer::linalg::matmul::matmul;
use faer::prelude::*;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use metatensor_core::{DenseArray, Element, Labels, Result, TensorBlock, set_num_threads};
use metatensor_operations::{LstsqOptions, dot, lstsq, solve};
use ndarray::Array2;
use num_complex::Complex;

/// Numbers between -1 and 1 without any pattern.
fn random(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut state = seed;
    Array2::from_shape_simple_fn((rows, columns), || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        (state >> 40) as f64 / f64::from(1 << 23) - 1.0
    })
}

/// Milliseconds of the fastest of many runs.
fn time<T>(mut run: impl FnMut() -> T) -> f64 {
    let (start, mut best) = (Instant::now(), f64::MAX);
    while start.elapsed().as_secs_f64() < 0.5 {
        let once = Instant::now();
        black_box(run());
        best = best.min(once.elapsed().as_secs_f64());
    }
    best * 1e3
}

fn block<T: Element>(matrix: &Array2<T>, properties: &str) -> Result<TensorBlock>
where
    Array2<T>: Into<DenseArray>,
{
    let (samples, columns) = matrix.dim();
    let array: DenseArray = matrix.clone().into();
    let properties = Labels::range(properties, columns)?;
    TensorBlock::new(array, &Labels::range("s", samples)?, &[], &properties)
}

fn view<T>(matrix: &Array2<T>) -> MatRef<'_, T> {
    let elements = matrix.as_slice().expect("row-major");
    MatRef::from_row_major_slice(elements, matrix.nrows(), matrix.ncols())
}

fn rcond(rcond: f64) -> LstsqOptions {
    LstsqOptions { rcond: Some(rcond) }
}

/// As ours: QR decompositions of parts, each below the triangle so far.
fn faer_qr(x: &Array2<f64>, y: &Array2<f64>) -> Mat<f64> {
    let (rows, columns, width) = (x.nrows(), x.ncols(), x.ncols() + y.ncols());
    let part = (8 * columns).max(2048);
    let mut triangle: Mat<f64> = Mat::zeros(0, width);
    for start in (0..rows).step_by(part) {
        let end = (start + part).min(rows);
        let top = triangle.nrows();
        let mut system: Mat<f64> = Mat::zeros(top + end - start, width);
        system.rb_mut().get_mut(..top, ..).copy_from(&triangle);
        let (left, right) = system.rb_mut().get_mut(top.., ..).split_at_col_mut(columns);
        { left }.copy_from(view(x).get(start..end, ..));
        { right }.copy_from(view(y).get(start..end, ..));
        triangle = system.as_ref().qr().R().to_owned();
    }
    let mut solution = triangle.get(..columns, columns..).to_owned();
    let triangle = triangle.get(..columns, ..columns);
    triangle.solve_upper_triangular_in_place(solution.as_mut());
    solution
}

fn faer_svd(x: &Array2<f64>, y: &Array2<f64>, rcond: f64) -> Mat<f64> {
    let svd = view(x).thin_svd().expect("converges");
    let values: Vec<f64> = svd.S().column_vector().iter().copied().collect();
    let mut solution = svd.U().adjoint() * view(y);
    for (i, &value) in values.iter().enumerate() {
        let inverse = if value <= rcond * values[0] {
            0.0
        } else {
            1.0 / value
        };
        for j in 0..solution.ncols() {
            solution[(i, j)] *= inverse;
        }
    }
    svd.V() * solution
}

fn faer_lu(x: &Array2<f64>, y: &Array2<f64>) -> Mat<f64> {
    view(x).partial_piv_lu().solve(view(y))
}

fn transposed(weights: &TensorBlock) -> Result<Mat<f64>> {
    let weights = weights.to_ndarray::<f64>()?;
    let (outputs, columns) = (weights.shape()[0], weights.shape()[1]);
    Ok(Mat::from_fn(columns, outputs, |i, j| weights[[j, i]]))
}

/// The largest relative error, NaN if there is one.
fn error(found: MatRef<'_, f64>, exact: &Array2<f64>) -> f64 {
    let errors = exact.indexed_iter();
    let errors = errors.map(|((i, j), exact)| (found[(i, j)] / exact - 1.0).abs());
    errors.fold(0.0, |m: f64, e| {
        if e.is_nan() || m.is_nan() {
            f64::NAN
        } else {
            m.max(e)
        }
    })
}

macro_rules! products {
    ($($type:ty, $convert:expr);*) => {$(
        for (rows, length, columns) in [(20000, 128, 1), (20000, 128, 16), (20000, 128, 64), (2000, 512, 512)] {
            let (a, b) = (random(rows, length, 1).mapv($convert), random(columns, length, 2).mapv($convert));
            let (x, w) = (block(&a, "p")?, block(&b, "p")?);
            let ours = time(|| dot(&x, &w));
            let theirs = time(|| {
                // Into new memory, as ours.
                let mut c = vec![<$type>::default(); rows * columns];
                let output = MatMut::from_row_major_slice_mut(&mut c, rows, columns);
                matmul(output, Accum::Replace, view(&a), view(&b).transpose(), $convert(1.0), Par::Seq);
                c
            });
            println!("dot {} {rows}x{length}/{columns}: ours {ours:.2} ms, faer {theirs:.2} ms", stringify!($type));
        }
    )*};
}

fn main() -> Result<()> {
    set_num_threads(1);
    faer::set_global_parallelism(Par::Seq);

    products!(
        f32, |x: f64| x as f32;
        f64, |x: f64| x;
        Complex<f32>, |x: f64| Complex::new(x as f32, 0.5);
        Complex<f64>, |x: f64| Complex::new(x, 0.5)
    );
    for (rows, columns) in [(155_000, 128), (20_000, 512), (2000, 20), (100, 10)] {
        let (a, b) = (random(rows, columns, 1), random(rows, 1, 2));
        let (x, y) = (block(&a, "p")?, block(&b, "q")?);
        let (ours, theirs) = (
            time(|| lstsq(&x, &y, rcond(1e-12))),
            time(|| faer_qr(&a, &b)),
        );
        println!("lstsq {rows}x{columns}: ours {ours:.2} ms, faer QR {theirs:.2} ms");
    }
    for (rows, columns, cut) in [(256, 256, 0.5), (100, 300, 1e-12), (40, 10, 0.5)] {
        let (a, b) = (random(rows, columns, 1), random(rows, 1, 2));
        let (x, y) = (block(&a, "p")?, block(&b, "q")?);
        let (ours, theirs) = (
            time(|| lstsq(&x, &y, rcond(cut))),
            time(|| faer_svd(&a, &b, cut)),
        );
        println!("lstsq {rows}x{columns}, rcond {cut}: ours {ours:.2} ms, faer SVD {theirs:.2} ms");
    }
    for n in [10, 100, 512] {
        let (a, b) = (random(n, n, 1), random(n, 1, 2));
        let (x, y) = (block(&a, "p")?, block(&b, "q")?);
        let (ours, theirs) = (time(|| solve(&x, &y)), time(|| faer_lu(&a, &b)));
        println!("solve {n}: ours {ours:.3} ms, faer LU {theirs:.3} ms");
    }

    for exponent in [10, 100, 160, 200, 290] {
        let power = |up: bool, by: i32| 10_f64.powi(if up { by } else { -by });
        let mut a = random(50, 4, 1);
        for ((_, j), x) in a.indexed_iter_mut() {
            *x *= power(j % 2 == 0, exponent);
        }
        let exact = Array2::from_shape_fn((4, 1), |(j, _)| power(j % 2 == 1, exponent));
        let b = a.dot(&exact);
        let weights = lstsq(&block(&a, "p")?, &block(&b, "q")?, rcond(0.0))?;
        let ours = error(transposed(&weights)?.as_ref(), &exact);
        let theirs = error(faer_qr(&a, &b).as_ref(), &exact);
        println!("columns of 1e±{exponent}: error of ours {ours:.0e}, faer QR {theirs:.0e}");
    }
    let low = random(200, 3, 1).dot(&random(3, 10, 2));
    let exact = low.t().dot(&random(200, 1, 4));
    let b = low.dot(&exact);
    let weights = lstsq(&block(&low, "p")?, &block(&b, "q")?, rcond(1e-12))?;
    let ours = error(transposed(&weights)?.as_ref(), &exact);
    let (qr, svd) = (faer_qr(&low, &b), faer_svd(&low, &b, 1e-12));
    let (qr, svd) = (error(qr.as_ref(), &exact), error(svd.as_ref(), &exact));
    println!("rank 3 of 10: error of ours {ours:.0e}, faer QR {qr:.0e}, faer SVD {svd:.0e}");
    let (singular, b) = (ndarray::arr2(&[[1.0, 2.0], [2.0, 4.0]]), random(2, 1, 1));
    let ours = solve(&block(&singular, "p")?, &block(&b, "q")?).map(|_| ());
    println!(
        "singular: ours {ours:?}, faer LU {:?}",
        faer_lu(&singular, &b)
    );
    Ok(())
}
