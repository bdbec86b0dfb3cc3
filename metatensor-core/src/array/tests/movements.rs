//! Parts of arrays that go to other arrays.

use super::*;

/// One movement per row of `rows`: (from, to).
fn movements(rows: &[(usize, usize)], properties: [usize; 3]) -> Vec<DataMovement> {
    let [properties_start_in, properties_start_out, properties_length] = properties;
    let movement = |&(sample_in, sample_out): &(usize, usize)| DataMovement {
        sample_in,
        sample_out,
        properties_start_in,
        properties_start_out,
        properties_length,
    };
    rows.iter().map(movement).collect()
}

#[test]
fn move_data_copies_parts_of_rows_from_any_layout() {
    fn check<T: Numbered>() {
        let input = numbers::<T>(&[3, 2, 2, 4]);
        let mut fortran = ArrayD::from_elem(IxDyn(&[3, 2, 2, 4]).f(), T::default());
        fortran.assign(&input);
        let mut inverted = input.clone();
        inverted.invert_axis(Axis(0));
        inverted.invert_axis(Axis(3));
        for input in [input, fortran, inverted] {
            for [start_in, start_out, length] in [[0, 0, 4], [1, 2, 3], [3, 0, 1], [2, 5, 0]] {
                let mut expected = ArrayD::from_elem(IxDyn(&[4, 2, 2, 5]), T::default());
                for (from, to) in [(2, 0), (0, 3), (1, 3)] {
                    expected
                        .slice_mut(s![to, .., .., start_out..start_out + length])
                        .assign(&input.slice(s![from, .., .., start_in..start_in + length]));
                }
                let mut output = DenseArray::zeros(T::DTYPE, &[4, 2, 2, 5]).unwrap();
                let movements = movements(&[(2, 0), (0, 3), (1, 3)], [start_in, start_out, length]);
                let input = DenseArray::from(input.clone());
                output.move_data(&input, &movements).unwrap();
                assert_eq!(output.to_ndarray::<T>().unwrap(), expected, "{}", T::DTYPE);
            }
        }
    }
    for_all_types!(check);
}

#[test]
fn whole_rows_move_between_arrays_of_the_same_row_length() {
    let input = numbers::<f64>(&[3, 2, 4]);
    let mut output = DenseArray::full(&[2, 2, 4], f64::NAN).unwrap();
    let movements = movements(&[(2, 0), (0, 1)], [0, 0, 4]);
    output
        .move_data(&DenseArray::from(input.clone()), &movements)
        .unwrap();
    let expected = input.select(Axis(0), &[2, 0]);
    assert_eq!(output.to_ndarray::<f64>().unwrap(), expected);
}

#[test]
fn movements_out_of_bounds_are_errors() {
    let input = DenseArray::from(numbers::<f64>(&[3, 2, 4]));
    let mut output = DenseArray::zeros(DType::F64, &[2, 2, 5]).unwrap();
    for (rows, properties) in [
        ((3, 0), [0, 0, 1]),
        ((0, 2), [0, 0, 1]),
        ((0, 0), [2, 0, 3]),
        ((0, 0), [0, 3, 3]),
        ((0, 0), [5, 0, 0]),
        ((0, 0), [0, 6, 0]),
        ((0, 0), [usize::MAX, 0, 1]),
        ((0, 0), [0, usize::MAX, 1]),
        ((0, 0), [1, 1, usize::MAX]),
        ((usize::MAX, 0), [0, 0, 1]),
    ] {
        let error = message(output.move_data(&input, &movements(&[rows], properties)));
        assert!(error.contains("out of bounds"), "{error}");
        assert!(
            error.contains("[3, 2, 4]") && error.contains("[2, 2, 5]"),
            "{error}"
        );
    }
    let untouched = output.to_ndarray::<f64>().unwrap();
    assert!(untouched.iter().all(|&value| value == 0.0));
}

#[test]
fn data_only_moves_between_arrays_that_fit() {
    let mut output = DenseArray::zeros(DType::F64, &[2, 2, 5]).unwrap();
    let mut move_from = |dtype, shape: &[usize]| {
        let input = DenseArray::zeros(dtype, shape).unwrap();
        message(output.move_data(&input, &[]))
    };
    let error = move_from(DType::F32, &[2, 2, 5]);
    assert!(
        error.contains("float32") && error.contains("float64"),
        "{error}"
    );
    for shape in [&[2, 3, 5][..], &[2, 5], &[2, 2, 1, 5], &[]] {
        let error = move_from(DType::F64, shape);
        assert!(error.contains(&format!("{shape:?}")), "{error}");
    }
    let mut vector = DenseArray::zeros(DType::F64, &[2]).unwrap();
    let input = DenseArray::zeros(DType::F64, &[2]).unwrap();
    assert!(vector.move_data(&input, &[]).is_err());
}
