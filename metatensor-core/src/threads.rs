//! Work that is shared between threads.
//!
//! The threads are our own, are made when there is enough work for the first time, and only ever see
//! slices of elements: whatever calls functions of others stays on the thread of the caller. Work is cut
//! in the same pieces however many threads there are, and no two of them contribute to the same element:
//! results do not depend on the number of threads.

#![expect(unsafe_code, reason = "keeps one pool per process in a static")]

use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon_core::{ThreadPool, ThreadPoolBuilder};

use crate::memory::publish;
use crate::{Error, Result};

/// Bytes of memory that are read or written by a piece of work. Anything that takes less is not worth waking up
/// another thread.
const SMALL: usize = 1 << 20;
/// Work is cut in pieces that are not smaller than this,
const MIN_PIECE: usize = 256 << 10;
/// and not larger: a huge page of results is written by one thread, as a rule.
const MAX_PIECE: usize = 8 << 20;
/// As many pieces as there are between the two sizes: enough for as many threads, and for a few that are not equally fast.
const PIECES: usize = 64;
/// No number of threads is larger than this.
const MAX_THREADS: usize = 1024;

/// The number that was asked for, or 0.
static REQUESTED: AtomicUsize = AtomicUsize::new(0);
/// The number to use if nobody asks for one, or 0 as long as it is not known.
static DEFAULT: AtomicUsize = AtomicUsize::new(0);
/// What belongs to this process. Values are never freed.
static PROCESS: AtomicPtr<Process> = AtomicPtr::new(ptr::null_mut());

/// Threads do not survive a fork, and locks can be held by threads that do not exist in the child.
struct Process {
    id: u32,
    pool: Mutex<Option<Arc<Pool>>>,
}

/// The threads that help the one of the caller.
struct Pool {
    helpers: usize,
    threads: ThreadPool,
}

/// Sets the number of threads that large operations use, the one of the caller included. With 1, there are no
/// others. With 0, the environment decides again, as described for [`num_threads`].
///
/// Results do not depend on this.
///
/// ```
/// # use metatensor_core::{num_threads, set_num_threads};
/// set_num_threads(2);
/// assert_eq!(num_threads(), 2);
/// ```
pub fn set_num_threads(threads: usize) {
    REQUESTED.store(threads.min(MAX_THREADS), Ordering::Relaxed);
}

/// Number of threads that large operations use: what [`set_num_threads`] was given, or else the value of the
/// environment variable `METATENSOR_NUM_THREADS`, or else that of `OMP_NUM_THREADS`, or else what the
/// machine has. Values of the variables which are not positive numbers are ignored; they are read once.
///
/// ```
/// # use metatensor_core::num_threads;
/// println!("large operations use {} threads", num_threads());
/// ```
pub fn num_threads() -> usize {
    let requested = REQUESTED.load(Ordering::Relaxed);
    if requested > 0 {
        return requested;
    }
    let known = DEFAULT.load(Ordering::Relaxed);
    if known > 0 {
        return known;
    }
    let from_environment = ["METATENSOR_NUM_THREADS", "OMP_NUM_THREADS"]
        .iter()
        .find_map(|name| parse(&std::env::var(name).ok()?));
    let threads = from_environment
        .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
        .map_or(1, |threads| threads.min(MAX_THREADS));
    DEFAULT.store(threads, Ordering::Relaxed);
    threads
}

/// OpenMP has lists, of which the first number is for work that is not part of other parallel work.
fn parse(value: &str) -> Option<usize> {
    let first = value.split(',').next()?;
    first.trim().parse().ok().filter(|&threads| threads > 0)
}

impl Process {
    fn current() -> &'static Process {
        let id = std::process::id();
        let mut known = PROCESS.load(Ordering::Acquire);
        loop {
            // SAFETY: null, or never freed.
            if let Some(process) = unsafe { known.as_ref() }
                && process.id == id
            {
                return process;
            }
            // The pool of the parent stays where it is: there is nobody left to stop.
            let new = Box::new(Process {
                id,
                pool: Mutex::new(None),
            });
            match publish(&PROCESS, known, new) {
                Ok(process) => return process,
                Err(other) => known = other,
            }
        }
    }

    /// The threads that help a caller, or `None` if the system refuses to make them.
    fn pool(&self, helpers: usize) -> Option<Arc<Pool>> {
        let mut pool = lock(&self.pool);
        if let Some(pool) = &*pool
            && pool.helpers == helpers
        {
            return Some(Arc::clone(pool));
        }
        let threads = ThreadPoolBuilder::new()
            .num_threads(helpers)
            .thread_name(|i| format!("metatensor-{i}"))
            .build()
            .ok()?;
        let new = Arc::new(Pool { helpers, threads });
        // The old threads end when the last work that was given to them does.
        *pool = Some(Arc::clone(&new));
        Some(new)
    }
}

/// Locks are never held where something can panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls `job` with all `items`, on several threads if `work`, the number of bytes that are read and written
/// for all of them, is large.
///
/// # Errors
///
/// The error for the first of the items with one. Those after it may have been left out.
pub(crate) fn for_each<I>(
    work: usize,
    items: I,
    job: impl Fn(I::Item) -> Result<()> + Sync,
) -> Result<()>
where
    I: ExactSizeIterator + Send,
    I::Item: Send,
{
    let count = items.len();
    let queue = Mutex::new(items.enumerate());
    let next = || lock(&queue).next();
    share(work, count, &|| {
        next().map(|(number, item)| (number, job(item)))
    })
}

/// Does the next part of some work: the number of this part, and what came of it, or `None` if all parts are taken.
type DoNext<'a> = dyn Fn() -> Option<(usize, Result<()>)> + Sync + 'a;

/// [`for_each`] for `count` items, compiled once and not once for each kind of items.
fn share(work: usize, count: usize, do_next: &DoNext<'_>) -> Result<()> {
    let helpers = match work {
        ..SMALL => 0,
        _ => num_threads().min(count).saturating_sub(1),
    };
    // An item is only left out for an error of one before it.
    let first_error: Mutex<Option<(usize, Error)>> = Mutex::new(None);
    let failed = || lock(&first_error).is_some();
    let run = || {
        while !failed()
            && let Some((number, done)) = do_next()
        {
            if let Err(error) = done {
                let mut first = lock(&first_error);
                if first.as_ref().is_none_or(|first| number < first.0) {
                    *first = Some((number, error));
                }
            }
        }
    };
    let pool = (helpers > 0)
        .then(|| Process::current().pool(num_threads() - 1))
        .flatten();
    match pool {
        Some(pool) => pool.threads.in_place_scope(|scope| {
            for _ in 0..helpers {
                scope.spawn(|_| run());
            }
            run();
        }),
        None => run(),
    }
    match first_error.into_inner() {
        Ok(Some((_, error))) => Err(error),
        _ => Ok(()),
    }
}

/// How `rows` rows are cut in pieces, if all of them together read and write `work` bytes.
pub(crate) fn rows_per_piece(rows: usize, work: usize) -> usize {
    let piece = (work / PIECES).clamp(MIN_PIECE, MAX_PIECE);
    let pieces = work.div_ceil(piece).max(1);
    rows.div_ceil(pieces).max(1)
}

/// Calls `job` with ranges of rows of `row_length` elements, and with these rows of `data`, on several
/// threads if that is a lot of work: `work` is about how many bytes are read and written for all rows.
///
/// ```
/// # use metatensor_core::internal::change_rows;
/// # use metatensor_core::Result;
/// let factors = [2.0, 3.0];
/// let mut data = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// change_rows(&mut data, 3, 12 * 8, |rows, data| {
///     for (row, factor) in data.chunks_mut(3).zip(&factors[rows]) {
///         row.iter_mut().for_each(|x| *x *= factor);
///     }
///     Ok(())
/// })?;
/// assert_eq!(data, [2.0, 4.0, 6.0, 12.0, 15.0, 18.0]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// The first error of `job`, in the order of rows.
pub fn change_rows<T: Send>(
    data: &mut [T],
    row_length: usize,
    work: usize,
    job: impl Fn(Range<usize>, &mut [T]) -> Result<()> + Sync,
) -> Result<()> {
    change_rows_with(data, row_length, work, &job)
}

/// What [`change_rows`] does with each range of rows.
type Job<'a, T> = dyn Fn(Range<usize>, &mut [T]) -> Result<()> + Sync + 'a;

/// [`change_rows`], compiled once for each type and not once for each job: what shares work between threads is a lot of code.
fn change_rows_with<T: Send>(
    data: &mut [T],
    row_length: usize,
    work: usize,
    job: &Job<'_, T>,
) -> Result<()> {
    if data.is_empty() {
        return Ok(());
    }
    if row_length == 0 || !data.len().is_multiple_of(row_length) {
        return Err(Error::Internal(format!(
            "{} elements are no rows of {row_length}",
            data.len()
        )));
    }
    let rows = data.len() / row_length;
    if work < SMALL {
        return job(0..rows, data);
    }
    let per_piece = rows_per_piece(rows, work);
    let pieces = data.chunks_mut(per_piece * row_length).enumerate();
    for_each(work, pieces, |(i, piece)| {
        let start = i * per_piece;
        job(start..start + piece.len() / row_length, piece)
    })
}

/// Whether `test` is true for all ranges of rows, on several threads if that is a lot of work: `work` is about how many
/// bytes are read for all `rows`. Once a range failed, others may be left out.
///
/// ```
/// # use metatensor_core::internal::all_rows;
/// let data = [1.0, 2.0, 3.0, 4.0];
/// assert!(all_rows(4, 4 * 8, |rows| data[rows].iter().all(|&x| x > 0.5)));
/// ```
pub fn all_rows(rows: usize, work: usize, test: impl Fn(Range<usize>) -> bool + Sync) -> bool {
    all_rows_with(rows, work, &test)
}

fn all_rows_with(rows: usize, work: usize, test: &(dyn Fn(Range<usize>) -> bool + Sync)) -> bool {
    let per_piece = rows_per_piece(rows, work);
    let failed = AtomicBool::new(false);
    let pieces = 0..rows.div_ceil(per_piece);
    let done = for_each(work, pieces, |i| {
        let start = i * per_piece;
        if !failed.load(Ordering::Relaxed) && !test(start..rows.min(start + per_piece)) {
            failed.store(true, Ordering::Relaxed);
        }
        Ok(())
    });
    done.is_ok() && !failed.into_inner()
}

#[cfg(test)]
mod tests;
