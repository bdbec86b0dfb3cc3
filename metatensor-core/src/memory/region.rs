//! Memory that belongs to somebody else, or to a file, and stays where it is as long as anybody uses it.

#![expect(
    unsafe_code,
    reason = "keeps pointers to memory together with what owns it"
)]

use std::any::Any;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::slice;
use std::sync::Arc;

use memmap2::{Mmap, MmapOptions};

/// What may be done with the memory of a mapped file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mapping {
    /// It is only read: arrays on it are read-only, for every function that respects this. A change through a pointer
    /// stops the process (`SIGSEGV`).
    #[default]
    ReadOnly,
    /// Pages that are written to are copied then: neither the file nor anybody else sees the change. For those who can
    /// not use arrays that are read-only.
    Private,
}

/// A piece of memory, which clones share.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    start: NonNull<u8>,
    length: usize,
    mapping: Mapping,
    #[expect(dead_code, reason = "only kept alive")]
    owner: Arc<dyn Any + Send + Sync>,
}

// SAFETY: the memory belongs to the owner, which can be used and released from any thread.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    /// The bytes that `owner` has, to be read.
    pub(crate) fn new<T: AsRef<[u8]> + Send + Sync + 'static>(owner: T) -> Region {
        let owner = Arc::new(owner);
        // The owner is not moved, and nobody gets exclusive access to it: this is one borrow that goes on until it is
        // dropped.
        let bytes = (*owner).as_ref();
        Region {
            start: NonNull::from(bytes).cast(),
            length: bytes.len(),
            mapping: Mapping::ReadOnly,
            owner,
        }
    }

    /// The content of `file`, which is read by the system where somebody looks at it.
    ///
    /// # Errors
    /// If it can not be mapped.
    pub(crate) fn map(file: &File, mapping: Mapping) -> io::Result<Region> {
        let options = MmapOptions::new();
        let of_owner = |start: *mut u8, length, owner| Region {
            start: NonNull::new(start).unwrap_or(NonNull::dangling()),
            length,
            mapping,
            owner,
        };
        Ok(match mapping {
            Mapping::ReadOnly => {
                // SAFETY: no reference to the bytes is made but those of arrays, whose elements have no invalid values. That
                // nobody changes or truncates the file meanwhile is asked for in the documentation for users.
                let map: Mmap = unsafe { options.map(file) }?;
                let (start, length) = (map.as_ptr().cast_mut(), map.len());
                of_owner(start, length, Arc::new(map))
            }
            Mapping::Private => {
                // space for copies of all pages may be more than there is, and few of them are written to as a rule
                let mut options = options;
                options.no_reserve_swap();
                // SAFETY: as above.
                let map = unsafe { options.map_copy(file) }?;
                let (start, length) = (map.as_ptr().cast_mut(), map.len());
                of_owner(start, length, Arc::new(map))
            }
        })
    }

    /// All of the bytes, which nobody writes to. Not for mapped files, which others can write to.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the owner gave this slice, and lives as long as `self`.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Whether the memory must not be written to.
    pub(crate) fn is_read_only(&self) -> bool {
        self.mapping == Mapping::ReadOnly
    }

    /// Some of the bytes, if there are so many, whose first one has an address that is a multiple of `alignment`.
    pub(crate) fn part(&self, range: Range<u64>, alignment: usize) -> Option<Region> {
        let start = usize::try_from(range.start).ok()?;
        let end = usize::try_from(range.end).ok()?;
        if start > end || end > self.length {
            return None;
        }
        // SAFETY: this is in the memory, or right after it.
        let first = unsafe { self.start.add(start) };
        first
            .addr()
            .get()
            .is_multiple_of(alignment)
            .then(|| Region {
                start: first,
                length: end - start,
                ..self.clone()
            })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn parts_have_to_be_inside_and_aligned() {
        let region = Region::new(vec![1_u8, 2, 3, 4]);
        assert_eq!(region.bytes(), [1, 2, 3, 4]);
        assert_eq!(region.part(1..3, 1).unwrap().bytes(), [2, 3]);
        assert!(region.part(1..5, 1).is_none());
        let (start, end) = (3, 1);
        assert!(region.part(start..end, 1).is_none());
        assert!(region.part(u64::MAX..u64::MAX, 1).is_none());
        let aligned = (0..4).filter(|&start| region.part(start..4, 4).is_some());
        assert_eq!(aligned.count(), 1);
    }

    #[test]
    fn the_owner_lives_as_long_as_its_last_part() {
        struct Owner(Vec<u8>, #[expect(dead_code, reason = "counted")] Arc<()>);
        impl AsRef<[u8]> for Owner {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
        let alive = Arc::new(());
        let region = Region::new(Owner(vec![1, 2], Arc::clone(&alive)));
        let part = region.part(1..2, 1).unwrap();
        drop(region);
        assert_eq!(part.bytes(), [2]);
        assert_eq!(Arc::strong_count(&alive), 2);
        drop(part);
        assert_eq!(Arc::strong_count(&alive), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn more_can_be_mapped_than_there_is_memory_for_copies_of() {
        let file = tempfile::tempfile().unwrap();
        if file.set_len(4 << 40).is_err() {
            println!("this file system has no such files");
            return;
        }
        for mapping in [Mapping::ReadOnly, Mapping::Private] {
            assert_eq!(Region::map(&file, mapping).unwrap().length, 4 << 40);
        }
    }

    #[test]
    fn files_are_mapped_to_be_read_or_to_be_changed_for_nobody_else() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"content").unwrap();
        for mapping in [Mapping::ReadOnly, Mapping::Private] {
            let region = Region::map(&file, mapping).unwrap();
            assert_eq!(region.bytes(), b"content");
            assert_eq!(region.is_read_only(), mapping == Mapping::ReadOnly);
        }
    }
}
