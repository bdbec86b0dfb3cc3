//! Everything against models made of `Vec<Vec<i32>>` and the maps of the standard library.

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A table that owns its values.
#[derive(Clone, Debug, PartialEq)]
struct Table {
    rows: Vec<Vec<i32>>,
    width: usize,
    values: Vec<i32>,
}

impl Table {
    fn new(rows: Vec<Vec<i32>>, width: usize) -> Self {
        let values = rows.concat();
        Table {
            rows,
            width,
            values,
        }
    }

    fn rows(&self) -> Rows<'_> {
        Rows::new(&self.values, self.rows.len(), self.width)
    }

    fn without_duplicates(&self) -> Self {
        let mut seen = HashSet::new();
        let rows = self.rows.iter().filter(|row| seen.insert(*row));
        Table::new(rows.cloned().collect(), self.width)
    }

    fn sorted(mut self) -> Self {
        self.rows.sort();
        Table::new(self.rows, self.width)
    }

    fn position(&self, row: &[i32]) -> Option<usize> {
        self.rows.iter().position(|candidate| candidate == row)
    }

    fn positions(&self, rows: &[Vec<i32>]) -> Vec<i64> {
        let map: HashMap<_, _> = self.rows.iter().zip(0..).collect();
        rows.iter()
            .map(|row| map.get(row).copied().unwrap_or(-1))
            .collect()
    }
}

/// Few different values, so that rows repeat, or all that there are; most often not sorted.
fn table_of_width(width: usize) -> impl Strategy<Value = Table> {
    let anything = prop_oneof![
        6 => 0..4i32,
        1 => any::<i32>(),
        1 => extreme(),
    ];
    let count = prop_oneof![0..12usize, 0..150usize, 250..400usize];
    let start = prop_oneof![3 => Just(0), 1 => any::<i32>(), 1 => extreme()];
    let rows = (count, start).prop_flat_map(move |(count, start)| {
        let neighbors = (0..7i32).prop_map(move |step| start.saturating_add(step));
        let far = vec(vec(anything.clone(), width), count);
        let close = vec(vec(neighbors, width), count);
        prop_oneof![far, close]
    });
    (rows, any::<bool>()).prop_map(move |(rows, sort)| {
        let table = Table::new(rows, width);
        if sort { table.sorted() } else { table }
    })
}

fn extreme() -> impl Strategy<Value = i32> + Clone {
    prop::sample::select(vec![i32::MIN, i32::MIN + 1, -1, 0, i32::MAX])
}

fn table() -> impl Strategy<Value = Table> {
    (0..6usize).prop_flat_map(table_of_width)
}

fn distinct() -> impl Strategy<Value = Table> {
    table().prop_map(|table| table.without_duplicates())
}

fn two_tables() -> impl Strategy<Value = (Table, Table)> {
    (0..6usize).prop_flat_map(|width| (table_of_width(width), table_of_width(width)))
}

fn two_sets() -> impl Strategy<Value = (Table, Table)> {
    two_tables().prop_map(|(a, b)| (a.without_duplicates(), b.without_duplicates()))
}

fn model_order(table: &Table) -> Order {
    if table.rows.windows(2).all(|pair| pair[0] < pair[1]) {
        Order::StrictlyIncreasing
    } else if table.rows.is_sorted() {
        Order::NonDecreasing
    } else {
        Order::Unordered
    }
}

fn model_duplicate(table: &Table) -> Option<Duplicate> {
    let mut seen = HashMap::new();
    for (second, row) in table.rows.iter().enumerate() {
        if let Some(first) = seen.insert(row, second) {
            return Some(Duplicate { first, second });
        }
    }
    None
}

/// Each set with and without an index.
fn check_sets(
    a: &Table,
    b: &Table,
    check: impl Fn(RowSet<'_>, RowSet<'_>) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let (a, b) = (a.rows(), b.rows());
    let (a_index, b_index) = (RowIndex::assume_unique(a), RowIndex::assume_unique(b));
    for a_index in [None, Some(&a_index)] {
        for b_index in [None, Some(&b_index)] {
            check(RowSet::new(a, a_index), RowSet::new(b, b_index))?;
            let unordered = |rows, index| RowSet::with_order(rows, Order::Unordered, index);
            check(unordered(a, a_index), unordered(b, b_index))?;
        }
    }
    Ok(())
}

fn mapping_of(table: &Table) -> Vec<i64> {
    vec![-7; table.rows.len()]
}

proptest! {
    #[test]
    fn rows_are_slices_of_the_values(table in table()) {
        let rows = table.rows();
        prop_assert_eq!(rows.count(), table.rows.len());
        prop_assert_eq!(rows.iter().len(), table.rows.len());
        prop_assert_eq!(rows.iter().map(<[i32]>::to_vec).collect::<Vec<_>>(), table.rows.clone());
        for (i, row) in table.rows.iter().enumerate() {
            prop_assert_eq!(rows.row(i), row.as_slice());
        }
    }

    #[test]
    fn order_is_that_of_the_rows(table in table(), distinct in distinct()) {
        prop_assert_eq!(table.rows().order(), model_order(&table));
        prop_assert_eq!(distinct.rows().order(), model_order(&distinct));
    }

    #[test]
    fn columns_and_gather_pick_what_they_are_told(
        (table, columns, rows) in (1..6usize).prop_flat_map(table_of_width).prop_flat_map(|table| {
            let count = table.rows.len();
            let columns = vec(0..table.width, 0..7);
            let rows = vec(0..count.max(1) as u32, if count == 0 { 0..1 } else { 0..50 });
            (Just(table), columns, rows)
        })
    ) {
        let model: Vec<i32> = table.rows.iter().flat_map(|row| columns.iter().map(|&c| row[c])).collect();
        prop_assert_eq!(table.rows().columns(&columns), model);
        let model: Vec<_> = rows.iter().map(|&row| table.rows[row as usize].clone()).collect();
        prop_assert_eq!(table.rows().gather(&rows), model.concat());
    }

    #[test]
    fn the_earliest_repetition_is_reported(table in table()) {
        let duplicate = model_duplicate(&table);
        prop_assert_eq!(RowIndex::new(table.rows()).err(), duplicate);
        prop_assert_eq!(check_unique(table.rows()).err(), duplicate);
    }

    #[test]
    fn sorted_tables_are_unique_without_an_index(table in distinct()) {
        let sorted = matches!(check_unique(table.rows()), Ok(Uniqueness::Sorted));
        prop_assert_eq!(sorted, table.rows.is_sorted());
    }

    #[test]
    fn an_index_finds_the_first_of_equal_rows((table, queries) in two_tables()) {
        let index = RowIndex::assume_unique(table.rows());
        let mut found = Vec::new();
        let all = Table::new([table.rows.clone(), queries.rows].concat(), table.width);
        index.find_all(table.rows(), all.rows(), |query, row| {
            assert_eq!(query, found.len());
            found.push(row);
        });
        for (row, found) in all.rows.iter().zip(&found) {
            prop_assert_eq!(*found, table.position(row));
            prop_assert_eq!(index.find(table.rows(), row), table.position(row));
        }
        prop_assert_eq!(found.len(), all.rows.len());
    }

    #[test]
    fn rows_of_another_width_are_not_found(table in (1..6usize).prop_flat_map(table_of_width)) {
        let index = RowIndex::assume_unique(table.rows());
        for row in &table.rows {
            prop_assert_eq!(index.find(table.rows(), &row[1..]), None);
            prop_assert_eq!(index.find(table.rows(), &[row.as_slice(), &[0]].concat()), None);
        }
    }

    #[test]
    fn rows_are_selected_by_some_of_their_columns(
        (table, wanted, columns) in (1..6usize, 1..4usize).prop_flat_map(|(width, wanted)| {
            (table_of_width(width), table_of_width(wanted), vec(0..width, wanted))
        })
    ) {
        let wanted = wanted.without_duplicates();
        let model: Vec<u32> = (0..).zip(&table.rows).filter(|(_, row)| {
            wanted.rows.contains(&columns.iter().map(|&c| row[c]).collect())
        }).map(|(i, _)| i).collect();
        let index = RowIndex::assume_unique(wanted.rows());
        let selected = select(table.rows(), &columns, wanted.rows(), || &index);
        prop_assert_eq!(selected, model);
    }

    #[test]
    fn columns_are_below_what_is_larger_than_all_of_their_values(
        table in (1..6usize).prop_flat_map(table_of_width),
        end in prop_oneof![0..6usize, Just(1 << 31), any::<usize>()],
    ) {
        for column in 0..table.width {
            let is_below = |row: &Vec<i32>| usize::try_from(row[column]).is_ok_and(|value| value < end);
            prop_assert_eq!(table.rows().column_is_below(column, end), table.rows.iter().all(is_below));
        }
    }

    #[test]
    fn argsort_is_stable_and_descending_is_its_reverse(table in table()) {
        let mut model: Vec<u32> = (0..table.rows.len() as u32).collect();
        model.sort_by_key(|&row| &table.rows[row as usize]);
        prop_assert_eq!(argsort(table.rows(), Direction::Ascending), model.clone());
        model.reverse();
        prop_assert_eq!(argsort(table.rows(), Direction::Descending), model);
    }

    #[test]
    fn groups_are_sorted_and_their_members_increase(table in table()) {
        let mut model: BTreeMap<&[i32], Vec<u32>> = BTreeMap::new();
        for (row, number) in table.rows.iter().zip(0..) {
            model.entry(row).or_default().push(number);
        }
        let groups = RowGroups::new(table.rows());
        prop_assert_eq!(groups.len(), model.len());
        prop_assert_eq!(groups.offsets().len(), model.len() + 1);
        prop_assert_eq!(groups.unique().count(), model.len());
        for (group, (row, members)) in model.iter().enumerate() {
            prop_assert_eq!(groups.unique().row(group), *row);
            prop_assert_eq!(groups.rows_of(group), members.as_slice());
            prop_assert!(members.iter().all(|&member| groups.group_of()[member as usize] == group as u32));
        }
        prop_assert_eq!(groups.members(), model.into_values().flatten().collect::<Vec<_>>());
        prop_assert_eq!(groups.group_of().len(), table.rows.len());
    }

    #[test]
    fn positions_are_those_in_the_other_set((a, b) in two_sets()) {
        check_sets(&a, &b, |a_set, b_set| {
            let mut found = mapping_of(&a);
            positions(a_set, b_set, &mut found);
            prop_assert_eq!(&found, &b.positions(&a.rows));
            Ok(())
        })?;
    }

    #[test]
    fn union_is_a_then_the_rest_of_b((a, b) in two_sets()) {
        let model = Table::new([a.rows.clone(), b.rows.clone()].concat(), a.width).without_duplicates();
        check_sets(&a, &b, |a_set, b_set| {
            let (mut first, mut second) = (mapping_of(&a), mapping_of(&b));
            prop_assert_eq!(union(a_set, b_set, Some(&mut first), Some(&mut second)), model.values.clone());
            prop_assert_eq!(first, model.positions(&a.rows));
            prop_assert_eq!(second, model.positions(&b.rows));
            prop_assert_eq!(union(a_set, b_set, None, None), model.values.clone());
            Ok(())
        })?;
    }

    #[test]
    fn intersection_has_the_order_of_the_smaller_set((a, b) in two_sets()) {
        let (small, large) = if a.rows.len() <= b.rows.len() { (&a, &b) } else { (&b, &a) };
        let rows = small.rows.iter().filter(|row| large.position(row).is_some());
        let model = Table::new(rows.cloned().collect(), a.width);
        check_sets(&a, &b, |a_set, b_set| {
            let (mut first, mut second) = (mapping_of(&a), mapping_of(&b));
            let rows = intersection(a_set, b_set, Some(&mut first), Some(&mut second));
            prop_assert_eq!(rows, model.values.clone());
            prop_assert_eq!(&first, &model.positions(&a.rows));
            prop_assert_eq!(&second, &model.positions(&b.rows));
            prop_assert_eq!(intersection(a_set, b_set, None, Some(&mut second)), model.values.clone());
            prop_assert_eq!(second, model.positions(&b.rows));
            prop_assert_eq!(intersection(a_set, b_set, Some(&mut first), None), model.values.clone());
            prop_assert_eq!(first, model.positions(&a.rows));
            Ok(())
        })?;
    }

    #[test]
    fn difference_has_the_order_of_a((a, b) in two_sets()) {
        let rows = a.rows.iter().filter(|row| b.position(row).is_none());
        let model = Table::new(rows.cloned().collect(), a.width);
        check_sets(&a, &b, |a_set, b_set| {
            let mut first = mapping_of(&a);
            prop_assert_eq!(difference(a_set, b_set, Some(&mut first)), model.values.clone());
            prop_assert_eq!(first, model.positions(&a.rows));
            prop_assert_eq!(difference(a_set, b_set, None), model.values.clone());
            Ok(())
        })?;
    }
}

/// Rows of a large table, each of them once: `(i / 1000, i / 20 % 50, i % 20, ...)` in a scrambled order.
fn large_table(width: usize, count: usize, first: usize) -> Table {
    let mut rows: Vec<Vec<i32>> = (first..first + count)
        .map(|i| {
            let i = i as i32;
            let row = [i / 1000, i / 20 % 50, i % 20, i % 7, -i];
            match width {
                1 => vec![i],
                2 => vec![i / 100, i % 100],
                _ => row[..width].to_vec(),
            }
        })
        .collect();
    for i in (1..count).rev() {
        rows.swap(i, i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (i + 1));
    }
    Table::new(rows, width)
}

#[test]
fn large_tables_are_indexed_sorted_and_merged() {
    // Rows close to each other, and rows that are not.
    for (width, spread) in (1..6).flat_map(|width| [(width, 1), (width, 10_007)]) {
        let [a, b] = [0, 10_000].map(|first| {
            let mut rows = large_table(width, 20_000, first).rows;
            rows.iter_mut().flatten().for_each(|value| *value *= spread);
            Table::new(rows, width)
        });
        let index = RowIndex::new(a.rows()).unwrap();
        for (i, row) in a.rows.iter().enumerate() {
            assert_eq!(index.find(a.rows(), row), Some(i));
        }

        let order = argsort(a.rows(), Direction::Ascending);
        assert_eq!(a.rows().gather(&order), a.clone().sorted().values);

        let (mut first, mut second) = (mapping_of(&a), mapping_of(&b));
        let (a_set, b_set) = (RowSet::new(a.rows(), None), RowSet::new(b.rows(), None));
        let rows = union(a_set, b_set, Some(&mut first), Some(&mut second));
        let model =
            Table::new([a.rows.clone(), b.rows.clone()].concat(), width).without_duplicates();
        assert_eq!(model.rows.len(), 30_000);
        assert_eq!(rows, model.values);
        assert_eq!(second, model.positions(&b.rows));
    }
}

#[test]
fn the_ends_of_a_range_are_found_wherever_they_are() {
    // Tables are read in batches. These are as far apart as a direct-address table, a rank bitmap, and hashes have them.
    for (spread, at) in [1, 20, 10_007].into_iter().flat_map(|spread| {
        [0, 63, 64, 1022, 1023, 1024, 1025, 2047, 2048, 2998].map(|at| (spread, at))
    }) {
        let mut rows: Vec<Vec<i32>> = (0..3000).map(|i| vec![i * spread]).collect();
        rows.swap(0, at);
        rows.swap(at + 1, 2999);
        let table = Table::new(rows, 1);
        let index = RowIndex::new(table.rows()).unwrap();
        index.find_all(table.rows(), table.rows(), |query, row| {
            assert_eq!(row, Some(query), "{spread} {at}");
            assert_eq!(index.find(table.rows(), &table.rows[query]), row);
        });
        for outside in [-spread, 3000 * spread] {
            assert_eq!(index.find(table.rows(), &[outside]), None);
        }
    }
}

#[test]
fn what_is_outside_of_a_range_is_not_found_whatever_its_size() {
    // Some of these are as many points as a rank bitmap has bits.
    for end in 600..700 {
        let mut rows: Vec<Vec<i32>> = (0..32).map(|i| vec![i * 18]).collect();
        rows.push(vec![end]);
        let table = Table::new(rows, 1);
        let index = RowIndex::new(table.rows()).unwrap();
        assert_eq!(index.find(table.rows(), &[end]), Some(32));
        for outside in [-1, end - 1, end + 1, i32::MIN, i32::MAX] {
            assert_eq!(index.find(table.rows(), &[outside]), None, "{end}");
        }
    }
}

#[test]
fn a_late_repetition_in_a_large_table_is_found() {
    let mut table = large_table(3, 10_000, 0);
    table.rows.push(table.rows[17].clone());
    table.rows.push(table.rows[3].clone());
    let table = Table::new(table.rows, 3);
    let duplicate = Duplicate {
        first: 17,
        second: 10_000,
    };
    assert_eq!(RowIndex::new(table.rows()).unwrap_err(), duplicate);
}

#[test]
fn many_repetitions_do_not_fill_an_index() {
    let table = Table::new(vec![vec![1, 2]; 100_000], 2);
    let index = RowIndex::assume_unique(table.rows());
    assert_eq!(index.find(table.rows(), &[1, 2]), Some(0));
    assert_eq!(index.find(table.rows(), &[2, 1]), None);
}

#[test]
fn wrong_sizes_are_refused() {
    let error =
        |values: &[i32], count, width| Rows::try_new(values, count, width).unwrap_err().to_string();
    assert!(error(&[1, 2, 3], 2, 2).contains("expected 2 rows of 2 values, got 3 values"));
    assert!(error(&[], 2, usize::MAX).contains("expected 2 rows"));
    assert!(error(&[], Rows::MAX_COUNT + 1, 0).contains("at most, got 4294967295"));
    assert_eq!(
        Rows::try_new(&[], Rows::MAX_COUNT, 0).unwrap().count(),
        Rows::MAX_COUNT
    );
}
