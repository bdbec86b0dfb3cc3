//! Which members an archive of very many has, in few bytes for each of them.
//!
//! Names of members that only differ in a number are not stored: the number is, and what they have in common once.

use std::fmt;
use std::ops::Range;

use super::directory::{Entry, Method};
use super::end::{End, no_archive};
use super::format::*;
use super::local::data_start;
use super::{Source, prefix, reader, records};
use crate::{Error, Limit, Result};

mod kept;
mod texts;

pub(crate) use kept::IndexKey;
use texts::Texts;

/// The name of a member: `N/text.mts`, where N is a number, or something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name<'n> {
    text: &'n str,
    /// The number, or [`NO_NUMBER`] if the text is the whole name.
    number: i32,
}

/// It comes before all others.
const NO_NUMBER: i32 = -1;
const END_OF_NUMBERED: &str = ".mts";

impl<'n> Name<'n> {
    /// The name `number/text.mts`. `None` if the number is negative, or if this is not how others would read it.
    pub(crate) fn numbered(number: i32, text: &'n str) -> Option<Name<'n>> {
        let is_one = number >= 0 && !text.is_empty() && !text.contains('/');
        is_one.then_some(Name { text, number })
    }

    /// The parts of this name.
    pub(crate) fn new(name: &'n str) -> Name<'n> {
        Name::split(name).unwrap_or(Name {
            text: name,
            number: NO_NUMBER,
        })
    }

    /// Whether this is the name of a map.
    pub(crate) fn is_numbered(self) -> bool {
        self.number != NO_NUMBER
    }

    /// Number and text of the name of a map.
    pub(crate) fn of_map(self) -> Option<(i32, &'n str)> {
        self.is_numbered().then_some((self.number, self.text))
    }

    fn split(name: &'n str) -> Option<Name<'n>> {
        let (digits, rest) = name.split_once('/')?;
        let text = rest.strip_suffix(END_OF_NUMBERED)?;
        // other ways to write the same number are other names
        let is_decimal = digits == "0" || !digits.starts_with(['0', '+']);
        let number = digits.parse().ok().filter(|_| is_decimal)?;
        Name::numbered(number, text)
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            NO_NUMBER => f.write_str(self.text),
            number => write!(f, "{number}/{}{END_OF_NUMBERED}", self.text),
        }
    }
}

/// All members of an archive, which can be found by their names.
#[derive(Debug)]
pub(crate) struct Index {
    /// In the order of their places in the archive: a member has to end where the next one starts.
    members: Vec<Stored>,
    /// Where the last of them has to end.
    end: u64,
    /// The members in the order of their texts, and for one text, of their numbers.
    order: Vec<u32>,
    /// The numbers of these.
    numbers: Vec<i32>,
    /// Where the members with the same text start in this order, and where the last of them end.
    starts: Vec<u32>,
    texts: Texts,
}

/// What the directory says of a member.
#[derive(Clone, Copy, Debug)]
struct Stored {
    header_start: u64,
    stored_size: u64,
    size: u64,
    crc: u32,
    text: u32,
    number: i32,
    method: Method,
}

impl Index {
    /// Read the directory of the archive in `source` with this end.
    ///
    /// # Errors
    /// If the source can not be read or is not a valid archive.
    pub(crate) fn read(source: &Source<'_>, end: &End) -> Result<Index> {
        let limits = source.limits();
        limits.check(Limit::Members, end.count, source.name())?;
        let count = end.count.min((end.end - end.start) / RECORD as u64);
        let mut members = Vec::with_capacity(count as usize);
        let mut texts = Texts::new();
        records::for_each(source, end, |_, record| {
            // there are no more than can be counted, and no memory for more is asked for
            if members.len() as u64 == count {
                return Err(wrong_count(source, end, "more"));
            }
            let name = std::str::from_utf8(record.name).map_err(|_| {
                Error::serialization(format!(
                    "{}: the name of the member '{}' is not UTF-8",
                    source.name(),
                    record.name.escape_ascii()
                ))
            })?;
            let entry =
                Entry::new(&record, (0, 0), name).map_err(|error| error.context(source.name()))?;
            let Name { text, number } = Name::new(name);
            members.push(Stored {
                header_start: entry.header_start.saturating_add(end.archive_start),
                stored_size: entry.stored_size,
                size: entry.size,
                crc: entry.crc,
                text: texts.add(text),
                number,
                method: entry.method,
            });
            Ok(())
        })?;
        if (members.len() as u64) < end.count {
            return Err(wrong_count(source, end, &members.len().to_string()));
        }
        members.sort_unstable_by_key(|member| member.header_start);
        let first = members
            .first()
            .map_or(end.start, |first| first.header_start);

        let mut order: Vec<u32> = (0..members.len() as u32).collect();
        order.sort_unstable_by_key(|&member| members[member as usize].key());
        let index = Index::new(members, end, order, texts);
        index
            .check()
            .map_err(|error| error.context(source.name()))?;
        prefix::check(source, first)?;
        Ok(index)
    }

    /// The index of these members, in this order by names.
    fn new(members: Vec<Stored>, end: &End, order: Vec<u32>, texts: Texts) -> Index {
        Index {
            numbers: order
                .iter()
                .map(|&member| members[member as usize].number)
                .collect(),
            starts: starts(&order, &members, texts.len()),
            members,
            end: end.start,
            order,
            texts,
        }
    }

    /// Check that all members have names of their own, and end where the next ones start.
    fn check(&self) -> Result<()> {
        let key = |member: u32| self.members[member as usize].key();
        let same = self
            .order
            .windows(2)
            .find(|pair| key(pair[0]) == key(pair[1]));
        if let Some(pair) = same {
            let name = self.name(pair[0] as usize);
            return Err(Error::serialization(format!(
                "the archive has two members named '{name}'"
            )));
        }
        for (at, member) in self.members.iter().enumerate() {
            let data = member.header_start.checked_add(LOCAL_HEADER as u64);
            let entry = self.entry(at);
            if entry.check_end("", data).is_err() {
                entry.check_end(&self.name(at).to_string(), data)?;
            }
        }
        Ok(())
    }

    /// Number of members.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// The name of a member.
    pub(crate) fn name(&self, at: usize) -> Name<'_> {
        let Stored { text, number, .. } = self.members[at];
        Name {
            text: self.texts.get(text),
            number,
        }
    }

    /// Which member has this name.
    pub(crate) fn find(&self, name: Name<'_>) -> Option<usize> {
        let range = self.range(name.text)?;
        let numbers = &self.numbers[range.clone()];
        // as a rule, no number is missing
        let first = i64::from(*numbers.first()?);
        let guess = usize::try_from(i64::from(name.number) - first).ok()?;
        let at = match numbers.get(guess) {
            Some(&number) if number == name.number => guess,
            _ => numbers.binary_search(&name.number).ok()?,
        };
        Some(self.order[range.start + at] as usize)
    }

    /// The numbers of members with this text, sorted.
    pub(crate) fn numbers(&self, text: &str) -> &[i32] {
        let range = self.range(text);
        match range.map_or(&[][..], |range| &self.numbers[range]) {
            [NO_NUMBER, rest @ ..] => rest,
            all => all,
        }
    }

    /// All texts, in the order in which they come in the directory.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.texts.len() as u32).map(|text| self.texts.get(text))
    }

    /// Of each member, whether it is compressed.
    pub(crate) fn are_compressed(&self) -> impl Iterator<Item = bool> {
        let members = self.members.iter();
        members.map(|member| member.method == Method::Deflate)
    }

    /// Bytes of a member once they are decompressed.
    pub(crate) fn size(&self, at: usize) -> u64 {
        self.members[at].size
    }

    /// Where the data of a member is, the one of this name, in the archive in `source`.
    ///
    /// # Errors
    /// If the source can not be read, or its header is not the one in the directory.
    pub(crate) fn stored(
        &self,
        at: usize,
        name: &str,
        source: &mut Source<'_>,
    ) -> Result<reader::Stored> {
        let entry = self.entry(at);
        Ok(reader::Stored {
            data_start: data_start(source, name, &entry)?,
            stored_size: entry.stored_size,
            size: entry.size,
            crc: entry.crc,
            method: entry.method.code(),
        })
    }

    /// What the directory says of a member.
    pub(super) fn entry(&self, at: usize) -> Entry {
        let member = &self.members[at];
        let next = self.members.get(at + 1);
        Entry {
            name: (0, 0),
            header_start: member.header_start,
            limit: next.map_or(self.end, |next| next.header_start),
            stored_size: member.stored_size,
            size: member.size,
            crc: member.crc,
            method: member.method,
        }
    }

    /// Where members with this text are in the order of names.
    fn range(&self, text: &str) -> Option<Range<usize>> {
        let text = self.texts.find(text)? as usize;
        Some(self.starts[text] as usize..self.starts[text + 1] as usize)
    }
}

impl Stored {
    /// What members are sorted by.
    fn key(&self) -> (u32, i32) {
        (self.text, self.number)
    }
}

/// Where the members of each of so many texts start in this order, and where the last of them end.
fn starts(order: &[u32], members: &[Stored], texts: usize) -> Vec<u32> {
    let mut starts = vec![0; texts + 1];
    for &member in order {
        starts[members[member as usize].text as usize + 1] += 1;
    }
    for text in 0..texts {
        starts[text + 1] += starts[text];
    }
    starts
}

#[cold]
fn wrong_count(source: &Source<'_>, end: &End, found: &str) -> Error {
    let expected = end.count;
    let reason = format!("its directory should have {expected} members, but has {found}");
    no_archive(source, &reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_take_little_memory() {
        assert_eq!(size_of::<Stored>(), 40);
    }

    #[test]
    fn names_are_what_they_were_made_of() {
        for name in [
            "0/a.mts",
            "12/b c.mts",
            "012/a.mts",
            "-1/a.mts",
            "1/a/b.mts",
            "a",
            "",
        ] {
            assert_eq!(Name::new(name).to_string(), name);
        }
        assert_eq!(Name::new("12/a.mts"), Name::numbered(12, "a").unwrap());
        assert_eq!(Name::new("012/a.mts").number, NO_NUMBER);
    }
}
