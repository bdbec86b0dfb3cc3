//! The C interface of metatensor: handles, status codes, and a guard that no panic passes.
//!
//! Functions are documented in the headers, which are generated from this crate: `metatensor.h`
//! (compatible with metatensor 0.2), and those in `metatensor/` for what is new here. No algorithm
//! lives in this crate.
//!
//! `functions` has what is exported, `types` the handles and structures that functions take, and `ffi` what all of them
//! need: none of them uses what comes before it here.

#![expect(unsafe_code, reason = "every function takes pointers")]
#![expect(
    non_camel_case_types,
    reason = "types have the names they have in the headers"
)]

#[cfg(target_os = "linux")]
mod allocator;
mod ffi;
mod functions;
mod types;

pub use ffi::*;
pub use functions::*;
pub use types::*;
