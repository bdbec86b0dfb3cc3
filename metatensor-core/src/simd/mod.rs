//! Code for the processor at hand: the only room that knows which processors there are.
//!
//! [`run_kernel`] is run-time dispatch: what a [`Kernel`] does is compiled several times, for processors with and without
//! wide vectors, and the best one for this processor is chosen when it runs. [`Lanes`] are a few integers that every
//! processor of a kind compares at once.

mod dispatch;
mod lanes;

pub use dispatch::{Kernel, run_kernel};
pub(crate) use lanes::{LANES, Lanes};
