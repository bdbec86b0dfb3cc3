//! `cargo xtask`: what people who work on this repository do often.

mod bench;
mod check;
mod docs;
mod fuzz;
mod wheel;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use metatensor_tools::archive::archive;
use metatensor_tools::headers::HEADERS;
use metatensor_tools::repository;

/// What a command does with the arguments after its name.
type Run = fn(&[String]) -> Result<(), Box<dyn Error>>;

/// Something to run by its name.
struct Command {
    name: &'static str,
    summary: &'static str,
    run: Run,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "operations",
        summary: "write what is made of the descriptions of operations, and the C headers",
        run: operations,
    },
    Command {
        name: "headers",
        summary: "write the C headers, from the sources of metatensor-capi, and what Python is told of them",
        run: headers,
    },
    Command {
        name: "platforms",
        summary: "check that all crates compile for macOS and Windows, whose standard libraries rustup has to add",
        run: check::platforms,
    },
    Command {
        name: "check",
        summary: "format and lints of all crates, and the reference, without a warning",
        run: check::check,
    },
    Command {
        name: "docs",
        summary: "the pages of the reference, for Rust, C and C++, and the book, without a warning or a broken link",
        run: docs::docs,
    },
    Command {
        name: "book",
        summary: "the book alone",
        run: docs::book,
    },
    Command {
        name: "archive",
        summary: "the archive of a release, in the directory that is given, or in this one: what is committed",
        run: release_archive,
    },
    Command {
        name: "bench",
        summary: "our library beside others: 'bench abi', 'operations', 'python', 'files', 'collections', 'products' or 'cli', with their options",
        run: bench::bench,
    },
    Command {
        name: "wheel",
        summary: "the package for Python as a wheel for machines with glibc 2.17, in the directory that is given, or in python/dist",
        run: wheel::wheel,
    },
    Command {
        name: "fuzz",
        summary: "inputs that libFuzzer makes up: 'fuzz TARGET [SECONDS]', with further options of libFuzzer",
        run: fuzz::fuzz,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let wanted = arguments
        .first()
        .and_then(|name| COMMANDS.iter().find(|command| command.name == name));
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
    match (command.run)(&arguments[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask {}: {error}", command.name);
            ExitCode::FAILURE
        }
    }
}

fn operations(options: &[String]) -> Result<(), Box<dyn Error>> {
    for file in metatensor_tools::operations::generate()? {
        std::fs::write(repository().join(&file.path), file.text)?;
        println!("wrote {}", file.path.display());
    }
    headers(options)
}

fn headers(_: &[String]) -> Result<(), Box<dyn Error>> {
    for header in HEADERS {
        std::fs::write(header.location(), header.generate()?)?;
        println!("wrote include/{}", header.path);
    }
    let declarations = metatensor_tools::python::declarations()?;
    std::fs::write(repository().join(&declarations.path), declarations.text)?;
    println!("wrote {}", declarations.path.display());
    Ok(())
}

fn release_archive(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let directory = arguments.first().map_or(".", String::as_str);
    let directory = Path::new(directory).canonicalize()?;
    println!("wrote {}", archive(&directory)?.display());
    Ok(())
}
