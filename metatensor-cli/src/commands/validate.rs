//! `mts validate`: everything that is wrong with files.

use metatensor_core::{Limits, validate, validate_buffer};
use serde_json::{Value, json};

use super::plural;
use crate::Outcome;
use crate::arguments::ValidateOptions;
use crate::input::standard_input;
use crate::output::{Failure, Output, Style};
use crate::progress::waiting;

pub(crate) fn run(options: &ValidateOptions, output: &mut Output) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::Good;
    let mut list = Vec::new();
    for file in &options.files {
        let problems = match standard_input(file)? {
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
        match problems.len() {
            0 => output.styled(Style::Good, format_args!("{file}: valid"))?,
            count => {
                let count = plural(count, "problem");
                output.styled(Style::Bad, format_args!("{file}: {count}"))?;
            }
        }
        for problem in &problems {
            let member = problem.member.as_ref().map(|member| format!("{member}: "));
            output.line(format_args!("  {}{problem}", member.unwrap_or_default()))?;
        }
    }
    if output.is_json() {
        output.json(&Value::from(list))?;
    }
    Ok(outcome)
}
