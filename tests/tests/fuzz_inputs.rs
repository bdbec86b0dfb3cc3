//! What fuzzing starts from, and what it found: the functions that libFuzzer runs, on these inputs and on damaged ones of
//! them. See "Fuzzing" in CONTRIBUTING.md.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

#[path = "../../fuzz/src/targets/mod.rs"]
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use metatensor_tests::repository;
use targets::{TARGETS, Target};

/// How many damaged inputs are made of each seed.
const DAMAGED: usize = 50;

fn run(target: &Target, input: &[u8], what: &str) {
    let run = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    assert!(run.is_ok(), "the target '{}' fails for {what}", target.name);
}

#[test]
fn no_input_does_harm() {
    targets::set_limits();
    for target in TARGETS {
        for (number, seed) in (target.seeds)().into_iter().enumerate() {
            run(target, &seed, &format!("seed {number}"));
            let step = seed.len().div_ceil(DAMAGED).max(1);
            for at in (number % step..seed.len()).step_by(step) {
                let mut damaged = seed.clone();
                damaged[at] ^= 1 << (at % 8);
                run(target, &damaged, &format!("seed {number} damaged at {at}"));
            }
        }
    }
}

#[test]
fn what_was_found_stays_mended() {
    targets::set_limits();
    let folder = repository().join("fuzz/inputs");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let target = TARGETS.iter().find(|target| target.name == name);
        let target = target.unwrap_or_else(|| panic!("there is no target '{name}'"));
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let input = fs::read(&path).unwrap();
            run(target, &input, &path.display().to_string());
            count += 1;
        }
    }
    assert!(count > 0, "no inputs were found");
}
