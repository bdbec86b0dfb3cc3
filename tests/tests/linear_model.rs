//! The linear models in C and C++ find the weights behind its data.

use metatensor_tests::compiler::{Checker, Language, Program};
use metatensor_tests::repository;

#[test]
fn the_model_fits_energy_and_forces() {
    for (source, language) in [
        ("examples-c/linear_model.c", Language::C11),
        ("examples-cpp/linear_model.cpp", Language::Cpp17),
    ] {
        let source = repository().join(source);
        let checker = Checker::AddressSanitizer;
        let program = Program::compile_file(&source, language, checker).unwrap();
        let output = program.run_with(&[&repository().join("tests/data")]);
        let output = output.unwrap();
        let (reference, predicted) = output.split_once("predicted energy").unwrap();
        assert_eq!(reference.matches("force").count(), 6);
        assert_eq!(
            reference.trim_start_matches("reference energy"),
            predicted.trim_end_matches("the model fits\n")
        );
    }
}
