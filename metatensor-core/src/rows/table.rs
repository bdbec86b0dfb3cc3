//! Tables with a number of columns that the compiler knows.

use super::Rows;
use crate::memory::vector_with_capacity;

/// A table as the inner loops see it: [`Rows`] for any width, `&[[i32; W]]` for the small ones that nearly
/// all labels have.
pub(super) trait Table<'a>: Copy {
    /// A row in a form that compares fast, and as the row does.
    type Key: Ord + Copy;

    fn count(self) -> usize;
    fn row(self, row: usize) -> &'a [i32];
    fn key(self, row: usize) -> Self::Key;

    /// Values of rows of another table, and then those of these rows, one after the other.
    fn collect(self, before: &[i32], rows: &[u32]) -> Vec<i32>;
}

impl<'a> Table<'a> for Rows<'a> {
    type Key = &'a [i32];

    #[inline]
    fn count(self) -> usize {
        self.count()
    }

    #[inline]
    fn row(self, row: usize) -> &'a [i32] {
        self.row(row)
    }

    #[inline]
    fn key(self, row: usize) -> &'a [i32] {
        self.row(row)
    }

    fn collect(self, before: &[i32], rows: &[u32]) -> Vec<i32> {
        let mut values = vector_with_capacity(before.len() + rows.len() * self.width());
        values.extend_from_slice(before);
        for &row in rows {
            values.extend_from_slice(self.row(row as usize));
        }
        values
    }
}

macro_rules! fixed_width {
    ($($width:literal: $key:ty = $make_key:expr),*) => {$(
        impl<'a> Table<'a> for &'a [[i32; $width]] {
            type Key = $key;

            #[inline(always)]
            fn count(self) -> usize {
                self.len()
            }

            #[inline(always)]
            fn row(self, row: usize) -> &'a [i32] {
                &self[row]
            }

            #[inline(always)]
            fn key(self, row: usize) -> $key {
                $make_key(&self[row])
            }

            fn collect(self, before: &[i32], rows: &[u32]) -> Vec<i32> {
                let before = before.as_chunks().0;
                let mut values = vector_with_capacity(before.len() + rows.len());
                values.extend_from_slice(before);
                values.extend(rows.iter().map(|&row| self[row as usize]));
                values.into_flattened()
            }
        }
    )*};
}

fixed_width!(
    1: i32 = |&[a]: &[i32; 1]| a,
    2: u64 = |&[a, b]: &[i32; 2]| pair(a, b),
    3: u128 = |&[a, b, c]: &[i32; 3]| quadruple(a, b, c, 0),
    4: u128 = |&[a, b, c, d]: &[i32; 4]| quadruple(a, b, c, d)
);

/// Compares as the two integers do, the first one being the more significant one.
#[inline(always)]
fn pair(a: i32, b: i32) -> u64 {
    // This is one load and a rotation for integers that follow each other.
    let pair = u64::from(a.cast_unsigned()) | u64::from(b.cast_unsigned()) << 32;
    // With the sign bit flipped, signed integers compare like the bits that hold them.
    pair.rotate_left(32) ^ (1 << 63 | 1 << 31)
}

#[inline(always)]
fn quadruple(a: i32, b: i32, c: i32, d: i32) -> u128 {
    u128::from(pair(a, b)) << 64 | u128::from(pair(c, d))
}

/// Evaluate an expression with the tables (`Rows => name`, all of this width) in their fastest form.
macro_rules! by_width {
    ($width:expr, [$($rows:expr => $table:ident),+], $body:expr) => {
        match $width {
            1 => { $(let $table = $rows.values().as_chunks::<1>().0;)+ $body }
            2 => { $(let $table = $rows.values().as_chunks::<2>().0;)+ $body }
            3 => { $(let $table = $rows.values().as_chunks::<3>().0;)+ $body }
            4 => { $(let $table = $rows.values().as_chunks::<4>().0;)+ $body }
            _ => { let ($($table,)+) = ($($rows,)+); $body }
        }
    };
}
pub(super) use by_width;
