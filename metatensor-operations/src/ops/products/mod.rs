//! Products of maps that know more than one label: contractions, and what descriptors of atoms are made of.

mod cartesian;

pub use cartesian::{cartesian_to_spherical, spherical_to_cartesian};
