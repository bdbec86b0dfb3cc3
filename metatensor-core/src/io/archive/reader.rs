//! Reading archives that may come from anywhere.

use std::sync::Arc;

use crc32fast::Hasher;

use super::directory::{Directory, Method, Report};
use super::end::End;
use super::error::LoadError;
use super::format::*;
use super::inflate::Inflater;
use super::local::data_start;
use super::member::{Check, Data, Member, PartSum, check_checksum};
use super::{Reading, Source};
use crate::{Error, Limit, Result};

/// Where a member is in its source, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    pub(super) data_start: u64,
    /// How many bytes it takes, as they are.
    pub(crate) stored_size: u64,
    pub(crate) size: u64,
    pub(super) crc: u32,
    pub(super) method: u16,
}

/// Bytes that the header of a member can have, with its name and extra fields.
const MOST_BEFORE_DATA: u64 = LOCAL_HEADER as u64 + 2 * MAX16;

/// Where a member is in its source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Where its header starts.
    pub(super) start: u64,
    /// Where the next member, or the directory, starts.
    pub(super) end: u64,
    /// The most bytes that header and data can have together.
    pub(super) most: u64,
}

/// An archive of which the directory was read and checked.
#[derive(Debug)]
pub(crate) struct Archive<'s> {
    source: Source<'s>,
    directory: Arc<Directory>,
    /// Which members were opened, if all of them should be.
    opened: Vec<bool>,
    /// The decoder of compressed members, made for the first of them.
    inflater: Option<Inflater>,
    /// Bytes of the compressed members that were opened.
    inflated: u64,
    /// The member after the last one that was opened, which often is the next one to be opened.
    next: usize,
}

impl<'s> Archive<'s> {
    /// Read the directory of the archive in `source` with this end.
    ///
    /// # Errors
    /// If the source can not be read or is not a valid archive.
    pub(crate) fn new(source: Source<'s>, end: &End) -> Result<Self> {
        let directory = Directory::read(&source, end)?;
        Ok(Self::with_directory(source, directory))
    }

    /// The same, where what is wrong with one of the members goes to `report`.
    ///
    /// # Errors
    /// Those of `report`, or as for [`Archive::new`].
    pub(crate) fn new_reporting(
        source: Source<'s>,
        end: &End,
        report: &mut Report<'_>,
    ) -> Result<Self> {
        let directory = Directory::read_reporting(&source, end, report)?;
        Ok(Self::with_directory(source, directory))
    }

    fn with_directory(source: Source<'s>, directory: Directory) -> Self {
        Archive {
            source,
            directory: Arc::new(directory),
            opened: Vec::new(),
            inflater: None,
            inflated: 0,
            next: 0,
        }
    }

    /// The same archive, for another reader, who may not want all members.
    pub(crate) fn reader(&self, reading: Reading) -> Archive<'s> {
        Archive {
            source: self.source.reader(reading),
            directory: Arc::clone(&self.directory),
            opened: Vec::new(),
            inflater: None,
            inflated: 0,
            next: 0,
        }
    }

    /// The same, for who wants all members.
    pub(crate) fn with_all_members(mut self) -> Archive<'s> {
        self.opened = vec![false; self.directory.entries().len()];
        self
    }

    /// What the archive is in.
    pub(crate) fn source(&self) -> &Source<'s> {
        &self.source
    }

    /// Names of all members, in the order of the directory.
    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        let entries = self.directory.entries().iter();
        entries.map(|entry| self.directory.name(entry))
    }

    /// Where the headers of all members start.
    pub(super) fn starts(&self) -> impl Iterator<Item = u64> {
        let entries = self.directory.entries().iter();
        entries.map(|entry| entry.header_start)
    }

    /// Where the header of this member starts, if there is one.
    pub(crate) fn position(&self, name: &str) -> Option<u64> {
        self.place(name).map(|place| place.start)
    }

    /// Where this member is, if there is one.
    pub(super) fn place(&self, name: &str) -> Option<Place> {
        let entry = &self.directory.entries()[self.directory.find(name)?];
        Some(Place {
            start: entry.header_start,
            end: entry.limit,
            most: entry.stored_size + MOST_BEFORE_DATA,
        })
    }

    /// Whether there is a member of this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.directory.find(name).is_some()
    }

    /// Where the directory starts in the source.
    pub(crate) fn directory_start(&self) -> u64 {
        let limits = self.directory.entries().iter().map(|entry| entry.limit);
        limits.max().unwrap_or(self.source.size())
    }

    /// All members: their names, how many bytes they hold, and whether these are compressed.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, u64, bool)> {
        let entries = self.directory.entries().iter();
        entries.map(|entry| {
            let is_compressed = entry.method == Method::Deflate;
            (self.directory.name(entry), entry.size, is_compressed)
        })
    }

    /// Check that compressed members do not hold more than may come out of them, if several readers read them all.
    ///
    /// # Errors
    /// If they do, naming the one that is too much.
    pub(crate) fn check_inflated(&self) -> Result<()> {
        let entries = self.directory.entries().iter();
        let mut inflated: u64 = 0;
        for entry in entries.filter(|entry| entry.method == Method::Deflate) {
            inflated = inflated.saturating_add(entry.size);
            let name = self.directory.name(entry);
            let limits = self.source.limits();
            limits.check(Limit::InflatedBytes, inflated, format_args!("'{name}'"))?;
        }
        Ok(())
    }

    /// Check the checksum of the member `name`, if it was read in parts that are all of it.
    ///
    /// # Errors
    /// If it is not what the directory says, or if there is no such member.
    pub(crate) fn check_parts(&self, name: &str, parts: &mut [PartSum]) -> Result<()> {
        let index = self.find(name).ok_or_else(|| self.missing(name))?;
        let entry = &self.directory.entries()[index];
        parts.sort_unstable_by_key(|part| part.range.start);
        let mut hasher = Hasher::new();
        let mut end = 0;
        for PartSum { range, sum } in parts {
            if range.start != end {
                return Ok(());
            }
            end = range.end;
            hasher.combine(&Hasher::new_with_initial_len(*sum, end - range.start));
        }
        match end == entry.size {
            true => check_checksum(name, hasher.finalize(), entry.crc),
            false => Ok(()),
        }
    }

    /// Start to read the member `name`.
    ///
    /// # Errors
    /// If there is no such member, or if what is known of it before its data is read is wrong.
    pub(crate) fn open_member(&mut self, name: &str) -> Result<Member<'_, 's>, LoadError> {
        let Some(index) = self.find(name) else {
            return Err(LoadError::Whole(self.missing(name)));
        };
        self.next = index + 1;
        if let Some(opened) = self.opened.get_mut(index) {
            *opened = true;
        }
        let entry = &self.directory.entries()[index];
        let name = self.directory.name(entry);
        let start = data_start(&mut self.source, name, entry)?;
        let data = match entry.method {
            Method::Stored => Data::InSource { start },
            Method::Deflate => {
                self.inflated = self.inflated.saturating_add(entry.size);
                let limits = self.source.limits();
                limits.check(
                    Limit::InflatedBytes,
                    self.inflated,
                    format_args!("'{name}'"),
                )?;
                let inflater = self.inflater.get_or_insert_with(Inflater::new);
                inflater.start(start, entry.stored_size);
                Data::Compressed(inflater)
            }
        };
        let check = Check::new(entry.crc);
        Ok(Member::new(
            name,
            &mut self.source,
            data,
            entry.size,
            check,
        )?)
    }

    /// Where the member `name` is, for those who copy it as it is.
    ///
    /// # Errors
    /// If there is no such member, or if its header says something else than the directory.
    pub(crate) fn stored(&mut self, name: &str) -> Result<Stored, LoadError> {
        let Some(index) = self.find(name) else {
            return Err(LoadError::Whole(self.missing(name)));
        };
        self.next = index + 1;
        let entry = &self.directory.entries()[index];
        Ok(Stored {
            data_start: data_start(&mut self.source, self.directory.name(entry), entry)?,
            stored_size: entry.stored_size,
            size: entry.size,
            crc: entry.crc,
            method: entry.method.code(),
        })
    }

    /// Check the headers of the members that were not opened, if all of them should be, and let `check` check their names, but
    /// only of those that are for this reader: one of them may have been looked for under the name that it had before the directory was damaged.
    ///
    /// # Errors
    /// If a header says something else than the directory, or those of `check`.
    pub(crate) fn check_others(
        &mut self,
        is_mine: impl Fn(&str) -> bool,
        check: impl Fn(&str) -> Result<()>,
    ) -> Result<()> {
        for (entry, &opened) in self.directory.entries().iter().zip(&self.opened) {
            let name = self.directory.name(entry);
            if !opened && is_mine(name) {
                data_start(&mut self.source, name, entry)?;
                check(name)?;
            }
        }
        Ok(())
    }

    /// The names of the members that were not opened, if all of them should be.
    pub(crate) fn unopened(&self) -> impl Iterator<Item = &str> {
        let opened = self.opened.iter();
        let unopened = self
            .names()
            .zip(opened)
            .filter(|&(_, &was_opened)| !was_opened);
        unopened.map(|(name, _)| name)
    }

    #[cold]
    fn missing(&self, name: &str) -> Error {
        let source = self.source.name();
        Error::serialization(format!("there is no '{name}' in {source}"))
    }

    fn find(&self, name: &str) -> Option<usize> {
        match self.directory.entries().get(self.next) {
            Some(next) if self.directory.name(next) == name => Some(self.next),
            _ => self.directory.find(name),
        }
    }
}
