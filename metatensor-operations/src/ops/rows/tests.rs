use super::*;

#[test]
fn entries_of_the_index_have_to_be_rows() {
    for bad in [-1, 2, i64::MAX] {
        let mut output = [7.0; 4];
        let error = gather_rows(&[1.0; 4], 2, &[0, bad], &mut output).unwrap_err();
        assert!(
            error.to_string().contains("entry 1 of the index"),
            "{error}"
        );
        let error = scatter_add_rows(&[1.0; 4], 2, &[0, bad], &mut output).unwrap_err();
        assert!(error.to_string().contains(&bad.to_string()), "{error}");
        assert_eq!(output, [7.0; 4]);
    }
}

#[test]
fn lengths_have_to_fit() {
    let error = gather_rows(&[1.0; 4], 2, &[0], &mut [0.0; 3]).unwrap_err();
    assert!(matches!(error, Error::BufferSize(_)), "{error}");
    let error = scatter_add_rows(&[1.0; 3], 2, &[0], &mut [0.0; 4]).unwrap_err();
    assert!(error.to_string().contains("'source'"), "{error}");
}

#[test]
fn rows_can_be_empty() {
    gather_rows::<f64>(&[], 0, &[0, 5], &mut []).unwrap();
    scatter_add_rows::<f64>(&[], 0, &[0, 5], &mut []).unwrap();
}

#[test]
fn gathering_and_adding_back_multiplies_by_the_number_of_rows() {
    let index = [2, 0, 2, 2];
    let mut gathered = [0; 8];
    gather_rows(&[1, 2, 3, 4, 5, 6], 2, &index, &mut gathered).unwrap();
    let mut sum = [0; 6];
    scatter_add_rows(&gathered, 2, &index, &mut sum).unwrap();
    assert_eq!(sum, [1, 2, 0, 0, 15, 18]);
}
