//! Programs that the book shows, and what they print.

use std::error::Error;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::repository;

/// Files that programs of the book find where they run.
const DATA: [&str; 2] = ["radial-spectrum.mts", "spherical-expansion.mts"];

/// A directory to run a program in, with the files that it may read.
///
/// # Errors
///
/// If it can not be made.
pub fn with_data() -> Result<TempDir, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    for name in DATA {
        let from = repository().join("tests/data").join(name);
        fs::copy(from, directory.path().join(name))?;
    }
    Ok(directory)
}

/// Compares what a program prints with the file that the book shows, or writes this file if `UPDATE_BOOK` is set.
///
/// # Errors
///
/// If they are different: the message has the first line where they are.
pub fn check_output(shown: &Path, printed: &str) -> Result<(), Box<dyn Error>> {
    if std::env::var_os("UPDATE_BOOK").is_some() {
        return Ok(fs::write(shown, printed)?);
    }
    let expected = fs::read_to_string(shown).unwrap_or_default();
    if printed == expected {
        return Ok(());
    }
    let lines = printed.lines().zip(expected.lines());
    let line = lines
        .take_while(|(printed, shown)| printed == shown)
        .count();
    Err(format!(
        "{}: line {} is not what is printed now, which is\n{}\nand UPDATE_BOOK=1 writes this:\n{printed}",
        shown.display(),
        line + 1,
        printed.lines().nth(line).unwrap_or("nothing"),
    )
    .into())
}

/// Runs all commands in the text of a session, lines that start with `$ `, and gives the text with what they print now.
///
/// # Errors
///
/// If `run` fails.
pub fn session(
    text: &str,
    mut run: impl FnMut(&str) -> Result<String, Box<dyn Error>>,
) -> Result<String, Box<dyn Error>> {
    let mut now = String::new();
    for line in text.lines() {
        let Some(command) = line.strip_prefix("$ ") else {
            // names of parts of this file stay
            if line.starts_with("# ANCHOR") {
                now += &format!("{line}\n");
            }
            continue;
        };
        now += &format!("{line}\n{}", run(command)?);
    }
    Ok(now)
}

#[cfg(test)]
mod tests {
    use super::session;

    #[test]
    fn sessions_are_commands_and_what_they_print() {
        let text = "# ANCHOR: a\n$ one\nold\n# ANCHOR_END: a\n$ two\n";
        let now = session(text, |command| Ok(format!("ran {command}\n"))).unwrap();
        assert_eq!(
            now,
            "# ANCHOR: a\n$ one\nran one\n# ANCHOR_END: a\n$ two\nran two\n"
        );
    }
}
