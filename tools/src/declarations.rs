//! The functions that a header declares.

use std::error::Error;
use std::path::Path;

/// A function of a header.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name, `mts_…`.
    pub name: String,
    /// The type of its result.
    pub result: String,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
}

/// A parameter of a function.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// How it is called in the header.
    pub name: String,
    /// Its type, without `struct`, with single spaces between words, and none around stars.
    pub type_name: String,
    /// What the documentation says about it.
    pub documentation: String,
}

impl Function {
    /// The types of the result and of all parameters.
    pub fn signature(&self) -> String {
        let types: Vec<_> = self.parameters.iter().map(|p| &*p.type_name).collect();
        format!("{} {}({})", self.result, self.name, types.join(", "))
    }
}

/// The functions declared in the header at `path`, in order.
///
/// # Errors
///
/// If it can not be read, or if this parser does not understand it.
pub fn functions(path: &Path) -> Result<Vec<Function>, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let text = lines.collect::<Vec<_>>().join("\n");
    let mut functions = Vec::new();
    let mut rest = &text[..];
    let mut comment = "";
    let mut code = String::new();
    // declarations end at a semicolon, each has its documentation just before
    while !rest.is_empty() {
        if let Some(start) = rest.strip_prefix("/*") {
            let end = start.find("*/").ok_or("a comment does not end")?;
            comment = &start[..end];
            rest = &start[end + 2..];
        } else if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else {
            let length = rest.chars().next().map_or(1, char::len_utf8);
            match &rest[..length] {
                ";" => functions.extend(function(&std::mem::take(&mut code), comment)?),
                "{" | "}" => code.clear(),
                other => code.push_str(other),
            }
            rest = &rest[length..];
        }
    }
    Ok(functions)
}

/// The function that is declared by `code`, if it declares one.
fn function(code: &str, comment: &str) -> Result<Option<Function>, Box<dyn Error>> {
    let Some((start, parameters)) = code.split_once('(') else {
        return Ok(None);
    };
    // types of functions have a star in parentheses there
    if start.ends_with(char::is_whitespace) || start.trim_start().starts_with("typedef") {
        return Ok(None);
    }
    let name_start = start
        .rfind("mts_")
        .ok_or_else(|| format!("unknown function in '{code}'"))?;
    let (result, name) = start.split_at(name_start);
    let parameters = parameters.trim_end();
    let parameters = parameters
        .strip_suffix(')')
        .ok_or("a declaration does not end")?;
    let mut function = Function {
        name: name.to_owned(),
        result: normalized(result),
        parameters: Vec::new(),
    };
    for text in split(parameters) {
        if text != "void" {
            function.parameters.push(parameter(text, comment)?);
        }
    }
    Ok(Some(function))
}

/// Splits a list at its commas, except for those inside of parentheses.
pub(crate) fn split(list: &str) -> Vec<&str> {
    let mut depth = 0;
    let parts = list.split(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    parts.map(str::trim).collect()
}

fn parameter(text: &str, comment: &str) -> Result<Parameter, Box<dyn Error>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let unreadable = || format!("can not read the parameter '{text}'");
    let (before, name, after) = if let Some((before, rest)) = text.split_once("(*") {
        let (name, after) = rest.split_once(')').ok_or_else(unreadable)?;
        (format!("{before}(*"), name, format!("){after}"))
    } else {
        let start = text.rfind(|c| !is_word(c)).ok_or_else(unreadable)? + 1;
        (text[..start].to_owned(), &text[start..], String::new())
    };
    Ok(Parameter {
        name: name.to_owned(),
        type_name: normalized(&format!("{before}{after}")),
        documentation: documentation(comment, name),
    })
}

/// What `comment` says after `@param name`, up to the next command.
fn documentation(comment: &str, name: &str) -> String {
    let words: Vec<_> = comment.split_whitespace().filter(|&w| w != "*").collect();
    let start = words.windows(2).position(|pair| pair == ["@param", name]);
    let Some(start) = start else {
        return String::new();
    };
    let words = words[start + 2..].iter();
    words
        .take_while(|word| !word.starts_with('@'))
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

pub(crate) fn normalized(type_name: &str) -> String {
    let spaced = type_name.replace('*', " * ");
    let words: Vec<_> = spaced
        .split_whitespace()
        .filter(|&w| w != "struct")
        .collect();
    words.join(" ").replace(" *", "*").replace("* ", "*")
}
