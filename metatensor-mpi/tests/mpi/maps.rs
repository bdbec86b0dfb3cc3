//! What is on top of a communicator, with processes as ranks.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::harness::{
    Mpi, all_worlds, c_program, launch, official_python, output, rust_program, succeed,
    succeed_with,
};

/// Runs a part of the program in Rust with all numbers of ranks.
fn run(command: &str) {
    for (mpi, size) in all_worlds() {
        succeed(mpi, size, &rust_program(mpi), &[command]);
    }
}

#[test]
fn round_trip_gives_the_same_bits() {
    run("round_trip");
}

#[test]
fn agreement_of_all_functions() {
    for (mpi, size) in all_worlds() {
        // Three ranks of MPICH on two cores take half a minute for some thousand reductions.
        if (mpi, size) != (Mpi::Mpich, 3) {
            succeed(mpi, size, &rust_program(mpi), &["agreement"]);
        }
    }
}

#[test]
fn halo_of_two_layers_of_messages() {
    run("halo");
}

#[test]
fn forces_of_a_linear_model() {
    run("forces");
}

#[test]
fn bits_depend_on_what_is_promised_only() {
    // by name, and number of ranks if it matters
    let mut hashes = BTreeMap::new();
    let mut check = |mpi, size, threads| {
        let environment = [("METATENSOR_NUM_THREADS", threads)];
        let lines = succeed_with(mpi, size, &rust_program(mpi), &["bits"], &environment);
        assert!(lines.lines().count() > 20, "{lines}");
        for line in lines.lines() {
            let (name, hash) = line.split_once(": ").unwrap();
            let ranks = if name.starts_with("any ") { 0 } else { size };
            let first = hashes
                .entry((name.to_owned(), ranks))
                .or_insert(hash.to_owned());
            assert_eq!(
                first, hash,
                "{name}, {size} ranks of {mpi:?}, {threads} threads"
            );
        }
    };
    for (mpi, size) in all_worlds() {
        check(mpi, size, "1");
        // more threads and ranks than cores only wait for each other
        if size < 3 {
            check(mpi, size, "2");
        }
    }
}

#[test]
fn halos_of_many_steps_need_no_more_memory() {
    for (mpi, size) in [(Mpi::Open, 1), (Mpi::Open, 2), (Mpi::Mpich, 2)] {
        if Mpi::all().contains(&mpi) {
            succeed(mpi, size, &rust_program(mpi), &["steps"]);
        }
    }
}

#[test]
fn files_of_all_ranks_are_those_of_one() {
    for (mpi, size) in all_worlds() {
        if size == 4 || size == 8 {
            continue;
        }
        let directory = tempfile::tempdir().unwrap();
        let arguments = ["files".as_ref(), directory.path().as_os_str()];
        succeed(mpi, size, &rust_program(mpi), &arguments);
        if size == 3 {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/python/load.py");
            output(official_python().arg(script).arg(directory.path()));
        }
    }
}

#[test]
fn files_stay_if_a_rank_can_not_write() {
    for mpi in Mpi::all() {
        let directory = tempfile::tempdir().unwrap();
        let arguments = ["full_disk".as_ref(), directory.path().as_os_str()];
        succeed(mpi, 3, &rust_program(mpi), &arguments);
    }
}

#[test]
fn files_are_old_or_new_if_a_rank_is_killed() {
    for mpi in Mpi::all() {
        for delay in ["0", "3000", "20000", "100000"] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("map.mts");
            let arguments = ["until_killed".as_ref(), path.as_os_str(), delay.as_ref()];
            let ended = launch(mpi, 3, &rust_program(mpi), &arguments, &[]);
            assert!(!ended.success, "a rank was killed: {ended:?}");
            assert!(fs::metadata(&path).is_ok(), "{ended:?}");
            let arguments = ["after_killed".as_ref(), path.as_os_str()];
            succeed(mpi, 1, &rust_program(mpi), &arguments);
        }
    }
}

/// 13 GB of memory, and 20 s.
#[test]
#[ignore = "needs much memory"]
fn big_messages_are_sent_in_pieces() {
    for mpi in Mpi::all() {
        succeed(mpi, 2, &c_program(mpi, "transport"), &["big"]);
        succeed(mpi, 2, &rust_program(mpi), &["big"]);
    }
}
