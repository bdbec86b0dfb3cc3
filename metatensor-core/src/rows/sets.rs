//! Operations on sets of rows.
//!
//! These write where each row of the inputs went into buffers of the caller, in the form that the C interface
//! uses: the number of a row, or -1 for one that is not there.

use super::table::{Table, by_width};
use super::{Order, RowIndex, Rows};
use crate::threads::change_rows;

/// What to find one row costs, compared to reading and writing memory: mostly that of bringing one or two cache lines
/// from somewhere.
const BYTES_PER_LOOKUP: usize = 64;

/// A table of distinct rows, and what is known about it.
///
/// If the rows are not distinct after all, the results of set operations have repeated rows too.
#[derive(Clone, Copy, Debug)]
pub struct RowSet<'a> {
    rows: Rows<'a>,
    order: Order,
    index: Option<&'a RowIndex>,
}

impl<'a> RowSet<'a> {
    /// The set of the rows of a table, with the index of this table if there is one already.
    #[must_use]
    pub fn new(rows: Rows<'a>, index: Option<&'a RowIndex>) -> Self {
        Self::with_order(rows, rows.order(), index)
    }

    /// The same as [`RowSet::new`], for a table of which the order is known.
    #[must_use]
    pub fn with_order(rows: Rows<'a>, order: Order, index: Option<&'a RowIndex>) -> Self {
        RowSet { rows, order, index }
    }
}

/// The rows of `a`, followed by those of `b` that are not in `a`, both in the order they had.
///
/// `first` and `second` get the positions of all rows of `a` and `b` in the result.
///
/// # Panics
///
/// If the two tables do not have the same width, or if `first` (`second`) does not have one entry for each row
/// of `a` (`b`). This is also true for the other set operations.
#[must_use]
pub fn union(
    a: RowSet<'_>,
    b: RowSet<'_>,
    first: Option<&mut [i64]>,
    second: Option<&mut [i64]>,
) -> Vec<i32> {
    if let Some(first) = first {
        assert_eq!(first.len(), a.rows.count(), "the size of a mapping");
        (0..).zip(first).for_each(|(row, position)| *position = row);
    }
    let mut scratch = Vec::new();
    let second = second.unwrap_or_else(|| scratch_for(b, &mut scratch));
    positions(b, a, second);

    let mut end = a.rows.count() as i64;
    let added = rows_where(second, |position| {
        let is_new = *position < 0;
        *position = if is_new { end } else { *position };
        end += i64::from(is_new);
        is_new
    });
    b.rows.gather_after(a.rows.values(), &added)
}

/// The rows that are in both `a` and `b`, in the order of the smaller set (`a` if they have the same size).
///
/// `first` and `second` get the positions of all rows of `a` and `b` in the result, -1 for those not in it.
///
/// # Panics
///
/// As for [`union`].
#[must_use]
pub fn intersection(
    a: RowSet<'_>,
    b: RowSet<'_>,
    first: Option<&mut [i64]>,
    second: Option<&mut [i64]>,
) -> Vec<i32> {
    if a.rows.count() <= b.rows.count() {
        intersection_in_order(a, b, first, second)
    } else {
        intersection_in_order(b, a, second, first)
    }
}

fn intersection_in_order(
    small: RowSet<'_>,
    large: RowSet<'_>,
    of_small: Option<&mut [i64]>,
    mut of_large: Option<&mut [i64]>,
) -> Vec<i32> {
    let mut scratch = Vec::new();
    let of_small = of_small.unwrap_or_else(|| scratch_for(small, &mut scratch));
    positions(small, large, of_small);
    if let Some(of_large) = &mut of_large {
        assert_eq!(of_large.len(), large.rows.count(), "the size of a mapping");
        of_large.fill(-1);
    }
    let kept = rows_where(of_small, |position| *position >= 0);
    for (new, &row) in (0..).zip(&kept) {
        let position = &mut of_small[row as usize];
        if let Some(of_large) = &mut of_large {
            of_large[*position as usize] = new;
        }
        *position = new;
    }
    small.rows.gather(&kept)
}

/// The rows of `a` that are not in `b`, in the order they had.
///
/// `first` gets the positions of all rows of `a` in the result, -1 for those not in it.
///
/// # Panics
///
/// As for [`union`].
#[must_use]
pub fn difference(a: RowSet<'_>, b: RowSet<'_>, first: Option<&mut [i64]>) -> Vec<i32> {
    let mut scratch = Vec::new();
    let first = first.unwrap_or_else(|| scratch_for(a, &mut scratch));
    positions(a, b, first);
    let mut end = 0;
    let kept = rows_where(first, |position| {
        let is_absent = *position < 0;
        *position = if is_absent { end } else { -1 };
        end += i64::from(is_absent);
        is_absent
    });
    a.rows.gather(&kept)
}

/// Find the rows of one set in another: `found` gets the number there of each row of `of`, or -1.
///
/// # Panics
///
/// If the two tables do not have the same width, or if `found` does not have one entry for each row of `of`.
pub fn positions(of: RowSet<'_>, within: RowSet<'_>, found: &mut [i64]) {
    assert_eq!(
        of.rows.width(),
        within.rows.width(),
        "the widths of two tables"
    );
    assert_eq!(found.len(), of.rows.count(), "the size of a mapping");
    let (queries, table) = (of.rows, within.rows);
    if of.order == Order::StrictlyIncreasing && within.order == Order::StrictlyIncreasing {
        return by_width!(table.width(), [queries => queries, table => table], {
            merge(queries, table, found);
        });
    }

    // With two indexes, the fewer look-ups are made, or else those whose results are written in order. With
    // none, the smaller table is faster to fill and to use.
    let queries_are_fewer = queries.count() < table.count();
    let queries_are_not_more = queries.count() <= table.count();
    let made;
    let (index, forwards) = match (of.index, within.index) {
        (_, Some(index)) if of.index.is_none() || queries_are_not_more => (index, true),
        (Some(index), _) => (index, false),
        (None, _) if queries_are_fewer => {
            made = RowIndex::assume_unique(queries);
            (&made, false)
        }
        (None, _) => {
            made = RowIndex::assume_unique(table);
            (&made, true)
        }
    };
    if forwards {
        let work = queries.count() * BYTES_PER_LOOKUP;
        let result = change_rows(found, 1, work, |range, found| {
            let queries = queries.range(range.start, range.end);
            index.find_all(table, queries, |query, row| {
                found[query] = row.map_or(-1, |row| row as i64);
            });
            Ok(())
        });
        if let Err(error) = result {
            panic!("{error}");
        }
    } else {
        found.fill(-1);
        index.find_all(queries, table, |row, query| {
            if let Some(query) = query {
                found[query] = row as i64;
            }
        });
    }
}

/// [`positions`] for two sorted tables.
fn merge<'a, T: Table<'a>>(queries: T, table: T, found: &mut [i64]) {
    let (mut query, mut row) = (0, 0);
    while query < queries.count() && row < table.count() {
        let (a, b) = (queries.key(query), table.key(row));
        found[query] = if a == b { row as i64 } else { -1 };
        // No branches on what is random. The last thing written for a query is right.
        query += usize::from(a <= b);
        row += usize::from(b <= a);
    }
    found[query..].fill(-1);
}

/// The numbers of the rows with such an entry in a mapping. Without branches, as these can be any rows.
fn rows_where(mapping: &mut [i64], mut is_one: impl FnMut(&mut i64) -> bool) -> Vec<u32> {
    let mut rows = vec![0; mapping.len()];
    let mut count = 0;
    for (row, entry) in (0..).zip(mapping) {
        rows[count] = row;
        count += usize::from(is_one(entry));
    }
    rows.truncate(count);
    rows
}

fn scratch_for<'a>(set: RowSet<'_>, scratch: &'a mut Vec<i64>) -> &'a mut [i64] {
    scratch.resize(set.rows.count(), 0);
    scratch
}
