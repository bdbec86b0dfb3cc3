//! Clebsch-Gordan coefficients of real spherical harmonics.
//!
//! The complex ones are Racah's sum (G. Racah, Physical Review 62, 438, 1942; in this form D. A. Varshalovich, A. N. Moskalev and
//! V. K. Khersonskii, Quantum Theory of Angular Momentum, 1988, section 8.2), written with binomials, so that all terms are
//! integers:
//!
//! `⟨l₁ m₁ l₂ m₂|λ μ⟩ = √R Σₖ (-1)ᵏ C(l₁+l₂-λ, k) C(l₁-l₂+λ, l₁-m₁-k) C(-l₁+l₂+λ, l₂+m₂-k)`
//!
//! `R = (2λ+1) (l₁+m₁)! (l₁-m₁)! (l₂+m₂)! (l₂-m₂)! (λ+μ)! (λ-μ)! / ((l₁+l₂+λ+1)! (l₁+l₂-λ)! (l₁-l₂+λ)! (-l₁+l₂+λ)!)`
//!
//! with `μ = m₁ + m₂`. The sum is exact, and `R` a product of powers of primes: errors are those of a few roundings at the end.

use std::f64::consts::FRAC_1_SQRT_2;

use metatensor_core::{Error, Result};

/// Largest sum of three angular momenta with coefficients. Up to it, the sum of the absolute values of all terms of Racah's
/// sum, at most 2 to this power, is an `i128`.
pub(super) const MAX_SUM: usize = 126;

/// A coefficient that is not zero, and the components that it is for, as their number: `m + l`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Coefficient {
    pub(super) m1: usize,
    pub(super) m2: usize,
    pub(super) mu: usize,
    pub(super) value: f64,
}

/// What the product of real spherical harmonics of degrees `l1` and `l2` has of those of degree `lambda`, sorted by the
/// components of the result, of the second and of the first factor.
///
/// `U(λ) C (U(l₁)† ⊗ U(l₂)†)`, with the matrices `U` from complex to real spherical harmonics of [`phase`], is real if `l₁+l₂+λ` is
/// even; and imaginary if it is odd: minus the imaginary part then, as featomic does.
///
/// # Errors
/// If the degrees are too large for coefficients that are right to 1e-14.
pub(super) fn coefficients(l1: usize, l2: usize, lambda: usize) -> Result<Vec<Coefficient>> {
    let sum = l1.saturating_add(l2).saturating_add(lambda);
    if sum > MAX_SUM {
        return Err(Error::unsupported(format!(
            "coefficients for the angular momenta {l1}, {l2} and {lambda}: they are known to 1e-14 up to a sum of {MAX_SUM} \
             only, and the sum of these is {sum}"
        )));
    }
    if lambda < l1.abs_diff(l2) || lambda > l1 + l2 {
        return Ok(Vec::new());
    }
    let complex = complex_coefficients(l1, l2, lambda);
    let is_odd = sum % 2 == 1;
    let (l1, l2, lambda) = (l1 as i32, l2 as i32, lambda as i32);
    let mut found = Vec::new();
    for mu in -lambda..=lambda {
        for m2 in -l2..=l2 {
            for m1 in -l1..=l1 {
                let mut parts = [0.0; 2];
                for n1 in signs(m1) {
                    // Only complex components with μ = m₁ + m₂ have a coefficient.
                    for n2 in signs(m2).filter(|n2| (n1 + n2).abs() == mu.abs()) {
                        // of the conjugates for what is multiplied, of the result itself
                        let phase = 4 + phase(m1, n1) + phase(m2, n2) - phase(mu, n1 + n2);
                        let value = complex[((n1 + l1) * (2 * l2 + 1) + n2 + l2) as usize];
                        let signed = if phase & 2 == 0 { value } else { -value };
                        parts[(phase & 1) as usize] += signed;
                    }
                }
                let sum = if is_odd { -parts[1] } else { parts[0] };
                let value = sum * norm(&[m1, m2, mu]);
                if value != 0.0 {
                    found.push(Coefficient {
                        m1: (m1 + l1) as usize,
                        m2: (m2 + l2) as usize,
                        mu: (mu + lambda) as usize,
                        value,
                    });
                }
            }
        }
    }
    Ok(found)
}

/// Those of complex spherical harmonics, for all components of the first factor and of the second one.
fn complex_coefficients(l1: usize, l2: usize, lambda: usize) -> Vec<f64> {
    let racah = Racah::new(l1, l2, lambda);
    let components = |l: usize| -(l as i32)..=l as i32;
    let all = components(l1).flat_map(|m1| components(l2).map(move |m2| (m1, m2)));
    all.map(|(m1, m2)| racah.coefficient(m1, m2)).collect()
}

/// `m` and `-m`, once if they are the same.
fn signs(m: i32) -> impl Iterator<Item = i32> {
    [m, -m].into_iter().take(1 + usize::from(m != 0))
}

/// The conjugate of the matrix `U` at row `real` and column `complex` is a power of the imaginary unit, the one that is given here,
/// divided by √2 if `real` is not 0:
///
/// - `m < 0`: `i/√2 (Y(l, m) - (-1)ᵐ Y(l, -m))`,
/// - `m > 0`: `1/√2 (Y(l, -m) + (-1)ᵐ Y(l, m))`.
fn phase(real: i32, complex: i32) -> i32 {
    let alternating = 2 * (real & 1);
    match (real, complex) {
        (..0, ..0) => 3,
        (..0, _) => 1 + alternating,
        (0, _) => 0,
        (_, ..0) => 0,
        _ => alternating,
    }
}

/// What all matrices `U` divide by: √2 for each component that is not 0.
fn norm(components: &[i32; 3]) -> f64 {
    match components.iter().filter(|&&m| m != 0).count() {
        0 => 1.0,
        1 => FRAC_1_SQRT_2,
        2 => 0.5,
        _ => 0.5 * FRAC_1_SQRT_2,
    }
}

/// What all coefficients for the same angular momenta are made of.
struct Racah {
    l1: usize,
    l2: usize,
    lambda: usize,
    /// Rows of Pascal's triangle, for the binomials in the sum.
    binomials: [Vec<i128>; 3],
    primes: Vec<usize>,
    /// For each number, the powers of all primes in its factorial.
    factorials: Vec<Vec<i32>>,
}

impl Racah {
    fn new(l1: usize, l2: usize, lambda: usize) -> Racah {
        let largest = l1 + l2 + lambda + 1;
        let is_prime = |n: usize| (2..n).all(|d| !n.is_multiple_of(d));
        let primes: Vec<_> = (2..=largest).filter(|&n| is_prime(n)).collect();
        let mut factorials = vec![vec![0; primes.len()]];
        for n in 1..=largest {
            let mut powers = factorials[n - 1].clone();
            add_powers(&mut powers, &primes, n);
            factorials.push(powers);
        }
        Racah {
            l1,
            l2,
            lambda,
            binomials: [l1 + l2 - lambda, l1 + lambda - l2, l2 + lambda - l1].map(pascal),
            primes,
            factorials,
        }
    }

    /// The coefficient for these components, and their sum.
    fn coefficient(&self, m1: i32, m2: i32) -> f64 {
        let Racah { l1, l2, lambda, .. } = *self;
        let mu = m1 + m2;
        let plus = |l: usize, m: i32| l.checked_add_signed(m as isize);
        let places = [(l1, m1), (l2, m2), (lambda, mu)].map(|(l, m)| [plus(l, m), plus(l, -m)]);
        let [
            [Some(l1_plus), Some(l1_minus)],
            [Some(l2_plus), Some(l2_minus)],
            [Some(plus), Some(minus)],
        ] = places
        else {
            return 0.0;
        };
        let [first, second, third] = &self.binomials;
        let terms = first.iter().enumerate().map(|(k, &binomial)| {
            let others = l1_minus
                .checked_sub(k)
                .and_then(|i| second.get(i))
                .zip(l2_plus.checked_sub(k).and_then(|i| third.get(i)));
            let product = others.map_or(0, |(x, y)| binomial * x * y);
            if k % 2 == 0 { product } else { -product }
        });
        let sum: i128 = terms.sum();

        let mut powers = vec![0; self.primes.len()];
        add_powers(&mut powers, &self.primes, 2 * lambda + 1);
        for n in [l1_plus, l1_minus, l2_plus, l2_minus, plus, minus] {
            add(&mut powers, &self.factorials[n], 1);
        }
        add(&mut powers, &self.factorials[l1 + l2 + lambda + 1], -1);
        for row in &self.binomials {
            add(&mut powers, &self.factorials[row.len() - 1], -1);
        }
        sum as f64 * self.root(&powers)
    }

    /// The square root of a product of powers of all primes.
    fn root(&self, powers: &[i32]) -> f64 {
        let (mut over, mut under, mut square_over, mut square_under) = (1.0, 1.0, 1.0, 1.0);
        for (&prime, &power) in self.primes.iter().zip(powers) {
            let (factor, square) = match power {
                0.. => (&mut over, &mut square_over),
                _ => (&mut under, &mut square_under),
            };
            for _ in 0..power.abs() / 2 {
                *factor *= prime as f64;
            }
            if power % 2 != 0 {
                *square *= prime as f64;
            }
        }
        over / under * f64::sqrt(square_over / square_under)
    }
}

fn add(powers: &mut [i32], others: &[i32], sign: i32) {
    for (power, other) in powers.iter_mut().zip(others) {
        *power += sign * other;
    }
}

/// Adds the powers of all primes in `number`.
fn add_powers(powers: &mut [i32], primes: &[usize], mut number: usize) {
    for (power, prime) in powers.iter_mut().zip(primes) {
        while number.is_multiple_of(*prime) {
            *power += 1;
            number /= prime;
        }
    }
}

/// The binomials of `n`.
fn pascal(n: usize) -> Vec<i128> {
    let mut row = vec![1];
    for _ in 0..n {
        let pairs = row.windows(2).map(|pair| pair[0] + pair[1]);
        row = std::iter::once(1).chain(pairs).chain([1]).collect();
    }
    row
}

#[cfg(test)]
mod tests;
