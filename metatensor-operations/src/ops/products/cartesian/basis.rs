//! Real spherical harmonics as products of x, y and z.

use std::f64::consts::FRAC_1_SQRT_2;

use metatensor_core::{Error, Labels, Result};

/// What transforms as spherical harmonics of one degree, in a Cartesian vector or matrix.
pub(super) struct Part {
    pub(super) lambda: i32,
    pub(super) sigma: i32,
    /// For each `o3_mu`, entries of the vector or matrix, row by row, and their coefficients.
    pub(super) from_cartesian: Vec<Vec<(usize, f64)>>,
}

impl Part {
    /// The component for this degree.
    pub(super) fn mu(&self) -> Result<Labels> {
        Labels::assume_unique(&["o3_mu"], (-self.lambda..=self.lambda).collect())
    }

    /// The transpose, which is the inverse: for each entry of a vector or matrix.
    pub(super) fn to_cartesian(&self, rank: usize) -> Vec<Vec<(usize, f64)>> {
        let mut terms = vec![Vec::new(); 3_usize.pow(rank as u32)];
        for (mu, entries) in self.from_cartesian.iter().enumerate() {
            for &(entry, coefficient) in entries {
                terms[entry].push((mu, coefficient));
            }
        }
        terms
    }
}

/// The parts of vectors (rank 1) and matrices (rank 2).
pub(super) fn parts(rank: usize) -> Result<Vec<Part>> {
    let part = |lambda, sigma, from_cartesian| Part {
        lambda,
        sigma,
        from_cartesian,
    };
    match rank {
        1 => Ok(vec![part(
            1,
            1,
            vec![vec![(1, 1.0)], vec![(2, 1.0)], vec![(0, 1.0)]],
        )]),
        2 => Ok(vec![
            part(0, 1, trace()),
            part(1, -1, antisymmetric()),
            part(2, 1, symmetric()),
        ]),
        _ => Err(Error::invalid(format!(
            "expected the name of one component or of two, for vectors or matrices, got {rank}"
        ))),
    }
}

// Entries of a matrix, row by row. The coefficients are the real Clebsch-Gordan coefficients for two vectors.
const XX: usize = 0;
const XY: usize = 1;
const XZ: usize = 2;
const YX: usize = 3;
const YY: usize = 4;
const YZ: usize = 5;
const ZX: usize = 6;
const ZY: usize = 7;
const ZZ: usize = 8;

fn trace() -> Vec<Vec<(usize, f64)>> {
    let c = -1.0 / 3_f64.sqrt();
    vec![vec![(XX, c), (YY, c), (ZZ, c)]]
}

fn antisymmetric() -> Vec<Vec<(usize, f64)>> {
    let c = FRAC_1_SQRT_2;
    vec![
        vec![(XZ, c), (ZX, -c)],
        vec![(XY, -c), (YX, c)],
        vec![(YZ, -c), (ZY, c)],
    ]
}

fn symmetric() -> Vec<Vec<(usize, f64)>> {
    let (c, d) = (FRAC_1_SQRT_2, 1.0 / 6_f64.sqrt());
    vec![
        vec![(XY, c), (YX, c)],
        vec![(YZ, c), (ZY, c)],
        vec![(XX, -d), (YY, -d), (ZZ, 2.0 * d)],
        vec![(XZ, c), (ZX, c)],
        vec![(XX, c), (YY, -c)],
    ]
}
