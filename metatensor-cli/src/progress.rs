//! How far something is that takes long.

use std::io::{IsTerminal, stderr};
use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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
    /// Nothing is done yet of so many bytes.
    pub(crate) fn new(bytes: u64) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden());
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
    thread::scope(|scope| {
        let (done, is_done) = channel::<()>();
        let worker = scope.spawn(move || {
            let result = work();
            drop(done);
            result
        });
        if is_done.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let spinner = ProgressBar::new_spinner();
            spinner.set_message(what.to_owned());
            while is_done.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                spinner.tick();
            }
            spinner.finish_and_clear();
        }
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
