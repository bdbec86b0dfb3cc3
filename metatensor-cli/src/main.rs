//! `mts`: looks at files of metatensor, and compares them, from a shell.

#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod conversion;
mod elements;
mod examples;
mod file_options;
mod input;
mod outline;
mod output;
mod picture;
mod plots;
mod progress;
mod report;
mod selection;
mod storage;
mod stream;
mod text;

use std::io::{self, Write};
use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use output::{Failure, Output};

/// What a command found out, besides what it printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Good,
    /// Files differ, or one is invalid.
    Bad,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(message) => return explain(&message),
    };
    let mut output = Output::new(arguments.json);
    let outcome = run(&arguments.command, &mut output);
    let outcome = match (outcome, output.finish()) {
        (Ok(_), Err(Failure::Error(error))) => Err(Failure::Error(error)),
        (outcome, _) => outcome,
    };
    match outcome {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Bad) => ExitCode::from(1),
        // Whoever reads has seen enough.
        Err(Failure::Closed) => ExitCode::SUCCESS,
        Err(Failure::Error(error)) => {
            // nobody can be told if this fails as well
            let _ = writeln!(io::stderr(), "mts: {error}");
            ExitCode::from(2)
        }
    }
}

/// Prints a help text, or what is wrong with the arguments.
fn explain(message: &clap::Error) -> ExitCode {
    let printed = message.print().and_then(|()| io::stdout().flush());
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(2),
        _ if message.use_stderr() => ExitCode::from(2),
        _ => ExitCode::SUCCESS,
    }
}

fn run(command: &Command, output: &mut Output) -> Result<Outcome, Failure> {
    match command {
        Command::Info(options) => commands::info::run(options, output),
        Command::Ls(options) => commands::ls::run(options, output),
        Command::Show(options) => commands::show::run(options, output),
        Command::Stat(options) => commands::stat::run(options, output),
        Command::Validate(options) => commands::validate::run(options, output),
        Command::Diff(options) => commands::diff::run(options, output),
        Command::Slice(options) => commands::slice::run(options, output),
        Command::Split(options) => commands::split::run(options),
        Command::Convert(options) => commands::convert::run(options, output),
        Command::Pack(options) => commands::pack::run(options, output),
        Command::Merge(options) => commands::merge::run(options, output),
        Command::Export(options) => commands::export::run(options, output),
        Command::Apply(options) => commands::apply::run(options, output),
        Command::Plot(options) => commands::plot::run(options, output),
        Command::Report(options) => commands::report::run(options, output),
        Command::Completions(options) => commands::help::completions(options, output),
        Command::Man => commands::help::manual(output),
    }
}
