//! What distributed maps cost beside MPI by hand: `bash benches/run_mpi.sh` builds and runs it.
//!
//! `bytes` counts what is sent, with threads as ranks; `times`, under `mpirun -n 2`, measures. Both print rows of a table,
//! and end with an error if something misses its target.

use std::process::ExitCode;

mod bytes;
mod inputs;
mod raw;
mod table;
mod times;

fn main() -> ExitCode {
    let missed = match std::env::args().nth(1).as_deref() {
        Some("bytes") => bytes::run(),
        Some("times") => times::run(),
        _ => panic!("'bytes', or 'times' under mpirun"),
    };
    if missed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
