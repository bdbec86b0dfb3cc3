//! Integers of all widths and signs, with all of their values, against the arithmetic of Rust.

use metatensor_core::{Element, TensorBlock};
use proptest::prelude::*;

use crate::testing::{Random, block, gradient, values, with_gradient};
use crate::*;

/// Arithmetic that wraps around.
struct Model<T> {
    any: fn(u64) -> T,
    plus: fn(T, T) -> T,
    minus: fn(T, T) -> T,
    times: fn(T, T) -> T,
    absolute: fn(T) -> T,
    sign: fn(T) -> T,
    real: fn(T) -> f64,
}

const ROWS: usize = 70;

fn check<T: Element>(seed: u64, model: &Model<T>) {
    let random = &mut Random(seed);
    let mut numbers = |count: usize| -> Vec<T> {
        let bits = |random: &mut Random| random.bits() >> (8 * random.below(8));
        (0..count).map(|_| (model.any)(bits(random))).collect()
    };
    let rows: Vec<[i32; 2]> = (0..ROWS as i32).rev().map(|i| [i, 0]).collect();
    let mut make = || {
        let (x, dx) = (numbers(ROWS), numbers(ROWS));
        let block = with_gradient(block([ROWS, 1], &x), "g", &rows, &dx);
        // In the order of values.
        (block, x, dx.into_iter().rev().collect::<Vec<T>>())
    };
    let ((a, x, dx), (b, y, dy)) = (make(), make());
    let zip = |f: &dyn Fn(usize) -> T| (0..ROWS).map(f).collect::<Vec<T>>();
    let same = |name: &str, result: TensorBlock, expected: Vec<T>, derivatives: Vec<T>| {
        assert_eq!(values::<T>(&result), expected, "{name} of {}", T::DTYPE);
        let mut found = gradient::<T>(&result, "g");
        found.reverse();
        assert_eq!(found, derivatives, "gradient of {name} of {}", T::DTYPE);
    };
    let Model {
        plus,
        minus,
        times,
        absolute,
        sign,
        real,
        ..
    } = *model;
    same(
        "add",
        add(&a, &b).unwrap(),
        zip(&|i| plus(x[i], y[i])),
        zip(&|i| plus(dx[i], dy[i])),
    );
    let difference = subtract(&a, &b).unwrap();
    same(
        "subtract",
        difference,
        zip(&|i| minus(x[i], y[i])),
        zip(&|i| minus(dx[i], dy[i])),
    );
    let derivative = |i: usize| plus(times(x[i], dy[i]), times(y[i], dx[i]));
    let product = multiply(&a, &b).unwrap();
    same(
        "multiply",
        product,
        zip(&|i| times(x[i], y[i])),
        zip(&derivative),
    );
    let derivatives = zip(&|i| times(sign(x[i]), dx[i]));
    same(
        "abs",
        abs(&a).unwrap(),
        zip(&|i| absolute(x[i])),
        derivatives,
    );

    let total = |numbers: &[T]| numbers.iter().fold(T::default(), |sum, &x| plus(sum, x));
    let sum = sum_over_samples(&a, &["s"]).unwrap();
    assert_eq!(values::<T>(&sum), [total(&x)]);
    assert_eq!(gradient::<T>(&sum, "g"), [total(&dx)]);
    let line = block([1, ROWS], &x);
    assert_eq!(
        values::<T>(&sum_over_properties(&line, &["p"]).unwrap()),
        [total(&x)]
    );
    let inner = dot(&line, &block([1, ROWS], &y)).unwrap();
    assert_eq!(values::<T>(&inner), [total(&zip(&|i| times(x[i], y[i])))]);

    let close = |x: f64, y: f64| (x - y).abs() <= 1e-13 * y.abs().max(1e-3);
    let quotients = divide_scalar(&a, 3.0).unwrap();
    for (quotient, x) in values::<f64>(&quotients).into_iter().zip(&x) {
        assert_eq!(quotient, real(*x) / 3.0);
    }
    let magnitude = x.iter().map(|x| real(*x).abs()).sum::<f64>();
    let mean = x.iter().map(|x| real(*x)).sum::<f64>() / ROWS as f64;
    let [found] = values::<f64>(&mean_over_samples(&a, &["s"]).unwrap())[..] else {
        panic!("one mean")
    };
    assert!(close(found, mean) || (found - mean).abs() < 1e-15 * magnitude);
}

macro_rules! check_integers {
    ($seed:expr; $($type:ty, $absolute:expr, $sign:expr;)*) => {$(
        check::<$type>($seed, &Model {
            any: |bits| bits as $type,
            plus: <$type>::wrapping_add,
            minus: <$type>::wrapping_sub,
            times: <$type>::wrapping_mul,
            absolute: $absolute,
            sign: $sign,
            real: |x| x as f64,
        });
    )*};
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn integers_of_all_types_wrap_around(seed: u64) {
        check_integers! { seed;
            i8, i8::wrapping_abs, i8::signum;
            i16, i16::wrapping_abs, i16::signum;
            i32, i32::wrapping_abs, i32::signum;
            i64, i64::wrapping_abs, i64::signum;
            u8, |x| x, |x| x.min(1);
            u16, |x| x, |x| x.min(1);
            u32, |x| x, |x| x.min(1);
            u64, |x| x, |x| x.min(1);
        }
    }
}

#[test]
fn booleans_are_added_with_or_and_multiplied_with_and() {
    let x = with_gradient(
        block([4, 1], &[false, false, true, true]),
        "g",
        &[[2, 0], [0, 0]],
        &[true, false],
    );
    let y = with_gradient(
        block([4, 1], &[false, true, false, true]),
        "g",
        &[[2, 0], [0, 0]],
        &[true, true],
    );
    let sum = add(&x, &y).unwrap();
    assert_eq!(values::<bool>(&sum), [false, true, true, true]);
    assert_eq!(gradient::<bool>(&sum, "g"), [true, true]);
    let product = multiply(&x, &y).unwrap();
    assert_eq!(values::<bool>(&product), [false, false, false, true]);
    // For the rows of the samples 2 and 0: x ∇y or y ∇x.
    assert_eq!(gradient::<bool>(&product, "g"), [true, false]);
    let absolute = abs(&x).unwrap();
    assert_eq!(values::<bool>(&absolute), [false, false, true, true]);
    assert_eq!(gradient::<bool>(&absolute, "g"), [true, false]);
    let total = sum_over_samples(&x, &["s"]).unwrap();
    assert_eq!(values::<bool>(&total), [true]);
    assert_eq!(gradient::<bool>(&total, "g"), [true]);
}
