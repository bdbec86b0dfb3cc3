//! `mts validate`: everything that is wrong with files.

use metatensor_core::{Limits, Problem, validate, validate_buffer};
use serde_json::{Value, json};

use super::plural;
use crate::Outcome;
use crate::arguments::ValidateOptions;
use crate::output::{Failure, Output, Style, unless_closed};
use crate::progress::waiting;
use crate::stream::streamed;

pub(crate) fn run(options: &ValidateOptions, output: &mut Output) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::Good;
    let mut list = Vec::new();
    for file in &options.files {
        let problems = match streamed(file)? {
            Some(bytes) => validate_buffer(&bytes, Limits::default()),
            None => waiting("reading", || validate(file))?,
        };
        if !problems.is_empty() {
            outcome = Outcome::Bad;
        }
        if output.is_json() {
            let problems = problems.iter().map(|problem| {
                json!({"member": problem.member, "byte": problem.byte, "message": problem.message})
            });
            list.push(json!({"file": file, "problems": problems.collect::<Vec<_>>()}));
            continue;
        }
        unless_closed(print(file, &problems, output))?;
    }
    if output.is_json() {
        unless_closed(output.json(&Value::from(list)))?;
    }
    Ok(outcome)
}

fn print(file: &str, problems: &[Problem], output: &mut Output) -> Result<(), Failure> {
    match problems.len() {
        0 => output.styled(Style::Good, format_args!("{file}: valid"))?,
        count => {
            let count = plural(count, "problem");
            output.styled(Style::Bad, format_args!("{file}: {count}"))?;
        }
    }
    for problem in problems {
        let member = problem.member.as_ref().map(|member| format!("{member}: "));
        output.line(format_args!("  {}{problem}", member.unwrap_or_default()))?;
    }
    Ok(())
}
