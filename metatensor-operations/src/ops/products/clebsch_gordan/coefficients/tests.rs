use std::f64::consts::FRAC_1_SQRT_2;

use super::*;

fn coefficient(l: [usize; 3], m: [i32; 3]) -> f64 {
    let place = |i: usize| (m[i] + l[i] as i32) as usize;
    let all = coefficients(l[0], l[1], l[2]).unwrap();
    let wanted = [place(0), place(1), place(2)];
    let found = all.iter().find(|c| [c.m1, c.m2, c.mu] == wanted);
    found.map_or(0.0, |c| c.value)
}

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance, "{a:e} is not {b:e}");
}

#[test]
fn complex_coefficients_are_those_of_tables() {
    // Varshalovich et al., tables 8.2 and 8.4
    let known = [
        ([1, 1, 0], [0, 0], -(1.0_f64 / 3.0).sqrt()),
        ([1, 1, 0], [1, -1], (1.0_f64 / 3.0).sqrt()),
        ([1, 1, 1], [1, 0], 0.5_f64.sqrt()),
        ([1, 1, 1], [0, 0], 0.0),
        ([1, 1, 2], [0, 0], (2.0_f64 / 3.0).sqrt()),
        ([1, 1, 2], [1, 1], 1.0),
        ([2, 1, 1], [2, -1], (3.0_f64 / 5.0).sqrt()),
        ([2, 1, 1], [0, 0], -(2.0_f64 / 5.0).sqrt()),
        ([2, 2, 2], [2, -2], (2.0_f64 / 7.0).sqrt()),
        ([2, 2, 3], [2, -1], (3.0_f64 / 10.0).sqrt()),
    ];
    for ([l1, l2, lambda], [m1, m2], value) in known {
        let racah = Racah::new(l1, l2, lambda);
        close(racah.coefficient(m1, m2), value, 1e-15);
    }
}

#[test]
fn closed_forms_hold_for_the_largest_angular_momenta() {
    for l in [1, 8, 31, 62, 63] {
        let racah = Racah::new(l, l, 0);
        for m in -(l as i32)..=l as i32 {
            let sign = if (l as i32 - m) % 2 == 0 { 1.0 } else { -1.0 };
            let value = sign / ((2 * l + 1) as f64).sqrt();
            close(racah.coefficient(m, -m), value, 1e-14);
        }
    }
    // ⟨l l l -l|2l 0⟩² = (2l)!² / (4l)! (2l)! (2l)! / (2l)!², of which the terms cancel
    for l in [1_usize, 10, 31] {
        let squared: f64 = (1..=2 * l).map(|n| n as f64 / (2 * l + n) as f64).product();
        let l = l as i32;
        close(
            Racah::new(l as usize, l as usize, 2 * l as usize).coefficient(l, -l),
            squared.sqrt(),
            1e-15,
        );
    }
}

#[test]
fn real_coefficients_have_known_signs() {
    // scalar product, in the order y, z, x
    for m in -1..=1 {
        close(
            coefficient([1, 1, 0], [m, m, 0]),
            -1.0 / 3.0_f64.sqrt(),
            1e-15,
        );
    }
    // minus the vector product: z x - x z is a part of y
    close(coefficient([1, 1, 1], [0, 1, -1]), -FRAC_1_SQRT_2, 1e-15);
    close(coefficient([1, 1, 1], [1, 0, -1]), FRAC_1_SQRT_2, 1e-15);
    close(coefficient([1, 1, 2], [-1, -1, 2]), -FRAC_1_SQRT_2, 1e-15);
    close(coefficient([1, 1, 2], [1, 1, 2]), FRAC_1_SQRT_2, 1e-15);
    assert_eq!(coefficients(3, 0, 3).unwrap().len(), 7);
    assert!(
        coefficients(3, 0, 3)
            .unwrap()
            .iter()
            .all(|c| c.value == 1.0)
    );
    assert!(coefficients(1, 2, 4).unwrap().is_empty());
}

/// All coefficients for two angular momenta, as rows of a matrix with a column for each pair of components.
fn matrix(l1: usize, l2: usize, lambdas: impl Iterator<Item = usize>) -> Vec<Vec<f64>> {
    let mut rows = Vec::new();
    for lambda in lambdas {
        let start = rows.len();
        rows.resize(
            start + 2 * lambda + 1,
            vec![0.0; (2 * l1 + 1) * (2 * l2 + 1)],
        );
        for c in coefficients(l1, l2, lambda).unwrap() {
            rows[start + c.mu][c.m1 * (2 * l2 + 1) + c.m2] = c.value;
        }
    }
    rows
}

#[test]
fn coefficients_are_orthogonal() {
    let orthogonal = |rows: &[Vec<f64>], tolerance| {
        for (i, x) in rows.iter().enumerate() {
            for (j, y) in rows.iter().enumerate() {
                let product: f64 = x.iter().zip(y).map(|(x, y)| x * y).sum();
                close(product, f64::from(u8::from(i == j)), tolerance);
            }
        }
    };
    for l1 in 0..=5_usize {
        for l2 in 0..=5_usize {
            let rows = matrix(l1, l2, l1.abs_diff(l2)..=l1 + l2);
            assert_eq!(rows.len(), (2 * l1 + 1) * (2 * l2 + 1));
            orthogonal(&rows, 2e-15);
        }
    }
    // as large as it gets, for few rows
    for lambdas in [60..=60, 0..=2] {
        orthogonal(&matrix(31, 31, lambdas), 1e-14);
    }
}

#[test]
fn angular_momenta_whose_coefficients_would_lose_digits_are_refused() {
    assert!(coefficients(31, 32, 63).is_ok());
    let error = coefficients(32, 32, 63).unwrap_err().to_string();
    assert!(
        error.contains("angular momenta 32, 32 and 63") && error.contains("sum of these is 127"),
        "{error}"
    );
    assert!(coefficients(usize::MAX, 1, 1).is_err());
}
