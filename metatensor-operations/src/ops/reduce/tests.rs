//! Tests of all reductions.

mod differences;
mod extremes;
mod known;
mod models;
mod random;
mod threads;
