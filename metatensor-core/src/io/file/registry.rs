//! The temporary files of this process, for a signal that ends it.

#![expect(unsafe_code, reason = "a descriptor that another thread may close")]

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering, fence};

use rustix::event::{Timespec, poll};
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, openat, statat, unlinkat};

/// Temporary files of one process that have a name at the same time. More than these are not known to
/// [`remove_temporaries`].
const SLOTS: usize = 128;
/// Words for the name of a temporary file, with a zero at its end.
const WORDS: usize = 6;
/// How often, once in a millisecond, it is looked for a file that another thread is about to make.
const ATTEMPTS: usize = 1000;

/// To be read by a signal handler at any moment: no locks, no memory from anywhere.
static FILES: [Slot; SLOTS] = [const { Slot::new() }; SLOTS];

/// How often [`remove_temporaries`] was called.
static REMOVALS: AtomicU32 = AtomicU32::new(0);

struct Slot {
    /// Process that the file belongs to, or [`FREE`], or [`CHANGING`]; above these 32 bits, a number that is
    /// different each time the slot is used.
    state: AtomicU64,
    directory: AtomicI32,
    name: [AtomicU64; WORDS],
    device: AtomicU64,
    /// 0 if it is not known yet.
    inode: AtomicU64,
    /// Whether the file has its name.
    is_there: AtomicBool,
    /// Thread that makes the file.
    thread: AtomicI32,
}

const FREE: u32 = 0;
const CHANGING: u32 = u32::MAX;

impl Slot {
    const fn new() -> Slot {
        Slot {
            state: AtomicU64::new(0),
            directory: AtomicI32::new(-1),
            name: [const { AtomicU64::new(0) }; WORDS],
            device: AtomicU64::new(0),
            inode: AtomicU64::new(0),
            is_there: AtomicBool::new(false),
            thread: AtomicI32::new(0),
        }
    }

    /// Reserves this slot, unless another temporary file of this process has it.
    fn take(&self, process: u32) -> Option<u64> {
        let state = self.state.load(Ordering::Relaxed);
        if [process, CHANGING].contains(&(state as u32)) {
            return None;
        }
        // what belongs to another process was inherited from a parent, which has a slot of its own
        let next = (state >> 32).wrapping_add(1) << 32;
        let changing = next | u64::from(CHANGING);
        let result =
            self.state
                .compare_exchange(state, changing, Ordering::Acquire, Ordering::Relaxed);
        result.ok().map(|_| next)
    }

    fn set_inode(&self, file: &File) -> io::Result<()> {
        let metadata = file.metadata()?;
        self.device.store(metadata.dev(), Ordering::Relaxed);
        self.inode.store(metadata.ino(), Ordering::Release);
        Ok(())
    }

    /// Removes the file, if it belongs to this process. Says whether there is, and will be, no such file.
    fn remove(&self, process: u32) -> bool {
        let state = self.state.load(Ordering::SeqCst);
        if state as u32 != process {
            return true;
        }
        let is_there = self.is_there.load(Ordering::Acquire);
        let thread = self.thread.load(Ordering::Relaxed);
        let directory = self.directory.load(Ordering::Relaxed);
        let name = self.name.each_ref().map(|w| w.load(Ordering::Relaxed));
        let inode = self.inode.load(Ordering::Acquire);
        let device = self.device.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        if self.state.load(Ordering::Relaxed) != state {
            // this is half of one file and half of another, and the first one is gone
            return true;
        }

        let mut bytes = [0; 8 * WORDS];
        for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(name) {
            *bytes = word.to_ne_bytes();
        }
        let Ok(name) = CStr::from_bytes_until_nul(&bytes) else {
            return true;
        };
        // SAFETY: if another thread is done with the file and has closed this directory, there is no such file
        // behind the number any more, and the calls fail.
        let directory = unsafe { BorrowedFd::borrow_raw(directory) };
        let is_ours = match inode {
            0 => is_unlocked(directory, name),
            _ => statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|found| {
                #[allow(clippy::unnecessary_cast, reason = "other systems have fewer bits")]
                let found = (found.st_dev as u64, found.st_ino as u64);
                found == (device, inode)
            }),
        };
        if is_ours {
            let _ = unlinkat(directory, name, AtFlags::empty());
        }
        // a signal handler interrupted the thread that would make the file
        is_ours || is_there || thread == current_thread()
    }
}

/// Whether there is a file of which nobody says that it is in use: the one that was just made, before it was locked,
/// or one that was left over.
fn is_unlocked(directory: BorrowedFd<'_>, name: &CStr) -> bool {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(directory, name, flags, Mode::empty())
        .is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok())
}

/// A number for this thread, or 0 on systems that have none.
fn current_thread() -> i32 {
    #[cfg(target_os = "linux")]
    return rustix::thread::gettid().as_raw_nonzero().get();
    #[cfg(not(target_os = "linux"))]
    return 0;
}

/// Number of calls of [`remove_temporaries`] so far.
pub(super) fn removals() -> u32 {
    REMOVALS.load(Ordering::SeqCst)
}

/// A temporary file that [`remove_temporaries`] knows.
#[derive(Debug)]
pub(super) struct Registration(Option<usize>);

impl Registration {
    /// For a file that is about to get this name. `directory` must stay open as long as this exists. The file is
    /// `known` if it exists without a name.
    ///
    /// # Errors
    /// If temporary files were removed since there were so many `removals`: this one must not be made any more.
    pub(super) fn new(
        directory: &OwnedFd,
        name: &str,
        known: Option<&File>,
        removals: u32,
    ) -> io::Result<Registration> {
        let process = process::id();
        let registration = Registration(FILES.iter().position(|slot| {
            let Some(next) = slot.take(process).filter(|_| name.len() < 8 * WORDS) else {
                return false;
            };
            fence(Ordering::Release);
            slot.directory
                .store(directory.as_raw_fd(), Ordering::Relaxed);
            let mut bytes = [0; 8 * WORDS];
            bytes[..name.len()].copy_from_slice(name.as_bytes());
            for (word, &bytes) in slot.name.iter().zip(bytes.as_chunks().0) {
                word.store(u64::from_ne_bytes(bytes), Ordering::Relaxed);
            }
            slot.is_there.store(false, Ordering::Relaxed);
            slot.thread.store(current_thread(), Ordering::Relaxed);
            slot.inode.store(0, Ordering::Relaxed);
            if let Some(file) = known {
                // without this number, the file is only taken for one of another process
                let _ = slot.set_inode(file);
            }
            slot.state
                .store(next | u64::from(process), Ordering::SeqCst);
            true
        }));
        // either this sees the call, or the call sees the above
        if self::removals() != removals {
            return Err(io::Error::other("temporary files were removed"));
        }
        Ok(registration)
    }

    /// The file has its name now.
    pub(super) fn is_there(&self, file: &File) -> io::Result<()> {
        if let Some(i) = self.0 {
            FILES[i].set_inode(file)?;
            FILES[i].is_there.store(true, Ordering::Release);
        }
        Ok(())
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some(i) = self.0 {
            let state = &FILES[i].state;
            let next = state.load(Ordering::Relaxed) >> 32 << 32;
            state.store(next | u64::from(FREE), Ordering::Release);
        }
    }
}

/// Removes the temporary files of all saves of this process that are under way. These saves fail, or are so far that
/// the new file is in place; what was there before them is not touched. Later saves are not concerned.
///
/// This is for programs that end because of a signal. It can be called from a signal handler: it takes no lock, asks for
/// no memory, and only makes calls of the system that are allowed there. Without it, the next save to the same path
/// removes what is left over.
///
/// ```no_run
/// // in the function that ends the program, or in a handler of signals
/// metatensor_core::remove_temporaries();
/// ```
pub fn remove_temporaries() {
    REMOVALS.fetch_add(1, Ordering::SeqCst);
    let process = rustix::process::getpid().as_raw_nonzero().get() as u32;
    let millisecond = Timespec {
        tv_sec: 0,
        tv_nsec: 1_000_000,
    };
    for slot in &FILES {
        // Another thread may be about to make its file, which does not take long.
        for _ in 0..ATTEMPTS {
            if slot.remove(process) {
                break;
            }
            let _ = poll(&mut [], Some(&millisecond));
        }
    }
}
