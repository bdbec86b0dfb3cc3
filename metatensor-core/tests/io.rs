//! Saving and loading.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "io/golden.rs"]
mod golden;
