//! Rows of a table, and whether they are as they should be.

/// What is shown, of which some misses its target.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) missed: bool,
    /// Only one rank prints.
    pub(crate) quiet: bool,
}

impl Table {
    /// One number of ours beside another one, and how many times that it should be at most.
    pub(crate) fn row(
        &mut self,
        what: &str,
        n: usize,
        ours: &str,
        other: &str,
        ratio: f64,
        most: f64,
    ) {
        let is_missed = ratio > most;
        self.missed |= is_missed;
        if !self.quiet {
            let verdict = if is_missed { " **missed**" } else { "" };
            println!("| {what} | {n} | {ours} | {other} | {ratio:.3} | {most}{verdict} |");
        }
    }

    pub(crate) fn bytes(&mut self, what: &str, n: usize, ours: u64, bound: u64, most: f64) {
        let text = |bytes: u64| format!("{bytes} B");
        self.row(
            what,
            n,
            &text(ours),
            &text(bound),
            ours as f64 / bound as f64,
            most,
        );
    }

    pub(crate) fn times(&mut self, what: &str, n: usize, ours: f64, other: f64, most: f64) {
        let text = |time: f64| format!("{:.3} ms", time * 1e3);
        self.row(what, n, &text(ours), &text(other), ours / other, most);
    }

    /// A time that nothing is compared with.
    pub(crate) fn time(&mut self, what: &str, n: usize, time: f64) {
        if !self.quiet {
            println!("| {what} | {n} | {:.3} ms | | | |", time * 1e3);
        }
    }
}
