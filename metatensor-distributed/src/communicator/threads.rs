//! Communicators of threads.

use super::Communicator;
use crate::transport::local_ranks;

/// Runs a function on `size` threads, with communicators that connect them, and gives what they return, in the order of
/// ranks. Panics of any of them are passed on, when all have ended.
///
/// ```
/// use metatensor_distributed::run_local;
/// assert_eq!(run_local(2, |communicator| 10 * communicator.rank()), [0, 10]);
/// ```
pub fn run_local<T: Send>(size: usize, rank: impl Fn(Communicator) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = local_ranks(size)
            .into_iter()
            .map(|transport| {
                let rank = &rank;
                scope.spawn(move || rank(Communicator::new(transport)))
            })
            .collect();
        let results: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
        results
            .into_iter()
            .map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}
