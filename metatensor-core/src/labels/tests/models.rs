//! Labels compared with lists of rows.

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::Index as Position;

use super::*;

type Row = Vec<i32>;

/// Distinct rows with values that are likely to come back in other rows, sorted or not.
fn rows(width: usize) -> impl Strategy<Value = Vec<Row>> {
    let values = prop_oneof![4 => -2..4_i32, 1 => prop_oneof![Just(i32::MIN), Just(i32::MAX)]];
    let sorted = btree_set(vec(values, width), 0..40).prop_map(Vec::from_iter);
    prop_oneof![sorted.clone(), sorted.prop_shuffle()]
}

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Labels which may or may not have an index, or know that they are sorted.
fn make(width: usize, rows: &[Row], lazy: bool) -> Labels {
    let names = &NAMES[..width];
    if lazy {
        Labels::assume_unique(names, rows.concat()).unwrap()
    } else {
        Labels::from_rows(names, rows).unwrap()
    }
}

fn find(rows: &[Row], row: &Row) -> i64 {
    rows.iter()
        .position(|r| r == row)
        .map_or(-1, |position| position as i64)
}

fn mapping(from: &[Row], to: &[Row]) -> Vec<i64> {
    from.iter().map(|row| find(to, row)).collect()
}

/// A number of columns, and two tables with as many.
fn two_tables() -> impl Strategy<Value = (usize, Vec<Row>, Vec<Row>)> {
    (1..5_usize).prop_flat_map(|width| (Just(width), rows(width), rows(width)))
}

proptest! {
    #[test]
    fn positions_are_those_in_the_list((width, rows, others) in two_tables(), lazy: bool) {
        let labels = make(width, &rows, lazy);
        for row in &others {
            prop_assert_eq!(labels.contains(row), rows.contains(row));
        }
        for row in &rows {
            prop_assert_eq!(labels.position(row).map_or(-1, |p| p as i64), find(&rows, row));
        }
        prop_assert_eq!(labels.is_sorted(), rows.is_sorted());
        for (column, name) in labels.names().iter().enumerate() {
            let expected: Vec<_> = rows.iter().map(|row| row[column]).collect();
            prop_assert_eq!(labels.column(name).unwrap(), expected);
        }
    }

    #[test]
    fn a_repeated_row_is_always_found(
        mut rows in (1..5_usize).prop_flat_map(rows),
        from: Position,
        to: Position,
    ) {
        prop_assume!(!rows.is_empty());
        let repeated = rows[from.index(rows.len())].clone();
        rows.insert(to.index(rows.len() + 1), repeated.clone());
        let first = rows.iter().position(|row| *row == repeated).unwrap();
        let last = rows.iter().rposition(|row| *row == repeated).unwrap();
        let names = &NAMES[..repeated.len()];
        let message = message(Labels::from_rows(names, &rows));
        let expected = format!("rows {first} and {last} both are (a={}", repeated[0]);
        prop_assert!(message.contains(&expected), "{}", message);
    }

    #[test]
    fn set_operations_follow_their_definitions(
        (width, a, b) in two_tables(),
        lazy: [bool; 2],
    ) {
        let (first, second) = (make(width, &a, lazy[0]), make(width, &b, lazy[1]));

        let added = b.iter().filter(|row| !a.contains(row));
        let union: Vec<_> = a.iter().chain(added).cloned().collect();
        let result = first.union_and_mapping(&second).unwrap();
        prop_assert_eq!(&result.labels, &first.union(&second).unwrap());
        prop_assert_eq!(result.labels.rows().values(), union.concat());
        prop_assert_eq!(result.first, mapping(&a, &union));
        prop_assert_eq!(result.second, mapping(&b, &union));

        let (small, large) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
        let common = small.iter().filter(|row| large.contains(row));
        let intersection: Vec<_> = common.cloned().collect();
        let result = first.intersection_and_mapping(&second).unwrap();
        prop_assert_eq!(&result.labels, &first.intersection(&second).unwrap());
        prop_assert_eq!(result.labels.rows().values(), intersection.concat());
        prop_assert_eq!(result.first, mapping(&a, &intersection));
        prop_assert_eq!(result.second, mapping(&b, &intersection));

        let difference: Vec<_> = a.iter().filter(|row| !b.contains(row)).cloned().collect();
        let (result, kept) = first.difference_and_mapping(&second).unwrap();
        prop_assert_eq!(&result, &first.difference(&second).unwrap());
        prop_assert_eq!(result.rows().values(), difference.concat());
        prop_assert_eq!(kept, mapping(&a, &difference));

        for result in [first.union(&second).unwrap(), result] {
            prop_assert_eq!(result.names(), first.names());
            for (position, row) in result.iter().enumerate() {
                prop_assert_eq!(result.position(row), Some(position));
            }
        }
    }

    #[test]
    fn a_selection_is_a_filter(
        rows in rows(3),
        // Which columns, in which order.
        columns in Just(vec![0, 1, 2]).prop_shuffle(),
        width in 1..=3_usize,
        picked in vec((any::<Position>(), -1..2_i32), 0..20),
        lazy: bool,
    ) {
        prop_assume!(!rows.is_empty());
        let columns = &columns[..width];
        let mut selected: Vec<Row> = Vec::new();
        for (row, change) in picked {
            let row = &rows[row.index(rows.len())];
            let mut row: Row = columns.iter().map(|&column| row[column]).collect();
            row[0] = row[0].saturating_add(change);
            if !selected.contains(&row) {
                selected.push(row);
            }
        }
        let names: Vec<_> = columns.iter().map(|&column| NAMES[column]).collect();
        let selection = Labels::from_rows(&names, &selected).unwrap();
        let project = |row: &Row| columns.iter().map(|&column| row[column]).collect::<Row>();
        let expected: Vec<_> = if columns == [0, 1, 2] {
            let found = selected.iter().map(|row| find(&rows, row));
            found.filter_map(|position| u32::try_from(position).ok()).collect()
        } else {
            let rows = (0..).zip(&rows);
            rows.filter(|(_, row)| selected.contains(&project(row))).map(|(i, _)| i).collect()
        };
        prop_assert_eq!(make(3, &rows, lazy).select(&selection).unwrap(), expected);
    }
}
