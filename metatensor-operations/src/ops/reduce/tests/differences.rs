//! Gradients are derivatives: comparison with finite differences.

use proptest::prelude::*;

use super::random::{Case, cases, names, reductions};
use crate::testing::{gradient, values};
use crate::*;

/// The values after a step in the direction of the derivatives with respect to `(i, extra component)`.
fn moved(case: &Case, i: i32, e: usize, step: f64) -> Case {
    let mut result = case.clone();
    let line = case.line();
    for (row, &[parent, row_i]) in case.rows.iter().enumerate() {
        if row_i == i {
            let a = &case.gradient[(row * case.extra + e) * line..][..line];
            let x = &mut result.values[parent as usize * line..][..line];
            for (x, a) in x.iter_mut().zip(a) {
                *x += step * a;
            }
        }
    }
    result
}

/// Compares for all parameters at once: `i` and the extra component.
fn check(case: &Case, reduce: impl Fn(&Case) -> metatensor_core::TensorBlock) {
    const STEP: f64 = 1e-5;
    let result = reduce(case);
    let derivatives = gradient::<f64>(&result, "g");
    let rows = result.gradient("g").unwrap().samples().clone();
    let line: usize = result.values().shape().unwrap()[1..].iter().product();
    for i in 0..4 {
        for e in 0..case.extra {
            let above = values::<f64>(&reduce(&moved(case, i, e, STEP)));
            let below = values::<f64>(&reduce(&moved(case, i, e, -STEP)));
            let difference = above
                .iter()
                .zip(&below)
                .map(|(a, b)| (a - b) / (2.0 * STEP));
            for (n, difference) in difference.enumerate() {
                let row = rows.position(&[(n / line) as i32, i]);
                let derivative = row.map_or(0.0, |row| {
                    derivatives[(row * case.extra + e) * line + n % line]
                });
                assert!(
                    (derivative - difference).abs() < 1e-5,
                    "{derivative} is not {difference} for element {n}, i = {i}, component {e}"
                );
            }
        }
    }
}

/// Standard deviations have no derivative at 0, and change fast next to it.
fn is_smooth(block: &metatensor_core::TensorBlock) -> bool {
    values::<f64>(block).iter().all(|&x| x == 0.0 || x > 0.05)
}

proptest! {
    #[test]
    fn over_samples(case in cases(), how in reductions(), removed in names(["a", "b"])) {
        let reduce = |case: &Case| reduce_over_samples(&case.block(), how, &removed).unwrap();
        if how == Reduction::Std {
            prop_assume!(is_smooth(&reduce(&case)));
        }
        check(&case, reduce);
    }

    /// Rows of gradients stay what they are, so that here those of the values have to be found.
    #[test]
    fn over_properties(case in cases(), how in reductions(), removed in names(["m", "n"])) {
        let reduce = |case: &Case| reduce_over_properties(&case.block(), how, &removed).unwrap();
        if how == Reduction::Std {
            prop_assume!(is_smooth(&reduce(&case)));
        }
        check(&case, reduce);
    }
}
