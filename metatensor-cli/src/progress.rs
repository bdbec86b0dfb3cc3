//! How far something is that takes long.

use std::io::{IsTerminal, stderr};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::outline::total;

/// What takes less long shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often something moves while nobody knows how long it will take.
const TICK: Duration = Duration::from_millis(100);

/// A bar on the terminal, if errors go to one, for what takes longer than a second.
pub(crate) struct Progress {
    bar: ProgressBar,
    start: Instant,
    is_shown: bool,
}

impl Progress {
    /// Nothing is done yet of what has so many bytes each.
    pub(crate) fn new(bytes: impl IntoIterator<Item = u64>) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(total(bytes)), ProgressDrawTarget::hidden());
        let template = "{wide_bar} {decimal_bytes} of {decimal_total_bytes}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Progress {
            bar,
            start: Instant::now(),
            is_shown: !stderr().is_terminal(),
        }
    }

    /// So many more bytes are done.
    pub(crate) fn add(&mut self, bytes: u64) {
        self.bar.inc(bytes);
        if !self.is_shown && self.start.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.is_shown = true;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// What `work` gives, of which nobody knows how far it is. If it takes longer than a second, something moves on the terminal.
pub(crate) fn waiting<T: Send>(what: &str, work: impl FnOnce() -> T + Send) -> T {
    if !stderr().is_terminal() {
        return work();
    }
    let spinner = || ProgressBar::new_spinner().with_message(what.to_owned());
    watched(PATIENCE, spinner, &Done::default(), work)
}

/// What `work` gives, which says how much of `all` is done. If it takes longer than a second, there is a bar on the terminal, which
/// moves also while one part of it takes long.
pub(crate) fn measured<T: Send>(all: u64, work: impl FnOnce(&Done) -> T + Send) -> T {
    let done = Done::default();
    if !stderr().is_terminal() {
        return work(&done);
    }
    let bar = || {
        let bar = ProgressBar::new(all);
        match ProgressStyle::with_template("{spinner} {wide_bar} {percent}%, {eta} left") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    };
    watched(PATIENCE, bar, &done, || work(&done))
}

/// How much of some work is done, told by the thread that does it.
#[derive(Debug, Default)]
pub(crate) struct Done(AtomicU64);

impl Done {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// All that is up to here, of which a part may have been left out.
    pub(crate) fn reach(&self, position: u64) {
        self.0.fetch_max(position, Ordering::Relaxed);
    }
}

/// What `work` gives. A bar is made and moved as long as it takes longer than `patience`.
fn watched<T: Send>(
    patience: Duration,
    bar: impl FnOnce() -> ProgressBar,
    done: &Done,
    work: impl FnOnce() -> T + Send,
) -> T {
    thread::scope(|scope| {
        let (finished, is_finished) = channel::<()>();
        let worker = scope.spawn(move || {
            let result = work();
            drop(finished);
            result
        });
        if is_finished.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            let bar = bar();
            while is_finished.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                bar.set_position(done.0.load(Ordering::Relaxed));
                bar.tick();
            }
            bar.finish_and_clear();
        }
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_for_what_takes_long() {
        let bar = ProgressBar::hidden();
        let done = Done::default();
        let start = Instant::now();
        let slow = watched(
            Duration::from_millis(1),
            || bar.clone(),
            &done,
            || {
                done.add(2);
                done.reach(5);
                done.reach(3);
                // until somebody has seen it
                while bar.position() < 5 && start.elapsed() < Duration::from_secs(60) {
                    thread::sleep(Duration::from_millis(1));
                }
                bar.position()
            },
        );
        assert_eq!(slow, 5);
        assert!(bar.is_finished());
        let quick = watched(
            Duration::from_secs(60),
            || panic!("nobody waits for this"),
            &done,
            || 7,
        );
        assert_eq!(quick, 7);
    }
}
