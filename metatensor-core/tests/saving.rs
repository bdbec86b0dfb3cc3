//! Saving to files of all kinds, with everything that can get in the way: kills, folders that can not be written to,
//! file systems that can do less, pipes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "saving/access.rs"]
mod access;
#[path = "saving/appends.rs"]
mod appends;
#[path = "saving/child.rs"]
mod child;
#[path = "saving/collections.rs"]
mod collections;
#[path = "saving/full.rs"]
mod full;
#[path = "saving/growing.rs"]
mod growing;
#[path = "saving/in_place.rs"]
mod in_place;
#[path = "saving/kills.rs"]
mod kills;
#[path = "saving/leftovers.rs"]
mod leftovers;
#[path = "saving/objects.rs"]
mod objects;
#[path = "saving/streams.rs"]
mod streams;
#[path = "saving/system.rs"]
mod system;
#[path = "saving/transposed.rs"]
mod transposed;
