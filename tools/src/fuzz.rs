//! Inputs that libFuzzer makes up: `cargo xtask fuzz`.

use std::error::Error;
use std::fs;
use std::process::Command;

use metatensor_tools::run::{output, run};
use metatensor_tools::{repository, target};

/// Coverage of everything, which libFuzzer needs, as cargo-fuzz asks for it; and what finds accesses to memory that is not
/// there.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-sanitizer-coverage-stack-depth",
    "--cfg fuzzing",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Zsanitizer=address",
    "-Cdebug-assertions",
    "-Ccodegen-units=1",
];

/// What no input may exceed: seconds, megabytes of the process, megabytes of one piece of memory.
const LIMITS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=1024", "-malloc_limit_mb=256"];

/// What takes most of the time otherwise: choosing inputs by how rare what they reach is, and names of functions that are
/// reached for the first time.
const FAST: [&str; 2] = ["-entropic=0", "-print_funcs=0"];

/// No search for references to the stacks of functions that have returned, which safe Rust does not have, and short traces.
const SANITIZER: &str = "detect_stack_use_after_return=0:malloc_context_size=4";

/// Runs the target that `arguments` starts with, for as many seconds as come next, with further options of libFuzzer.
///
/// What it finds interesting stays for the next time, in `fuzz/corpus/TARGET` of the folder for builds; what fails is
/// in `fuzz/inputs/TARGET` of the repository, where a test runs it from then on.
pub(crate) fn fuzz(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let Some((name, options)) = arguments.split_first() else {
        return Err("which target? They are listed in fuzz/src/targets/mod.rs".into());
    };
    let (seconds, options) = match options.split_first() {
        Some((first, others)) if !first.starts_with('-') => (first.parse::<u32>()?, others),
        _ => (60, options),
    };
    let folder = target().join("fuzz");
    let host = host()?;
    run(Command::new(env!("CARGO"))
        .args(["build", "--profile", "fuzz", "--target", &host])
        .args(["--manifest-path", "fuzz/Cargo.toml", "--target-dir"])
        .arg(&folder)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", FLAGS.join(" ")))?;

    let corpus = folder.join("corpus").join(name);
    let inputs = repository().join("fuzz/inputs").join(name);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&inputs)?;
    run(
        Command::new(folder.join(&host).join("fuzz/metatensor-fuzz"))
            .env("FUZZ_TARGET", name)
            .env("FUZZ_SEEDS", &corpus)
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", inputs.display()))
            .env("ASAN_OPTIONS", SANITIZER)
            .args(LIMITS)
            .args(FAST)
            .args(options)
            .arg(&corpus)
            .arg(&inputs),
    )
}

/// What this machine is called. With a target that is given, cargo does not instrument build scripts.
fn host() -> Result<String, Box<dyn Error>> {
    let about = output(Command::new("rustc").arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host
        .ok_or("rustc does not say what this machine is")?
        .to_owned())
}
