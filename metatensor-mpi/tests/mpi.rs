//! Programs under `mpirun`, with Open MPI and with MPICH. Each of them ends all ranks if anything is not as it should be.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::path::Path;
use std::process::Command;

mod harness;

use harness::{
    Mpi, all_worlds, by_address, c_program, launch, library, output, repository, rust_program,
    succeed,
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

/// The library that a program starts with.
fn libmetatensor_of(program: &Path) -> String {
    let all = output(Command::new("ldd").arg(program));
    let line = all.lines().find(|line| line.contains("libmetatensor.so "));
    let (_, path) = line.unwrap().split_once("=> ").unwrap();
    path.split(' ').next().unwrap().to_owned()
}

#[test]
fn one_library_has_no_mpi_inside() {
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
fn one_library_serves_both_kinds_of_mpi() {
    for (mpi, size) in all_worlds() {
        let program = c_program(mpi, "program");
        assert_eq!(
            Path::new(&libmetatensor_of(&program)),
            library(),
            "{mpi:?} has the same one"
        );
        succeed(mpi, size, &program, &["groups"]);
    }
}

#[test]
fn one_library_is_found_by_addresses_of_communicators() {
    for mpi in Mpi::all() {
        let library = by_address(mpi);
        for size in [1, 3] {
            let arguments = ["address".as_ref(), library.as_os_str()];
            succeed(mpi, size, &c_program(mpi, "program"), &arguments);
        }
    }
}

#[test]
fn one_library_for_rust_takes_any_communicator() {
    for (mpi, size) in all_worlds() {
        succeed(mpi, size, &rust_program(mpi), &["groups"]);
    }
    for mpi in Mpi::all() {
        succeed(mpi, 2, &rust_program(mpi), &["before"]);
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
