//! The functions in Rust that the headers are generated from.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::description::{Family, Operation, OperationResult, Parameter};
use super::kind::Kind;
use super::{Generated, NOTE};

const DIRECTORY: &str = "metatensor-capi/src/functions/operations/generated";
const LINE: usize = 116;

pub(super) type Text = Result<String, Box<dyn Error>>;

/// A file for each family, and the module with all of them.
pub(super) fn files(families: &[Family]) -> Result<Vec<Generated>, Box<dyn Error>> {
    let mut files = Vec::new();
    let mut modules = format!("//! Operations that have a description.\n//!\n//! {NOTE}\n\n");
    for Family { name, .. } in families {
        writeln!(modules, "mod {name};")?;
    }
    modules.push('\n');
    for family in families {
        writeln!(modules, "pub use {}::*;", family.name)?;
        files.push(Generated {
            path: Path::new(DIRECTORY).join(format!("{}.rs", family.name)),
            text: formatted(&functions(family)?)?,
        });
    }
    files.push(Generated {
        path: Path::new(DIRECTORY).join("mod.rs"),
        text: formatted(&modules)?,
    });
    Ok(files)
}

/// `code` as `cargo fmt` would leave it.
pub(super) fn formatted(code: &str) -> Text {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let input = rustfmt.stdin.take();
    input
        .ok_or("rustfmt reads code")?
        .write_all(code.as_bytes())?;
    let output = rustfmt.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("rustfmt does not understand this:\n{code}").into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn functions(family: &Family) -> Text {
    let mut code = format!("//! {}.\n//!\n//! {NOTE}\n\n", family.title);
    let mut functions = String::new();
    for operation in &family.operations {
        functions += &Twin::Map.function(operation)?;
        if operation.block {
            functions += &Twin::Block.function(operation)?;
        }
    }
    for (name, path) in [("c_char", "std::ffi"), ("MaybeUninit", "std::mem")] {
        if functions.contains(name) {
            writeln!(code, "use {path}::{name};")?;
        }
    }
    code += "\nuse metatensor_operations as operations;\n\n";
    code += "use crate::ffi::*;\nuse crate::functions::operations::*;\nuse crate::types::*;\n";
    Ok(code + &functions)
}

/// For maps, or for blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twin {
    Map,
    Block,
}

impl Twin {
    /// The name of a function in C.
    pub(super) fn name(self, operation: &Operation) -> String {
        let suffix = if self == Twin::Map { "" } else { "_block" };
        format!("mts_{}{suffix}", operation.name)
    }

    fn handle(self) -> &'static str {
        match self {
            Twin::Map => "mts_tensormap_t",
            Twin::Block => "mts_block_t",
        }
    }

    /// Name of a parameter.
    pub(super) fn parameter(self, parameter: &Parameter) -> &str {
        match (self, &*parameter.name) {
            (Twin::Block, "tensor") => "block",
            (_, name) => name,
        }
    }

    fn function(self, operation: &Operation) -> Text {
        let mut parameters = String::new();
        let mut reads = String::new();
        let mut arguments = Vec::new();
        let mut safety = Vec::new();
        for parameter in &operation.parameters {
            let kind = Kind::of(&parameter.kind)?;
            let name = self.parameter(parameter);
            let fill = |text: &str| text.replace('$', name).replace("HANDLE", self.handle());
            writeln!(parameters, "{name}: {},", fill(kind.rust))?;
            if kind.is_list() {
                let count = parameter.count.as_ref().ok_or("a list has a count")?;
                writeln!(parameters, "{count}: usize,")?;
                let promise = format!("`{name}` is NULL or has `{count}` entries");
                let read = fill(kind.read).replace('#', count);
                writeln!(reads, "// SAFETY: says the caller: {promise}.")?;
                writeln!(reads, "let {name} = unsafe {{ {read} }}?;")?;
                safety.push(promise);
            } else if !kind.read.is_empty() {
                writeln!(reads, "let {name} = {};", fill(kind.read))?;
            }
            arguments.push(fill(kind.argument));
        }
        let call = format!(
            "operations::{}({})",
            operation.rust.as_ref().unwrap_or(&operation.name),
            arguments.join(", ")
        );
        let place = |type_name: &str| format!("Option<&mut MaybeUninit<{type_name}>>");
        let (result, body) = match operation.result {
            OperationResult::MapWithoutInfo | OperationResult::MapWithInfo => (
                Some(("result", place(&format!("Option<Box<{}>>", self.handle())))),
                format!("give_object(result, || {{ {reads} {call} }})"),
            ),
            OperationResult::Labels => (
                Some(("result", place("*const mts_labels_t"))),
                format!("give_labels(result, || {{ {reads} {call} }})"),
            ),
            OperationResult::Answer | OperationResult::AnswerWithoutError => {
                let call = match operation.result {
                    OperationResult::Answer => call,
                    _ => format!("Ok({call})"),
                };
                let answer = operation.answer.as_deref().ok_or("an answer has a name")?;
                (
                    Some((answer, place("bool"))),
                    format!("give_answer({answer}, \"{answer}\", || {{ {reads} {call} }})"),
                )
            }
            OperationResult::Check => (None, format!("status(|| {{ {reads} Ok({call}?) }})")),
        };
        if let Some((name, type_name)) = result {
            writeln!(parameters, "{name}: {type_name},")?;
        }
        let (safety, unsafety) = match &safety[..] {
            [] => (String::new(), ""),
            promises => (
                format!(
                    "#[cfg_attr(not(cbindgen), doc = \"\\n# Safety\\n{}.\")]\n",
                    promises.join(", ")
                ),
                "unsafe ",
            ),
        };
        Ok(format!(
            "\n{}#[unsafe(no_mangle)]\n{safety}pub {unsafety}extern \"C\" fn {}(\n{parameters}) -> mts_status_t {{\n{body}\n}}\n",
            self.documentation(operation)?,
            self.name(operation)
        ))
    }

    fn documentation(self, operation: &Operation) -> Text {
        let mut lines = match self {
            Twin::Map => operation.documentation.clone(),
            Twin::Block => format!("The same as `mts_{}` for blocks.\n", operation.name),
        };
        lines.push('\n');
        let mut maps = 0;
        for parameter in &operation.parameters {
            let kind = Kind::of(&parameter.kind)?;
            let name = self.parameter(parameter);
            let default = (self == Twin::Map || !kind.is_map()).then_some(&parameter.doc);
            let default = default.and_then(Option::as_deref);
            let own = (self == Twin::Block).then_some(&parameter.block_doc);
            let own = own.and_then(Option::as_deref);
            let doc = match (own.or(default), self, maps) {
                (Some(doc), ..) => doc,
                (None, Twin::Map, 0) => "a map",
                (None, Twin::Map, _) => "another map",
                (None, Twin::Block, 0) => "a block",
                (None, Twin::Block, _) => "another block",
            };
            maps += usize::from(kind.is_map());
            lines += &command(&format!("@param {name}"), doc);
            if let (Some(count), Some(doc)) = (&parameter.count, &parameter.count_doc) {
                lines += &command(&format!("@param {count}"), doc);
            }
        }
        let first = operation.parameters.first().map_or("", |first| &first.name);
        let owned = match (operation.result, self) {
            (OperationResult::MapWithoutInfo, Twin::Map) => "a new map without info".to_owned(),
            (OperationResult::MapWithInfo, Twin::Map) => {
                format!("a new map with the info of `{first}`")
            }
            (OperationResult::MapWithoutInfo | OperationResult::MapWithInfo, Twin::Block) => {
                "a new block".to_owned()
            }
            (OperationResult::Labels, _) => "new labels".to_owned(),
            _ => String::new(),
        };
        if !owned.is_empty() {
            let doc = format!("is set to {owned}, *owned* by the caller; or to NULL on error");
            lines += &command("@param result", &doc);
        }
        if let Some(answer) = &operation.answer {
            lines += &command(&format!("@param {answer}"), "is set to the answer");
        }
        lines.push('\n');
        let own = (self == Twin::Block).then_some(&operation.block_returns);
        let own = own.and_then(Option::as_deref);
        let returns = own.or(operation.returns.as_deref());
        lines += &command(
            "@returns",
            returns.unwrap_or(default_returns(operation.result)),
        );
        let lines = lines.lines();
        Ok(lines
            .map(|line| format!("/// {line}").trim_end().to_owned() + "\n")
            .collect())
    }
}

fn default_returns(result: OperationResult) -> &'static str {
    match result {
        OperationResult::Answer | OperationResult::AnswerWithoutError => {
            "`MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here."
        }
        OperationResult::Check => {
            "`MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong"
        }
        _ => "`MTS_SUCCESS`, or the status of what went wrong",
    }
}

/// A command of the documentation, with its text in lines that are not too long.
fn command(start: &str, text: &str) -> String {
    let indent = " ".repeat(if start.starts_with("@param") { 7 } else { 9 });
    let (mut lines, mut line) = (String::new(), start.to_owned());
    for word in text.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > LINE {
            lines += &line;
            lines.push('\n');
            line = indent.clone();
        }
        line.push(' ');
        line += word;
    }
    lines + &line + "\n"
}
