//! What fuzzing starts from, and what it found: the functions that libFuzzer runs, on these inputs and on damaged ones of
//! them. See "Fuzzing" in CONTRIBUTING.md.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

#[path = "../../fuzz/src/targets/mod.rs"]
mod targets;

use std::env;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use metatensor_tests::repository;
use targets::{TARGETS, Target};

/// How long each target gets damaged inputs.
fn duration() -> Duration {
    let seconds = env::var("FUZZ_SECONDS").map_or(1.0, |seconds| seconds.parse().unwrap());
    Duration::from_secs_f64(seconds)
}

fn run(target: &Target, input: &[u8], what: &str) {
    let run = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    if run.is_err() {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(target.name);
        fs::write(&path, input).unwrap();
        panic!("the target '{}' fails for {what}: {path:?}", target.name);
    }
}

/// Numbers that are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % count.max(1) as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        const OFTEN: [u8; 8] = [0, 1, 4, 0x7f, 0x80, 0xff, b'/', b'\''];
        match self.below(2) {
            0 => OFTEN[self.below(OFTEN.len())],
            _ => self.below(256) as u8,
        }
    }

    /// One of the inputs, with changes at a few places, or the start of one with the end of another.
    fn damaged(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        let mut input = inputs[self.below(inputs.len())].clone();
        for _ in 0..=self.below(4) {
            let at = self.below(input.len());
            match self.below(8) {
                0 => input.truncate(at),
                1 => input.insert(at, self.byte()),
                2 => drop(input.drain(at..(at + self.below(9)).min(input.len()))),
                3 => {
                    let other = &inputs[self.below(inputs.len())];
                    input.truncate(at);
                    input.extend(&other[self.below(other.len())..]);
                }
                4 => input.extend((0..self.below(9)).map(|_| 0)),
                5 => input
                    .iter_mut()
                    .skip(at)
                    .take(1)
                    .for_each(|byte| *byte ^= 1),
                _ => {
                    let byte = self.byte();
                    input
                        .iter_mut()
                        .skip(at)
                        .take(1)
                        .for_each(|old| *old = byte);
                }
            }
        }
        input
    }
}

#[test]
fn no_input_does_harm() {
    targets::set_limits();
    for target in TARGETS {
        let seeds = (target.seeds)();
        for (number, seed) in seeds.iter().enumerate() {
            run(target, seed, &format!("seed {number}"));
        }
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let (start, mut count) = (Instant::now(), 0);
        while start.elapsed() < duration() {
            run(target, &random.damaged(&seeds), &format!("input {count}"));
            count += 1;
        }
        println!("{}: {} seeds, {count} inputs", target.name, seeds.len());
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
