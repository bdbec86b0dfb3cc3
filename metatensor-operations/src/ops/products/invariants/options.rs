//! Options of invariants.

/// What invariants are multiplied with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Normalisation {
    /// `(-1)^l / √(2l + 1)`, for each degree l: the Clebsch-Gordan coefficients of invariants, as in featomic.
    #[default]
    ClebschGordan,
    /// Nothing: invariants are scalar products.
    None,
}

/// Which pairs of neighbors are in the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NeighborPairs {
    /// Each pair once, the smaller type first, in a block of its own. Those of different neighbors are multiplied with √2,
    /// so that scalar products of results are the same as with all of them. Pairs of different neighbors that no sample has are
    /// left out.
    #[default]
    Unique,
    /// All of them, as properties. Each block has those of all types of neighbors in the map.
    All,
}

/// Options of [`invariants`](crate::invariants).
///
/// ```
/// # use metatensor_operations::{InvariantsOptions, NeighborPairs};
/// let options = InvariantsOptions {
///     pairs: NeighborPairs::All,
///     max_bytes: Some(1 << 30),
///     ..InvariantsOptions::default()
/// };
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InvariantsOptions {
    /// What all invariants are multiplied with.
    pub normalisation: Normalisation,
    /// Which pairs of neighbors there are.
    pub pairs: NeighborPairs,
    /// Nothing is computed if the result, with its labels, would take more bytes than this. `None` for no other limit than
    /// that of the process, [`Limit::ResultBytes`](metatensor_core::Limit::ResultBytes).
    pub max_bytes: Option<u64>,
}
