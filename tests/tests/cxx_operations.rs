//! The headers for C++ that are not part of the interface of metatensor 0.2: operations, gradient mappings, files, settings.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::fs;
use std::path::PathBuf;

use metatensor_tests::compiler::{Checker, Language, Program};
use metatensor_tests::repository;
use metatensor_tools::declarations::functions;

fn program(name: &str) -> PathBuf {
    repository().join("tests/cxx").join(name)
}

fn check(name: &str) {
    let data = repository().join("tests/data");
    for checker in [Checker::AddressSanitizer, Checker::Valgrind] {
        let program = Program::compile_file(&program(name), Language::Cpp17, checker).unwrap();
        program.run_with(&[&data]).unwrap();
    }
}

#[test]
fn operations_give_what_those_in_c_give() {
    check("operations.cpp");
}

#[test]
fn products_give_what_those_in_c_give() {
    check("products.cpp");
}

#[test]
fn gradient_maps_and_settings_are_those_of_c() {
    check("gradient_map.cpp");
}

#[test]
fn files_are_read_in_part_mapped_written_and_merged() {
    check("files.cpp");
}

#[test]
fn ranks_are_those_of_c() {
    check("distributed.cpp");
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join("include/metatensor").join(path)).unwrap()
}

/// Headers of C, and those for C++ that call all of their functions.
const CALLED: &[(&str, &[&str])] = &[
    ("distributed.h", &["distributed.hpp"]),
    ("operations.h", &["operations.hpp"]),
    ("products.h", &["products.hpp"]),
    ("gradient_map.h", &["gradient_map.hpp"]),
    ("threads.h", &["threads.hpp"]),
    ("memory.h", &["memory.hpp"]),
    ("resource_limits.h", &["resource_limits.hpp"]),
    ("files.h", &["files.hpp"]),
    (
        "io.h",
        &[
            "files.hpp",
            "collection.hpp",
            "map_file.hpp",
            "map_writer.hpp",
            "details/problems.hpp",
        ],
    ),
];

#[test]
fn each_function_of_c_is_called_from_cpp() {
    for (header, callers) in CALLED {
        let path = repository().join("include/metatensor").join(header);
        let callers = callers.iter().map(|path| read(path)).collect::<String>();
        for function in functions(&path).unwrap() {
            let name = function.name;
            // functions that release something are given to whoever owns it
            let is_used = callers.contains(&format!("{name}("))
                || name.ends_with("_free") && callers.contains(&name);
            assert!(
                is_used,
                "{name} of {header} is called by none of its headers for C++"
            );
        }
    }
}

#[test]
fn each_operation_is_compared_with_its_function_of_c() {
    let compared = fs::read_to_string(program("operations.cpp")).unwrap();
    let header = repository().join("include/metatensor/operations.h");
    for function in functions(&header).unwrap() {
        let name = &function.name;
        let calls = [format!("{name}("), format!(" {name}, ")];
        let found = calls.iter().any(|call| compared.contains(call))
            || compared.contains(&format!(" {name},\n"));
        assert!(found, "{name} is not in operations.cpp");
    }
}
