//! Where archives are written to: a new file that replaces the one that is there, or the last part of the one that is there.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use crate::io::archive::{END, Index, Name, Reading, Source};
use crate::io::contents::Found;
use crate::io::file::{InPlace, Replacement};
use crate::io::journal::{self, Journal};
use crate::io::member_names::KEYS;
use crate::io::opened::Opened;
use crate::{Error, Result};

#[derive(Debug)]
pub(super) enum Target {
    /// A new file. If it takes over the content of the old one, this is locked.
    New(Replacement, Option<InPlace>),
    Tail(Tail),
}

impl Target {
    /// What a failed write says.
    #[cold]
    pub(super) fn failed(&self, error: Error) -> Error {
        match self {
            Target::New(new, _) => new.failed(error),
            Target::Tail(tail) => tail.failed(error),
        }
    }

    /// Makes sure that what is there comes back if something goes wrong from now on.
    ///
    /// # Errors
    /// When the system refuses. Nothing was written to the file then.
    pub(super) fn begin(&mut self) -> Result<()> {
        match self {
            Target::New(..) => Ok(()),
            Target::Tail(tail) => tail.begin().map_err(|error| tail.place.refused(error)),
        }
    }
}

/// The last part of a file, which new members and another one like it replace.
#[derive(Debug)]
pub(super) struct Tail {
    place: InPlace,
    start: u64,
    /// The size of the file when it was opened.
    size: u64,
    /// What was there, once a journal has it.
    journal: Option<Journal>,
}

impl Tail {
    pub(super) fn new(place: InPlace, start: u64, size: u64) -> Tail {
        Tail {
            place,
            start,
            size,
            journal: None,
        }
    }

    /// What a failed write says.
    #[cold]
    pub(super) fn failed(&self, error: Error) -> Error {
        match error {
            Error::Io { .. } => {
                let path = self.place.path().display();
                error.context(format!("could not write '{path}'"))
            }
            other => other,
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.journal.is_some() {
            return Ok(());
        }
        let mut file = self.place.file();
        // others need not care for locks
        if file.metadata()?.len() != self.size {
            return Err(io::Error::other(
                "somebody else has written to it since it was opened",
            ));
        }
        let journal = Journal::new(file, self.start, self.size - self.start)?;
        file.seek(SeekFrom::Start(self.start))?;
        self.place.write_journal(&journal.to_bytes())?;
        // from now on, the file has no end: the journal is what counts
        let file = self.place.file();
        let cut = file.set_len(self.start);
        self.journal = Some(journal);
        cut
    }

    /// The new tail is written, and on the disk.
    ///
    /// # Errors
    /// If the file is not the one at its path any more.
    pub(super) fn finish(mut self) -> Result<()> {
        self.journal = None;
        if !self.place.is_there() {
            let _ = self.place.remove_journal(None);
            return Err(self.place.refused(replaced()));
        }
        let removed = self.place.remove_journal(None);
        removed.map_err(|error| self.place.refused(error))
    }
}

impl Drop for Tail {
    /// Puts back what was there. If that fails, the journal stays, and says so to whoever reads the file.
    fn drop(&mut self) {
        if let Some(journal) = self.journal.take()
            && self.place.is_ours()
            && restore(self.place.file(), &journal).is_ok()
        {
            let _ = self.place.remove_journal(None);
        }
    }
}

/// Why the file that was appended to is of no use to anybody.
#[cold]
pub(super) fn replaced() -> io::Error {
    io::Error::other(
        "another file was put in its place in the meantime, and has nothing of what was appended",
    )
}

fn restore(mut file: &File, journal: &Journal) -> io::Result<()> {
    file.set_len(journal.start)?;
    file.seek(SeekFrom::Start(journal.start))?;
    // as for a new tail, what makes the file valid comes when all else is on the disk
    let (before, end) = journal
        .tail
        .split_at(journal.tail.len().saturating_sub(END));
    file.write_all(before)?;
    file.sync_all()?;
    file.write_all(end)?;
    file.sync_all()
}

/// Locks the file at `path`, and gives it its old tail back if somebody did not come to an end with a new one. Says whether
/// there was anything to do.
///
/// # Errors
/// If the file can not be written to, or somebody else writes to it.
pub(in crate::io) fn lock_and_recover(path: &Path) -> Result<(InPlace, bool)> {
    let refused = |error| Error::io("write", path, error);
    let beside = journal::beside(path).map_err(refused)?;
    let name = beside.file_name().unwrap_or(OsStr::new(""));
    let mut place = InPlace::open(path, name)?;
    let unreadable = |error| Error::io("read", &beside, error);
    let Some((file, size)) = place.open_journal().map_err(unreadable)? else {
        return Ok((place, false));
    };
    let content = journal::read(&file, size).map_err(unreadable)?;
    let found = Journal::from_bytes(&content);
    let intact = check_whole(&Source::of_file(place.file(), path)?, path);
    let recovered = match (found, intact) {
        (Ok(_), Ok(_)) => place.file().sync_all(),
        // nothing was done yet when this one was written
        (Err(_), Ok(_)) if journal::is_start(&content) => Ok(()),
        (Ok(journal), Err(_)) if journal.belongs_to(place.file()) => {
            restore(place.file(), &journal)
        }
        (Ok(_), Err(error)) => {
            return Err(error.context(format!(
                "there is the journal '{}', but of another file",
                beside.display()
            )));
        }
        (Err(_), Ok(_)) => {
            return Err(Error::serialization(format!(
                "'{}' is where a journal would be, but it is none: it has to be moved before anything can be appended",
                beside.display()
            )));
        }
        (Err(reason), Err(error)) => {
            return Err(error.context(format!(
                "the journal '{}' can not be used: {reason}",
                beside.display()
            )));
        }
    };
    let removed = recovered.and_then(|()| place.remove_journal(Some(file)));
    removed.map_err(refused)?;
    Ok((place, true))
}

/// Checks that there is a map or a collection in `source`, the file at `path`, by itself.
fn check_whole(source: &Source<'static>, path: &Path) -> Result<()> {
    let Err(error) = Opened::of_source(source) else {
        return Ok(());
    };
    // a map whose keys are lost is no collection
    let before = Source::open_journaled(path, *source.limits())?;
    if before.is_some_and(|before| Opened::of_source(&before).is_ok()) {
        return Err(error);
    }
    let Found::Archive(end) = Found::in_source(&mut source.reader(Reading::Parts))? else {
        return Err(error);
    };
    match Index::read(source, &end) {
        Ok(index) if index.find(Name::new(KEYS)).is_none() => Ok(()),
        _ => Err(error),
    }
}
