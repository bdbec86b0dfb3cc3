//! Products of maps that know more than one label, and what is made of the gradients of energies.

mod cartesian;
mod clebsch_gordan;
mod contractions;
mod forces;

pub use self::cartesian::*;
pub use self::clebsch_gordan::*;
pub use self::contractions::*;
pub use self::forces::*;
