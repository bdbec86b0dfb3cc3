//! Tests of all reductions.

mod differences;
mod known;
mod models;
mod random;
mod threads;
