//! Info that can not be read in one way only.

use super::*;

#[test]
fn info_that_is_not_text_by_name_is_an_error() {
    for text in [
        "",
        "[]",
        "1",
        "{\"a\": 1}",
        "{\"a\": {}}",
        "{\"a\": \"b\"",
        "{\"a\": \"\\u0000\"}",
        "{\"\\u0000\": \"a\"}",
        "{\"a\": \"\\ud800\"}",
        "{\"a\": \"b\"} c",
    ] {
        assert_contains(&error_with("info.json", text.into()), &["'info.json'"]);
    }
    let deep = "[".repeat(1_000_000);
    assert_contains(&error_with("info.json", deep.into()), &["'info.json'"]);
    assert_contains(&error_with("info.json", vec![0xff; 20]), &["'info.json'"]);
}

#[test]
fn info_that_says_two_things_is_an_error() {
    let text = "{\"a\": \"1\", \"b\\u001b\": \"2\", \"b\\u001b\": \"2\"}";
    assert_contains(
        &error_with("info.json", text.into()),
        &["'info.json'", "'b\\u{1b}' comes twice"],
    );
}
