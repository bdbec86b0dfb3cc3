//! The programs in Rust of which the book shows parts: `book NAME` runs one of them in the directory with the files that it reads.
//!
//! What a program prints between `ANCHOR: name` and `ANCHOR_END: name` is a part of its output that a page can show.

#![expect(
    clippy::unwrap_used,
    reason = "pages that show an error want it, and nothing else"
)]

mod build_a_map;
mod collections;
mod compare;
mod errors;
mod forces;
mod gradients;
mod join;
mod large_files;
mod linear_model;
mod merge_keys;
mod mpi;
mod reduce;
mod select;
mod spherical_products;
mod threads;

use std::error::Error;

/// What programs end with.
type Ended = Result<(), Box<dyn Error>>;

fn main() -> Ended {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    match &*wanted {
        "build_a_map" => build_a_map::main(),
        "collections" => collections::main(),
        "compare" => compare::main(),
        "errors" => errors::main(),
        "forces" => forces::main(),
        "gradients" => gradients::main(),
        "join" => join::main(),
        "large_files" => large_files::main(),
        "linear_model" => linear_model::main(),
        "merge_keys" => merge_keys::main(),
        "mpi" => mpi::main(),
        "reduce" => reduce::main(),
        "select" => select::main(),
        "spherical_products" => spherical_products::main(),
        "threads" => threads::main(),
        _ => Err(format!("there is no program '{wanted}'").into()),
    }
}

/// Names what is printed until it ends.
fn part(name: &str, print: impl FnOnce() -> Ended) -> Ended {
    println!("ANCHOR: {name}");
    print()?;
    println!("ANCHOR_END: {name}");
    Ok(())
}
