//! Products of maps that know what their labels say: contractions by label, and spherical tensors of the atomistic field.

mod cartesian;
mod clebsch_gordan;
mod contract;
mod invariants;
mod join;
mod size;
mod sums;

pub use cartesian::{cartesian_to_spherical, spherical_to_cartesian};
pub use clebsch_gordan::*;
pub use contract::{ContractOptions, SamplePairs, contract, contract_metadata};
pub use invariants::{
    InvariantsOptions, NeighborPairs, Normalisation, invariants, invariants_metadata,
};
pub use size::estimate_bytes;
