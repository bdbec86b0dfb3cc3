//! Links between pages of HTML: those of the book, of rustdoc and of Doxygen.

use std::collections::{HashMap, HashSet, VecDeque};
use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Component, Path, PathBuf};

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

/// Attributes that name another file, or a place in one.
const LINKS: [&[u8]; 4] = [b"href", b"src", b"data", b"poster"];

/// What is in one page.
#[derive(Debug, Default)]
struct Page {
    /// As they are written, without those to other sites.
    links: Vec<String>,
    anchors: HashSet<String>,
    /// The page that browsers go on to from this one, to the same place.
    goes_to: Option<String>,
}

/// What was found in pages that can be reached by links.
#[derive(Debug, Default)]
pub struct Report {
    /// How many pages were read.
    pub pages: usize,
    /// How many links in them, to files and places of these pages.
    pub links: usize,
    /// Links that lead nowhere.
    pub broken: Vec<Broken>,
    /// Links to what is outside of these pages.
    pub outside: Vec<Broken>,
}

/// A link that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    /// Where it is, below the root of all pages.
    pub page: String,
    /// As it is written.
    pub link: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: '{}': {}", self.page, self.link, self.why)
    }
}

/// Reads all pages below `root` that links from `first` lead to. Links that scripts make are not seen: those are menus and
/// search. Pages below `root` that nothing leads to may be left over from an older build, and are not read.
///
/// # Errors
///
/// If a file can not be read.
pub fn follow(root: &Path, first: &[PathBuf]) -> Result<Report, Box<dyn Error>> {
    let mut report = Report::default();
    let mut pages = HashMap::new();
    let mut waiting: VecDeque<PathBuf> = first.iter().map(|path| normal(path)).collect();
    // links with an anchor, whose pages may not have been read yet
    let mut anchored = Vec::new();
    while let Some(path) = waiting.pop_front() {
        if pages.contains_key(&path) {
            continue;
        }
        let text = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let page = Page::read(&text);
        for link in &page.links {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = file.split('?').next().unwrap_or_default();
            let target = match file {
                "" => path.clone(),
                file => normal(&path.parent().unwrap_or(root).join(decoded(file))),
            };
            if !target.starts_with(root) {
                let link = broken(root, &path, link, "outside of these pages");
                report.outside.push(link);
                continue;
            }
            report.links += 1;
            let is_page = target
                .extension()
                .is_some_and(|extension| extension == "html");
            if !target.is_file() {
                report
                    .broken
                    .push(broken(root, &path, link, "no such file"));
                continue;
            }
            if is_page {
                waiting.push_back(target.clone());
                if !anchor.is_empty() {
                    anchored.push((path.clone(), link.clone(), target, anchor.to_owned()));
                }
            }
        }
        pages.insert(path, page);
    }
    for (path, link, target, anchor) in anchored {
        let mut page = &pages[&target];
        if let Some(next) = &page.goes_to {
            let next = normal(&target.parent().unwrap_or(root).join(next));
            page = pages.get(&next).unwrap_or(page);
        }
        let anchors = &page.anchors;
        // as browsers do: as it is written, which rustdoc relies on, and then decoded
        let is_there = anchors.contains(&anchor) || anchors.contains(&decoded(&anchor));
        // of lines that rustdoc shows in color, from the first one to the last
        let first = anchor.split('-').next().unwrap_or_default();
        let is_lines = first.parse::<u32>().is_ok() && anchors.contains(first);
        if !is_there && !is_lines {
            report
                .broken
                .push(broken(root, &path, &link, "no such place in this page"));
        }
    }
    report.pages = pages.len();
    report.broken.sort();
    report.broken.dedup();
    Ok(report)
}

/// All pages in a directory and those in it.
///
/// # Errors
///
/// If a directory can not be read.
pub fn pages_in(directory: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut pages = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|name| name == "html") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    Ok(pages)
}

impl Page {
    fn read(html: &[u8]) -> Page {
        let mut page = Page::default();
        let (mut is_link, mut is_anchor, mut may_have_name) = (false, false, false);
        let mut emitter =
            CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| -> Option<()> {
                match event {
                    CallbackEvent::OpenStartTag { name } => may_have_name = name == b"a",
                    CallbackEvent::AttributeName { name } => {
                        is_link = LINKS.contains(&name);
                        is_anchor = name == b"id" || may_have_name && name == b"name";
                    }
                    CallbackEvent::AttributeValue { value } => {
                        let value = String::from_utf8_lossy(value);
                        if is_anchor {
                            page.anchors.insert(value.into_owned());
                        } else if is_link && !is_elsewhere(&value) {
                            page.links.push(value.into_owned());
                        } else if let Some(page_after) = value.strip_prefix("0;URL=") {
                            page.goes_to = Some(page_after.to_owned());
                        }
                    }
                    _ => (),
                }
                None
            });
        emitter.naively_switch_states(true);
        // it is complete when all events were seen, which this loop only asks for
        for Ok(()) in Tokenizer::new_with_emitter(html, emitter) {}
        page
    }
}

/// Whether a link is not to a file: to another site, or for a script.
fn is_elsewhere(link: &str) -> bool {
    let scheme = link.split(['/', '#', '?']).next().unwrap_or_default();
    scheme.contains(':') || link.starts_with("//") || link.is_empty()
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => (),
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// Text with `%20` and the like.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn broken(root: &Path, page: &Path, link: &str, why: &'static str) -> Broken {
    let page = page.strip_prefix(root).unwrap_or(page);
    Broken {
        page: page.display().to_string(),
        link: link.to_owned(),
        why,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{Broken, Page, Report, decoded, follow, is_elsewhere};

    /// Pages with these names and texts, followed from the first one.
    fn followed(pages: &[(&str, &str)]) -> Report {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let paths: Vec<PathBuf> = pages.iter().map(|(name, _)| root.join(name)).collect();
        for (path, (_, text)) in paths.iter().zip(pages) {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        follow(&root, &paths[..1]).unwrap()
    }

    #[test]
    fn links_between_pages_resolve() {
        let report = followed(&[
            (
                "book/index.html",
                "<p id=here><a href=\"../cpp/a%20b.html?x=1#caf%C3%A9\">a</a><a href=#here><a href='#'><img src=dot.svg>
                <a href=https://example.org/nothing><a href=mailto:a@b.c><script src=../common.js></script>",
            ),
            ("book/dot.svg", ""),
            ("common.js", ""),
            (
                "cpp/a b.html",
                "<h1 id='café'>x</h1><a href=../book/index.html#here></a><a href=source.html#12-30></a>
                <b id=impl-From%3CT%3E><a href=#impl-From%3CT%3E>",
            ),
            ("cpp/source.html", "<a id=12 href=#12>12</a><a name=old></a><a href=#old></a>
                <a href=moved.html#here>"),
            (
                "cpp/moved.html",
                "<meta http-equiv=refresh content='0;URL=../book/index.html'><a href=../book/index.html>",
            ),
            ("cpp/left_over.html", "<a href=gone.html>"),
        ]);
        assert_eq!((report.broken, report.outside), (vec![], vec![]));
        assert_eq!((report.pages, report.links), (4, 12));
    }

    #[test]
    fn dead_links_and_anchors_are_found() {
        let report = followed(&[
            (
                "index.html",
                "<a href=gone.html><a href=other.html#gone><a href=#gone><img src=gone.svg><a href=directory>
                <a href=../elsewhere.html><a href=other.html#12-30>",
            ),
            ("other.html", "<p id=here>"),
            ("directory/index.html", ""),
        ]);
        let said = |links: &[Broken]| links.iter().map(Broken::to_string).collect::<Vec<_>>();
        assert_eq!(
            said(&report.broken),
            [
                "index.html: '#gone': no such place in this page",
                "index.html: 'directory': no such file",
                "index.html: 'gone.html': no such file",
                "index.html: 'gone.svg': no such file",
                "index.html: 'other.html#12-30': no such place in this page",
                "index.html: 'other.html#gone': no such place in this page",
            ]
        );
        assert_eq!(
            said(&report.outside),
            ["index.html: '../elsewhere.html': outside of these pages"]
        );
    }

    #[test]
    fn code_and_comments_have_no_links() {
        let page = Page::read(
            b"<!-- <a href=a> --><script>'<a href=b>'</script><code>&lt;a href=c&gt;</code>
            <style><a href=d></style><A HREF = e&amp;f>",
        );
        assert_eq!(page.links, ["e&f"]);
        assert!(is_elsewhere("javascript:void(0)") && !is_elsewhere("a.html#b::c"));
        assert_eq!(decoded("a%2fb%zz%"), "a/b%zz%");
    }
}
