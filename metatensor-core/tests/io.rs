//! Saving and loading.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "io/archives.rs"]
mod archives;
#[path = "io/create.rs"]
mod create;
#[path = "io/files.rs"]
mod files;
#[path = "io/golden.rs"]
mod golden;
#[path = "io/layouts.rs"]
mod layouts;
#[path = "io/make.rs"]
mod make;
#[path = "io/names.rs"]
mod names;
#[path = "io/other.rs"]
mod other;
#[path = "io/round_trips.rs"]
mod round_trips;
