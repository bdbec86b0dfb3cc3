//! Which rank rows belong to.

pub(crate) mod rendezvous;
