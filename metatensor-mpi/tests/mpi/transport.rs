//! The header alone, and how programs end.

use std::process::Command;

use crate::harness::{
    Mpi, all_worlds, c_program, launch, output, repository, rust_program, succeed,
};

const NO_ARGUMENTS: &[&str] = &[];

#[test]
fn transport_moves_all_bytes_and_tells_what_fails() {
    for (mpi, size) in all_worlds() {
        succeed(mpi, size, &c_program(mpi, "transport"), NO_ARGUMENTS);
    }
}

#[test]
fn transport_waits_no_longer_than_asked() {
    for mpi in Mpi::all() {
        let ended = launch(mpi, 3, &c_program(mpi, "transport"), &["timeout"], &[]);
        assert!(!ended.success, "rank 1 has aborted all");
        let expected = "after 0.5 s, not all other ranks have come to this collective function";
        assert!(ended.stdout.contains(expected), "{ended:?}");
    }
}

#[test]
fn header_gives_no_warnings() {
    let include = repository().join("include");
    let warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
    let conversions = ["-Wconversion", "-Wsign-conversion", "-Wshadow"];
    for mpi in Mpi::all() {
        for (compiler, standard, language) in
            [("mpicc", "-std=c11", "c"), ("mpicxx", "-std=c++17", "c++")]
        {
            output(
                Command::new(mpi.tool(compiler))
                    .args([standard, "-fsyntax-only", "-x", language])
                    .args(["-DOMPI_SKIP_MPICXX", "-DMPICH_SKIP_MPICXX"])
                    .args(warnings)
                    .args(conversions)
                    .arg("-I")
                    .arg(&include)
                    .arg(include.join("metatensor/mpi.h")),
            );
        }
    }
}

#[test]
fn ranks_that_panic_do_not_leave_others_waiting() {
    for mpi in Mpi::all() {
        for rank in ["0", "2"] {
            let ended = launch(mpi, 3, &rust_program(mpi), &["panic", rank], &[]);
            assert!(!ended.success, "rank {rank} has panicked");
            assert!(ended.stderr.contains("this panic is expected"), "{ended:?}");
        }
    }
}

#[test]
fn programs_of_another_mpi_are_noticed() {
    let [open, mpich] = [Mpi::Open, Mpi::Mpich];
    if Mpi::all().len() < 2 {
        return;
    }
    for (launcher, mpi) in [(open, mpich), (mpich, open)] {
        let ended = launch(launcher, 2, &c_program(mpi, "program"), &["groups"], &[]);
        assert!(!ended.success, "each process is a world of its own");
    }
}
