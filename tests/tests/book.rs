//! The book: each program that it shows runs, and prints what the book shows.
//!
//! What a program prints is in a file beside it, and what commands print in the session with them: `UPDATE_BOOK=1` writes
//! all of these.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use metatensor_tests::command_line::mts;
use metatensor_tests::compiler::{Checker, Language, Program};
use metatensor_tests::library::library;
use metatensor_tests::python_package::installed;
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::book::build::source;
use metatensor_tools::book::pages::{CodeBlock, Page, pages};
use metatensor_tools::book::snippets::{check_output, session, with_data};
use metatensor_tools::run::output;

/// Languages whose blocks of code are parts of files that tests run, or what these print.
const CHECKED: [&str; 7] = ["c", "console", "cpp", "python", "rust", "sh", "text"];

/// Blocks of code that nobody runs: their page, how they start, and why.
const NOT_RUN: [(&str, &str, &str); 6] = [
    ("first_steps.md", "cmake -S . -B build", "in cmake.rs"),
    ("first_steps.md", "cc program.c $(pkg-config", "in cmake.rs"),
    ("first_steps.md", "pip install", "in python_package.rs"),
    ("first_steps.md", "cargo install", "installs a program"),
    ("official_package.md", "LD_PRELOAD=", "in python_clients.rs"),
    ("official_package.md", "python - <<", "in python_clients.rs"),
];

/// Programs that are shown as a whole and are not in `snippets`, and the file in there with what they print.
const PROGRAMS: [(&str, &str); 7] = [
    ("metatensor/examples/first_steps.rs", "rust/first_steps.txt"),
    ("examples-c/errors.c", "c/errors.txt"),
    ("examples-c/first_steps.c", "c/first_steps.txt"),
    ("examples-c/halo.c", "c/halo.txt"),
    ("examples-cpp/custom_array.cpp", "cpp/custom_array.txt"),
    ("examples-cpp/engine_buffers.cpp", "cpp/engine_buffers.txt"),
    ("examples-cpp/first_steps.cpp", "cpp/first_steps.txt"),
];

/// Documents that are parts of pages: no programs.
const DOCUMENTS: [&str; 3] = ["README.md", "docs/benchmarks.md", "docs/foreign_arrays.md"];

/// All directories of snippets.
const DIRECTORIES: [&str; 7] = [
    "c",
    "cpp",
    "python",
    "python/preloaded",
    "python/with_torch",
    "rust",
    "shell",
];

/// Files that no page has to show: code around programs, and output that tells no more than another one.
const NOT_SHOWN: [&str; 2] = ["c/tasks.txt", "rust/main.rs"];

/// Pictures in pages: their names, and what `mts plot` makes them of.
const PICTURES: [(&str, &[&str]); 4] = [
    ("structure.svg", &["radial-spectrum.mts"]),
    (
        "block.svg",
        &["radial-spectrum.mts", "--keys", "center_type=7"],
    ),
    (
        "mapping.svg",
        &[
            "radial-spectrum.mts",
            "--keys",
            "center_type=7",
            "--kind",
            "mapping",
        ],
    ),
    (
        "sparsity.svg",
        &["radial-spectrum.mts", "--kind", "sparsity"],
    ),
];

fn snippets() -> PathBuf {
    source().join("snippets")
}

/// The files of a directory of snippets whose names end this way.
fn files(directory: &str, extension: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(snippets().join(directory)).unwrap();
    let mut files: Vec<PathBuf> = files
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there is none in {directory}");
    files
}

#[test]
fn pages_show_programs_that_run_and_what_they_print() {
    let pages = pages(&source()).unwrap();
    let mut wrong: Vec<String> = pages.iter().flat_map(Page::missing_includes).collect();
    for page in &pages {
        for block in page.code_blocks() {
            if !may_be_shown(page, &block) {
                let (name, line) = (&page.name, block.line);
                wrong.push(format!(
                    "{name}:{line}: this code is not in a file that tests run, or has no language"
                ));
            }
        }
    }

    let shown: BTreeSet<PathBuf> = pages
        .iter()
        .flat_map(Page::includes)
        .map(|include| include.path.canonicalize().unwrap())
        .collect();
    let mut expected: BTreeSet<PathBuf> = DIRECTORIES
        .iter()
        .flat_map(|directory| fs::read_dir(snippets().join(directory)).unwrap())
        .map(|entry| entry.unwrap().path().canonicalize().unwrap())
        .filter(|path| path.is_file())
        .filter(|path| !NOT_SHOWN.iter().any(|name| path.ends_with(name)))
        .collect();
    let elsewhere = PROGRAMS.map(|(program, _)| program);
    let elsewhere = elsewhere.iter().chain(&DOCUMENTS);
    expected.extend(elsewhere.map(|path| repository().join(path).canonicalize().unwrap()));
    for path in expected.difference(&shown) {
        wrong.push(format!("{}: no page shows this", path.display()));
    }
    for path in shown.difference(&expected) {
        wrong.push(format!("{}: no test runs this", path.display()));
    }
    assert_eq!(wrong, [""; 0]);
}

/// What is public in these files is public in the crate, which says of all of them that they are operations.
#[test]
fn the_page_of_operations_has_them_all() {
    let page = fs::read_to_string(source().join("src/operations.md")).unwrap();
    let named: BTreeSet<&str> = page
        .split(|c: char| c != '_' && !c.is_ascii_alphanumeric())
        .collect();
    let mut public = Vec::new();
    let mut left = vec![repository().join("metatensor-operations/src/ops")];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let code = fs::read_to_string(path).unwrap();
        let functions = code.lines().filter_map(|line| line.strip_prefix("pub fn "));
        let name = |line: &str| line.split(['(', '<']).next().unwrap().to_owned();
        public.extend(functions.map(name));
    }
    assert!(public.len() > 80, "{public:?}");
    public.retain(|name| !named.contains(name.as_str()));
    assert_eq!(public, [""; 0], "operations.md does not name these");
}

fn may_be_shown(page: &Page, block: &CodeBlock) -> bool {
    let start = block.lines.first().map_or("", String::as_str);
    let is_known = NOT_RUN
        .iter()
        .any(|(name, known, _)| page.name == *name && start.starts_with(known));
    let is_checked = CHECKED.contains(&&*block.language);
    is_known || block.is_included() || !is_checked && !block.language.is_empty()
}

/// Runs a program where the files are that it reads, and compares what it prints with a file.
fn check(mut program: Command, shown: &Path) {
    let directory = with_data().unwrap();
    let printed = output(program.current_dir(directory.path())).unwrap();
    check_output(shown, &printed).unwrap();
}

#[test]
fn programs_in_rust_print_what_is_shown() {
    for source in files("rust", "rs") {
        let name = source.file_stem().unwrap();
        if name != "main" {
            let mut program = Command::new(env!("CARGO_BIN_EXE_book"));
            program.arg(name);
            check(program, &source.with_extension("txt"));
        }
    }
}

#[test]
fn programs_in_c_and_cpp_print_what_is_shown() {
    for (directory, extension) in [("c", "c"), ("cpp", "cpp")] {
        for source in files(directory, extension) {
            check_compiled(&source, &source.with_extension("txt"));
        }
    }
}

fn check_compiled(source: &Path, shown: &Path) {
    let language = Language::of(&source.display().to_string());
    let program = Program::compile_file(source, language, Checker::None).unwrap();
    let directory = with_data().unwrap();
    let printed = program.run_in(directory.path(), &[]).unwrap();
    check_output(shown, &printed).unwrap();
}

#[test]
fn programs_in_python_print_what_is_shown() {
    for source in files("python", "py") {
        let mut program = Venv::get().unwrap().program("python");
        program.env("PYTHONPATH", installed().unwrap());
        program.arg("-B").arg(&source);
        check(program, &source.with_extension("txt"));
    }
}

#[test]
fn whole_programs_print_what_is_shown() {
    for (source, shown) in PROGRAMS {
        let (source, shown) = (repository().join(source), snippets().join(shown));
        if source.ends_with("metatensor/examples/first_steps.rs") {
            check(Command::new(env!("CARGO_BIN_EXE_first_steps")), &shown);
        } else {
            check_compiled(&source, &shown);
        }
    }
}

#[test]
fn commands_print_what_is_shown() {
    let mts = mts().unwrap();
    let directories = mts.parent().unwrap().display();
    let path = format!("{directories}:{}", std::env::var("PATH").unwrap());
    for file in files("shell", "console") {
        let directory = with_data().unwrap();
        let run = |command: &str| {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("{command} 2>&1")]);
            shell.env("PATH", &path).current_dir(directory.path());
            output(&mut shell)
        };
        let text = fs::read_to_string(&file).unwrap();
        check_output(&file, &session(&text, run).unwrap()).unwrap();
    }
}

#[test]
fn pictures_are_what_is_plotted_now() {
    let mts = mts().unwrap();
    let directory = with_data().unwrap();
    let images = source().join("src/images");
    for (name, options) in PICTURES {
        let mut plot = Command::new(&mts);
        plot.arg("plot").args(options).args(["--output", name]);
        output(plot.current_dir(directory.path())).unwrap();
        let picture = fs::read_to_string(directory.path().join(name)).unwrap();
        check_output(&images.join(name), &picture).unwrap();
    }
    let count = fs::read_dir(images).unwrap().count();
    assert_eq!(
        count,
        PICTURES.len(),
        "there are pictures that nobody makes"
    );
}

/// As the page about the official package says: with the library loaded before it, there is no other one.
#[test]
fn the_library_that_is_loaded_before_is_the_only_one() {
    let mut python = Venv::get().unwrap().program("python");
    let library = library().unwrap();
    python.env("LD_PRELOAD", &library);
    python
        .arg("-B")
        .arg(snippets().join("python/preloaded/which_library.py"));
    let printed = output(&mut python).unwrap();
    assert_eq!(printed, format!("['{}']\n", library.display()));
}

#[test]
fn programs_with_torch_print_what_is_shown() {
    for source in files("python/with_torch", "py") {
        let mut program = Venv::with_torch().unwrap().program("python");
        program.env("PYTHONPATH", installed().unwrap());
        program.args(["-B", "-W", "ignore"]).arg(&source);
        check(program, &source.with_extension("txt"));
    }
}
