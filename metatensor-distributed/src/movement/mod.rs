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

pub(crate) use redistribute::redistribute_in;

#[cfg(test)]
mod tests;
