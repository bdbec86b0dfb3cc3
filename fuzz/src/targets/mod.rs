//! What is done with bytes that may be anything, and what has to be true of it, whatever they are.
//!
//! libFuzzer runs these functions (`main.rs`), and so does an ordinary test, `tests/tests/fuzz_inputs.rs`, on what was found
//! before.

mod c_api;
mod c_parts;
mod changes;
mod choices;
mod collection;
mod collection_file;
mod journal;
mod labels;
mod load;
mod mapped;
mod maps;
mod merge;
mod npy;
mod readers;
mod select;
mod zip;

use metatensor_core::{Limit, set_kept_memory_bound, set_num_threads};

/// Something that takes any bytes.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Panics if something is wrong with what is made of the bytes.
    pub(crate) run: fn(&[u8]),
    /// Inputs to start from.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
}

pub(crate) const TARGETS: &[Target] = &[
    Target {
        name: "load",
        run: load::run,
        seeds: load::seeds,
    },
    Target {
        name: "npy",
        run: npy::run,
        seeds: npy::seeds,
    },
    Target {
        name: "labels",
        run: labels::run,
        seeds: labels::seeds,
    },
    Target {
        name: "archive",
        run: load::run_changed,
        seeds: changes::seeds,
    },
    Target {
        name: "journal",
        run: journal::run,
        seeds: journal::seeds,
    },
    Target {
        name: "c_api",
        run: c_api::run,
        seeds: c_api::seeds,
    },
    Target {
        name: "c_parts",
        run: c_parts::run,
        seeds: c_parts::seeds,
    },
    Target {
        name: "collection",
        run: collection::run,
        seeds: collection::seeds,
    },
    Target {
        name: "collection_file",
        run: collection_file::run,
        seeds: collection_file::seeds,
    },
    Target {
        name: "mapped",
        run: mapped::run,
        seeds: mapped::seeds,
    },
    Target {
        name: "merge",
        run: merge::run,
        seeds: merge::seeds,
    },
    Target {
        name: "readers",
        run: readers::run,
        seeds: readers::seeds,
    },
    Target {
        name: "select",
        run: select::run,
        seeds: select::seeds,
    },
];

/// No input may need more memory than this, or than a small multiple of it if it is loaded in several ways.
const MAX_BYTES: u64 = 16 << 20;

/// Limits for the whole process: no input needs much memory or time, and memory that is released is so at once.
pub(crate) fn set_limits() {
    Limit::InflatedBytes.set(MAX_BYTES);
    Limit::ResultBytes.set(MAX_BYTES);
    Limit::Members.set(1 << 12);
    Limit::Names.set(1 << 10);
    set_kept_memory_bound(0);
    set_num_threads(1);
}
