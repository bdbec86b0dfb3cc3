//! The rooms of the house: what is above what, that nothing uses what is above it, and that no file is two ideas.
//!
//! These tests read the sources: `use crate::...`, `super::...`, and paths inside of code. Test code may use anything.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

mod rooms {
    pub(crate) mod imports;
    pub(crate) mod source;
}

use rooms::imports::Crate;
use rooms::source::sources;

/// The rooms of the crates, from the lowest to the highest: each may use those before it. A room is a module at the root
/// of its crate.
const CRATES: [Crate; 4] = [
    Crate {
        directory: "metatensor-core",
        rooms: &[
            "error", "simd", "memory", "names", "threads", "limits", "rows", "array", "labels",
            "block", "tensor", "io", "display", "internal",
        ],
        // Arrays of all kinds for the tests.
        test_rooms: &[],
    },
    Crate {
        directory: "metatensor-operations",
        rooms: &["numbers", "kernels", "engine", "ops"],
        test_rooms: &["testing"],
    },
    Crate {
        directory: "metatensor-distributed",
        rooms: &[
            "transport",
            "communicator",
            "schema",
            "wire",
            "partition",
            "movement",
            "halo",
            "sums",
            "files",
        ],
        test_rooms: &["testing"],
    },
    Crate {
        directory: "metatensor-capi",
        rooms: &["allocator", "ffi", "types", "functions"],
        test_rooms: &[],
    },
];

/// The rooms inside of the one for files, in the same order.
const FILES: [&str; 29] = [
    "read_at",
    "file",
    "save_bytes",
    "shared_file",
    "journal",
    "npy",
    "archive",
    "other",
    "contents",
    "info",
    "part",
    "placement",
    "array",
    "labels",
    "member_names",
    "loader",
    "opened",
    "archive_file",
    "load",
    "map_file",
    "collection",
    "mapped",
    "save",
    "layout",
    "map_writer",
    "merge",
    "compress",
    "reorder",
    "validate",
];

/// The crates of the library, from the lowest to the highest.
const LAYERS: [&str; 5] = [
    "metatensor-core",
    "metatensor-operations",
    "metatensor-distributed",
    "metatensor-capi",
    "metatensor",
];

/// Crates whose functions are in the documentation for users.
const FOR_USERS: [&str; 3] = [
    "metatensor-core",
    "metatensor-operations",
    "metatensor-distributed",
];

/// A file with more lines is two ideas, as a rule.
const MAX_LINES: usize = 450;

/// What only the other crates of this workspace see, by way of `metatensor_core::internal`.
const NOT_FOR_USERS: [&str; 13] = [
    "metatensor-core/src/array/output.rs",
    "metatensor-core/src/error/contents.rs",
    "metatensor-core/src/io/array.rs",
    "metatensor-core/src/io/compress.rs",
    "metatensor-core/src/io/layout.rs",
    "metatensor-core/src/io/map_file/parts.rs",
    "metatensor-core/src/io/placement.rs",
    "metatensor-core/src/io/reorder.rs",
    "metatensor-core/src/io/save_bytes.rs",
    "metatensor-core/src/io/shared_file.rs",
    "metatensor-core/src/memory/",
    "metatensor-core/src/rows/",
    "metatensor-core/src/simd/",
];

/// Public functions which are not shown in an example, and why.
const WITHOUT_EXAMPLE: [(&str, &str); 9] = [
    (
        "from_raw",
        "takes a pointer that comes from another language",
    ),
    (
        "from_dlpack",
        "`ViewMut::from_dlpack` takes what another library gives away",
    ),
    ("stored_like", "only for the other crates"),
    ("save_bytes", "only for the other crates"),
    ("add", "`ResultBytes` is only for the other crates"),
    ("io", "as `Error::invalid`, with what the system said"),
    ("union_and_mapping", "as `Labels::union`"),
    ("intersection_and_mapping", "as `Labels::intersection`"),
    ("difference_and_mapping", "as `Labels::difference`"),
];

#[test]
fn no_room_uses_a_higher_one() {
    let wrong: Vec<String> = CRATES.iter().flat_map(Crate::wrong_imports).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn nothing_inside_of_files_uses_what_is_above_it() {
    let wrong = CRATES[0].wrong_imports_inside("io", &FILES);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_file_belongs_to_a_room() {
    let lost: Vec<String> = CRATES.iter().flat_map(Crate::files_without_room).collect();
    assert!(lost.is_empty(), "\n{}", lost.join("\n"));
}

#[test]
fn no_crate_uses_a_higher_one() {
    for (i, name) in LAYERS.iter().enumerate() {
        for source in sources(name) {
            for above in &LAYERS[i + 1..] {
                let path = format!("{}::", above.replace('-', "_"));
                let found = source.code().find(|(_, line)| {
                    line.match_indices(&path).any(|(at, _)| {
                        !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                    })
                });
                if let Some((line, _)) = found {
                    panic!(
                        "{}:{line}: {name} uses {above}, which is above it",
                        source.path
                    );
                }
            }
        }
    }
}

#[test]
fn no_file_is_too_long() {
    let directories = LAYERS.into_iter().chain(["metatensor-cli", "tools"]);
    let long = directories.flat_map(sources).filter(|source| {
        !source.is_test() && !source.is_generated() && source.code_lines() > MAX_LINES
    });
    let long: Vec<_> = long
        .map(|source| format!("{} has {} lines", source.path, source.code_lines()))
        .collect();
    assert!(
        long.is_empty(),
        "files with more than {MAX_LINES} lines:\n{}",
        long.join("\n")
    );
}

#[test]
fn every_function_for_users_has_an_example() {
    let functions = FOR_USERS.iter().flat_map(|name| sources(name));
    let functions = functions.filter(|source| {
        !NOT_FOR_USERS
            .iter()
            .any(|path| source.path.starts_with(path))
    });
    let missing = functions.flat_map(|source| {
        let functions = source.functions_without_example();
        let names = functions
            .into_iter()
            .filter(|(_, name)| !WITHOUT_EXAMPLE.iter().any(|(known, _)| known == name));
        let path = source.path.clone();
        names
            .map(|(line, name)| format!("{path}:{line}: {name}"))
            .collect::<Vec<_>>()
    });
    let missing: Vec<_> = missing.collect();
    assert!(
        missing.is_empty(),
        "public functions without an example:\n{}",
        missing.join("\n")
    );
}
