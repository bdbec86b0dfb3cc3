use super::*;

#[test]
fn names_get_numbers() {
    let number = |name, increase| with_number(name, increase).unwrap();
    assert_eq!(number("n", 1), "n_1");
    assert_eq!(number("n_1", 2), "n_3");
    assert_eq!(number("n_9", 1), "n_10");
    assert_eq!(number("radial_n", 1), "radial_n_1");
    assert_eq!(number("neighbor_type", 1), "neighbor_1_type");
    assert_eq!(number("neighbor_1_type", 2), "neighbor_3_type");
    assert_eq!(number("first_atom_1_type", 1), "first_atom_2_type");
    assert_eq!(number("n_", 1), "n__1");
    // featomic takes a letter from these
    assert_eq!(number("type", 1), "type_1");
    assert_eq!(number("mytype", 1), "mytype_1");
    let error = with_number("n_4294967295", 1).unwrap_err().to_string();
    assert!(
        error.contains("the property 'n_4294967295' is too large"),
        "{error}"
    );
}
