//! Sums over all ranks.
//!
//! Nothing is added by MPI: what is added, in which order and in which precision, is decided here, and is the same for any
//! transport.

mod all_reduce;
mod arithmetic;
mod by_labels;
mod flat;
mod groups;
mod lstsq;
mod normal_equations;
mod over_samples;
mod parts;
mod placement;
mod same_labels;
mod source;
mod weighted;

pub use over_samples::SumOrder;
pub use placement::Placement;

#[cfg(test)]
mod tests;
