//! Compiles the one file that includes `mpi.h` with the compiler of MPI, `$MPICC` or `mpicc`, and links what it links.

use std::env;
use std::error::Error;
use std::process::Command;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src/shim.c");
    println!("cargo::rerun-if-changed=../include");
    println!("cargo::rerun-if-env-changed=MPICC");
    let mpicc = env::var("MPICC").unwrap_or_else(|_| "mpicc".to_owned());
    let flags = flags(&mpicc)?;
    cc::Build::new()
        .compiler(&mpicc)
        .std("c11")
        .opt_level(2)
        .warnings(true)
        .extra_warnings(true)
        .include("../include")
        .file("src/shim.c")
        .try_compile("metatensor_mpi_shim")?;
    for flag in flags.split_whitespace() {
        if let Some(directory) = flag.strip_prefix("-L") {
            println!("cargo::rustc-link-search=native={directory}");
        } else if let Some(library) = flag.strip_prefix("-l") {
            println!("cargo::rustc-link-lib={library}");
        } else if flag.starts_with("-Wl,") {
            // Where to look for libraries when programs start. Cargo only does this for the programs of this crate.
            println!("cargo::rustc-link-arg={flag}");
        }
    }
    Ok(())
}

/// The command that the compiler of MPI runs: all of them know this option.
fn flags(mpicc: &str) -> Result<String, Box<dyn Error>> {
    let output = Command::new(mpicc).arg("-show").output().map_err(|error| {
        format!(
            "can not run '{mpicc}', the C compiler of MPI: {error}. Install one (on Debian, libopenmpi-dev or libmpich-dev), or \
             set MPICC to its path"
        )
    })?;
    if !output.status.success() {
        return Err(format!(
            "'{mpicc} -show' fails, so that this is no C compiler of MPI: {}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
