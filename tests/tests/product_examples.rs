//! The examples that go from a spherical expansion to forces print the same in all languages.

use metatensor_tests::compiler::{Checker, Language, Program};
use metatensor_tests::repository;

#[expect(dead_code, reason = "`main` of the example")]
#[expect(unreachable_pub, reason = "the example is a program of its own")]
#[path = "../../metatensor/examples/power_spectrum.rs"]
mod power_spectrum;

#[test]
fn the_same_energy_and_forces_come_from_a_power_spectrum() {
    let data = repository().join("tests/data");
    let mut expected = Vec::new();
    power_spectrum::power_spectrum(&data, &mut expected).unwrap();
    let expected = String::from_utf8(expected).unwrap();
    assert_eq!(expected.matches("energy of atom").count(), 3);
    assert_eq!(expected.matches("force on atom").count(), 3);
    assert!(expected.ends_with("the sum of forces is zero\n"));
    for (source, language) in [
        ("examples-c/power_spectrum.c", Language::C11),
        ("examples-cpp/power_spectrum.cpp", Language::Cpp17),
    ] {
        let source = repository().join(source);
        let checker = Checker::AddressSanitizer;
        let program = Program::compile_file(&source, language, checker).unwrap();
        assert_eq!(program.run_with(&[&data]).unwrap(), expected);
    }
}
