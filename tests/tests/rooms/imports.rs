//! Which rooms of a crate use which.

use std::collections::BTreeMap;

use super::source::{Source, sources};

/// A crate and its rooms.
pub(crate) struct Crate {
    /// Where it is, in the repository.
    pub(crate) directory: &'static str,
    /// From the lowest to the highest.
    pub(crate) rooms: &'static [&'static str],
    /// Rooms with code for tests only, which may use all others.
    pub(crate) test_rooms: &'static [&'static str],
}

impl Crate {
    /// Files of no room. The root of the crate is above all of them.
    pub(crate) fn files_without_room(&self) -> Vec<String> {
        let known = |room: &String| {
            let rooms = self.rooms.iter().chain(self.test_rooms);
            rooms.into_iter().any(|known| known == room)
        };
        sources(self.directory)
            .into_iter()
            .filter(|source| source.module.first().is_some_and(|room| !known(room)))
            .map(|source| format!("{} belongs to no room", source.path))
            .collect()
    }

    /// Each use of a room by a lower one.
    pub(crate) fn wrong_imports(&self) -> Vec<String> {
        let files = sources(self.directory);
        let names = self.names_at_the_root(&files);
        let mut wrong = Vec::new();
        for source in files.iter().filter(|source| !source.is_test()) {
            let Some(level) = source.module.first().and_then(|room| self.level(room)) else {
                continue;
            };
            for (line, path) in used(source) {
                let name = &path[0];
                let room = names.get(name).unwrap_or(name);
                let at = format!("{}:{line}", source.path);
                match self.level(room) {
                    Some(used) if used <= level => {}
                    Some(_) => wrong.push(format!(
                        "{at}: {} uses {room} (by `{name}`), which is above it",
                        self.rooms[level]
                    )),
                    None if room == EXTERNAL => {}
                    None => wrong.push(format!("{at}: `{name}` is in no room")),
                }
            }
        }
        wrong
    }

    /// The same for the rooms inside of a room. What its own file has is below all of them.
    pub(crate) fn wrong_imports_inside(&self, room: &str, inside: &[&str]) -> Vec<String> {
        let files = sources(self.directory);
        let level = |path: &[String]| match path {
            [outer, inner, ..] if outer == room => inside.iter().position(|known| known == inner),
            _ => None,
        };
        let files = files.iter().filter(|source| !source.is_test());
        let files = files.filter(|source| source.module.len() > 1 && source.module[0] == room);
        let mut wrong = Vec::new();
        for source in files {
            let Some(own) = level(&source.module) else {
                wrong.push(format!("{} belongs to no room of {room}", source.path));
                continue;
            };
            for (line, path) in used(source) {
                if level(&path).is_some_and(|used| used > own) {
                    let used = path.join("::");
                    wrong.push(format!("{}:{line}: {used} is above it", source.path));
                }
            }
        }
        wrong
    }

    fn level(&self, room: &str) -> Option<usize> {
        self.rooms.iter().position(|known| *known == room)
    }

    /// The room of each name that can be used without it: names of the root, and macros.
    fn names_at_the_root(&self, files: &[Source]) -> BTreeMap<String, String> {
        let mut names = BTreeMap::new();
        for source in files {
            let Some(room) = source.module.first() else {
                let code: Vec<&str> = source.code().map(|(_, line)| line).collect();
                for statement in code.join(" ").split(';') {
                    add_exports(statement, &mut names);
                }
                continue;
            };
            for (_, line) in source.code() {
                if let Some(name) = line.trim().strip_prefix("macro_rules! ") {
                    let name = name.trim_end_matches(['{', ' ']);
                    names.insert(name.to_owned(), room.clone());
                }
                if let Some(rest) = line.trim().strip_prefix("pub(crate) use ") {
                    // Macros without `#[macro_export]` are given a path by such a line.
                    let name = rest.trim_end_matches(';');
                    if !name.contains([':', '{']) {
                        names.insert(name.to_owned(), room.clone());
                    }
                }
            }
        }
        names
    }
}

/// What stands for names of other crates.
const EXTERNAL: &str = "another crate";

/// Adds what `pub use room::{A, B as C}` gives to the root.
fn add_exports(statement: &str, names: &mut BTreeMap<String, String>) {
    let Some(at) = statement.find("use ") else {
        return;
    };
    let path = statement[at + 4..].trim();
    let path = path.strip_prefix("crate::").unwrap_or(path);
    let Some((room, rest)) = path.split_once("::") else {
        return;
    };
    let room = match room {
        "metatensor_core" | "metatensor_operations" | "metatensor_distributed" | "std" => EXTERNAL,
        room => room,
    };
    for item in rest.split([',', '{', '}']) {
        let item = item.rsplit(" as ").next().unwrap_or(item);
        let name = item.rsplit("::").next().unwrap_or(item).trim();
        if !name.is_empty() && name != "*" {
            names.insert(name.to_owned(), room.to_owned());
        }
    }
}

/// The paths from the root of the crate that code uses, and the lines where it does: those of `crate::...` and `super::...`.
fn used(source: &Source) -> Vec<(usize, Vec<String>)> {
    let mut used = Vec::new();
    let lines: Vec<(usize, &str)> = source.code().collect();
    let mut module = source.module.clone();
    for (i, &(number, line)) in lines.iter().enumerate() {
        // A module inside of the file, which is not indented.
        let declaration = line.split_once("mod ");
        match declaration.and_then(|(before, rest)| Some((before, rest.strip_suffix(" {")?))) {
            Some((before, name)) if before.is_empty() || before.starts_with("pub") => {
                module.push(name.to_owned());
            }
            _ if line == "}" => module.truncate(source.module.len()),
            _ => {}
        }
        for (at, _) in line.match_indices("crate::") {
            let is_path = !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            // `pub(in crate::room)` is no use of it.
            if is_path && !line[..at].ends_with("(in ") {
                let rest = rest_of_statement(&lines[i..], at + "crate::".len());
                used.extend(paths(&[], &rest).into_iter().map(|path| (number, path)));
            }
        }
        let mut from = 0;
        while let Some(at) = line[from..].find("super::").map(|at| from + at) {
            let mut supers = 0;
            let mut end = at;
            while line[end..].starts_with("super::") {
                supers += 1;
                end += "super::".len();
            }
            from = end;
            let start = &module[..module.len().saturating_sub(supers)];
            let rest = rest_of_statement(&lines[i..], end);
            used.extend(paths(start, &rest).into_iter().map(|path| (number, path)));
        }
    }
    used
}

fn rest_of_statement(lines: &[(usize, &str)], start: usize) -> String {
    let mut rest = lines[0].1[start..].to_owned();
    let is_open = |text: &str| text.matches('{').count() > text.matches('}').count();
    if rest
        .split([' ', ';', '('])
        .next()
        .is_some_and(|path| path.contains('{'))
    {
        for (_, line) in &lines[1..] {
            if !is_open(&rest) {
                break;
            }
            rest.push_str(line);
        }
    }
    rest
}

/// What `start::{a::b, c}` stands for. Nothing where a macro puts a name.
fn paths(start: &[String], text: &str) -> Vec<Vec<String>> {
    let Some(list) = text.trim_start().strip_prefix('{') else {
        let name = identifier(text.trim_start());
        if name.is_empty() {
            return Vec::new();
        }
        let rest = &text.trim_start()[name.len()..];
        let path = [start, &[name]].concat();
        return match rest.strip_prefix("::") {
            Some(rest) if rest.starts_with(|c: char| c == '{' || c.is_alphabetic()) => {
                paths(&path, rest)
            }
            _ => vec![path],
        };
    };
    let mut found = Vec::new();
    let (mut depth, mut item) = (0, 0);
    for (i, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' if depth > 0 => {}
            ',' | '}' => {
                found.extend(paths(start, &list[item..i]));
                item = i + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}
