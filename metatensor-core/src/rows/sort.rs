//! Sorting of row numbers.

use super::table::{Table, by_width};
use super::{Order, Rows};

/// Smaller tables are sorted by comparing.
const MIN_RADIX: usize = 256;

/// The largest number of bits that one pass of the radix sort looks at.
const MAX_DIGIT_BITS: u32 = 11;

/// In which direction to sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The smallest row comes first.
    Ascending,
    /// The largest row comes first.
    Descending,
}

/// The numbers of all rows in sorted order. Equal rows keep their order if ascending; descending is the exact
/// reverse of that.
#[must_use]
pub fn argsort(rows: Rows<'_>, direction: Direction) -> Vec<u32> {
    let mut numbers = match rows.order() {
        Order::StrictlyIncreasing | Order::NonDecreasing => (0..rows.count() as u32).collect(),
        Order::Unordered => by_width!(rows.width(), [rows => table], sort(table, rows)),
    };
    if direction == Direction::Descending {
        numbers.reverse();
    }
    numbers
}

/// The numbers of all rows of `rows`, which is the same as `table`, in sorted order.
fn sort<'a>(table: impl Table<'a>, rows: Rows<'a>) -> Vec<u32> {
    let mut columns = columns(table, rows.width());
    let key_bits: u32 = columns.iter().map(|column| column.bits).sum();
    let number_bits = (table.count() as u64).ilog2() + 1;

    if key_bits + number_bits <= 64 {
        place(&mut columns, key_bits + number_bits);
        let mut keys: Vec<u64> = (0..table.count())
            .map(|row| key(table.row(row), &columns) | row as u64)
            .collect();
        if keys.len() < MIN_RADIX {
            keys.sort_unstable();
        } else {
            radix_sort(&mut keys, number_bits, key_bits);
        }
        let number = |key: u64| (key & ((1 << number_bits) - 1)) as u32;
        return keys.into_iter().map(number).collect();
    }

    // As many columns as fit decide nearly always, the rows themselves the rest of the times.
    place(&mut columns, 64);
    let mut keys: Vec<(u64, u32)> = (0..table.count())
        .map(|row| (key(table.row(row), &columns), row as u32))
        .collect();
    sort_keys(&mut keys, rows);
    keys.into_iter().map(|(_, row)| row).collect()
}

/// Sort by the first part of keys, then by the rows whose numbers are the second part: compiled once, and not for each width.
fn sort_keys(keys: &mut [(u64, u32)], rows: Rows<'_>) {
    keys.sort_unstable_by(|a, b| {
        let rows = || rows.row(a.1 as usize).cmp(rows.row(b.1 as usize));
        a.0.cmp(&b.0).then_with(rows).then(a.1.cmp(&b.1))
    });
}

/// Where in a key the values of a column are.
#[derive(Clone, Copy, Debug)]
struct Column {
    min: i32,
    /// The smallest number of bits that the difference to `min` fits in.
    bits: u32,
    /// The number of bits below, or 64 for a column that is not in the key.
    shift: u32,
}

fn columns<'a>(table: impl Table<'a>, width: usize) -> Vec<Column> {
    let mut min = vec![i32::MAX; width];
    let mut max = vec![i32::MIN; width];
    for row in 0..table.count() {
        for ((&value, min), max) in table.row(row).iter().zip(&mut min).zip(&mut max) {
            *min = value.min(*min);
            *max = value.max(*max);
        }
    }
    let columns = min.into_iter().zip(max);
    columns
        .map(|(min, max)| Column {
            min,
            bits: 32 - max.wrapping_sub(min).leading_zeros(),
            shift: 64,
        })
        .collect()
}

/// Put the columns one after the other into the lowest `bits` bits of a key, until one does not fit.
fn place(columns: &mut [Column], mut bits: u32) {
    for column in columns {
        let Some(shift) = bits.checked_sub(column.bits) else {
            return;
        };
        column.shift = shift;
        bits = shift;
    }
}

#[inline(always)]
fn key(row: &[i32], columns: &[Column]) -> u64 {
    // With this the compiler knows the length, if it knows that of the row.
    let columns = &columns[..row.len()];
    row.iter().zip(columns).fold(0, |key, (value, column)| {
        let value = value.wrapping_sub(column.min).cast_unsigned();
        key | u64::from(value).unbounded_shl(column.shift)
    })
}

/// Sort by the `bits` bits above the lowest `skipped` ones, by which the keys are sorted already.
fn radix_sort(keys: &mut Vec<u64>, skipped: u32, bits: u32) {
    let passes = bits.div_ceil(MAX_DIGIT_BITS);
    let digit_bits = bits.div_ceil(passes);
    let mask = (1 << digit_bits) - 1;
    let shift = |pass: u32| skipped + pass * digit_bits;

    let mut starts = vec![vec![0u32; mask + 1]; passes as usize];
    for &key in &*keys {
        for (pass, starts) in (0..).zip(&mut starts) {
            starts[(key >> shift(pass)) as usize & mask] += 1;
        }
    }
    let mut sorted = vec![0; keys.len()];
    for (pass, starts) in (0..).zip(&mut starts) {
        let mut start = 0;
        for count in starts.iter_mut() {
            start += std::mem::replace(count, start);
        }
        for &key in &*keys {
            let start = &mut starts[(key >> shift(pass)) as usize & mask];
            sorted[*start as usize] = key;
            *start += 1;
        }
        std::mem::swap(keys, &mut sorted);
    }
}
