//! Selections and set operations.

use super::*;

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
fn few_of_many_rows_are_found_with_and_without_an_index() {
    let rows: Vec<[i32; 2]> = (0..10_000).map(|i| [i / 7 - 50, 3 * (i % 7)]).collect();
    let labels = Labels::new(["a", "b"], &rows).unwrap();
    assert!(labels.is_sorted());
    let numbers = [9_999, 0, 5_000, 4_999, 1, 77];
    let mut wanted: Vec<[i32; 2]> = numbers.iter().map(|&i| rows[i]).collect();
    // before, between and after all rows
    wanted.insert(2, [-51, 18]);
    wanted.insert(4, [0, 1]);
    wanted.push([1_379, 0]);
    let wanted = Labels::new(["a", "b"], &wanted).unwrap();
    let expected = numbers.map(|i| i as u32);
    assert_eq!(labels.select(&wanted).unwrap(), expected);
    // makes an index
    assert_eq!(labels.position(&[-50, 3]), Some(1));
    assert_eq!(labels.select(&wanted).unwrap(), expected);
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
