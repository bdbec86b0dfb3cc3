//! Results do not depend on the number of threads.

use crate::testing::threads::{Order, assert_independent_of_threads, large};
use crate::*;

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    for (samples, properties) in [(20_000, 7), (60_000, 1)] {
        let a = large(samples, 10, properties, -50.25, Order::RowMajor);
        let b = large(samples, 10, properties, 0.1, Order::RowMajor);
        assert_independent_of_threads(|| {
            vec![
                add(&a, &b),
                add_scalar(&a, 0.3),
                multiply(&a, &b),
                multiply_scalar(&a, 0.3),
                divide(&a, &b),
                abs(&a),
                pow(&b, 2.0),
                pow(&b, 2.7),
                into_abs(a.deep_copy().unwrap()),
                into_pow(b.deep_copy().unwrap(), 2.7),
            ]
        });
    }
}
