//! What calls of one file have in common.

use std::sync::Arc;

use super::super::archive::{Archive, Reading};
use super::super::array::Arrays;
use super::super::loader::Loader;
use super::super::member_names::{Parameters, parameters};
use super::super::placement::MemberCounts;

/// What can be read from a file, by any number of readers.
pub(super) struct Content {
    pub(super) archive: Archive<'static>,
    pub(super) parameters: Arc<Parameters>,
}

impl Content {
    pub(super) fn new(archive: Archive<'static>) -> Content {
        Content {
            parameters: Arc::new(parameters(&archive)),
            archive,
        }
    }

    /// What reads some members.
    pub(super) fn parts<'c>(&self, arrays: Arrays<'c>) -> Loader<'static, 'c> {
        self.loader(self.archive.reader(Reading::Parts), arrays)
    }

    /// What reads all members, or what is needed of them.
    pub(super) fn whole<'c>(&self, reading: Reading, arrays: Arrays<'c>) -> Loader<'static, 'c> {
        self.loader(self.archive.reader(reading).with_all_members(), arrays)
    }

    fn loader<'c>(&self, archive: Archive<'static>, arrays: Arrays<'c>) -> Loader<'static, 'c> {
        Loader::for_archive(archive, Arc::clone(&self.parameters), arrays)
    }

    /// How many members of the file are compressed.
    pub(super) fn member_counts(&self) -> MemberCounts {
        MemberCounts::of(
            self.archive
                .members()
                .map(|(_, _, is_compressed)| is_compressed),
        )
    }

    /// What errors call the file.
    pub(super) fn name(&self) -> &str {
        self.archive.source().name()
    }
}
