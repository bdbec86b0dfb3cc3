//! Files that are written block by block, merged, and appended to.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "writing/appended.rs"]
mod appended;
#[path = "writing/blocks.rs"]
mod blocks;
#[cfg(unix)]
#[path = "writing/journals.rs"]
mod journals;
#[path = "io/make.rs"]
mod make;
#[path = "writing/merged.rs"]
mod merged;
#[path = "writing/parts.rs"]
mod parts;
#[path = "writing/recovered.rs"]
mod recovered;
#[path = "writing/rows.rs"]
mod rows;
