//! Code for the processor at hand: the only room that knows which processors there are.
//!
//! [`run_kernel`] is run-time dispatch: what a [`Kernel`] does is compiled several times, for processors with and without
//! wide vectors, and the best one for this processor is chosen when it runs. [`Lanes`] are a few integers that every
//! processor of a kind compares at once. [`Word`] is a register of items that are moved, and lines are what the cache has.

mod dispatch;
mod lanes;
mod streaming;
mod words;

pub use dispatch::{Kernel, run_kernel};
pub(crate) use lanes::{LANES, Lanes};
pub(crate) use streaming::{Line, finish_streaming, stream_line};
pub use words::prefetch;
pub(crate) use words::{LINE, WORD, Word, interleave, will_read, will_write};
