//! The table of operations on the command line, `mts apply`.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use super::description::{Family, Operation, OperationResult, Parameter};
use super::rust::{Text, formatted};
use super::{Generated, NOTE};

const DIRECTORY: &str = "metatensor-cli/src/commands/apply/generated";

/// A parameter on the command line.
struct InShell {
    kind: &'static str,
    /// The variant of `Kind` in the table.
    variant: &'static str,
    /// What the function is called with. `$` is the name of the option, and `#` which one of the maps it is.
    argument: &'static str,
    /// What is said of it, if that is not what the description says.
    help: Option<&'static str>,
}

const fn in_shell(
    kind: &'static str,
    variant: &'static str,
    argument: &'static str,
    help: Option<&'static str>,
) -> InShell {
    InShell {
        kind,
        variant,
        argument,
        help,
    }
}

const KINDS: &[InShell] = &[
    in_shell("map", "Map", "given.map(#)", None),
    in_shell("number", "Number", "given.number()?", None),
    in_shell("seed", "Seed", "given.seed(\"$\")", None),
    in_shell("index", "Index", "given.index(\"$\")", None),
    in_shell("axis", "Axis", "given.axis(\"$\")", None),
    in_shell(
        "missing_gradients",
        "MissingGradients",
        "given.missing_gradients(\"$\")",
        Some("what to do with gradients, or rows of them, that not all maps have"),
    ),
    in_shell(
        "sort_axes",
        "Axes",
        "&given.axes(\"$\")",
        Some("axes to sort, all of them if none is given"),
    ),
    in_shell("descending", "Descending", "given.direction(\"$\")", None),
    in_shell("text", "Text", "given.text(\"$\")", None),
    in_shell(
        "optional_text",
        "OptionalText",
        "given.optional_text(\"$\")",
        Some(
            "a gradient to look at instead of the values; positions/strain is a gradient of a gradient",
        ),
    ),
    in_shell(
        "labels",
        "Keys",
        "&given.keys(\"$\")?",
        Some("blocks, as for `mts ls --keys`"),
    ),
    in_shell(
        "optional_names",
        "OptionalNames",
        "given.optional_names(\"$\").as_deref()",
        Some("parameters of gradients, all of them if none is given"),
    ),
    in_shell(
        "gradients",
        "OptionalNames",
        "selected(&given.optional_names(\"$\"))",
        Some("parameters of the gradients to keep: all of them if none is given, and none with ''"),
    ),
    in_shell(
        "selection",
        "Selection",
        "&given.selection(\"axis\", \"$\")?",
        Some("what to keep: names=values of this axis, as atom=1/5/7..9"),
    ),
    in_shell(
        "allclose_options",
        "AllcloseOptions",
        "given.allclose_options()",
        Some(""),
    ),
    in_shell(
        "equal_metadata_options",
        "EqualMetadataOptions",
        "given.equal_metadata_options()",
        Some(""),
    ),
    in_shell(
        "lstsq_options",
        "LstsqOptions",
        "given.lstsq_options()",
        Some(""),
    ),
    in_shell("names", "Names", "&given.names(\"$\")", None),
    in_shell("positions", "Positions", "&given.positions(\"$\")", None),
    in_shell(
        "dimension_values",
        "Integers",
        "dimension_values(&given.integers(\"$\"))",
        None,
    ),
];

/// A file for each family, and the module with all of them.
pub(super) fn files(families: &[Family]) -> Result<Vec<Generated>, Box<dyn Error>> {
    let mut files = Vec::new();
    let mut module = format!(
        "//! Operations that have a description.\n//!\n//! {NOTE}\n\nuse super::operation::Operation;\n\n"
    );
    let mut tables = String::new();
    for family in families {
        let name = &family.name;
        writeln!(module, "mod {name};")?;
        write!(tables, "{name}::OPERATIONS,")?;
        files.push(Generated {
            path: Path::new(DIRECTORY).join(format!("{name}.rs")),
            text: formatted(&table(family)?)?,
        });
    }
    write!(
        module,
        "\n/// A table for each family.\npub(super) const FAMILIES: &[&[Operation]] = &[{tables}];"
    )?;
    files.push(Generated {
        path: Path::new(DIRECTORY).join("mod.rs"),
        text: formatted(&module)?,
    });
    Ok(files)
}

fn table(family: &Family) -> Text {
    let mut rows = String::new();
    for operation in &family.operations {
        let with_reasons = format!("{}_raise", operation.name);
        // what tells why maps are different also tells whether they are
        match family
            .operations
            .iter()
            .find(|other| other.name == with_reasons)
        {
            Some(other) => rows += &row(operation, other)?,
            None if operation.name.ends_with("_raise") => {}
            None => rows += &row(operation, operation)?,
        }
    }
    let mut imports = vec!["Made", "Kind", "Operation", "Parameter"];
    imports.retain(|name| rows.contains(name));
    let helpers: Vec<&str> = ["dimension_values", "selected"]
        .into_iter()
        .filter(|name| rows.contains(&format!("{name}(")))
        .collect();
    let helpers = match helpers.is_empty() {
        true => String::new(),
        false => format!(
            "use crate::commands::apply::given::{{{}}};\n",
            helpers.join(", ")
        ),
    };
    Ok(format!(
        "//! {}.\n//!\n//! {NOTE}\n\nuse metatensor_operations as operations;\n\n{helpers}\
         use crate::commands::apply::operation::{{{}}};\n\n\
         pub(super) const OPERATIONS: &[Operation] = &[{rows}];",
        family.title,
        imports.join(", ")
    ))
}

/// An operation with the name and the documentation of the first description, which does what the second one says.
fn row(documented: &Operation, operation: &Operation) -> Text {
    let mut parameters = String::new();
    let mut arguments = Vec::new();
    let mut maps = 0;
    for parameter in &operation.parameters {
        let kind = KINDS.iter().find(|kind| kind.kind == parameter.kind);
        let kind = kind.ok_or_else(|| format!("'{}' is not known", parameter.kind))?;
        let name = parameter.option.as_ref().unwrap_or(&parameter.name);
        let name = name.replace('_', "-");
        let argument = kind.argument.replace('$', &name);
        arguments.push(argument.replace('#', &maps.to_string()));
        maps += usize::from(kind.kind == "map");
        let help = match kind.help {
            Some(help) => help.to_owned(),
            None => help(parameter)?,
        };
        write!(
            parameters,
            "Parameter {{ name: {name:?}, kind: Kind::{}, help: {help:?} }},",
            kind.variant
        )?;
    }
    let function = operation.rust.as_ref().unwrap_or(&operation.name);
    let call = format!("operations::{function}({})", arguments.join(", "));
    let made = match operation.result {
        OperationResult::MapWithoutInfo | OperationResult::MapWithInfo => {
            format!("Ok(Made::Map({call}?))")
        }
        OperationResult::Labels => format!("Ok(Made::Labels({call}?))"),
        OperationResult::Answer => format!("Ok(Made::Answer({call}?))"),
        OperationResult::AnswerWithoutError => format!("Ok(Made::Answer({call}))"),
        OperationResult::Check => format!("Ok(Made::check({call}))"),
    };
    let files = u8::from(matches!(
        operation.result,
        OperationResult::MapWithoutInfo | OperationResult::MapWithInfo
    ));
    Ok(format!(
        "Operation {{ name: {:?}, documentation: {:?}, parameters: &[{parameters}], files: {files}, \
         run: |given| {made} }},",
        documented.name.replace('_', "-"),
        translated(&documented.documentation)?,
    ))
}

/// What the description says of a parameter, but for what only programs in C have to know.
fn help(parameter: &Parameter) -> Text {
    let default = match &*parameter.kind {
        "map" => "a map",
        _ => "",
    };
    let text = parameter.doc.as_deref().unwrap_or(default);
    let text = text.split_once(": `").map_or(text, |(start, _)| start);
    translated(text)
}

/// Names of functions and values as they are on the command line.
fn translated(text: &str) -> Text {
    let mut result = String::new();
    let mut rest = text.trim_end();
    while let Some((before, after)) = rest.split_once("`mts_") {
        let (name, after) = after
            .split_once('`')
            .ok_or("names are between backquotes")?;
        write!(result, "{before}`{}`", name.replace('_', "-"))?;
        rest = after;
    }
    result += rest;
    for axis in ["KEYS", "SAMPLES", "COMPONENTS", "PROPERTIES"] {
        result = result.replace(&format!("`MTS_AXIS_{axis}`"), &axis.to_lowercase());
    }
    match ["NULL", "MTS_", "mts_"]
        .iter()
        .find(|name| result.contains(**name))
    {
        Some(name) => Err(format!("'{name}' means nothing on the command line: {result}").into()),
        None => Ok(result),
    }
}
