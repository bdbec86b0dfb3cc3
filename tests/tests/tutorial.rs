//! The examples in Rust, and the tutorial in C and C++, print what they always printed.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::path::Path;

use metatensor_tests::compiler::{Checker, Language, Program};
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

#[expect(dead_code, reason = "`main` of the example")]
#[expect(unreachable_pub, reason = "the example is a program of its own")]
#[path = "../../metatensor/examples/managing_gradients.rs"]
mod managing_gradients;

#[test]
fn the_rust_tutorial_prints_its_snapshot() {
    let mut output = Vec::new();
    managing_gradients::tutorial(&repository().join("tests/data"), &mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    let snapshot = repository().join("tests/tests/snapshots/managing_gradients.txt");
    let expected = std::fs::read_to_string(snapshot).unwrap();
    let difference = output
        .lines()
        .zip(expected.lines())
        .enumerate()
        .find(|(_, (got, expected))| got != expected);
    assert_eq!(difference, None, "first line that differs");
    assert_eq!(output, expected);
}

#[expect(dead_code, reason = "`main` of the example")]
#[expect(unreachable_pub, reason = "the example is a program of its own")]
#[path = "../../metatensor/examples/linear_model.rs"]
mod linear_model;

#[test]
fn the_rust_model_fits_energy_and_forces() {
    let mut output = Vec::new();
    linear_model::linear_model(&repository().join("tests/data"), &mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    let (reference, predicted) = output.split_once("predicted energy").unwrap();
    assert_eq!(reference.matches("force on atom").count(), 6);
    assert_eq!(
        reference.trim_start_matches("reference energy"),
        predicted.trim_end_matches("the model fits\n")
    );
}

#[test]
fn the_readme_shows_the_first_example() {
    let read = |path| std::fs::read_to_string(repository().join(path)).unwrap();
    let example = read("metatensor/examples/first_steps.rs");
    let (title, program) = example.split_once("\n\n").unwrap();
    assert!(title.starts_with("//!"));
    let readme = read("README.md");
    assert!(
        readme.contains(&format!("```rust\n{program}```\n")),
        "the README shows another program than the example"
    );

    let example = read("examples-cpp/first_steps.cpp");
    let (title, program) = example.split_once('\n').unwrap();
    assert!(title.starts_with("//"));
    assert!(
        readme.contains(&format!("```cpp\n{program}```\n")),
        "the README shows another program in C++ than the example"
    );
}

#[test]
fn the_tutorials_in_c_and_cpp_find_the_same_numbers() {
    for (example, language) in [
        ("examples-c/managing_gradients.c", Language::C11),
        ("examples-cpp/managing_gradients.cpp", Language::Cpp17),
    ] {
        check_tutorial(&repository().join(example), language);
    }
}

fn check_tutorial(example: &Path, language: Language) {
    let directory = tempfile::tempdir().unwrap();
    let squared = directory.path().join("squared.mts");
    let program = Program::compile_file(example, language, Checker::None).unwrap();
    let data = repository().join("tests/data");
    let written = program.run_with(&[&data, &squared]).unwrap();

    // All tutorials print tables and numbers in the same way.
    let snapshot = repository().join("tests/tests/snapshots/managing_gradients.txt");
    let snapshot = std::fs::read_to_string(snapshot).unwrap();
    for title in ["TensorMap with 5 blocks", "TensorMap with 12 blocks"] {
        assert_eq!(paragraph(&written, title), paragraph(&snapshot, title));
    }
    for line in written.lines().filter(|line| line.contains("0.")) {
        let numbers = line
            .split('[')
            .next_back()
            .unwrap()
            .trim_end_matches([']', ',']);
        assert!(
            snapshot.contains(numbers),
            "{numbers} is not in the Rust tutorial"
        );
    }
    assert!(written.ends_with("by hand, multiply and pow: equal\n"));

    // The official package reads what was saved, and computes the same square.
    let mut python = Venv::get().unwrap().program("python");
    python.arg(repository().join("tests/python/round_trip.py"));
    output(python.arg("squared").arg(data).arg(squared)).unwrap();
}

/// The lines of `text` from `title` to the next empty one.
fn paragraph<'a>(text: &'a str, title: &str) -> Vec<&'a str> {
    let lines = text.lines().skip_while(|line| *line != title);
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    assert!(!lines.is_empty(), "'{title}' is missing");
    lines
}
