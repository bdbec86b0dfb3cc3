//! The directory of an archive, which comes after all members.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;

use super::end::{End, no_archive};
use super::error::damaged;
use super::format::*;
use super::names::NameHasher;
use super::records::{self, Record};
use super::{Source, prefix};
use crate::{Error, Limit, Result};

/// The most that DEFLATE can make of one byte.
const MAX_INFLATION: u64 = 1032;

/// Takes the name of a member, the position of what says that something is wrong with it, and what that is.
pub(crate) type Report<'r> = dyn FnMut(&str, u64, Error) -> Result<()> + 'r;

/// How many members there is memory for before their records are read.
const AT_FIRST: u64 = 1 << 20;

/// What is known of all members before one of them is read.
#[derive(Debug)]
pub(super) struct Directory {
    /// In the order of the directory.
    entries: Vec<Entry>,
    /// The names of all members, one after the other.
    names: String,
    by_name: HashTable<u32>,
    hasher: NameHasher,
}

/// What the directory says of a member.
#[derive(Debug)]
pub(super) struct Entry {
    /// Where the name starts and ends in those of all members.
    pub(super) name: (usize, usize),
    pub(super) header_start: u64,
    /// Where the next member starts: this one has to end before.
    pub(super) limit: u64,
    pub(super) stored_size: u64,
    pub(super) size: u64,
    pub(super) crc: u32,
    pub(super) method: Method,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflate,
}

impl Method {
    pub(super) fn code(self) -> u16 {
        match self {
            Method::Stored => STORED,
            Method::Deflate => DEFLATED,
        }
    }
}

impl Directory {
    /// Read and check the directory of the archive in `source` with this end.
    ///
    /// # Errors
    /// If the source can not be read or is not a valid archive.
    pub(super) fn read(source: &Source<'_>, end: &End) -> Result<Directory> {
        Self::read_reporting(source, end, &mut |_, _, error| {
            Err(error.context(source.name()))
        })
    }

    /// The same, where what is wrong with a member, the name of it, and the position in the source of what says so, go to
    /// `report`. If that gives no error, all other members can be read.
    ///
    /// # Errors
    /// Those of `report`, or as for [`Directory::read`].
    pub(super) fn read_reporting(
        source: &Source<'_>,
        end: &End,
        report: &mut Report<'_>,
    ) -> Result<Directory> {
        let mut has_reported = false;
        let report: &mut Report<'_> = &mut |name, position, error| {
            has_reported = true;
            report(name, position, error)
        };
        let limits = source.limits();
        limits.check(Limit::Members, end.count, source.name())?;
        let size = end.end - end.start;
        let records = size / RECORD as u64;
        // a file can have more bytes than a disk has space for: these are read before there is memory for more
        let count = end.count.min(records).min(AT_FIRST) as usize;
        let names = size.saturating_sub(count as u64 * RECORD as u64);
        let mut directory = Directory {
            entries: Vec::with_capacity(count),
            names: String::with_capacity(names.min(count as u64 * MAX16) as usize),
            by_name: HashTable::with_capacity(count),
            hasher: NameHasher::new(),
        };
        let mut found = 0;
        records::for_each(source, end, |position, record| {
            found += 1;
            match directory.add(&record) {
                Ok(()) => Ok(()),
                Err(error) => report(&String::from_utf8_lossy(record.name), position, error),
            }
        })?;
        if found != end.count {
            let reason = format!(
                "its directory should have {} members, but has {found}",
                end.count
            );
            return Err(no_archive(source, &reason));
        }
        let first = directory.set_positions(end, report)?;
        // what was reported may be before all others
        if !has_reported {
            prefix::check(source, first)?;
        }
        Ok(directory)
    }

    /// Add the member with this record.
    fn add(&mut self, record: &Record<'_>) -> Result<()> {
        let name = record.name;
        let Ok(name) = std::str::from_utf8(name) else {
            return Err(Error::serialization(format!(
                "the name of the member '{}' is not UTF-8",
                name.escape_ascii()
            )));
        };
        let start = self.names.len();
        self.names.push_str(name);
        let entry = Entry::new(record, (start, self.names.len()), name)?;

        let Directory {
            entries,
            names,
            by_name,
            hasher,
        } = self;
        let name_of = |&index: &u32| entries[index as usize].name_in(names);
        let hash = |index: &u32| hasher.hash(name_of(index).as_bytes());
        match by_name.entry(
            hasher.hash(name.as_bytes()),
            |other| name_of(other) == name,
            hash,
        ) {
            Slot::Occupied(_) => {
                return Err(Error::serialization(format!(
                    "the archive has two members named '{name}'"
                )));
            }
            Slot::Vacant(slot) => slot.insert(entries.len() as u32),
        };
        entries.push(entry);
        Ok(())
    }

    /// Find where members start in the source, and where they have to end. The first of these positions is the
    /// start of the archive.
    fn set_positions(&mut self, end: &End, report: &mut Report<'_>) -> Result<u64> {
        let mut by_position: Vec<u32> = (0..self.entries.len() as u32).collect();
        by_position.sort_unstable_by_key(|&index| self.entries[index as usize].header_start);
        let mut limit = end.start;
        for index in by_position.into_iter().rev() {
            let entry = &mut self.entries[index as usize];
            entry.header_start = entry.header_start.saturating_add(end.archive_start);
            entry.limit = limit;
            let start = entry.header_start;
            limit = limit.min(start);
            let entry = &self.entries[index as usize];
            let name = self.name(entry);
            let data = start.checked_add(LOCAL_HEADER as u64);
            if let Err(error) = entry.check_end(name, data) {
                report(name, start, error)?;
            }
        }
        Ok(limit)
    }

    /// All members.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The name of a member.
    pub(super) fn name(&self, entry: &Entry) -> &str {
        entry.name_in(&self.names)
    }

    /// Which member has this name.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let is_named = |&index: &u32| self.name(&self.entries[index as usize]) == name;
        let index = self
            .by_name
            .find(self.hasher.hash(name.as_bytes()), is_named)?;
        Some(*index as usize)
    }
}

impl Entry {
    /// What this record says of the member `name`, which is at `range` in the names of all members.
    ///
    /// # Errors
    /// If this can not be, or is not supported.
    pub(super) fn new(record: &Record<'_>, range: (usize, usize), name: &str) -> Result<Entry> {
        let refuse = |reason: String| Err(Error::serialization(format!("'{name}': {reason}")));
        let mut wide = Wide::find(record.extra);
        let record = record.fixed;
        let mut number = |at: usize| match u64::from(get32(record, at)) {
            MAX32 => wide.next(),
            number => Some(number),
        };
        // the order in which 64-bit numbers come
        let (Some(size), Some(stored_size), Some(header_start)) =
            (number(24), number(20), number(42))
        else {
            return refuse("the 64-bit sizes or positions are missing".to_owned());
        };
        if !matches!(u64::from(get16(record, 34)), 0 | MAX16) {
            return refuse(
                "the member is in another one of several files, which is not supported".to_owned(),
            );
        }
        if get16(record, 8) & ENCRYPTED != 0 {
            return refuse("the member is encrypted, which is not supported".to_owned());
        }
        let method = match get16(record, 10) {
            STORED if stored_size != size => {
                return refuse(format!(
                    "the sizes of an uncompressed member differ: {stored_size} and {size}"
                ));
            }
            STORED => Method::Stored,
            DEFLATED if size / MAX_INFLATION > stored_size => {
                return refuse(format!(
                    "{stored_size} compressed bytes can not give {size} bytes"
                ));
            }
            DEFLATED => Method::Deflate,
            other => {
                return refuse(format!(
                    "compression method {other} is not supported, expected {STORED} (stored) or \
                     {DEFLATED} (deflated)"
                ));
            }
        };
        Ok(Entry {
            name: range,
            header_start,
            limit: 0,
            stored_size,
            size,
            crc: get32(record, 16),
            method,
        })
    }

    /// Check that this member, the one of this name, ends before the next one begins, if its data starts at `start`.
    ///
    /// # Errors
    /// If it does not.
    pub(super) fn check_end(&self, name: &str, start: Option<u64>) -> Result<()> {
        let end = start.and_then(|start| start.checked_add(self.stored_size));
        if end.is_none_or(|end| end > self.limit) {
            return Err(damaged(
                name,
                format!(
                    "its {} bytes reach into the next member or past the end of the archive",
                    self.stored_size
                ),
            ));
        }
        Ok(())
    }

    fn name_in<'n>(&self, names: &'n str) -> &'n str {
        &names[self.name.0..self.name.1]
    }
}
