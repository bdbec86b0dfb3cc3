//! One `libmetatensor.so` for all kinds of MPI, and for communicators from anywhere.

use std::path::Path;
use std::process::Command;

use crate::harness::{
    Mpi, all_worlds, by_address, c_program, cpp_program, few_worlds, library, output, rust_program,
    succeed,
};

/// The library that a program starts with.
fn libmetatensor_of(program: &Path) -> String {
    let all = output(Command::new("ldd").arg(program));
    let line = all.lines().find(|line| line.contains("libmetatensor.so "));
    let (_, path) = line.unwrap().split_once("=> ").unwrap();
    path.split(' ').next().unwrap().to_owned()
}

#[test]
fn has_no_mpi_inside() {
    let library = library();
    let undefined = output(
        Command::new("nm")
            .args(["-D", "--undefined-only"])
            .arg(&library),
    );
    let needed = output(Command::new("ldd").arg(&library));
    assert!(undefined.contains(" malloc"), "{undefined}");
    assert!(!undefined.contains(" MPI_"), "{undefined}");
    assert!(!needed.contains("mpi"), "{needed}");
}

#[test]
fn serves_both_kinds_of_mpi() {
    for (mpi, size) in all_worlds() {
        let program = c_program(mpi, "program");
        assert_eq!(
            Path::new(&libmetatensor_of(&program)),
            library(),
            "{mpi:?} has the same one"
        );
        succeed(mpi, size, &program, &["groups"]);
        succeed(mpi, size, &program, &["halo"]);
    }
    for (mpi, size) in few_worlds() {
        for command in ["groups", "maps"] {
            succeed(mpi, size, &cpp_program(mpi, "program"), &[command]);
        }
    }
}

#[test]
fn is_found_by_addresses_of_communicators() {
    for mpi in Mpi::all() {
        let library = by_address(mpi);
        for size in [1, 3] {
            let arguments = ["address".as_ref(), library.as_os_str()];
            succeed(mpi, size, &c_program(mpi, "program"), &arguments);
        }
    }
}

#[test]
fn for_rust_takes_any_communicator() {
    for (mpi, size) in all_worlds() {
        succeed(mpi, size, &rust_program(mpi), &["groups"]);
    }
    for mpi in Mpi::all() {
        succeed(mpi, 2, &rust_program(mpi), &["before"]);
    }
}
