use std::sync::Barrier;

use ndarray::{Array2, arr2};

use super::*;
use crate::array::tests::foreign::{CUDA, ForeignArray};
use crate::{DType, Device};

mod arrays;
mod models;
mod subsets;

/// The message of the error.
fn message<T: fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

/// Checks that the error names all of `culprits`.
#[track_caller]
fn assert_names<T: fmt::Debug>(result: Result<T>, culprits: &[&str]) {
    let message = message(result);
    for culprit in culprits {
        assert!(message.contains(culprit), "no {culprit} in: {message}");
    }
}

const ROWS: [[i32; 2]; 4] = [[0, 4], [2, -1], [0, 5], [1, 0]];

fn labels() -> Labels {
    Labels::new(["system", "atom"], &ROWS).unwrap()
}

#[test]
fn all_constructors_make_the_same_labels() {
    let names = ["system", "atom"];
    let values = ROWS.as_flattened().to_vec();
    let all = [
        labels(),
        Labels::from_rows(&names, ROWS).unwrap(),
        Labels::from_rows(
            &["system".to_owned(), "atom".to_owned()],
            ROWS.map(Vec::from),
        )
        .unwrap(),
        Labels::from_values(&names, values.clone()).unwrap(),
        Labels::from_array(&names, arr2(&ROWS)).unwrap(),
        Labels::assume_unique(&names, values).unwrap(),
        Labels::from_storage(
            &names,
            ForeignArray::new(arr2(&ROWS), Device::CPU).into(),
            RowCheck::Unique,
        )
        .unwrap(),
        Labels::from_storage(
            &names,
            ForeignArray::new(arr2(&ROWS), CUDA).into(),
            RowCheck::AssumeUnique,
        )
        .unwrap(),
    ];
    for labels in &all {
        assert_eq!(*labels, all[0]);
        assert_eq!(labels.names(), &["system", "atom"]);
        assert_eq!((labels.size(), labels.count()), (2, 4));
        assert!(!labels.is_empty());
        assert!(labels.iter().eq(ROWS));
        assert!(labels.into_iter().eq(ROWS));
        assert_eq!(labels[1], [2, -1]);
        assert_eq!(labels.values(), arr2(&ROWS));
        assert_eq!(labels.rows().values(), ROWS.as_flattened());
        let array = labels.array();
        assert_eq!(
            (array.dtype().unwrap(), array.shape().unwrap()),
            (DType::I32, &[4, 2][..])
        );
        for (i, row) in ROWS.iter().enumerate() {
            assert_eq!(labels.position(row), Some(i));
        }
    }
}

#[test]
fn ready_made_labels() {
    assert_eq!(Labels::single(), Labels::new(["_"], &[[0]]).unwrap());
    assert_eq!(
        Labels::range("n", 3).unwrap(),
        Labels::new(["n"], &[[0], [1], [2]]).unwrap()
    );
    assert_eq!(
        Labels::range("n", 0).unwrap(),
        Labels::new(["n"], &[]).unwrap()
    );
    let empty = Labels::empty(&["a", "b"]).unwrap();
    assert_eq!((empty.size(), empty.count()), (2, 0));
    assert!(empty.is_empty());
    assert_eq!(empty.values().shape(), [0, 2]);
    assert_eq!(empty.column("b").unwrap(), [0; 0]);
    assert_eq!(empty.position(&[0, 0]), None);
    assert_eq!(empty.array().shape().unwrap(), [0, 2]);

    assert_names(Labels::range("n", 1 << 31), &["2147483648"]);
    assert_names(Labels::range("0n", 3), &["0n"]);
    assert_names(Labels::empty(&["a", "b", "a"]), &["'a'"]);
}

#[test]
fn bad_names_are_errors_of_every_constructor() {
    for (names, culprit) in [
        (["a", "a b"], "'a b'"),
        (["a", ""], "''"),
        (["x", "x"], "'x'"),
    ] {
        assert_names(Labels::new(names, &[[0, 0]]), &[culprit]);
        assert_names(Labels::from_rows(&names, [[0, 0]]), &[culprit]);
        assert_names(Labels::from_values(&names, vec![0, 0]), &[culprit]);
        assert_names(Labels::from_array(&names, arr2(&[[0, 0]])), &[culprit]);
        assert_names(Labels::assume_unique(&names, vec![0, 0]), &[culprit]);
    }
}

#[test]
fn tables_of_another_width_are_errors() {
    let names = ["a", "b"];
    assert_names(
        Labels::from_rows(&names, [vec![0, 1], vec![2]]),
        &["row 1", "1 values", "2 dim"],
    );
    assert_names(
        Labels::from_values(&names, vec![0; 5]),
        &["5 values", "['a', 'b']"],
    );
    assert_names(
        Labels::assume_unique(&names, vec![0; 3]),
        &["3 values", "['a', 'b']"],
    );
    assert_names(
        Labels::from_array(&names, Array2::zeros((3, 1))),
        &["2 columns", "['a', 'b']", "got 1"],
    );
}

#[test]
fn arrays_that_are_no_tables_of_integers_are_errors() {
    let from = |array: ArrayRef| Labels::from_storage(&["a"], array, RowCheck::Unique);
    assert_names(from(ndarray::arr1(&[1]).into()), &["2 axes", "[1]"]);
    assert_names(from(ndarray::arr0(1).into()), &["2 axes", "[]"]);
    assert_names(
        from(ndarray::Array3::<i32>::zeros((1, 1, 1)).into()),
        &["[1, 1, 1]"],
    );
    assert_names(from(arr2(&[[1_i64]]).into()), &["int32", "int64"]);
    assert_names(from(arr2(&[[1_u32]]).into()), &["int32", "uint32"]);
}

#[test]
fn a_repeated_row_is_an_error_that_says_which() {
    let names = ["system", "atom"];
    let culprits = ["rows 1 and 3", "(system=2, atom=-1)"];
    let rows = [[0, 4], [2, -1], [0, 5], [2, -1]];
    assert_names(Labels::new(names, &rows), &culprits);
    assert_names(Labels::from_rows(&names, rows), &culprits);
    assert_names(
        Labels::from_values(&names, rows.as_flattened().to_vec()),
        &culprits,
    );
    assert_names(Labels::from_array(&names, arr2(&rows)), &culprits);

    // Sorted tables, and large ones, take another path.
    assert_names(
        Labels::new(["a"], &[[0], [1], [1]]),
        &["rows 1 and 2", "(a=1)"],
    );
    let mut large: Vec<_> = (0..1000).rev().collect();
    large[700] = large[20];
    assert_names(
        Labels::from_values(&["a"], large),
        &["rows 20 and 700", "(a=979)"],
    );

    assert!(Labels::assume_unique(&names, rows.as_flattened().to_vec()).is_ok());
}

#[test]
fn labels_without_dimensions_have_no_entries() {
    let none: [&str; 0] = [];
    let all = [
        Labels::new([], &[[], [], []]).unwrap(),
        Labels::from_values(&none, vec![]).unwrap(),
        Labels::from_rows(&none, [[]; 2]).unwrap(),
        Labels::from_array(&none, Array2::zeros((3, 0))).unwrap(),
        Labels::empty(&none).unwrap(),
    ];
    for labels in &all {
        assert_eq!((labels.size(), labels.count()), (0, 0));
        assert_eq!(*labels, all[0]);
        assert_eq!(labels.position(&[]), None);
        assert_eq!(labels.iter().len(), 0);
        assert_eq!(labels.values().shape(), [0, 0]);
        assert_eq!(labels.union(&all[0]).unwrap(), all[0]);
        assert_eq!(labels.intersection(&all[0]).unwrap(), all[0]);
        assert_eq!(labels.difference(&all[0]).unwrap(), all[0]);
        assert_eq!(labels.select(&all[0]).unwrap(), [0; 0]);
        assert!(labels.is_sorted());
    }
    assert_names(Labels::from_values(&none, vec![1]), &["1 values", "[]"]);
}

#[test]
fn rows_of_another_width_are_never_found() {
    for count in [3, 100] {
        let labels = Labels::from_rows(&["a", "b"], (0..count).rev().map(|i| [i, 0])).unwrap();
        assert!(labels.contains(&[2, 0]));
        for row in [&[][..], &[2], &[2, 0, 0], &[count, 0], &[2, 1]] {
            assert_eq!(labels.position(row), None, "{row:?}");
            assert!(!labels.contains(row));
        }
    }
}

#[test]
fn columns_are_found_by_name() {
    assert_eq!(labels().column("system").unwrap(), [0, 2, 0, 1]);
    assert_eq!(labels().column("atom").unwrap(), [4, -1, 5, 0]);
    assert_names(labels().column("n"), &["'n'", "['system', 'atom']"]);
}

#[test]
fn equality_looks_at_names_rows_and_their_order() {
    let labels = labels();
    assert_eq!(labels, labels.clone());
    assert!(labels.is_same(&labels.clone()));
    assert!(!labels.is_same(&self::labels()));
    let mut reordered = ROWS;
    reordered.swap(0, 3);
    for other in [
        Labels::new(["system", "atom"], &reordered).unwrap(),
        Labels::new(["system", "atom"], &ROWS[1..]).unwrap(),
        Labels::new(["atom", "system"], &ROWS).unwrap(),
        Labels::new(["system", "other"], &ROWS).unwrap(),
        Labels::new(["atom", "system"], &ROWS.map(|[a, b]| [b, a])).unwrap(),
        Labels::empty(&["system", "atom"]).unwrap(),
    ] {
        assert_ne!(labels, other);
    }
    assert_ne!(
        Labels::empty(&["a"]).unwrap(),
        Labels::empty(&["b"]).unwrap()
    );
}

#[test]
fn sorted_labels_know_it() {
    let sorted = |rows: &[[i32; 2]]| Labels::new(["a", "b"], rows).unwrap().is_sorted();
    assert!(sorted(&[]));
    assert!(sorted(&[[i32::MIN, 3], [-1, 0], [0, -5], [0, 7]]));
    assert!(!sorted(&[[0, 1], [0, 0]]));
    assert!(!sorted(&[[0, 1], [-1, 2]]));
    let repeated = Labels::assume_unique(&["a"], vec![1, 1, 2]).unwrap();
    assert!(repeated.is_sorted());
}

#[test]
fn pointers_to_labels_count_as_references() {
    let labels = labels();
    let pointer = labels.clone().into_raw();
    #[expect(unsafe_code, reason = "takes back a pointer")]
    // SAFETY: comes from `into_raw` and is taken back once.
    let back = unsafe { Labels::from_raw(pointer) };
    assert!(back.is_same(&labels));
}

#[test]
fn descriptions_name_all_dimensions() {
    assert_eq!(labels().describe(1), "(system=2, atom=-1)");
    assert_eq!(labels().describe(4), "(row 4)");
}

#[test]
fn many_threads_can_make_the_first_lookup() {
    let rows = (0..20_000).map(|i| [i * 7919 % 20_011, i % 13]);
    let rows: Vec<_> = rows.collect();
    let labels = Labels::assume_unique(&["a", "b"], rows.as_flattened().to_vec()).unwrap();
    let others = Labels::from_rows(&["a", "b"], rows.iter().step_by(3)).unwrap();
    let barrier = Barrier::new(8);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (labels, others, rows, barrier) = (&labels, &others, &rows, &barrier);
            scope.spawn(move || {
                barrier.wait();
                if thread % 2 == 0 {
                    assert_eq!(labels.intersection(others).unwrap(), *others);
                }
                for (i, row) in rows.iter().enumerate().skip(thread).step_by(8) {
                    assert_eq!(labels.position(row), Some(i));
                }
                assert_eq!(labels.select(others).unwrap().len(), others.count());
                assert!(!labels.is_sorted());
                assert_eq!(labels.array().shape().unwrap(), [20_000, 2]);
            });
        }
    });
    assert!(labels.array().is_same(labels.array()));
}

#[test]
fn labels_can_be_used_from_any_thread() {
    fn assert<T: Send + Sync>() {}
    assert::<Labels>();
    assert::<Names>();
}
