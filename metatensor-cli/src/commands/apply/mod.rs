//! `mts apply`: the operations of the library, by name.

mod arguments;
mod forces;
mod generated;
mod given;
mod operation;
mod others;
mod pairs;
mod products;
mod table;

use std::path::Path;

use clap::ArgMatches;
use metatensor_core::Labels;
use serde_json::{Value, json};

use super::new_file::{check_new, write_file};
use crate::Outcome;
use crate::input::{load_block, load_map};
use crate::output::{Failure, Output, Table, unless_closed};
use crate::progress::waiting;
pub(crate) use arguments::ApplyOptions;
use arguments::summary;
use given::Given;
use operation::{Kind, Made, Operation};
use table::commands;

pub(crate) fn run(options: &ApplyOptions, output: &mut Output) -> Result<Outcome, Failure> {
    let Some((name, matches)) = &options.chosen else {
        list(output)?;
        return Ok(Outcome::Good);
    };
    let commands = commands();
    let operations = commands.iter().find(|(known, _)| known == name);
    let Some((_, operations)) = operations else {
        return Err(Failure::Error(format!("there is no operation '{name}'")));
    };
    let targets = targets(matches)?;
    let operands: Vec<&String> = matches.get_many("operands").unwrap_or_default().collect();
    let operation = chosen(operations, &operands, matches);
    let number = match operation.has(Kind::Number) {
        true => Some(number(operands[operands.len() - 1])?),
        false => None,
    };
    let files = &operands[..operands.len() - usize::from(number.is_some())];
    let made = waiting(name, || {
        let kinds = operation.operands().map(|parameter| parameter.kind);
        // of any number of maps, there is one parameter for all
        let kinds = kinds.chain(std::iter::repeat(Kind::Map));
        let maps = files.iter().zip(kinds).map(|(file, kind)| match kind {
            Kind::Block => load_block(file),
            _ => load_map(file),
        });
        let given = Given {
            matches,
            maps: maps.collect::<Result<_, _>>()?,
            number,
        };
        (operation.run)(&given)
    })?;
    match made {
        Made::Map(map) => save(&targets, output, |path| Ok(map.save(path)?)),
        Made::Block(block) => save(&targets, output, |path| Ok(block.save(path)?)),
        Made::Pair(maps) => {
            for (map, target) in maps.iter().zip(targets) {
                map.save(target)?;
            }
            Ok(Outcome::Good)
        }
        Made::Labels(labels) => {
            print(&labels, output)?;
            Ok(Outcome::Good)
        }
        Made::Answer(answer) => answer_is(answer, None, output),
        Made::Different(reason) => answer_is(false, Some(reason), output),
    }
}

/// Where results go, which should not be there, nor be twice the same.
fn targets(matches: &ArgMatches) -> Result<Vec<&String>, Failure> {
    let targets = matches.try_get_many::<String>("output").ok().flatten();
    let targets: Vec<&String> = targets.unwrap_or_default().collect();
    for (i, target) in targets.iter().enumerate() {
        if targets.len() > 1 && *target == "-" {
            let error = "there are two files, which do not both go to standard output";
            return Err(Failure::Error(error.to_owned()));
        }
        if targets[..i].contains(target) {
            return Err(Failure::Error(format!(
                "'{target}' can not be both of the new files"
            )));
        }
        if *target != "-" {
            check_new(target, matches.get_flag("force"))?;
        }
    }
    Ok(targets)
}

/// Writes the only file.
fn save(
    targets: &[&String],
    output: &mut Output,
    write: impl FnOnce(&Path) -> Result<(), Failure>,
) -> Result<Outcome, Failure> {
    let target = targets.first().map_or("-", |target| target.as_str());
    write_file(target, output, write)?;
    Ok(Outcome::Good)
}

/// Which one of the operations with this name: what else is given tells.
fn chosen(operations: &[&Operation], operands: &[&String], matches: &ArgMatches) -> Operation {
    let has_number = operands.last().is_some_and(|text| number(text).is_ok());
    let is_set = matches
        .try_contains_id("missing-gradients")
        .unwrap_or(false);
    let fits = |operation: &&&Operation| {
        operation.has(Kind::Number) == has_number && operation.has(Kind::MissingGradients) == is_set
    };
    **operations.iter().find(fits).unwrap_or(&operations[0])
}

fn number(text: &str) -> Result<f64, Failure> {
    let number = text.parse();
    number.map_err(|_| Failure::Error(format!("'{text}' is not a number")))
}

fn list(output: &mut Output) -> Result<(), Failure> {
    let commands = commands();
    if output.is_json() {
        let commands = commands
            .iter()
            .map(|(name, operations)| json!({"name": name, "summary": summary(operations)}));
        return output.json(&commands.collect());
    }
    let width = commands.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or(0);
    for (name, operations) in &commands {
        output.line(format_args!("{name:width$}  {}", summary(operations)))?;
    }
    Ok(())
}

fn print(labels: &Labels, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        return output.json(&json!({
            "names": labels.names().iter().collect::<Vec<_>>(),
            "values": labels.iter().collect::<Vec<_>>(),
        }));
    }
    let mut table = Table::new(labels.names().iter());
    for row in labels.iter() {
        table.row(row.iter().map(i32::to_string).collect());
    }
    table.print(output)
}

/// Ends with 1 if the answer is no.
fn answer_is(
    answer: bool,
    reason: Option<String>,
    output: &mut Output,
) -> Result<Outcome, Failure> {
    let printed = if output.is_json() {
        output.json(&json!({"answer": answer, "reason": reason.map_or(Value::Null, Value::from)}))
    } else {
        let word = if answer { "yes" } else { "no" };
        match reason {
            Some(reason) => output.line(format_args!("{word}: {reason}")),
            None => output.line(word),
        }
    };
    unless_closed(printed)?;
    Ok(match answer {
        true => Outcome::Good,
        false => Outcome::Bad,
    })
}
