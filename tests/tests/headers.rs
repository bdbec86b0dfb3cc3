//! The headers in the repository are those that the sources give, and say what the tests check. So is what is made of the
//! descriptions of operations.

use metatensor_tests::compiler::sources;
use metatensor_tests::repository;
use metatensor_tools::declarations::functions;
use metatensor_tools::headers::HEADERS;

#[test]
fn generated_headers_are_fresh() {
    for header in HEADERS {
        let expected = header.generate().unwrap();
        let actual = std::fs::read_to_string(header.location()).unwrap();
        assert!(
            actual == expected,
            "include/{} is stale: run `cargo xtask headers`",
            header.path
        );
    }
}

#[test]
fn generated_operations_are_fresh() {
    for file in metatensor_tools::operations::generate().unwrap() {
        let actual = std::fs::read_to_string(repository().join(&file.path)).unwrap();
        assert!(
            actual == file.text,
            "{} is stale: run `cargo xtask operations`",
            file.path.display()
        );
    }
}

#[test]
fn declarations_for_python_are_fresh() {
    let expected = metatensor_tools::python::declarations().unwrap();
    let actual = std::fs::read_to_string(repository().join(&expected.path)).unwrap();
    assert!(
        actual == expected.text,
        "{} is stale: run `cargo xtask headers`",
        expected.path.display()
    );
    for header in HEADERS {
        for function in functions(&header.location()).unwrap() {
            let entry = format!("\n    \"{}\": (", function.name);
            assert!(actual.contains(&entry), "{} is missing", function.name);
        }
    }
}

#[test]
fn functions_that_make_maps_say_what_becomes_of_info() {
    let checked = std::fs::read_to_string(sources().join("info.c")).unwrap();
    let mut count = 0;
    let headers = ["distributed.h", "operations.h", "products.h"];
    let paths = headers.map(|name| repository().join("include/metatensor").join(name));
    for function in paths.iter().flat_map(|path| functions(path).unwrap()) {
        let is_map = |type_name: &str| type_name == "mts_tensormap_t**";
        let results = function.parameters.iter().filter(|p| is_map(&p.type_name));
        for result in results {
            let name = &function.name;
            let is_in = |kind: &str| checked.contains(&format!("{kind}({name}("));
            let expected = match (is_in("KEEPS"), is_in("DROPS")) {
                (true, false) => ["with the info of", "with its info"],
                (false, true) => ["without info"; 2],
                _ => panic!("{name} is not in info.c"),
            };
            let documentation = &result.documentation;
            assert!(
                expected.iter().any(|text| documentation.contains(text)),
                "{name} does not say that its result is {expected:?}: {documentation}"
            );
            count += 1;
        }
    }
    assert!(count > 40);
}
