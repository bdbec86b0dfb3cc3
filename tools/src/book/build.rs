//! Building the book with `mdbook`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::pages::{Page, pages};
use crate::run::output;
use crate::{repository, target};

/// The version of `mdbook` that the book is made for.
const VERSION: &str = "0.5.4";

/// The directory with the sources of the book.
pub fn source() -> PathBuf {
    repository().join("docs/book")
}

/// Builds the book in the directory `to`, of which nothing else is left. `mdbook` ends well if something is missing; this does
/// not.
///
/// It works on a copy, in which pages have what they include, without the indentation that it has in its file.
///
/// # Errors
///
/// If `mdbook` can not be installed, fails, or warns of anything; if a page includes what is not there.
pub fn build(to: &Path) -> Result<(), Box<dyn Error>> {
    let pages = pages(&source())?;
    let missing: Vec<String> = pages.iter().flat_map(Page::missing_includes).collect();
    if !missing.is_empty() {
        return Err(missing.join("\n").into());
    }
    let copy = tempfile::tempdir()?;
    copy_directory(&source(), copy.path())?;
    for page in &pages {
        fs::write(copy.path().join("src").join(&page.name), page.expanded()?)?;
    }
    let before = contents(copy.path())?;
    let mut command = Command::new(mdbook()?);
    command.arg("build").arg(copy.path()).arg("--dest-dir");
    let built = command
        .arg(to)
        .env("NO_COLOR", "1")
        .env("MDBOOK_LOG", "info")
        .output()?;
    let said = String::from_utf8_lossy(&built.stderr) + String::from_utf8_lossy(&built.stdout);
    let wrong = complaints(&said);
    if !built.status.success() || !wrong.is_empty() {
        return Err(format!(
            "mdbook ended with {}, and says\n{}",
            built.status,
            if wrong.is_empty() { &said } else { &*wrong }
        )
        .into());
    }
    if contents(copy.path())? != before {
        return Err("mdbook made pages that are not there: create-missing has to be false".into());
    }
    Ok(())
}

fn copy_directory(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let to = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_directory(&path, &to)?;
        } else {
            fs::copy(path, to)?;
        }
    }
    Ok(())
}

/// All that is not just said to inform.
fn complaints(said: &str) -> String {
    let lines = said.lines().filter(|line| !line.trim().is_empty());
    let wrong: Vec<&str> = lines
        .filter(|line| !line.trim_start().starts_with("INFO "))
        .collect();
    wrong.join("\n")
}

/// Files, with what is in them.
type Contents = BTreeMap<PathBuf, Vec<u8>>;

/// All files in a directory.
fn contents(directory: &Path) -> Result<Contents, Box<dyn Error>> {
    let mut files = Contents::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(contents(&path)?);
        } else {
            let text = fs::read(&path)?;
            files.insert(path, text);
        }
    }
    Ok(files)
}

/// The program, which cargo builds below `target` if it is not there yet.
fn mdbook() -> Result<PathBuf, Box<dyn Error>> {
    let root = target().join(format!("mdbook-{VERSION}"));
    let program = root.join("bin/mdbook");
    if program.is_file() {
        return Ok(program);
    }
    fs::create_dir_all(&root)?;
    let lock = File::create(root.join("lock"))?;
    lock.lock()?;
    if !program.is_file() {
        println!("cargo install mdbook, version {VERSION}");
        let build = root.join("build");
        output(
            Command::new(env!("CARGO"))
                .args(["install", "mdbook", "--quiet", "--locked", "--debug"])
                .arg(format!("--version={VERSION}"))
                .args(["--no-default-features", "--features=search", "--root"])
                .arg(&root)
                .arg("--target-dir")
                .arg(&build)
                .env("CARGO_PROFILE_DEV_DEBUG", "0")
                .env("CARGO_PROFILE_DEV_OPT_LEVEL", "0"),
        )?;
        fs::remove_dir_all(build)?;
    }
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::complaints;

    #[test]
    fn warnings_are_complaints() {
        let said = " INFO Book building has started\n WARN The output.html.x is not known\n\nERROR missing\n INFO done\n";
        let wrong = complaints(said);
        assert_eq!(wrong, " WARN The output.html.x is not known\nERROR missing");
    }
}
