//! A command for each operation, made of the table.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use metatensor_operations::{Axis, DifferentKeys, MissingGradients};

use super::operation::{Kind, Operation, Parameter};
use super::table::commands;
use crate::selection::Selection;

/// Which operation, and what was given for it.
#[derive(Debug)]
pub(crate) struct ApplyOptions {
    /// The command with its options. `None` for a list of all of them.
    pub(super) chosen: Option<(String, ArgMatches)>,
}

impl FromArgMatches for ApplyOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let chosen = matches.subcommand();
        Ok(ApplyOptions {
            chosen: chosen.map(|(name, matches)| (name.to_owned(), matches.clone())),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for ApplyOptions {
    fn augment_args(command: Command) -> Command {
        let list = Arg::new("list")
            .long("list")
            .action(ArgAction::SetTrue)
            .help("One line for each operation");
        let command = command
            .arg(list)
            .arg_required_else_help(true)
            .subcommand_value_name("OPERATION")
            .subcommand_help_heading("Operations")
            .disable_help_subcommand(true);
        let operations = commands().into_iter();
        command.subcommands(operations.map(|(name, operations)| operation(name, &operations)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The first line of the documentation.
pub(super) fn summary(operations: &[&Operation]) -> String {
    let documentation = operations[0].documentation;
    let first = documentation.split("\n\n").next().unwrap_or_default();
    first.replace('\n', " ").trim_end_matches('.').to_owned()
}

fn operation(name: &'static str, operations: &[&Operation]) -> Command {
    let mut documentation = operations[0].documentation.to_owned();
    for other in operations.iter().filter(|other| other.has(Kind::Number)) {
        if other.name != operations[0].name {
            documentation += &format!("\n\nWith a number: {}", other.documentation);
        }
    }
    let mut command = Command::new(name)
        .about(summary(operations))
        .long_about(documentation)
        .arg(operands(operations));
    let mut known: Vec<&str> = Vec::new();
    for parameter in operations.iter().flat_map(|operation| operation.parameters) {
        if !known.contains(&parameter.name) {
            known.push(parameter.name);
            command = command.args(options(parameter));
        }
    }
    let output = Arg::new("output")
        .short('o')
        .long("output")
        .value_name("FILE");
    let force = Arg::new("force").long("force").action(ArgAction::SetTrue);
    let output = match operations[0].files {
        0 => return command,
        1 => output
            .help("The new file, which is there when all of it is written; - is standard output"),
        _ => output
            .num_args(2)
            .value_names(["FIRST", "SECOND"])
            .help("The new files, which are there when all of them is written"),
    };
    command
        .arg(output.required(true))
        .arg(force.help("Replace files that are there"))
}

/// The same with a capital, as all other texts of options.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// Maps and numbers, in their order.
fn operands(operations: &[&Operation]) -> Arg {
    let lists = operations
        .iter()
        .map(|operation| operation.operands().collect::<Vec<_>>());
    let lists: Vec<Vec<&Parameter>> = lists.collect();
    let count = lists[0].len();
    let names = (0..count).map(|i| {
        let is_any = |kind| lists.iter().any(|list| list[i].kind == kind);
        match (is_any(Kind::Number), is_any(Kind::Map)) {
            (true, true) => "FILE|NUMBER",
            (true, false) => "NUMBER",
            _ => "FILE",
        }
    });
    let help = lists[0].iter().map(|parameter| parameter.help);
    let help: Vec<&str> = help.filter(|text| !text.is_empty()).collect();
    let arg = Arg::new("operands")
        .required(true)
        .allow_negative_numbers(true)
        .help(sentence(&help.join("; ")))
        .action(ArgAction::Append);
    match lists[0]
        .iter()
        .any(|parameter| parameter.kind == Kind::Maps)
    {
        true => arg.num_args(1..).value_name("FILE"),
        false => arg.num_args(count).value_names(names.collect::<Vec<_>>()),
    }
}

/// The options for a parameter.
fn options(parameter: &Parameter) -> Vec<Arg> {
    let arg = Arg::new(parameter.name)
        .long(parameter.name)
        .help(sentence(parameter.help));
    let flag = || arg.clone().action(ArgAction::SetTrue);
    let list = || arg.clone().value_delimiter(',').action(ArgAction::Append);
    let tolerance = |name: &'static str, help: &'static str| {
        let arg = Arg::new(name).long(name).value_name("X").help(help);
        arg.value_parser(value_parser!(f64))
    };
    let one = match parameter.kind {
        Kind::Map | Kind::Maps | Kind::Block | Kind::Number => return Vec::new(),
        Kind::AllcloseOptions => {
            return vec![
                tolerance("rtol", "Relative tolerance, 1e-13 if it is not given"),
                tolerance("atol", "Absolute tolerance, 1e-12 if it is not given"),
                Arg::new("equal-nan")
                    .long("equal-nan")
                    .action(ArgAction::SetTrue)
                    .help("NaN is equal to NaN"),
            ];
        }
        Kind::LstsqOptions => {
            return vec![tolerance(
                "rcond",
                "Precision of the numbers in the first map, relative to the largest singular value",
            )];
        }
        Kind::EqualMetadataOptions => {
            let parts = ["samples", "components", "properties", "gradients"];
            return vec![
                Arg::new("ignore")
                    .long("ignore")
                    .value_delimiter(',')
                    .action(ArgAction::Append)
                    .value_parser(PossibleValuesParser::new(parts))
                    .help("What may be different"),
            ];
        }
        Kind::Seed => arg
            .required(true)
            .value_name("N")
            .value_parser(value_parser!(u64)),
        Kind::Index => arg
            .required(true)
            .value_name("N")
            .value_parser(value_parser!(usize)),
        Kind::Axis => arg.required(true).value_name("AXIS").value_parser(axis),
        Kind::Axes => list().value_name("AXES").value_parser(axis),
        Kind::MissingGradients => arg
            .value_name("WHAT")
            .help(format!(
                "{}: error, zero-rows (for rows) or zeros (for gradients as well)",
                sentence(parameter.help)
            ))
            .value_parser(missing_gradients),
        Kind::DifferentKeys => arg
            .value_name("WHAT")
            .help(format!(
                "{}: error, intersection or union",
                sentence(parameter.help)
            ))
            .value_parser(different_keys),
        Kind::Descending | Kind::Flag => flag(),
        Kind::Text => arg.required(true).value_name("NAME"),
        Kind::OptionalText => arg.value_name("NAME"),
        Kind::Keys | Kind::Selection => arg
            .required(true)
            .value_name("NAMES=VALUES")
            .value_parser(|text: &str| text.parse::<Selection>()),
        Kind::OptionalSelection => arg
            .value_name("NAMES=VALUES")
            .value_parser(|text: &str| text.parse::<Selection>()),
        Kind::Labels => arg.required(true).value_name("FILE"),
        Kind::OptionalLabels => arg.value_name("FILE"),
        Kind::Choice(choices) => arg
            .value_name("WHAT")
            .value_parser(PossibleValuesParser::new(choices))
            .default_value(choices[0]),
        Kind::Names => list().required(true).value_name("NAMES"),
        Kind::OptionalNames => list().value_name("NAMES"),
        Kind::Positions => list()
            .required(true)
            .value_name("NUMBERS")
            .value_parser(value_parser!(usize)),
        Kind::Integers => list()
            .required(true)
            .value_name("NUMBERS")
            .allow_hyphen_values(true)
            .value_parser(value_parser!(i32)),
        Kind::Numbers => list()
            .required(true)
            .value_name("NUMBERS")
            .allow_negative_numbers(true)
            .value_parser(value_parser!(f64)),
        Kind::OptionalInteger => arg.value_name("N").value_parser(value_parser!(u64)),
        Kind::OptionalNumber => arg
            .value_name("X")
            .allow_negative_numbers(true)
            .value_parser(value_parser!(f64)),
    };
    vec![one]
}

fn axis(text: &str) -> Result<Axis, String> {
    match text {
        "keys" => Ok(Axis::Keys),
        "samples" => Ok(Axis::Samples),
        "components" => Ok(Axis::Components),
        "properties" => Ok(Axis::Properties),
        _ => Err("there are keys, samples, components and properties".to_owned()),
    }
}

fn missing_gradients(text: &str) -> Result<MissingGradients, String> {
    match text {
        "error" => Ok(MissingGradients::Error),
        "zero-rows" => Ok(MissingGradients::ZeroRows),
        "zeros" => Ok(MissingGradients::Zeros),
        _ => Err("there are error, zero-rows and zeros".to_owned()),
    }
}

fn different_keys(text: &str) -> Result<DifferentKeys, String> {
    match text {
        "error" => Ok(DifferentKeys::Error),
        "intersection" => Ok(DifferentKeys::Intersection),
        "union" => Ok(DifferentKeys::Union),
        _ => Err("there are error, intersection and union".to_owned()),
    }
}
