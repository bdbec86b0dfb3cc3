//! The gradient tutorial prints what it always printed.

use metatensor_tests::repository;

#[expect(dead_code, reason = "`main` of the example")]
#[expect(unreachable_pub, reason = "the example is a program of its own")]
#[path = "../../metatensor-operations/examples/managing_gradients.rs"]
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
