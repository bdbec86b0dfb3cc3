//! What has to be true of every commit besides the tests: `cargo xtask check` and `cargo xtask platforms`.

use std::error::Error;
use std::process::Command;

use metatensor_tools::programs::program_of;
use metatensor_tools::run::{cargo, run};

use crate::docs::docs;

/// Systems that nobody here has, for which code is compiled but never linked or run.
const PLATFORMS: [&str; 2] = ["x86_64-apple-darwin", "x86_64-pc-windows-gnu"];

/// Format and lints of all crates, and the reference, without a warning.
pub(crate) fn check(_: &[String]) -> Result<(), Box<dyn Error>> {
    // The crate with MPI is a workspace of its own, and compiles with the compiler of MPI.
    let mpi = "--manifest-path metatensor-mpi/Cargo.toml";
    program_of("mpicc", &["libopenmpi-dev", "openmpi-bin"])?;
    cargo("fmt --all --check")?;
    cargo(&format!("fmt {mpi} --all --check"))?;
    cargo("clippy --workspace --all-targets --quiet -- -D warnings")?;
    cargo(&format!(
        "clippy {mpi} --workspace --all-targets --quiet -- -D warnings"
    ))?;
    cargo(&format!("doc {mpi} --no-deps --quiet"))?;
    docs(&[])
}

/// All crates of the library compile for other systems, or for those that are given.
pub(crate) fn platforms(given: &[String]) -> Result<(), Box<dyn Error>> {
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let platforms = match &given[..] {
        [] => &PLATFORMS,
        given => given,
    };
    for platform in platforms {
        run(Command::new("rustup").args(["target", "add", platform]))?;
        cargo(&format!(
            "check --quiet --target {platform} -p metatensor -p metatensor-core -p metatensor-operations -p metatensor-distributed -p metatensor-capi"
        ))?;
    }
    Ok(())
}
