//! Rows of maps as messages.
//!
//! A message has rows of some blocks of a map whose [`Schema`](crate::schema::Schema) both sides know. A *row set* is the rows
//! of the values, or of one gradient, of one block; row sets are in the order of blocks, values before gradients, and
//! gradients before the next gradients of the same block (`row_sets.rs`). All numbers are in the byte order of the machine:
//!
//! ```text
//! 32 bytes   magic "MTSP" u32, version u16, flags u16, number of the collective function u64, size of the message u64,
//!            number of row sets u64
//! counts     u64 rows for each row set; if less than a quarter of them has rows (flag 1): u64 how many have, and for each of
//!            these u64 row set, u64 rows
//! labels     i32, samples of all row sets; "sample" of gradients is a row of the values in this message
//! values     of each row set with rows, from a multiple of 16 bytes on
//! ```
//!
//! Rows are copied twice: from arrays to a message, and from there to where they stay. Those that do not leave their rank
//! are in no message.

mod join;
mod layout;
mod order;
mod read;
mod route;
mod row_sets;
mod samples;
mod values;
mod write;

pub(crate) use join::{Join, contiguous, own_elements};
pub(crate) use layout::Layout;
pub use order::Order;
pub(crate) use read::{Received, read};
pub(crate) use route::Routes;
pub(crate) use row_sets::RowSets;
pub(crate) use write::write;

#[cfg(test)]
mod tests;
