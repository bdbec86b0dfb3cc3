//! Archives that are written over some time, to a new file or to the last part of one that is there.

use std::fs::File;
use std::path::Path;
use std::process;

use super::archive::{ArchiveWriter, GrowthPoint, Mark};
use super::file::{InPlace, Replacement};
use crate::{Error, Result};

mod target;

pub(super) use target::lock_and_recover;
use target::{Tail, Target, replaced};

/// An archive that is being written to a file, which is what it was before until all is done. What can not be written is taken
/// back, so that something else can follow.
#[derive(Debug)]
pub(super) struct ArchiveFile {
    pub(super) archive: ArchiveWriter<File>,
    target: Target,
    /// Whether something failed and could not be taken back.
    is_broken: bool,
    /// The process that writes: a child that was forked shares its position in the file.
    process: u32,
}

impl ArchiveFile {
    /// A new file at `path`, which replaces the one that is there when it is finished.
    ///
    /// # Errors
    /// If it can not be written, or is not a regular one.
    pub(super) fn create(path: &Path) -> Result<Self> {
        Self::new(path, None)
    }

    /// The file at `path` that is locked, to be added to. If it can grow from this point on, this is where it is written to. Otherwise,
    /// `false` comes along: it is a new file, to which all that the old one has is still to be written.
    ///
    /// # Errors
    /// As for [`ArchiveFile::create`].
    pub(super) fn append(
        path: &Path,
        locked: InPlace,
        point: Option<GrowthPoint>,
    ) -> Result<(Self, bool)> {
        // without any member before, nothing would tell which file a journal is for; and by another name, nobody finds it
        let other_names = locked.has_other_names().map_err(|e| locked.refused(e))?;
        match point.filter(|point| point.offset > 0 && !other_names) {
            Some(point) => Ok((Self::grow(locked, point)?, true)),
            None => Ok((Self::new(path, Some(locked))?, false)),
        }
    }

    fn new(path: &Path, locked: Option<InPlace>) -> Result<Self> {
        let new = Replacement::new(path)?;
        Ok(ArchiveFile {
            archive: ArchiveWriter::new(new.file()?),
            target: Target::New(new, locked),
            is_broken: false,
            process: process::id(),
        })
    }

    /// The file that is locked, which grows from this point on.
    fn grow(place: InPlace, point: GrowthPoint) -> Result<Self> {
        let file = place.file().try_clone().map_err(|e| place.refused(e))?;
        Ok(ArchiveFile {
            archive: ArchiveWriter::resume(file, point.offset, point.directory, point.count),
            target: Target::Tail(Tail::new(place, point.offset, point.size)),
            is_broken: false,
            process: process::id(),
        })
    }

    /// # Errors
    /// If nothing can be written any more, or not by this process.
    pub(super) fn check_usable(&self) -> Result<()> {
        if self.process != process::id() {
            return Err(Error::invalid(
                "this writer belongs to the process that this one was forked from",
            ));
        }
        if self.is_broken {
            return Err(Error::invalid(
                "this writer could not write to its file before, and can not go on",
            ));
        }
        Ok(())
    }

    /// Lets `change` write, and takes back what it wrote if it fails.
    ///
    /// # Errors
    /// Those of `change`, or if nothing can be written.
    pub(super) fn change<T>(
        &mut self,
        change: impl FnOnce(&mut ArchiveWriter<File>) -> Result<T>,
    ) -> Result<T> {
        let mark = self.start_change()?;
        change(&mut self.archive).map_err(|error| self.take_back(&mark, error))
    }

    /// Where to go back to if something goes wrong.
    ///
    /// # Errors
    /// If nothing can be written.
    pub(super) fn start_change(&mut self) -> Result<Mark> {
        self.check_usable()?;
        self.target.begin()?;
        self.archive.mark().map_err(|cause| {
            self.is_broken = true;
            let context = "could not write what came before".to_owned();
            self.failed(Error::Io { context, cause })
        })
    }

    /// Takes back what was written since `mark`, because of `error`.
    #[cold]
    pub(super) fn take_back(&mut self, mark: &Mark, error: Error) -> Error {
        self.is_broken = self.archive.go_back_to(mark).is_err();
        self.failed(error)
    }

    /// Forgets what was written since `mark`.
    ///
    /// # Errors
    /// If the file is of no use any more.
    pub(super) fn go_back_to(&mut self, mark: &Mark) -> Result<()> {
        self.archive.go_back_to(mark).map_err(|cause| {
            self.is_broken = true;
            let context = "could not take back what was written".to_owned();
            self.failed(Error::Io { context, cause })
        })
    }

    /// What a failed write says.
    #[cold]
    fn failed(&self, error: Error) -> Error {
        self.target.failed(error)
    }

    /// Writes the directory, and puts the file in its place.
    ///
    /// # Errors
    /// If the file can not be written. What was there before still is.
    pub(super) fn finish(self) -> Result<()> {
        match self.target {
            Target::New(new, locked) => {
                let file = self.archive.finish();
                drop(file.map_err(|error| new.failed(error))?);
                if let Some(locked) = locked.filter(|locked| !locked.is_there()) {
                    return Err(locked.refused(replaced()));
                }
                new.commit()
            }
            Target::Tail(tail) => {
                // the end is what makes the file valid: all else has to be on the disk before
                let file = self.archive.finish_after(|file| file.sync_all());
                let synced = file.and_then(|file| {
                    file.sync_all().map_err(|cause| Error::Io {
                        context: "could not write the end of the archive".to_owned(),
                        cause,
                    })
                });
                synced.map_err(|error| tail.failed(error))?;
                tail.finish()
            }
        }
    }
}
