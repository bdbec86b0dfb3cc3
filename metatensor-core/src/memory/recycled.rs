//! Large pieces of memory that are used again and again.
//!
//! Writing to memory for the first time takes several times as long as writing to it again: the system has to find pages,
//! and fill them with zeros. What does the same operation on the same sizes a million times should do this once. Large
//! pieces that are released are thus kept for the next request, as long as all of them together are not too large, and
//! none of them was idle for long.

#![expect(unsafe_code, reason = "uses memory again")]

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, TryLockError};

use super::kept::{Kept, Milliseconds, Piece, Task};
use super::machine::{milliseconds, physical_memory, processors};
use super::pages;
use super::size_class::{SMALL, SizeClass};

pub use super::pages::ALIGNMENT;

/// What was not used for so long is given back to the system.
const IDLE: Milliseconds = 10_000;
/// The part of the bound that is kept in pages which the system can not have.
const UNMARKED_PART: usize = 2;
/// The most that is kept, if nobody asks for more.
const LARGEST_DEFAULT: u64 = 1 << 30;

static KEPT: Mutex<Kept> = Mutex::new(Kept::EMPTY);
/// Bytes in [`KEPT`], so that nobody needs the lock to see that there are none.
static KEPT_BYTES: AtomicUsize = AtomicUsize::new(0);
/// What somebody wants to be kept at most.
static BOUND: AtomicU64 = AtomicU64::new(UNKNOWN);
/// What is kept at most if nobody said something else.
static DEFAULT_BOUND: AtomicU64 = AtomicU64::new(UNKNOWN);
const UNKNOWN: u64 = u64::MAX;
/// Bytes of large pieces that somebody uses.
static IN_USE: AtomicUsize = AtomicUsize::new(0);
/// The most that there ever was, in use and kept.
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Memory of the large arrays and tables of this library: pieces of more than 64 kB, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// Memory of arrays, labels and temporaries that there are.
    pub in_use: usize,
    /// Memory that is kept for the next ones.
    pub kept: usize,
    /// The largest sum of the two so far, or since [`reset_peak_memory`].
    pub peak: usize,
}

/// Sets how many bytes of released memory are kept to be used again, for the whole process. With 0, none are. With
/// `u64::MAX`, the default of [`kept_memory_bound`] is used again.
///
/// Results do not depend on this, but the time that they take does: see [`kept_memory_bound`].
///
/// ```
/// # use metatensor_core::{kept_memory_bound, set_kept_memory_bound};
/// set_kept_memory_bound(4 << 30);
/// assert_eq!(kept_memory_bound(), 4 << 30);
/// # set_kept_memory_bound(u64::MAX);
/// ```
pub fn set_kept_memory_bound(bytes: u64) {
    BOUND.store(bytes, Ordering::Relaxed);
    let now = milliseconds();
    work_off(|kept| next_task(kept, now));
}

/// How many bytes of released memory are kept at most, to be used again by what needs as much.
///
/// The same operation on the same sizes is several times faster in memory that was used before. If the results of a
/// step, all of which are there at the same time, take more memory than this, a larger bound makes it faster.
///
/// This is what was given to [`set_kept_memory_bound`], or else the value of the environment variable
/// `METATENSOR_KEPT_MEMORY`, a number of bytes that can end with `K`, `M` or `G`, or else 1 GiB, but at most so much that
/// as many processes as there are processors keep a quarter of the memory of the machine. In debug builds, which
/// tools look for errors in, it is 0. The variable is read once, and ignored if it is something else.
///
/// Memory that was not used for ten seconds goes back to the system with one of the next operations. If more than half of
/// this is kept, what was not used for the longest time is marked, so that the system takes it as soon as it needs memory,
/// where it can (Linux and macOS).
///
/// ```
/// # use metatensor_core::kept_memory_bound;
/// println!("at most {} MB are kept", kept_memory_bound() >> 20);
/// ```
pub fn kept_memory_bound() -> u64 {
    let bound = BOUND.load(Ordering::Relaxed);
    if bound != UNKNOWN {
        return bound;
    }
    let known = DEFAULT_BOUND.load(Ordering::Relaxed);
    if known != UNKNOWN {
        return known;
    }
    let variable = std::env::var("METATENSOR_KEPT_MEMORY").ok();
    let default = variable.and_then(|value| parse(&value)).unwrap_or_else(|| {
        if cfg!(debug_assertions) {
            return 0;
        }
        LARGEST_DEFAULT.min(physical_memory() / 4 / processors())
    });
    DEFAULT_BOUND.store(default, Ordering::Relaxed);
    default
}

/// Gives all memory that is kept back to the system.
///
/// ```
/// # use metatensor_core::{memory_use, trim_memory};
/// trim_memory();
/// assert_eq!(memory_use().kept, 0);
/// ```
pub fn trim_memory() {
    work_off(|kept| kept.next_task(0, 0, 0, 0));
    pages::trim();
}

/// How much memory large arrays and tables take, and how much is kept.
///
/// ```
/// # use metatensor_core::{DType, DenseArray, memory_use};
/// let before = memory_use();
/// let array = DenseArray::zeros(DType::F64, &[1000, 1000])?;
/// assert!(memory_use().in_use >= before.in_use + 8_000_000);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
pub fn memory_use() -> MemoryUse {
    let (in_use, kept) = (
        IN_USE.load(Ordering::Relaxed),
        KEPT_BYTES.load(Ordering::Relaxed),
    );
    MemoryUse {
        in_use,
        kept,
        peak: PEAK.load(Ordering::Relaxed).max(in_use + kept),
    }
}

/// Forgets the peak so far: from now on, [`MemoryUse::peak`] is the largest sum since this call.
///
/// ```
/// # use metatensor_core::{DType, DenseArray, memory_use, reset_peak_memory};
/// reset_peak_memory();
/// let before = memory_use();
/// drop(DenseArray::zeros(DType::F64, &[1000, 1000])?);
/// assert!(memory_use().peak >= before.in_use + 8_000_000);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
pub fn reset_peak_memory() {
    let now = IN_USE.load(Ordering::Relaxed) + KEPT_BYTES.load(Ordering::Relaxed);
    PEAK.store(now, Ordering::Relaxed);
}

fn parse(value: &str) -> Option<u64> {
    let value = value.trim();
    let (digits, shift) = match value.as_bytes().last()?.to_ascii_uppercase() {
        b'K' => (&value[..value.len() - 1], 10),
        b'M' => (&value[..value.len() - 1], 20),
        b'G' => (&value[..value.len() - 1], 30),
        _ => (value, 0),
    };
    digits.trim().parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// Whether memory of this size comes from here.
pub fn is_large(size: usize) -> bool {
    size > SMALL
}

/// How many bytes memory of `size` bytes has, which is [large](is_large): more than what was asked for, so that it can be
/// used again for all sizes of a class. `None` for more than there can be.
pub fn capacity(size: usize) -> Option<usize> {
    let class = SizeClass::of(size)?;
    // Tools that look for errors should see where memory ends. For them, there are debug builds.
    if cfg!(debug_assertions) && kept_memory_bound() == 0 {
        return Some(size);
    }
    Some(class.capacity())
}

/// Memory with a [`capacity`], with unspecified content. It is aligned to [`ALIGNMENT`] bytes.
pub fn allocate(capacity: usize) -> Option<NonNull<u8>> {
    let memory = match take(capacity) {
        Some(memory) => memory,
        None => fresh(capacity, false)?,
    };
    count(capacity);
    Some(memory)
}

/// The same, all zero.
pub fn allocate_zeroed(capacity: usize) -> Option<NonNull<u8>> {
    let memory = match take(capacity) {
        Some(memory) => {
            // SAFETY: so many bytes are ours.
            unsafe { ptr::write_bytes(memory.as_ptr(), 0, capacity) };
            memory
        }
        None => fresh(capacity, true)?,
    };
    count(capacity);
    Some(memory)
}

/// Releases memory, which is kept or goes back to the system.
///
/// # Safety
///
/// It must come from one of the two functions above, with the same capacity, and nobody may use it any more.
pub unsafe fn release(memory: NonNull<u8>, capacity: usize) {
    IN_USE.fetch_sub(capacity, Ordering::Relaxed);
    let refused = match class_with(capacity) {
        Some(class) if capacity as u64 <= kept_memory_bound() => keep(Piece {
            address: memory.as_ptr().expose_provenance(),
            class,
        }),
        _ => true,
    };
    if refused {
        // SAFETY: the caller has it from `pages::get`, with this capacity.
        unsafe { pages::give_back(memory, capacity) };
    }
}

/// Gives back what was idle for too long, if nobody looked for this lately.
pub fn give_back_idle() {
    static CHECKED: AtomicU32 = AtomicU32::new(0);
    if KEPT_BYTES.load(Ordering::Relaxed) == 0 {
        return;
    }
    let now = milliseconds();
    if now.wrapping_sub(CHECKED.load(Ordering::Relaxed)) > IDLE / 10 {
        CHECKED.store(now, Ordering::Relaxed);
        work_off(|kept| next_task(kept, now));
    }
}

/// Whether the piece can not be kept.
fn keep(piece: Piece) -> bool {
    let now = milliseconds();
    let Some((refused, task)) = with_kept(|kept| {
        let refused = kept.put(piece, now).is_err();
        (refused, next_task(kept, now))
    }) else {
        return true;
    };
    if let Some(task) = task {
        perform(task);
        work_off(|kept| next_task(kept, now));
    }
    refused
}

/// The class of all pieces with this capacity.
fn class_with(capacity: usize) -> Option<SizeClass> {
    SizeClass::of(capacity).filter(|class| class.capacity() == capacity)
}

/// Whether there is memory of this size that was used before. Others may take it at any time.
pub(crate) fn is_kept(size: usize) -> bool {
    if !is_large(size) || KEPT_BYTES.load(Ordering::Relaxed) < size {
        return false;
    }
    let Some(class) = SizeClass::of(size) else {
        return false;
    };
    with_kept(|kept| kept.has(class)).unwrap_or(false)
}

fn take(capacity: usize) -> Option<NonNull<u8>> {
    if KEPT_BYTES.load(Ordering::Relaxed) == 0 {
        return None;
    }
    let class = class_with(capacity)?;
    let piece = with_kept(|kept| kept.take(class))??;
    NonNull::new(ptr::with_exposed_provenance_mut(piece.address))
}

/// Memory from the system. If it has none, it may have when it gets back what is kept.
fn fresh(capacity: usize, zeroed: bool) -> Option<NonNull<u8>> {
    pages::get(capacity, zeroed).or_else(|| {
        trim_memory();
        pages::get(capacity, zeroed)
    })
}

fn count(bytes: usize) {
    let in_use = IN_USE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(
        in_use + KEPT_BYTES.load(Ordering::Relaxed),
        Ordering::Relaxed,
    );
}

/// What to do so that no more is kept than may be, and nothing that was idle for too long.
fn next_task(kept: &mut Kept, now: Milliseconds) -> Option<Task> {
    let bound = usize::try_from(kept_memory_bound()).unwrap_or(usize::MAX);
    kept.next_task(bound, bound / UNMARKED_PART, IDLE, now)
}

/// Does what there is to do, one task after the other: the system is only called while nobody has the lock.
fn work_off(next: impl Fn(&mut Kept) -> Option<Task>) {
    while let Some(Some(task)) = with_kept(&next) {
        perform(task);
    }
}

fn perform(task: Task) {
    match task {
        Task::Release(piece) => give_back(piece),
        Task::Mark(piece, since) => mark(piece, since),
    }
}

fn mark(piece: Piece, since: Milliseconds) {
    let memory = ptr::with_exposed_provenance_mut(piece.address);
    // SAFETY: addresses of pieces are those of memory, which nobody else has.
    unsafe { pages::mark_reclaimable(NonNull::new_unchecked(memory), piece.bytes()) };
    if !matches!(
        with_kept(|kept| kept.put_marked(piece, since)),
        Some(Ok(()))
    ) {
        give_back(piece);
    }
}

fn give_back(piece: Piece) {
    let memory = ptr::with_exposed_provenance_mut(piece.address);
    // SAFETY: it comes from `pages::get` with the capacity of its class, and nobody else has it.
    unsafe { pages::give_back(NonNull::new_unchecked(memory), piece.bytes()) };
}

/// Does something with the pieces, if nobody has them for more than a moment.
///
/// Whoever has the lock holds it for some loads and stores, and calls nothing. Nobody waits for it: a thread that has it
/// may not run now, and after a fork, it may not exist any more. Memory comes from the system then, and goes there.
fn with_kept<R>(f: impl FnOnce(&mut Kept) -> R) -> Option<R> {
    const ATTEMPTS: usize = 1000;
    for _ in 0..ATTEMPTS {
        let mut kept = match KEPT.try_lock() {
            Ok(kept) => kept,
            Err(TryLockError::Poisoned(kept)) => kept.into_inner(),
            Err(TryLockError::WouldBlock) => {
                std::hint::spin_loop();
                continue;
            }
        };
        let result = f(&mut kept);
        KEPT_BYTES.store(kept.bytes(), Ordering::Relaxed);
        return Some(result);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_numbers_of_bytes_with_units() {
        for (value, bytes) in [
            ("0", Some(0)),
            ("1000", Some(1000)),
            (" 64K ", Some(64 << 10)),
            ("512m", Some(512 << 20)),
            ("3 G", Some(3 << 30)),
            ("99999999999G", None),
            ("-1", None),
            ("1.5G", None),
            ("G", None),
            ("", None),
            ("1µ", None),
        ] {
            assert_eq!(parse(value), bytes, "{value}");
        }
    }
}
