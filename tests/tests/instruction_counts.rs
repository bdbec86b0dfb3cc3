//! Kernels of the C interface do not need more instructions than they used to.
//! The headers for C++ need about as many as the functions of C that they call.
//!
//! Unlike times, numbers of instructions are the same on a busy machine. They are counted by callgrind, in the
//! library as it is shipped. The expected ones are in `instruction_counts.txt`. When one of them changes
//! for a good reason, or for another compiler, record new ones with
//!
//! ```text
//! RECORD_INSTRUCTION_COUNTS=1 cargo test -p metatensor-tests --test instruction_counts
//! ```
//!
//! The hash of rows has another seed in each process, so that some rows need another step to be found: this changes
//! counts by less than 1 %. Another processor can change them too, when there are several versions of a function in the
//! C library or in ours. `TOLERANCE` has room for both.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use metatensor_tests::library::shipped_library;
use metatensor_tests::repository;
use metatensor_tests::tools::tool;
use metatensor_tools::run::output;

/// How many times more instructions than expected are too many.
const TOLERANCE: f64 = 1.15;

/// The first lines of the file.
const TITLE: &str = "# Instructions that the kernels of tests/c/counted.c need, in the library as it is shipped.\n\
                     # Do not edit: tests/instruction_counts.rs says how to record them.\n";

#[test]
fn kernels_do_not_need_more_instructions_than_recorded() {
    let expected_file = repository().join("tests/tests/instruction_counts.txt");
    let expected = fs::read_to_string(&expected_file).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let program = compile("cc", "-std=c11", "tests/c/counted.c", directory.path()).unwrap();

    let mut recorded = String::from(TITLE);
    let mut report = String::new();
    let mut too_many = false;
    for (kernel, expected) in parse(&expected).unwrap() {
        let count = count_instructions(&program, &[kernel]).unwrap();
        writeln!(recorded, "{kernel} {count}").unwrap();
        let ratio = count as f64 / expected as f64;
        let verdict = if ratio > TOLERANCE { "  too many" } else { "" };
        writeln!(
            report,
            "{kernel:20} {count:>12} of {expected:>12}: {ratio:.3}{verdict}"
        )
        .unwrap();
        too_many |= ratio > TOLERANCE;
    }
    println!("{report}");
    if std::env::var_os("RECORD_INSTRUCTION_COUNTS").is_some() {
        fs::write(expected_file, recorded).unwrap();
        return;
    }
    assert!(
        !too_many,
        "more than {TOLERANCE} times the expected instructions:\n{report}If there is a good reason, record new counts \
         with RECORD_INSTRUCTION_COUNTS=1"
    );
}

/// How many times more instructions than functions of C the headers for C++ may need for the same.
const WRAPPED: f64 = 1.05;

#[test]
fn cxx_needs_as_many_instructions_as_c() {
    let directory = tempfile::tempdir().unwrap();
    let program = compile("g++", "-std=c++17", "tests/cxx/costs.cpp", directory.path()).unwrap();
    for work in ["labels", "values", "multiply", "blocks"] {
        let c = count_instructions(&program, &[work, "c"]).unwrap();
        let cxx = count_instructions(&program, &[work, "cxx"]).unwrap();
        let ratio = cxx as f64 / c as f64;
        println!("{work:10} C {c:>10}  C++ {cxx:>10}: {ratio:.3}");
        assert!(ratio <= WRAPPED, "{work}: C {c}, C++ {cxx}: {ratio:.3}");
    }
}

/// Kernels and their expected counts, from the lines of a file which are not comments.
fn parse(text: &str) -> Result<Vec<(&str, u64)>, Box<dyn Error>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let counts = lines.map(|line| {
        let (kernel, count) = line.split_once(' ').ok_or("a count is missing")?;
        Ok((kernel, count.parse()?))
    });
    counts.collect()
}

fn compile(
    compiler: &str,
    standard: &str,
    source: &str,
    directory: &Path,
) -> Result<PathBuf, Box<dyn Error>> {
    let program = directory.join("counted");
    let library = shipped_library()?;
    let parent = library.parent().ok_or("the library is in a directory")?;
    let mut compiler = Command::new(compiler);
    compiler
        .args([standard, "-O2", "-Wall", "-Wextra", "-Werror", "-pedantic"])
        .arg("-I")
        .arg(repository().join("include"))
        .arg(repository().join(source))
        .arg(&library)
        .arg(format!("-Wl,-rpath,{}", parent.display()))
        .arg("-o")
        .arg(&program);
    output(&mut compiler)?;
    Ok(program)
}

/// How many instructions one run of a kernel takes, without what prepares it.
fn count_instructions(program: &Path, arguments: &[&str]) -> Result<u64, Box<dyn Error>> {
    let kernel = arguments.join("-");
    let counts = program.with_file_name(format!("{kernel}.callgrind"));
    let mut valgrind = tool("valgrind")?;
    valgrind
        .args(["--tool=callgrind", "--toggle-collect=measured"])
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(program)
        .args(arguments)
        // Work of other threads is not inside of the function that is measured.
        .env("METATENSOR_NUM_THREADS", "1");
    output(&mut valgrind)?;
    let counts = fs::read_to_string(counts)?;
    let totals = counts.lines().find_map(|line| line.strip_prefix("totals:"));
    let total = totals.ok_or("callgrind has written no totals")?.trim();
    match total.parse()? {
        0 => Err(format!("callgrind has not counted anything for '{kernel}'").into()),
        count => Ok(count),
    }
}
