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
    Command {
        name: "platforms",
        summary: "check that all crates compile for macOS and Windows, whose standard libraries rustup has to add",
        run: platforms,
    },
];

/// Systems that nobody here has, for which code is compiled but never linked or run.
const PLATFORMS: [&str; 2] = ["x86_64-apple-darwin", "x86_64-pc-windows-gnu"];

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

fn platforms() -> Result<(), Box<dyn Error>> {
    for platform in PLATFORMS {
        run("rustup", &["target", "add", platform])?;
        let check = ["check", "--quiet", "--target", platform];
        let crates = ["core", "operations", "capi"].map(|name| format!("metatensor-{name}"));
        let crates = ["metatensor"]
            .into_iter()
            .chain(crates.iter().map(String::as_str));
        let arguments: Vec<&str> = check
            .into_iter()
            .chain(crates.flat_map(|name| ["-p", name]))
            .collect();
        run("cargo", &arguments)?;
        println!("{platform} compiles");
    }
    Ok(())
}

fn run(program: &str, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let status = std::process::Command::new(program)
        .args(arguments)
        .current_dir(repository())
        .status()?;
    if !status.success() {
        return Err(format!("{program} {} failed", arguments.join(" ")).into());
    }
    Ok(())
}
