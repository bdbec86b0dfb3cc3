//! Tests of the parent module.

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::*;
use crate::{DType, DenseArray};

/// A few elements, or more than a block of pages.
fn counts() -> impl Strategy<Value = Vec<(u8, usize)>> {
    let count = prop_oneof![0..20_usize, 0..300_usize, 2000..5000_usize];
    prop::collection::vec((0..5_u8, count), 0..8)
}

fn check_runs<T: Copy + PartialEq + Debug>(
    runs: &[(u8, usize)],
    first: usize,
    element: impl Fn(usize) -> T,
) -> Result<(), TestCaseError> {
    let count = runs.iter().map(|run| run.1).sum::<usize>();
    let mut memory = vec![MaybeUninit::uninit(); first + count];
    check_runs_in(&mut memory[first..], runs, element)
}

fn check_runs_in<T: Copy + PartialEq + Debug>(
    memory: &mut [MaybeUninit<T>],
    runs: &[(u8, usize)],
    element: impl Fn(usize) -> T,
) -> Result<(), TestCaseError> {
    let source: Vec<T> = (0..memory.len()).map(&element).collect();
    let mut output = Output::part_of(memory, STREAMED);
    let mut expected = Vec::new();
    for &(kind, count) in runs {
        let source = &source[expected.len()..][..count];
        match kind {
            0 => output.copy(source),
            1 => output.each((source, source), |(&x, _)| x),
            2 => output.fill(count, element(3)),
            3 => output.copy_all(source.chunks(7)),
            _ => output.extend(count, source.iter().copied()),
        }
        match kind {
            2 => expected.resize(expected.len() + count, element(3)),
            _ => expected.extend_from_slice(source),
        }
    }
    output.finish();
    prop_assert_eq!(output.remaining(), 0);
    // SAFETY: all of these were written.
    let written = memory.iter().map(|x| unsafe { x.assume_init() });
    prop_assert!(written.eq(expected));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_is_streamed_is_what_was_written(runs in counts(), first in 0..70_usize) {
        check_runs(&runs, first, |i| i as u8)?;
        check_runs(&runs, first, |i| i as u16)?;
        check_runs(&runs, first, |i| i as f32)?;
        check_runs(&runs, first, |i| i as f64)?;
        check_runs(&runs, first, |i| [i as f64, 1.0])?;
        check_runs(&runs, first, |i| [i as u8; 8])?;
    }

    #[test]
    fn elements_need_not_start_where_lines_do(runs in counts(), first in 0..8_usize) {
        let count = runs.iter().map(|run| run.1).sum::<usize>();
        let mut memory = vec![MaybeUninit::<u8>::uninit(); first + 8 * count];
        let start = memory[first..].as_mut_ptr().cast::<MaybeUninit<[u8; 8]>>();
        // SAFETY: there is space for all of them, and they need no alignment.
        let memory = unsafe { std::slice::from_raw_parts_mut(start, count) };
        check_runs_in(memory, &runs, |i| [i as u8; 8])?;
    }
}

#[test]
fn large_arrays_have_what_was_written_to_them() {
    // in rows whose ends are those of no lines
    let (rows, length) = (2111, 1001);
    let source: Vec<u64> = (0..length as u64).collect();
    let array = DenseArray::write_rows::<u64>(&[rows, length], length, 1 << 26, |rows, output| {
        rows.for_each(|row| output.each(&*source, |i| row as u64 * i));
        Ok(())
    });
    let array = array.unwrap();
    assert!(rows * length * 8 >= STREAMED);
    let view = array.view();
    let elements = view.typed::<u64>().unwrap();
    for (row, elements) in elements.outer_iter().enumerate() {
        let mut elements = elements.iter().enumerate();
        assert!(elements.all(|(i, &x)| x == (row * i) as u64));
    }
}

#[test]
fn arrays_that_are_written_together_have_what_was_written_to_them() {
    // large together, in rows whose ends are those of no lines, and in several pieces
    for rows in [0, 1, 2111] {
        let lengths = [333, 0, 701];
        let source: Vec<[u8; 8]> = (0..701_u64).map(u64::to_ne_bytes).collect();
        let shapes = lengths.map(|length| vec![rows, length]);
        let arrays = DenseArray::write_items_of_all::<8>(DType::U64, &shapes, |rows, outputs| {
            for row in rows {
                for (output, &length) in outputs.iter_mut().zip(&lengths) {
                    output.each(&source[..length], |&x| {
                        (u64::from_ne_bytes(x) * row as u64).to_ne_bytes()
                    });
                }
            }
            Ok(())
        });
        for (array, length) in arrays.unwrap().iter().zip(lengths) {
            let elements = array.to_ndarray::<u64>().unwrap();
            assert_eq!(elements.shape(), [rows, length]);
            for (index, &x) in elements.indexed_iter() {
                assert_eq!(x, (index[0] * index[1]) as u64);
            }
        }
    }
}

#[test]
fn arrays_that_are_written_together_have_the_same_number_of_rows() {
    let write = |shapes: [Vec<usize>; 2], count: usize| {
        DenseArray::write_items_of_all::<1>(DType::U8, &shapes, |rows, outputs| {
            let length = rows.len() * count;
            outputs
                .iter_mut()
                .for_each(|output| output.fill(length, [0]));
            Ok(())
        })
    };
    let error = write([vec![2, 1], vec![3, 1]], 1).unwrap_err();
    let expected =
        "internal error: arrays of the shapes [[2, 1], [3, 1]] have different numbers of rows";
    assert_eq!(error.to_string(), expected);
    let error = write([vec![2, 1], vec![2, 2]], 1).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("2 elements of 4 were not written"),
        "{error}"
    );
}

#[test]
fn an_incomplete_array_is_an_error() {
    let result = DenseArray::write::<f64>(&[2, 3], |output| {
        output.fill(2, 1.0);
        output.extend(3, [2.0, 3.0].into_iter());
        Ok(())
    });
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Internal(_)), "{error}");
    assert!(error.to_string().contains("2 elements of 6"), "{error}");
}

#[test]
#[should_panic(expected = "5 elements do not fit in the space for 4")]
fn writing_too_much_panics() {
    let _ = DenseArray::write::<f64>(&[4], |output| {
        output.fill(5, 0.0);
        Ok(())
    });
}
