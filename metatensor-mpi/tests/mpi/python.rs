//! `metatensor_native.distributed`, on communicators of mpi4py.

use crate::harness::{Mpi, python_program};

#[test]
fn functions_do_what_those_of_one_process_do() {
    for mpi in Mpi::all() {
        for size in [1, 2, 3] {
            let ended = python_program(mpi, size, "distributed.py", &[]);
            assert!(ended.success, "{size} ranks of {mpi:?}: {ended:?}");
            assert_eq!(ended.stdout.matches("is fine").count(), size, "{ended:?}");
        }
    }
}

#[test]
fn libraries_for_another_mpi_are_refused() {
    for mpi in Mpi::all() {
        let ended = python_program(mpi, 2, "another_mpi.py", &[]);
        assert!(ended.success, "{mpi:?}: {ended:?}");
    }
}

#[test]
fn exceptions_of_one_rank_end_all() {
    for mpi in Mpi::all() {
        let ended = python_program(mpi, 3, "one_fails.py", &[]);
        assert!(!ended.success, "rank 1 has failed");
        assert!(ended.stderr.contains("this rank is on fire"), "{ended:?}");
    }
}
