//! Inputs that libFuzzer makes up, for one of the targets: `cargo xtask fuzz` builds and runs this.
//!
//! Which one is said by `FUZZ_TARGET`. All of them are in one program, which takes minutes to build.

#![no_main]
#![allow(clippy::unwrap_used, reason = "what goes wrong here has to be seen")]

mod targets;

use std::env;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use targets::{TARGETS, Target};

static TARGET: OnceLock<&Target> = OnceLock::new();

fuzz_target!(
    init: {
        targets::set_limits();
        let name = env::var("FUZZ_TARGET").unwrap();
        let target = TARGETS.iter().find(|target| target.name == name).unwrap();
        TARGET.get_or_init(|| target);
        // What libFuzzer starts with.
        if let Some(folder) = env::var_os("FUZZ_SEEDS") {
            for (i, seed) in (target.seeds)().iter().enumerate() {
                fs::write(Path::new(&folder).join(format!("seed-{i}")), seed).unwrap();
            }
        }
    },
    |input: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.run)(input);
        }
    }
);
