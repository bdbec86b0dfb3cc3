//! Files: archives of arrays, in the layout that all metatensor libraries share.
#![allow(
    dead_code,
    unused_imports,
    reason = "the functions that load and save come on top of this layer"
)]

mod archive;
mod atomic;
mod npy;
