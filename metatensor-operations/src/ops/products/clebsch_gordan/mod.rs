//! Equivariant products: of spherical components, by Clebsch-Gordan coefficients.
//!
//! A [`Plan`](plan::Plan) says which blocks are multiplied, from keys only; a [`Structure`](blocks::Structure) which labels come out
//! of two blocks, and what elements are sums of. Then nothing is left but loops, in `kernels/clebsch_gordan.rs`.

mod angular;
mod blocks;
mod coefficients;
mod plan;
mod power;
mod product;
mod samples;
#[cfg(test)]
mod tests;

pub use power::{CgPowerOptions, cg_power, cg_power_metadata};
pub use product::{CgOptions, CgProduct, cg_product, cg_product_metadata};
