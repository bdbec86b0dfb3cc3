//! Pages of the book as they are written: what they include, and their blocks of code.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// A page, in Markdown.
#[derive(Debug)]
pub struct Page {
    /// Its file.
    pub path: PathBuf,
    /// Its name in the directory of pages.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// A part of another file that is shown in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The file.
    pub path: PathBuf,
    /// What follows the path: the name of an anchor, lines, or nothing.
    pub part: String,
    /// The line of the page, from 1 on.
    pub line: usize,
    /// Where it starts in this line, in bytes.
    pub column: usize,
}

/// A block of code in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeBlock {
    /// As it is written after the backticks, without options.
    pub language: String,
    /// What is between the fences.
    pub lines: Vec<String>,
    /// The line of the page with the first fence, from 1 on.
    pub line: usize,
}

impl CodeBlock {
    /// Whether all that is in it comes from other files.
    pub fn is_included(&self) -> bool {
        let is_include =
            |line: &String| line.trim().starts_with("{{#include ") && line.ends_with("}}");
        !self.lines.is_empty() && self.lines.iter().all(is_include)
    }
}

/// The pages in the directory `src` of a book, which are those in its summary, and the summary.
///
/// # Errors
///
/// If a file can not be read, if the summary names one that is not there, or none at all of those that are.
pub fn pages(book: &Path) -> Result<Vec<Page>, Box<dyn Error>> {
    let source = book.join("src");
    let read = |name: &str| -> Result<Page, Box<dyn Error>> {
        let path = source.join(name);
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("the page {}: {error}", path.display()))?;
        let name = name.to_owned();
        Ok(Page { path, name, text })
    };
    let summary = read("SUMMARY.md")?;
    let names: Vec<String> = summary
        .text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(name, _)| name.to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    for entry in fs::read_dir(&source)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_page = Path::new(&name).extension().is_some_and(|end| end == "md");
        if is_page && name != "SUMMARY.md" && !names.contains(&name) {
            return Err(format!("the page {name} is not in SUMMARY.md").into());
        }
    }
    let mut pages = names
        .iter()
        .map(|name| read(name))
        .collect::<Result<Vec<_>, _>>()?;
    pages.push(summary);
    Ok(pages)
}

impl Page {
    /// What it shows of other files.
    pub fn includes(&self) -> Vec<Include> {
        let directory = self.path.parent().unwrap_or(Path::new(""));
        let mut includes = Vec::new();
        for (line, text) in self.text.lines().enumerate() {
            for (before, rest) in text.match_indices("{{#").map(|(at, _)| text.split_at(at)) {
                let command = rest.split("}}").next().unwrap_or_default();
                let Some((_, what)) = command.split_once("include ") else {
                    continue;
                };
                if before.ends_with('\\') {
                    continue;
                }
                let (path, part) = what.trim().split_once(':').unwrap_or((what.trim(), ""));
                includes.push(Include {
                    path: directory.join(path),
                    part: part.to_owned(),
                    line: line + 1,
                    column: before.len(),
                });
            }
        }
        includes
    }

    /// Its blocks of code, between lines of three or more backticks.
    pub fn code_blocks(&self) -> Vec<CodeBlock> {
        let mut blocks: Vec<CodeBlock> = Vec::new();
        let mut fence = None;
        for (number, line) in self.text.lines().enumerate() {
            let start = line.trim_start();
            let ticks = start.len() - start.trim_start_matches('`').len();
            match (fence, blocks.last_mut()) {
                (Some(length), _) if ticks >= length && start.len() == ticks => fence = None,
                (Some(_), Some(block)) => block.lines.push(line.to_owned()),
                _ if ticks >= 3 => {
                    let language = start[ticks..].split([',', ' ']).next().unwrap_or_default();
                    blocks.push(CodeBlock {
                        language: language.to_owned(),
                        lines: Vec::new(),
                        line: number + 1,
                    });
                    fence = Some(ticks);
                }
                _ => (),
            }
        }
        blocks
    }

    /// What is wrong with what it includes: `mdbook` shows nothing for an anchor that is missing.
    pub fn missing_includes(&self) -> Vec<String> {
        let includes = self.includes().into_iter();
        includes
            .filter_map(|include| self.included(&include).err())
            .collect()
    }

    /// The lines that are included, as one text, or what is wrong.
    fn included(&self, include: &Include) -> Result<String, String> {
        let Include {
            path, part, line, ..
        } = include;
        let wrong = |what: String| {
            let (page, path) = (&self.name, path.display());
            format!("{page}:{line}: can not include {path}: {what}")
        };
        let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let lines = part_of(&text, part);
        let lines = lines.ok_or_else(|| wrong(format!("there is no '{part}' in it")))?;
        Ok(lines.join("\n"))
    }

    /// The page with all that it includes.
    ///
    /// # Errors
    ///
    /// If something that it includes is not there.
    pub fn expanded(&self) -> Result<String, String> {
        let mut text = String::with_capacity(self.text.len());
        let mut includes = self.includes().into_iter().peekable();
        for (number, line) in (1..).zip(self.text.lines()) {
            let mut rest = line;
            while let Some(include) = includes.next_if(|include| include.line == number) {
                // `includes` has found it in this line, and passed by those that are only shown
                let start = include.column - (line.len() - rest.len());
                text += &rest[..start];
                text += &self.included(&include)?;
                rest = rest[start..].split_once("}}").map_or("", |(_, rest)| rest);
            }
            text += rest;
            text.push('\n');
        }
        Ok(text)
    }
}

/// What an include asks for of this text: lines, or what is between two with `ANCHOR: part` and `ANCHOR_END: part`; without
/// lines that are such marks, and without the indentation that all lines have.
fn part_of<'a>(text: &'a str, part: &str) -> Option<Vec<&'a str>> {
    let lines: Vec<&str> = text.lines().collect();
    let numbers: Result<Vec<usize>, _> = part
        .split(':')
        .filter(|number| !number.is_empty())
        .map(str::parse)
        .collect();
    let position = |what: &str| {
        lines.iter().position(|line| {
            let after = line.split_once(what).map(|(_, after)| after.trim_start());
            after.and_then(|after| after.split_whitespace().next()) == Some(part)
        })
    };
    let lines = match numbers.as_deref() {
        Ok([]) => &lines[..],
        Ok([first]) if part.ends_with(':') => lines.get(first.checked_sub(1)?..)?,
        Ok([line]) => lines.get(line.checked_sub(1)?..*line)?,
        Ok([first, last]) => lines.get(first.checked_sub(1)?..*last)?,
        Ok(_) => return None,
        Err(_) => lines.get(position("ANCHOR: ")? + 1..position("ANCHOR_END: ")?)?,
    };
    let lines = lines
        .iter()
        .filter(|line| !line.contains("ANCHOR: ") && !line.contains("ANCHOR_END: "));
    let indentation = lines
        .clone()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()?;
    let unindented = lines.map(|line| line.get(indentation..).unwrap_or_default());
    Some(unindented.collect())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Page, pages, part_of};

    fn page(directory: &Path, text: &str) -> Page {
        Page {
            path: directory.join("src/page.md"),
            name: "page.md".to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn missing_includes_are_found() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("src")).unwrap();
        fs::write(
            directory.path().join("file.rs"),
            "// ANCHOR: a\nlet a = 1;\n// ANCHOR_END: a\n// ANCHOR: b\n",
        )
        .unwrap();
        let page = page(
            directory.path(),
            "{{#include ../file.rs}}\n{{#include ../file.rs:a}} and {{#rustdoc_include ../file.rs:2}}\n\n\\{{#include no.rs}}
{{#include ../file.rs:b}}\n{{#include ../file.rs:2:5}}\n{{#include ../gone.rs}}\n",
        );
        assert_eq!(page.includes().len(), 6);
        let missing = page.missing_includes();
        let starts = ["page.md:5: ", "page.md:6: ", "page.md:7: "];
        assert_eq!(missing.len(), starts.len(), "{missing:?}");
        for (missing, start) in missing.iter().zip(starts) {
            assert!(missing.starts_with(start), "{missing}");
        }
        assert!(page.expanded().is_err());
        assert_eq!(part_of("// ANCHOR: a\n// ANCHOR_END: a\n", "a"), None);
        assert_eq!(part_of("// ANCHOR: ab\nx\n// ANCHOR_END: ab\n", "a"), None);
    }

    #[test]
    fn included_lines_have_no_marks_and_no_indentation() {
        let text = "fn f() {\n    // ANCHOR: a\n    one\n\n    // ANCHOR: b\n        two\n    // ANCHOR_END: b\n    // ANCHOR_END: a\n}\n";
        assert_eq!(part_of(text, "a").unwrap(), ["one", "", "    two"]);
        assert_eq!(part_of(text, "b").unwrap(), ["two"]);
        assert_eq!(part_of(text, "").unwrap().len(), 5);
        assert_eq!(part_of(text, "9").unwrap(), ["}"]);
        assert_eq!(part_of(text, "3:4").unwrap(), ["one", ""]);
        assert_eq!(part_of(text, "9:").unwrap(), ["}"]);
        assert_eq!(part_of(text, "9:10"), None);
        assert_eq!(part_of(text, "11"), None);

        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("src")).unwrap();
        fs::write(directory.path().join("file.rs"), text).unwrap();
        let page = page(
            directory.path(),
            "a\n```rust\n{{#include ../file.rs:a}}\n```\n\\{{#include x}} <{{#include ../file.rs:b}}> <{{#include ../file.rs:b}}>\n",
        );
        assert_eq!(
            page.expanded().unwrap(),
            "a\n```rust\none\n\n    two\n```\n\\{{#include x}} <two> <two>\n"
        );
    }

    #[test]
    fn blocks_of_code_are_found() {
        let page = page(
            Path::new(""),
            "text\n```rust,ignore\n{{#include a.rs}}\n```\n\n````text\n```\nlet a = 1;\n````\n```\n```\n",
        );
        let blocks = page.code_blocks();
        let found: Vec<_> = blocks
            .iter()
            .map(|block| (&*block.language, block.line, block.lines.len()))
            .collect();
        assert_eq!(found, [("rust", 2, 1), ("text", 6, 2), ("", 10, 0)]);
        assert!(blocks[0].is_included() && !blocks[1].is_included() && !blocks[2].is_included());
    }

    #[test]
    fn pages_and_summary_agree() {
        let directory = tempfile::tempdir().unwrap();
        let source = directory.path().join("src");
        fs::create_dir_all(&source).unwrap();
        let write = |name: &str, text: &str| fs::write(source.join(name), text).unwrap();
        write("SUMMARY.md", "[One](one.md)\n- [Draft]()\n");
        let failed = |what: &str| {
            let error = pages(directory.path()).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        };
        failed("one.md");
        write("one.md", "# One\n");
        assert_eq!(pages(directory.path()).unwrap().len(), 2);
        write("two.md", "# Two\n");
        failed("two.md is not in SUMMARY.md");
    }
}
