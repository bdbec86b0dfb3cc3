//! Grouping of equal rows.

use super::table::{Table, by_width};
use super::{Direction, RowIndex, Rows, argsort};

/// The distinct rows of a table, sorted, and which rows of the table are equal to each of them.
#[derive(Clone, Debug)]
pub struct RowGroups {
    unique: Vec<i32>,
    width: usize,
    group_of: Vec<u32>,
    offsets: Vec<u32>,
    members: Vec<u32>,
}

impl RowGroups {
    /// Group the rows of a table.
    #[must_use]
    pub fn new(rows: Rows<'_>) -> Self {
        let members = argsort(rows, Direction::Ascending);
        let mut group_of = vec![0; members.len()];
        let mut offsets = Vec::new();
        by_width!(rows.width(), [rows => table], {
            let mut previous = None;
            for (position, &row) in (0..).zip(&members) {
                let key = table.key(row as usize);
                if previous != Some(key) {
                    offsets.push(position);
                    previous = Some(key);
                }
                group_of[row as usize] = offsets.len() as u32 - 1;
            }
        });
        let firsts: Vec<u32> = offsets
            .iter()
            .map(|&start| members[start as usize])
            .collect();
        offsets.push(members.len() as u32);
        RowGroups {
            unique: rows.gather(&firsts),
            width: rows.width(),
            group_of,
            offsets,
            members,
        }
    }

    /// Number of groups, which is the number of distinct rows.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The distinct rows, in increasing order.
    #[must_use]
    pub fn unique(&self) -> Rows<'_> {
        Rows::new(&self.unique, self.len(), self.width)
    }

    /// For each row of the table, the number of its group.
    #[must_use]
    pub fn group_of(&self) -> &[u32] {
        &self.group_of
    }

    /// The numbers of the rows in one group, increasing.
    ///
    /// # Panics
    ///
    /// If there is no such group.
    #[must_use]
    pub fn rows_of(&self, group: usize) -> &[u32] {
        &self.members[self.offsets[group] as usize..self.offsets[group + 1] as usize]
    }

    /// Where each group starts in [`RowGroups::members`], and after the last group the number of rows.
    #[must_use]
    pub fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    /// The numbers of the rows in the first group, then those in the second, and so on.
    #[must_use]
    pub fn members(&self) -> &[u32] {
        &self.members
    }
}

/// The number of the first copy of each distinct row of a table, in order, and for each row of the
/// table its position among them.
#[must_use]
pub fn first_occurrences(rows: Rows<'_>) -> (Vec<u32>, Vec<u32>) {
    let index = RowIndex::assume_unique(rows);
    let mut firsts: Vec<u32> = Vec::new();
    let mut positions: Vec<u32> = Vec::with_capacity(rows.count());
    index.find_all(rows, rows, |row, first| {
        let position = match first {
            Some(first) if first < row => positions[first],
            _ => {
                firsts.push(row as u32);
                firsts.len() as u32 - 1
            }
        };
        positions.push(position);
    });
    (firsts, positions)
}
