//! `cargo xtask`: what people who work on this repository do often.

use std::error::Error;
use std::process::ExitCode;

use metatensor_tools::headers::HEADERS;
use metatensor_tools::repository;

/// Something to run by its name.
struct Command {
    name: &'static str,
    summary: &'static str,
    run: fn() -> Result<(), Box<dyn Error>>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "operations",
        summary: "write what is made of the descriptions of operations, and the C headers",
        run: operations,
    },
    Command {
        name: "headers",
        summary: "write the C headers, from the sources of metatensor-capi",
        run: headers,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let wanted = match &arguments[..] {
        [name] => COMMANDS.iter().find(|command| command.name == name),
        _ => None,
    };
    let Some(command) = wanted else {
        eprintln!("cargo xtask COMMAND, where COMMAND is one of:");
        for Command { name, summary, .. } in COMMANDS {
            eprintln!("  {name:<12}{summary}");
        }
        return if arguments.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    };
    match (command.run)() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask {}: {error}", command.name);
            ExitCode::FAILURE
        }
    }
}

fn operations() -> Result<(), Box<dyn Error>> {
    for file in metatensor_tools::operations::generate()? {
        std::fs::write(repository().join(&file.path), file.text)?;
        println!("wrote {}", file.path.display());
    }
    headers()
}

fn headers() -> Result<(), Box<dyn Error>> {
    for header in HEADERS {
        std::fs::write(header.location(), header.generate()?)?;
        println!("wrote include/{}", header.path);
    }
    Ok(())
}
