//! The library as it is shipped: optimized, and with an allocator of its own.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use metatensor_tests::compiler::{Checker, Language, Program, sources};
use metatensor_tests::library::shipped_library;
use metatensor_tools::run::output;

static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| shipped_library().unwrap());

fn check(name: &str) {
    let (path, language) = (sources().join(name), Language::of(name));
    let program = Program::compile_with(&LIBRARY, &path, language, Checker::None).unwrap();
    program.run().unwrap();
}

#[test]
fn programs_run() {
    for name in [
        "life_cycle.c",
        "ownership.c",
        "callbacks.c",
        "threads.c",
        "ready_made.c",
        "shared_arrays.c",
        "raii.cpp",
    ] {
        check(name);
    }
}

#[test]
fn memory_goes_from_thread_to_thread_and_to_other_processes() {
    check("memory.c");
}

#[test]
fn kept_memory_goes_back_to_the_system() {
    let source = sources().join("kept_memory.c");
    let program = Program::compile_with(&LIBRARY, &source, Language::C11, Checker::None).unwrap();
    program.run_with(&[Path::new("shipped")]).unwrap();
}

#[test]
fn the_library_can_be_loaded_and_closed_by_any_thread() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program");
    output(
        Language::C11
            .compiler()
            .arg(sources().join("loading.c"))
            .args(["-x", "none", "-pthread", "-ldl", "-o"])
            .arg(&program),
    )
    .unwrap();
    output(Command::new(program).arg(&*LIBRARY)).unwrap();
}
