//! Moving maps between ranks.

mod all_gather;
mod assembly;
mod broadcast;
mod buffers;
mod exchange;
mod gather;
mod plan;
mod redistribute;
mod rounds;
mod scatter;

pub(crate) use all_gather::all_gather_in;
pub(crate) use buffers::{bytes, bytes_mut, for_message, writable};
pub(crate) use redistribute::{redistribute_in, redistribute_with};

#[cfg(test)]
mod tests;
