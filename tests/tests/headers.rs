//! The headers in the repository are those that the sources give.

use metatensor_tests::headers::HEADERS;

#[test]
fn generated_headers_are_fresh() {
    for header in HEADERS {
        let expected = header.generate().unwrap();
        let actual = std::fs::read_to_string(header.location()).unwrap();
        assert!(
            actual == expected,
            "include/{} is stale: run `cargo run -p metatensor-tests --bin generate-headers`",
            header.path
        );
    }
}
