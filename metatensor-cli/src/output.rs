//! What is printed, and where that can go wrong.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::iter;

use serde_json::Value;

use crate::text::{visible, width};

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody reads what is printed.
    Closed,
    /// Something else, for the user.
    Error(String),
}

impl Failure {
    /// The same, with where it happened.
    pub(crate) fn context(self, place: impl fmt::Display) -> Failure {
        match self {
            Failure::Error(message) => Failure::Error(format!("{place}: {message}")),
            Failure::Closed => Failure::Closed,
        }
    }
}

/// What commands do that go on, and find out more, when nobody reads what they print any more.
pub(crate) fn unless_closed(printed: Result<(), Failure>) -> Result<(), Failure> {
    match printed {
        Err(Failure::Closed) => Ok(()),
        printed => printed,
    }
}

impl From<metatensor_core::Error> for Failure {
    fn from(error: metatensor_core::Error) -> Self {
        Failure::Error(error.to_string())
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure::Error(message)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Closed,
            _ => Failure::Error(format!("could not write: {error}")),
        }
    }
}

/// How text looks on a terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    Heading,
    Good,
    Bad,
}

impl Style {
    /// The number that terminals know it by.
    fn code(self) -> u8 {
        match self {
            Style::Heading => 1,
            Style::Good => 32,
            Style::Bad => 31,
        }
    }
}

/// Standard output, as text or as JSON.
pub(crate) struct Output {
    writer: BufWriter<StdoutLock<'static>>,
    json: bool,
    is_terminal: bool,
    has_styles: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Output {
        let wants_none = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_terminal = io::stdout().is_terminal();
        Output {
            writer: BufWriter::new(io::stdout().lock()),
            json,
            is_terminal,
            has_styles: is_terminal && !wants_none,
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// A line of text, of which nothing does anything to a terminal.
    pub(crate) fn line(&mut self, text: impl fmt::Display) -> Result<(), Failure> {
        Ok(writeln!(self.writer, "{}", visible(&text.to_string()))?)
    }

    /// The same, if this is a terminal in this style.
    pub(crate) fn styled(&mut self, style: Style, text: impl fmt::Display) -> Result<(), Failure> {
        match self.has_styles {
            true => {
                let text = text.to_string();
                let (code, text) = (style.code(), visible(&text));
                Ok(writeln!(self.writer, "\x1b[{code}m{text}\x1b[0m")?)
            }
            false => self.line(text),
        }
    }

    /// For documents that are written piece by piece.
    pub(crate) fn writer(&mut self) -> &mut dyn Write {
        &mut self.writer
    }

    /// Text that somebody else made.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.writer.write_all(bytes)?)
    }

    /// A document, on lines of its own.
    pub(crate) fn json(&mut self, value: &Value) -> Result<(), Failure> {
        serde_json::to_writer_pretty(&mut self.writer, value).map_err(io::Error::from)?;
        self.line("")
    }

    /// Everything is printed when this is done.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        Ok(self.writer.flush()?)
    }
}

/// A number, also if JSON does not have it.
pub(crate) fn number(value: f64) -> Value {
    not_in_json(value).map_or_else(|| Value::from(value), Value::from)
}

/// What stands for a number that JSON does not have: `None` for all others.
pub(crate) fn not_in_json(value: f64) -> Option<&'static str> {
    match value {
        _ if value.is_finite() => None,
        _ if value.is_nan() => Some("NaN"),
        _ if value > 0.0 => Some("inf"),
        _ => Some("-inf"),
    }
}

/// A table whose columns are as wide as they need to be: the first one is to the left, the others to the right.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<'a>(header: impl IntoIterator<Item = &'a str>) -> Table {
        let header = header.into_iter().map(str::to_owned).collect();
        Table { rows: vec![header] }
    }

    pub(crate) fn row(&mut self, row: Vec<String>) {
        self.rows([row]);
    }

    pub(crate) fn rows(&mut self, rows: impl IntoIterator<Item = Vec<String>>) {
        for mut row in rows {
            for cell in &mut row {
                if let Cow::Owned(shown) = visible(cell) {
                    *cell = shown;
                }
            }
            self.rows.push(row);
        }
    }

    pub(crate) fn print(&self, output: &mut Output) -> Result<(), Failure> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        for row in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = width(cell).max(*widest);
            }
        }
        let mut line = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            line.clear();
            for (i, (cell, &widest)) in row.iter().zip(&widths).enumerate() {
                let padding = widest - width(cell);
                let (before, after) = match i {
                    0 => (0, padding),
                    _ => (2 + padding, 0),
                };
                line.extend(iter::repeat_n(' ', before));
                line.push_str(cell);
                line.extend(iter::repeat_n(' ', after));
            }
            match number {
                0 => output.styled(Style::Heading, line.trim_end())?,
                _ => output.line(line.trim_end())?,
            }
        }
        Ok(())
    }
}

/// 1.5 MB: three digits, with powers of 1000.
pub(crate) fn bytes(count: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let (mut size, mut unit) = (count as f64, 0);
    while size >= 999.5 && unit + 1 < units.len() {
        size /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{count} B"),
        _ if size < 9.995 => format!("{size:.2} {}", units[unit]),
        _ if size < 99.95 => format!("{size:.1} {}", units[unit]),
        _ => format!("{size:.0} {}", units[unit]),
    }
}
