//! Files with Rust in them.

use std::fs;
use std::path::Path;

/// A file of a crate.
pub(crate) struct Source {
    /// From the root of the repository.
    pub(crate) path: String,
    /// The modules it is in, and its own name: `["rows", "index"]`.
    pub(crate) module: Vec<String>,
    text: String,
}

/// All files in the directory `src` of a crate.
pub(crate) fn sources(directory: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut sources = Vec::new();
    let folder = root.join(directory).join("src");
    if folder.exists() {
        collect(root, &folder, &mut Vec::new(), &mut sources);
    }
    assert!(
        directory == "tools" || !sources.is_empty(),
        "nothing in {directory}"
    );
    sources
}

fn collect(root: &Path, folder: &Path, modules: &mut Vec<String>, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            modules.push(name);
            collect(root, &path, modules, sources);
            modules.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let mut module = modules.clone();
            if name != "mod" && name != "lib" {
                module.push(name);
            }
            sources.push(Source {
                path: path
                    .strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned(),
                module,
                text: fs::read_to_string(&path).unwrap(),
            });
        }
    }
}

impl Source {
    /// Whether all of it is test code.
    pub(crate) fn is_test(&self) -> bool {
        self.module.iter().any(|name| name == "tests")
    }

    /// Whether it says that it was not written by hand.
    pub(crate) fn is_generated(&self) -> bool {
        let mut start = self.text.lines().take(3);
        start.any(|line| line.starts_with("//") && line.contains("enerated by"))
    }

    /// Number of lines before a module of tests at the end.
    pub(crate) fn code_lines(&self) -> usize {
        let tests = "#[cfg(test)]\nmod tests {";
        let end = self.text.find(tests).unwrap_or(self.text.len());
        self.text[..end].lines().count()
    }

    /// Lines of code with their numbers, without comments, documentation and a module of tests at the end.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = (1..).zip(self.text.lines()).take(self.code_lines());
        lines
            .map(|(number, line)| (number, line.split("//").next().unwrap_or_default()))
            .filter(|(_, line)| !line.trim().is_empty())
    }

    /// Public functions of which the documentation has no example, and the lines they are on. What is not in the
    /// documentation needs none, nor do functions whose only argument is `self`: what they give is their name.
    pub(crate) fn functions_without_example(&self) -> Vec<(usize, String)> {
        let mut missing = Vec::new();
        if self.is_test() {
            return missing;
        }
        let (mut has_example, mut is_hidden) = (false, false);
        // An attribute of several lines, which may be a macro that makes an example.
        let mut in_attribute = false;
        let lines: Vec<&str> = self.text.lines().take(self.code_lines()).collect();
        for (i, line) in lines.iter().enumerate() {
            let line = line.trim();
            if line.starts_with("///") {
                has_example |= line.contains("```");
                continue;
            }
            if in_attribute {
                in_attribute = line != ")]";
                continue;
            }
            if line.starts_with("#[") && line.ends_with('(') {
                in_attribute = true;
                has_example |= line.contains("example!(");
                continue;
            }
            if line.starts_with("#[") || line.starts_with("//") || line.starts_with(')') {
                is_hidden |= line.contains("doc(hidden)");
                continue;
            }
            let declaration = ["pub fn ", "pub unsafe fn ", "pub const fn "];
            let function = declaration
                .iter()
                .find_map(|start| line.strip_prefix(start));
            if let Some(rest) = function
                && !has_example
                && !is_hidden
            {
                let signature = lines[i..].join(" ");
                let arguments = signature.split_once('(').unwrap().1;
                let name = rest.split(['(', '<']).next().unwrap().to_owned();
                if !["self)", "&self)", "&mut self)"]
                    .iter()
                    .any(|only| arguments.starts_with(only))
                {
                    missing.push((i + 1, name));
                }
            }
            (has_example, is_hidden) = (false, false);
        }
        missing
    }
}
