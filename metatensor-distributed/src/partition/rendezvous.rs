//! Who owns which rows: asked at a rank that everybody finds from the row itself.
//!
//! A row is known at the rank `hash(row) mod n`. Owners say there that they have it, and who needs it asks there: two
//! exchanges of rows, of which no rank sees more than its share.

use metatensor_core::internal::rows::{Duplicate, RowIndex, Rows};
use metatensor_core::{Error, Result};

use crate::communicator::{Agreed, Session, reserved};

/// Where a row is owned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) rank: u32,
    /// Position in the table of the owner.
    pub(crate) row: u32,
}

/// For each row of `wanted`, which may be repeated, who owns it: which rank has it in its `owned`. `names` are those of the
/// columns for messages, which may have none.
///
/// Collective; tables have the same width on all ranks.
///
/// # Errors
///
/// If rows have no columns, so that messages could not tell how many there are; if a row is owned twice, or if nobody owns one of `wanted`.
pub(crate) fn find_owners(
    session: &Session<'_>,
    names: &[&str],
    owned: Rows<'_>,
    wanted: Rows<'_>,
) -> Result<Vec<Owner>, Agreed> {
    let ranks = session.size();
    let (homes, questions) = session.step(|| {
        if owned.width() == 0 {
            return Err(Error::invalid("rows that are owned need a dimension"));
        }
        let homes = homes(wanted, ranks)?;
        let questions = questions(owned, wanted, &homes, ranks)?;
        Ok((homes, questions))
    })?;
    let questions = session.exchange(questions)?;
    let answers = session.step(|| answers(&questions, owned.width(), names))?;
    drop(questions);
    let answers = session.exchange(answers)?;
    session.step(|| owners(&answers, &homes, wanted, names, ranks))
}

/// The rank where a row is known.
pub(crate) fn home(row: &[i32], ranks: usize) -> usize {
    // The finalizer of SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014) after each number. Not the hash of
    // labels in memory, which is another one in each process.
    let hash = row.iter().fold(0x9e37_79b9_7f4a_7c15_u64, |hash, &value| {
        let x = hash ^ u64::from(value.cast_unsigned());
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    });
    (hash % ranks.max(1) as u64) as usize
}

fn homes(rows: Rows<'_>, ranks: usize) -> Result<Vec<u32>> {
    let mut homes = reserved(rows.count())?;
    homes.extend(rows.iter().map(|row| home(row, ranks) as u32));
    Ok(homes)
}

/// For each rank: the number of rows that are owned and known there, these rows, their positions, and rows that are wanted.
fn questions(
    owned: Rows<'_>,
    wanted: Rows<'_>,
    homes_of_wanted: &[u32],
    ranks: usize,
) -> Result<Vec<Vec<u8>>> {
    let homes_of_owned = homes(owned, ranks)?;
    let (owned_counts, wanted_counts) = (
        counts(&homes_of_owned, ranks),
        counts(homes_of_wanted, ranks),
    );
    let mut messages = Vec::with_capacity(ranks);
    for (&owned_count, &wanted_count) in owned_counts.iter().zip(&wanted_counts) {
        let size = message_size(owned_count, wanted_count, owned.width())
            .ok_or_else(|| Error::invalid("there are too many rows for a message"))?;
        let mut message = reserved(size)?;
        message.extend((owned_count as u64).to_ne_bytes());
        messages.push(message);
    }
    for (row, &home) in owned.iter().zip(&homes_of_owned) {
        extend(&mut messages[home as usize], row);
    }
    for (position, &home) in (0_u32..).zip(&homes_of_owned) {
        messages[home as usize].extend(position.to_ne_bytes());
    }
    for (row, &home) in wanted.iter().zip(homes_of_wanted) {
        extend(&mut messages[home as usize], row);
    }
    Ok(messages)
}

fn counts(homes: &[u32], ranks: usize) -> Vec<usize> {
    let mut counts = vec![0; ranks];
    for &home in homes {
        counts[home as usize] += 1;
    }
    counts
}

fn message_size(owned: usize, wanted: usize, width: usize) -> Option<usize> {
    let owned = owned.checked_mul(width.checked_add(1)?)?;
    let wanted = wanted.checked_mul(width)?;
    owned.checked_add(wanted)?.checked_mul(4)?.checked_add(8)
}

/// For each rank, the owners of the rows it wants, in order. Nobody owns those with the rank [`NOBODY`].
fn answers(questions: &[Vec<u8>], width: usize, names: &[&str]) -> Result<Vec<Vec<u8>>> {
    let parts: Vec<Question<'_>> = (0..)
        .zip(questions)
        .map(|(rank, message)| Question::read(message, width, rank))
        .collect::<Result<_>>()?;
    let count: usize = parts.iter().map(|part| part.positions.len()).sum();
    let mut values: Vec<i32> = reserved(count.saturating_mul(width))?;
    let mut owners: Vec<Owner> = reserved(count)?;
    for (rank, part) in (0..).zip(&parts) {
        values.extend(integers(part.owned));
        owners.extend(part.positions.iter().map(|&bytes| Owner {
            rank,
            row: u32::from_ne_bytes(bytes),
        }));
    }
    let known = Rows::try_new(&values, count, width)?;
    let index = RowIndex::new(known).map_err(|Duplicate { first, second }| {
        owned_twice(names, known.row(first), owners[first], owners[second])
    })?;
    let answer = |part: &Question<'_>| {
        let mut wanted: Vec<i32> = reserved(part.wanted.len())?;
        wanted.extend(integers(part.wanted));
        let wanted = Rows::try_new(&wanted, part.wanted.len() / width, width)?;
        let mut message = reserved(wanted.count() * ANSWER)?;
        index.find_all(known, wanted, |_, position| {
            let owner = position.map_or(NOBODY, |position| owners[position]);
            message.extend(owner.rank.to_ne_bytes());
            message.extend(owner.row.to_ne_bytes());
        });
        Ok(message)
    };
    parts.iter().map(answer).collect()
}

/// Bytes of the answer for one row: rank and position.
const ANSWER: usize = 8;

const NOBODY: Owner = Owner {
    rank: u32::MAX,
    row: 0,
};

/// What one rank says and asks, see [`questions`].
struct Question<'a> {
    owned: &'a [[u8; 4]],
    positions: &'a [[u8; 4]],
    wanted: &'a [[u8; 4]],
}

impl<'a> Question<'a> {
    fn read(message: &'a [u8], width: usize, rank: usize) -> Result<Question<'a>> {
        let read = || {
            let (count, rest) = message.split_first_chunk()?;
            let count = usize::try_from(u64::from_ne_bytes(*count)).ok()?;
            let (integers, []) = rest.as_chunks() else {
                return None;
            };
            let (owned, rest) = integers.split_at_checked(count.checked_mul(width)?)?;
            let (positions, wanted) = rest.split_at_checked(count)?;
            wanted.len().is_multiple_of(width).then_some(Question {
                owned,
                positions,
                wanted,
            })
        };
        read().ok_or_else(|| damaged(rank))
    }
}

#[cold]
fn damaged(rank: usize) -> Error {
    Error::Communication(format!(
        "a message of rank {rank} about owners of rows is damaged"
    ))
}

#[cold]
fn owned_twice(names: &[&str], row: &[i32], first: Owner, second: Owner) -> Error {
    let row = describe(names, row);
    Error::invalid(if first.rank == second.rank {
        let Owner { rank, row: number } = first;
        format!(
            "{row} is owned twice by rank {rank}, as rows {number} and {}",
            second.row
        )
    } else {
        format!(
            "{row} is owned by rank {} and by rank {}",
            first.rank, second.rank
        )
    })
}

fn owners(
    answers: &[Vec<u8>],
    homes: &[u32],
    wanted: Rows<'_>,
    names: &[&str],
    ranks: usize,
) -> Result<Vec<Owner>> {
    let mut next: Vec<_> = answers
        .iter()
        .map(|answers| answers.as_chunks::<ANSWER>().0.iter())
        .collect();
    let mut owners = reserved(homes.len())?;
    for (row, &home) in wanted.iter().zip(homes) {
        let home = home as usize;
        let answer = next[home].next().ok_or_else(|| damaged(home))?;
        let [a, b, c, d, row_bytes @ ..] = *answer;
        let owner = Owner {
            rank: u32::from_ne_bytes([a, b, c, d]),
            row: u32::from_ne_bytes(row_bytes),
        };
        if owner == NOBODY {
            let row = describe(names, row);
            return Err(Error::invalid(format!(
                "{row} is needed, but no rank owns it"
            )));
        }
        if owner.rank as usize >= ranks {
            return Err(damaged(home));
        }
        owners.push(owner);
    }
    Ok(owners)
}

/// A row, for messages.
pub(crate) fn describe(names: &[&str], row: &[i32]) -> String {
    let entries: Vec<String> = match names {
        [] => row.iter().map(i32::to_string).collect(),
        names => names
            .iter()
            .zip(row)
            .map(|(name, value)| format!("{name}={value}"))
            .collect(),
    };
    format!("row ({})", entries.join(", "))
}

fn extend(message: &mut Vec<u8>, row: &[i32]) {
    message.extend(row.iter().flat_map(|value| value.to_ne_bytes()));
}

fn integers(bytes: &[[u8; 4]]) -> impl Iterator<Item = i32> {
    bytes.iter().map(|&bytes| i32::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests;
