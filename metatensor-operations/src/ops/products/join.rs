//! Which rows of two tables are equal.

use metatensor_core::Result;
use metatensor_core::internal::rows::{RowGroups, RowIndex, Rows};

/// The rows of a second table that are equal to those of a first one, in some columns of both.
pub(super) struct Matches {
    /// Rows of the second table, one group of equal ones after the other.
    groups: RowGroups,
    /// For each row of the first table, the group of rows that are equal to it.
    found: Vec<Option<usize>>,
}

impl Matches {
    /// For columns of both, as pairs. Without any, all rows are equal.
    pub(super) fn new(a: Rows<'_>, b: Rows<'_>, columns: &[[usize; 2]]) -> Result<Matches> {
        let (first, second) = (picked(a, columns, 0), picked(b, columns, 1));
        let width = columns.len().max(1);
        let first = Rows::try_new(&first, a.count(), width)?;
        let groups = RowGroups::new(Rows::try_new(&second, b.count(), width)?);
        let mut found = Vec::with_capacity(a.count());
        RowIndex::assume_unique(groups.unique())
            .find_all(groups.unique(), first, |_, group| found.push(group));
        Ok(Matches { groups, found })
    }

    /// The rows of the second table that are equal to `row` of the first one, increasing.
    pub(super) fn of(&self, row: usize) -> &[u32] {
        self.found[row].map_or(&[], |group| self.groups.rows_of(group))
    }

    /// The first row of the first table that is equal to none, and the same for the second table.
    pub(super) fn first_unmatched(&self) -> [Option<usize>; 2] {
        let mut used = vec![false; self.groups.len()];
        for group in self.found.iter().flatten() {
            used[*group] = true;
        }
        let groups = self.groups.group_of();
        [
            self.found.iter().position(Option::is_none),
            groups.iter().position(|&group| !used[group as usize]),
        ]
    }
}

/// The values in some columns of one of two tables, and one column of zeros if there are none.
fn picked(rows: Rows<'_>, columns: &[[usize; 2]], side: usize) -> Vec<i32> {
    if columns.is_empty() {
        return vec![0; rows.count()];
    }
    let columns: Vec<_> = columns.iter().map(|column| column[side]).collect();
    rows.columns(&columns)
}
