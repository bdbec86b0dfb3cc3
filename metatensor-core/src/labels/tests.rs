use std::sync::Barrier;

use ndarray::{Array2, ShapeBuilder, arr2};

use super::*;
use crate::array::tests::foreign::{CUDA, ForeignArray, HIDDEN};
use crate::{Array, DType, DenseArray, Device, View};

mod models;

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
fn a_selection_with_the_same_dimensions_gives_its_own_order() {
    let select = |rows: &[[i32; 2]]| {
        let selection = Labels::new(["system", "atom"], rows).unwrap();
        labels().select(&selection).unwrap()
    };
    assert_eq!(select(&[[1, 0], [9, 9], [0, 4]]), [3, 0]);
    assert_eq!(select(&[[0, 5], [2, -1]]), [2, 1]);
    assert_eq!(select(&[[4, 0]]), [0; 0]);
    assert_eq!(select(&[]), [0; 0]);
}

#[test]
fn other_selections_give_the_order_of_the_labels() {
    let partial = Labels::new(["system"], &[[1], [7], [0]]).unwrap();
    assert_eq!(labels().select(&partial).unwrap(), [0, 2, 3]);
    let permuted = Labels::new(["atom", "system"], &[[0, 1], [4, 2], [4, 0]]).unwrap();
    assert_eq!(labels().select(&permuted).unwrap(), [0, 3]);
    let nothing = Labels::empty(&["atom"]).unwrap();
    assert_eq!(labels().select(&nothing).unwrap(), [0; 0]);
    let no_dimensions = Labels::empty::<&str>(&[]).unwrap();
    assert_eq!(labels().select(&no_dimensions).unwrap(), [0, 1, 2, 3]);
}

#[test]
fn unknown_dimensions_can_not_be_selected() {
    let selection = Labels::new(["system", "n"], &[[0, 0]]).unwrap();
    assert_names(labels().select(&selection), &["'n'", "['system', 'atom']"]);
    let empty = Labels::empty(&["q"]).unwrap();
    assert_names(labels().select(&empty), &["'q'"]);
    assert_names(
        Labels::empty::<&str>(&[]).unwrap().select(&empty),
        &["'q'", "[]"],
    );
}

#[test]
fn set_operations_need_the_same_dimensions() {
    let a = Labels::new(["a", "b"], &[[0, 1]]).unwrap();
    for names in [["b", "a"], ["a", "c"]] {
        let b = Labels::new(names, &[[0, 1]]).unwrap();
        let got = format!("['{}', '{}']", names[0], names[1]);
        assert_names(a.union(&b), &["union", "['a', 'b']", &got]);
        assert_names(a.intersection(&b), &["intersection", "['a', 'b']", &got]);
        assert_names(a.difference(&b), &["difference", "['a', 'b']", &got]);
    }
}

#[test]
fn mappings_need_one_entry_per_row() {
    let (a, b) = (
        Labels::range("n", 3).unwrap(),
        Labels::range("n", 2).unwrap(),
    );
    let check = |result: Result<Labels>, which: &str, expected: &str| {
        assert!(matches!(result, Err(Error::BufferSize(_))));
        assert_names(result, &[which, expected, "got 4"]);
    };
    check(
        a.union_into(&b, Some(&mut [0; 4]), None),
        "first",
        "3 entries",
    );
    check(
        a.union_into(&b, None, Some(&mut [0; 4])),
        "second",
        "2 entries",
    );
    check(
        a.intersection_into(&b, Some(&mut [0; 4]), None),
        "first",
        "3 entries",
    );
    check(
        a.intersection_into(&b, None, Some(&mut [0; 4])),
        "second",
        "2 entries",
    );
    check(
        a.difference_into(&b, Some(&mut [0; 4])),
        "first",
        "3 entries",
    );
}

fn address(array: &dyn Array) -> *const u8 {
    array.view().unwrap().items::<4>().as_ptr().cast()
}

#[test]
fn contiguous_arrays_are_not_copied() {
    let array = arr2(&ROWS);
    let original = array.as_ptr().cast();
    let labels = Labels::from_array(&["a", "b"], array).unwrap();
    assert_eq!(labels.rows().values().as_ptr().cast(), original);
    assert_eq!(address(&**labels.array()), original);
    assert_eq!(labels.clone().rows().values().as_ptr().cast(), original);

    let own = self::labels();
    assert_eq!(address(&**own.array()), own.rows().values().as_ptr().cast());
    assert_eq!(
        own.array().origin().unwrap().name().unwrap(),
        "metatensor.Labels"
    );
}

#[test]
fn strided_arrays_are_copied() {
    let mut array = Array2::zeros((4, 2).f());
    array.assign(&arr2(&ROWS));
    let strided = DenseArray::from(array);
    assert!(!strided.view().is_contiguous());
    let labels = Labels::from_storage(&["system", "atom"], strided.into(), RowCheck::Unique);
    let labels = labels.unwrap();
    assert_eq!(labels, self::labels());
    assert!(
        !labels.array().view().unwrap().is_contiguous(),
        "the array is the one we gave"
    );
    assert_eq!(
        labels.array().view().unwrap().typed::<i32>().unwrap(),
        arr2(&ROWS).into_dyn()
    );
}

#[test]
fn nobody_can_change_the_values_of_labels() {
    let labels = Labels::from_array(&["system", "atom"], arr2(&ROWS)).unwrap();
    for labels in [labels, self::labels()] {
        let mut array = labels.array().clone();
        let mut view = array.make_mut().unwrap().view_mut().unwrap();
        view.typed_mut::<i32>().unwrap().fill(0);
        assert_eq!(labels, self::labels());

        let exported = labels.array().to_dlpack(Device::CPU).unwrap();
        let mut adopted = DenseArray::from_dlpack(exported).unwrap();
        adopted
            .view_mut()
            .unwrap()
            .typed_mut::<i32>()
            .unwrap()
            .fill(0);
        assert_eq!(labels, self::labels());
    }
}

#[test]
fn the_memory_of_labels_outlives_them() {
    let labels = self::labels();
    let exported = labels.array().to_dlpack(Device::CPU).unwrap();
    drop(labels);
    let view = View::from_dlpack(exported).unwrap();
    assert_eq!(view.as_slice::<i32>().unwrap(), Some(ROWS.as_flattened()));
}

#[test]
fn results_are_stored_like_the_first_input() {
    let foreign = |device, rows: &[[i32; 1]]| {
        let array = ForeignArray::new(arr2(rows), device);
        Labels::from_storage(&["n"], array.into(), RowCheck::Unique).unwrap()
    };
    let native = Labels::range("n", 3).unwrap();
    for device in [Device::CPU, CUDA] {
        let labels = foreign(device, &[[1], [5]]);
        let results = [
            (labels.union(&native).unwrap(), vec![1, 5, 0, 2]),
            (labels.intersection(&native).unwrap(), vec![1]),
            (labels.difference(&native).unwrap(), vec![5]),
            (native.clone().stored_like(&labels).unwrap(), vec![0, 1, 2]),
        ];
        for (result, rows) in results {
            assert_eq!(result.rows().values(), rows);
            assert_eq!(result.array().device().unwrap(), device);
            let array = result.array().downcast_ref::<ForeignArray>();
            assert_eq!(array.unwrap().shape().unwrap(), [rows.len(), 1]);
            assert_eq!(result.position(&rows[..1]), Some(0));
        }
        let union = native.union(&labels).unwrap();
        assert!(union.array().downcast_ref::<DenseArray>().is_some());
        assert!(
            labels
                .clone()
                .stored_like(&native)
                .unwrap()
                .is_same(&labels)
        );
    }
}

#[test]
fn labels_follow_arrays_to_their_device() {
    let native = Labels::new(["n"], &[[4], [2]]).unwrap();
    assert_eq!(native.device().unwrap(), Device::CPU);
    for device in [CUDA, HIDDEN] {
        let array = ForeignArray::new(arr2(&[[0.5]]), device);
        let moved = native.clone().on_device_of(&array).unwrap();
        assert_eq!(moved.device().unwrap(), device);
        assert_eq!(moved.array().device().unwrap(), device);
        assert_eq!(moved.rows().values(), [4, 2]);
    }
    let array = ForeignArray::new(arr2(&[[0.5]]), Device::CPU);
    assert!(
        native
            .clone()
            .on_device_of(&array)
            .unwrap()
            .is_same(&native)
    );
}

fn hidden(rows: &[[i32; 1]]) -> Labels {
    let array = ForeignArray::new(arr2(rows), HIDDEN);
    Labels::from_storage(&["n"], array.into(), RowCheck::Unique).unwrap()
}

#[test]
fn labels_that_nobody_can_look_at_have_dimensions_and_a_count() {
    let labels = hidden(&[[0], [0], [7]]);
    assert_eq!((labels.size(), labels.count()), (1, 3));
    assert_eq!(labels, hidden(&[[1], [2], [3]]));
    assert_eq!(labels, Labels::range("n", 3).unwrap());
    assert_ne!(labels, Labels::range("n", 2).unwrap());
    assert_eq!(labels.describe(2), "(row 2)");
    assert_eq!(labels.to_string(), "Labels(\n    n\n)");
}

#[test]
fn operations_on_labels_that_nobody_can_look_at_are_errors() {
    let (hidden, labels) = (hidden(&[[1], [5]]), Labels::range("n", 3).unwrap());
    for (a, b) in [(&hidden, &labels), (&labels, &hidden)] {
        assert_names(a.union(b), &["union", "ext:0"]);
        assert_names(a.intersection(b), &["intersection", "ext:0"]);
        assert_names(a.difference(b), &["difference", "ext:0"]);
        assert_names(a.select(b), &["select", "ext:0"]);
    }
    assert_names(hidden.column("n"), &["ext:0"]);
    let everything = Labels::empty::<&str>(&[]).unwrap();
    assert_eq!(hidden.select(&everything).unwrap(), [0, 1]);
}

#[test]
fn the_data_of_an_array_has_the_shape_of_the_array() {
    /// Exports its elements transposed.
    #[derive(Debug)]
    struct Confused(DenseArray);

    impl Array for Confused {
        fn origin(&self) -> Result<crate::Origin> {
            self.0.origin()
        }
        fn device(&self) -> Result<Device> {
            self.0.device()
        }
        fn dtype(&self) -> Result<DType> {
            Ok(DType::I32)
        }
        fn shape(&self) -> Result<&[usize]> {
            Ok(&[3, 2])
        }
        fn view(&self) -> Result<View<'_>> {
            Ok(self.0.view())
        }
        fn view_mut(&mut self) -> Result<crate::ViewMut<'_>> {
            self.0.view_mut()
        }
        fn reshape(&mut self, shape: &[usize]) -> Result<()> {
            self.0.reshape(shape)
        }
        fn swap_axes(&mut self, first: usize, second: usize) -> Result<()> {
            self.0.swap_axes(first, second)
        }
        fn create(&self, shape: &[usize], fill_value: &dyn Array) -> Result<Box<dyn Array>> {
            self.0.create(shape, fill_value)
        }
        fn copy(&self, device: Device) -> Result<Box<dyn Array>> {
            self.0.copy(device)
        }
        fn move_data(&mut self, _: &dyn Array, _: &[crate::DataMovement]) -> Result<()> {
            Ok(())
        }
        fn to_dlpack(&self, device: Device) -> Result<crate::Dlpack> {
            self.0.to_dlpack(device)
        }
        fn adopt_dlpack(&self, tensor: crate::Dlpack) -> Result<Box<dyn Array>> {
            self.0.adopt_dlpack(tensor)
        }
    }

    let from = |array: DenseArray| {
        let array = Box::new(Confused(array)) as Box<dyn Array>;
        Labels::from_storage(&["a", "b"], array.into(), RowCheck::Unique)
    };
    let transposed = arr2(&[[1, 2, 3], [4, 5, 6]]);
    assert_names(from(transposed.clone().into()), &["[3, 2]", "[2, 3]"]);
    let small = Array2::<i32>::zeros((1, 2));
    assert_names(from(small.into()), &["[3, 2]", "[1, 2]"]);
    let other_type = Array2::<f32>::zeros((3, 2));
    assert_names(from(other_type.into()), &["int32", "float32"]);
    assert!(from(transposed.reversed_axes().into()).is_ok());
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
