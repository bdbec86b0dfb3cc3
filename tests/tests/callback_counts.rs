//! Functions of arrays are called as often as `docs/foreign_arrays.md` says.
//!
//! The table there is what `tests/c/callback_counts.c` prints, which counts the calls. To record new numbers:
//!
//! ```text
//! RECORD_CALLBACK_COUNTS=1 cargo test -p metatensor-tests --test callback_counts
//! ```

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::fs;

use metatensor_tests::compiler::{Checker, Language, Program};
use metatensor_tests::repository;
use metatensor_tools::declarations::functions;

const PROGRAM: &str = "callback_counts.c";

fn counted(checker: Checker) -> String {
    let program = Program::compile(PROGRAM, Language::C11, checker).unwrap();
    program.run().unwrap()
}

#[test]
fn functions_of_arrays_are_called_as_often_as_documented() {
    let path = repository().join("docs/foreign_arrays.md");
    let page = fs::read_to_string(&path).unwrap();
    let (title, rest) = page.split_once("\n|---|").unwrap();
    let (alignments, rows) = rest.split_once('\n').unwrap();
    let end = rows.find("\n\n").map_or(rows.len(), |end| end + 1);
    let (rows, after) = rows.split_at(end);
    let counts = counted(Checker::None);
    if std::env::var_os("RECORD_CALLBACK_COUNTS").is_some() {
        let page = format!("{title}\n|---|{alignments}\n{counts}{after}");
        fs::write(path, page).unwrap();
        return;
    }
    for (expected, actual) in rows.lines().zip(counts.lines()) {
        assert_eq!(
            expected, actual,
            "not what the table says: if there is a good reason, record it with RECORD_CALLBACK_COUNTS=1"
        );
    }
    assert_eq!(rows.lines().count(), counts.lines().count());
}

#[test]
fn arrays_that_keep_tensors_and_count_are_released_once() {
    for checker in [Checker::AddressSanitizer, Checker::Valgrind] {
        counted(checker);
    }
}

#[test]
fn all_functions_on_maps_are_counted() {
    let program = repository().join("tests/c").join(PROGRAM);
    let program = fs::read_to_string(program).unwrap();
    let mut count = 0;
    for function in functions(&repository().join("include/metatensor/operations.h")).unwrap() {
        let is_map = |type_name: &str| type_name == "const mts_tensormap_t*";
        if function.parameters.iter().any(|p| is_map(&p.type_name)) {
            let name = function.name;
            assert!(
                program.contains(&format!("{name}(")),
                "the calls of {name} are not counted in {PROGRAM}"
            );
            count += 1;
        }
    }
    assert!(count > 40);
}
