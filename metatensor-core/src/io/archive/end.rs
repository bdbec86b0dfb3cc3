//! The end of an archive, from which everything else is found. An archive does not have to start where its file
//! starts: positions count from where it does.

use std::borrow::Cow;

use memchr::memmem;

use super::Source;
use super::format::*;
use crate::{Error, Result};

/// The longest comment that an archive can end with.
const MAX_COMMENT: u64 = MAX16;

/// What the end of an archive says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// Where the archive starts in its source.
    pub(super) archive_start: u64,
    /// Where the directory starts in the source, and where it ends.
    pub(super) start: u64,
    pub(super) end: u64,
    /// How many members the archive has.
    pub(super) count: u64,
}

/// Why the end of an archive can not be one.
type Problem = String;

impl End {
    /// Find the end of the archive that `source` ends with: only whitespace and zeros may come after it. `None` if
    /// there is none.
    ///
    /// # Errors
    /// If the source can not be read, if there is only an end that can not be right, or if there are two.
    pub(crate) fn find(source: &Source<'_>) -> Result<Option<End>> {
        let content_end = source.content_end()?;
        let ends = Ends::before(source, content_end)?;
        let mut found = None;
        let mut problem = None;
        for (at, after) in ends.records() {
            // comments may hold anything, even something that looks like an end
            if !(content_end..=source.size()).contains(&after) {
                continue;
            }
            match (ends.check(source, at)?, found) {
                (Ok(_), Some(_)) => {
                    let reason = "it has two ends, and nothing tells which of them is meant";
                    return Err(no_archive(source, reason));
                }
                (Ok(end), None) => found = Some(end),
                (Err(reason), _) => problem = Some(reason),
            }
        }
        match (found, problem) {
            (Some(end), _) => end.check_directory(source).map(|()| Some(end)),
            (None, Some(problem)) => Err(no_archive(source, &problem)),
            (None, None) => Ok(None),
        }
    }

    /// Where the directory starts in the source.
    pub(crate) fn directory_start(&self) -> u64 {
        self.start
    }

    /// Check that there is no other directory where this one would be if the archive started where its source does.
    fn check_directory(&self, source: &Source<'_>) -> Result<()> {
        let other = self.start - self.archive_start;
        if self.archive_start == 0 || self.start == self.end || !is_directory(source, other)? {
            return Ok(());
        }
        let reason = format!(
            "it has two directories, at bytes {other} and {}, and nothing tells which of them is meant",
            self.start
        );
        Err(no_archive(source, &reason))
    }

    /// Where the last archive ends that is followed by something else, for the error that says so. Only the last
    /// pieces of `source` are searched.
    ///
    /// # Errors
    /// If the source can not be read.
    #[cold]
    pub(crate) fn find_followed(source: &Source<'_>) -> Result<Option<u64>> {
        const PIECES: usize = 256;
        let mut end = source.size();
        for _ in 0..PIECES {
            let ends = Ends::before(source, end)?;
            let mut last = None;
            for (at, after) in ends.records() {
                if after <= source.size() && ends.check(source, at)?.is_ok() {
                    last = Some(after);
                }
            }
            if last.is_some() || ends.start == 0 {
                return Ok(last);
            }
            // the next piece overlaps this one by a record
            end = ends.start + END as u64;
        }
        Ok(None)
    }
}

/// A piece of a source which may have ends of archives.
struct Ends<'s> {
    start: u64,
    bytes: Cow<'s, [u8]>,
}

impl<'s> Ends<'s> {
    /// The piece in which the end of an archive starts if nothing comes after its comment, from `end` on.
    fn before(source: &'s Source<'_>, end: u64) -> Result<Ends<'s>> {
        const LENGTH: u64 = (END_64 + LOCATOR + END) as u64 + MAX_COMMENT;
        let start = end.saturating_sub(LENGTH);
        // the last bytes of an end may be zeros, and look like some of those that come after it
        let end = source.size().min(end + END as u64);
        Ok(Ends {
            start,
            bytes: source.bytes(start, end - start)?,
        })
    }

    /// Where records of ends are in the piece, and where their comments end in the source.
    fn records(&self) -> impl Iterator<Item = (usize, u64)> {
        const SIGNATURE: &[u8] = &END_SIGNATURE.to_le_bytes();
        let found = memmem::find_iter(&self.bytes, SIGNATURE);
        found.filter_map(|at| {
            let record = self.bytes[at..].first_chunk::<END>()?;
            let comment = u64::from(get16(record, 20));
            Some((at, self.start + (at + END) as u64 + comment))
        })
    }

    /// What the end with the record at `at` says, if this can be.
    fn check(&self, source: &Source<'_>, at: usize) -> Result<Result<End, Problem>> {
        let claim = match self.claim(at) {
            Ok(claim) => claim,
            Err(problem) => return Ok(Err(problem)),
        };
        let Some(start) = claim.end.checked_sub(claim.size) else {
            return Ok(Err(
                "its directory is larger than what is before its end".to_owned()
            ));
        };
        let Some(archive_start) = start.checked_sub(claim.start) else {
            return Ok(Err(format!(
                "its directory is at byte {start}, but should be at byte {}: were the first bytes cut off?",
                claim.start
            )));
        };
        if claim
            .archive_start
            .is_some_and(|other| other != archive_start)
        {
            return Ok(Err(
                "the two parts of its end contradict each other".to_owned()
            ));
        }
        if archive_start > 0 && claim.size > 0 && !is_directory(source, start)? {
            return Ok(Err("its directory is not right before its end".to_owned()));
        }
        Ok(Ok(End {
            archive_start,
            start,
            end: claim.end,
            count: claim.count,
        }))
    }

    /// What the record at `at` says, or the 64-bit one before it.
    fn claim(&self, at: usize) -> Result<Claim, Problem> {
        let (before, record) = self.bytes.split_at(at);
        let record = record.first_chunk::<END>().ok_or("its end is incomplete")?;
        let is_only = |disk: u16| matches!(u64::from(disk), 0 | MAX16);
        if ![4, 6].map(|at| get16(record, at)).into_iter().all(is_only) {
            return Err("it is one of several files, which is not supported".to_owned());
        }
        let narrow = [
            u64::from(get32(record, 16)),
            u64::from(get32(record, 12)),
            u64::from(get16(record, 10)),
        ];
        let locator = before.split_last_chunk::<LOCATOR>();
        let Some((before, locator)) = locator.filter(|l| get32(l.1, 0) == LOCATOR_SIGNATURE) else {
            let [start, size, count] = narrow;
            return Ok(Claim {
                start,
                size,
                count,
                end: self.start + at as u64,
                archive_start: None,
            });
        };
        let Some((before, record)) = before
            .split_last_chunk::<END_64>()
            .filter(|r| get32(r.1, 0) == END_64_SIGNATURE)
        else {
            return Err("the 64-bit end of its directory is not where it should be".to_owned());
        };
        let wide = [48, 40, 32].map(|at| get64(record, at));
        let end = self.start + before.len() as u64;
        let archive_start = end.checked_sub(get64(locator, 8));
        let markers = [MAX32, MAX32, MAX16];
        let agree = (0..3).all(|i| narrow[i] == wide[i] || narrow[i] == markers[i]);
        match archive_start {
            Some(archive_start) if agree => Ok(Claim {
                start: wide[0],
                size: wide[1],
                count: wide[2],
                end,
                archive_start: Some(archive_start),
            }),
            _ => Err("the two parts of its end contradict each other".to_owned()),
        }
    }
}

/// Whether a directory starts at this byte.
fn is_directory(source: &Source<'_>, start: u64) -> Result<bool> {
    Ok(*source.bytes(start, 4)? == RECORD_SIGNATURE.to_le_bytes())
}

/// What an end says of the directory, with positions in the archive, and where it has to end in the source.
struct Claim {
    start: u64,
    size: u64,
    count: u64,
    end: u64,
    /// Where the archive starts in the source, if this can be told without knowing the directory.
    archive_start: Option<u64>,
}

#[cold]
pub(super) fn no_archive(source: &Source<'_>, reason: &str) -> Error {
    Error::serialization(format!(
        "{} is not a valid archive: {reason}",
        source.name()
    ))
}
