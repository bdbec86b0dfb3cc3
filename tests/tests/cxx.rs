//! The C++ headers: what they do, what is in their objects and binaries, and what they cost, next to the official ones.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use metatensor_tests::cxx::{
    Compiler, WARNINGS, build, build_with_ours, cxx_headers, include, run, run_with_valgrind,
    sources,
};
use metatensor_tests::library::library;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

/// The directory with the headers of the official package.
fn official() -> PathBuf {
    let packages = Venv::get().unwrap().site_packages().unwrap();
    packages.join("metatensor/include")
}

/// A program with the official headers, of a file that is compiled with ours elsewhere.
fn build_with_official(source: &str, flags: &[&str], program: &Path) {
    let mut command = Compiler::Gcc.command("17").unwrap();
    command.arg("-w").arg("-I").arg(official());
    let flags: Vec<&OsStr> = flags.iter().map(OsStr::new).collect();
    build(command, source, &flags, program).unwrap();
}

/// Reads a file that includes these headers, without a warning.
fn check_includes(compiler: Compiler, standard: &str, headers: &[String]) {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source.cpp");
    let lines: String = headers
        .iter()
        .map(|header| format!("#include <{header}>\n"))
        .collect();
    fs::write(&source, lines).unwrap();
    let mut command = compiler.command(standard).unwrap();
    command.args(WARNINGS).arg("-fsyntax-only");
    output(command.arg("-I").arg(include()).arg(source)).unwrap();
}

#[test]
fn cxx_headers_compile_alone_and_without_warnings() {
    let headers = cxx_headers().unwrap();
    for header in &headers {
        check_includes(Compiler::Gcc, "17", std::slice::from_ref(header));
    }
    for compiler in [Compiler::Gcc, Compiler::Clang] {
        for standard in ["17", "20", "2b"] {
            check_includes(compiler, standard, &headers);
        }
    }
}

#[test]
fn cxx_suite_passes_under_valgrind_and_exports_nothing_but_arrays() {
    let directory = tempfile::tempdir().unwrap();
    let suite = directory.path().join("libsuite.so");
    let flags = ["-shared", "-fPIC", "-DSUITE_IS_SHARED"];
    build_with_ours(Compiler::Gcc, "20", "suite.cpp", &flags, &suite).unwrap();
    check_symbols(&suite);

    let program = directory.path().join("suite");
    // before the source, it would be left out as nobody needed it yet
    let flags = ["-Wl,--no-as-needed", suite.to_str().unwrap()];
    build_with_ours(Compiler::Gcc, "20", "suite_main.cpp", &flags, &program).unwrap();
    run(&program).unwrap();
    run_with_valgrind(&program).unwrap();
}

/// Other libraries of a process must not get our functions, nor we theirs: of ours, only what belongs to the types of
/// arrays and exceptions is exported.
fn check_symbols(library: &Path) {
    const VIRTUAL: &[&str] = &[
        "origin",
        "device",
        "dtype",
        "as_dlpack",
        "from_dlpack",
        "copy",
        "create",
        "shape",
        "reshape",
        "swap_axes",
        "move_data",
    ];
    // without sorting, both lists have the same order
    let symbols = |options: &str| {
        let options = [options, "-p", "--defined-only"];
        let all = output(Command::new("nm").args(options).arg(library)).unwrap();
        let name = |line: &str| line.splitn(3, ' ').nth(2).unwrap().to_owned();
        all.lines().map(name).collect::<Vec<_>>()
    };
    let mangled = symbols("-D");
    assert!(
        mangled.iter().all(|name| name.starts_with("_Z")),
        "{mangled:?}"
    );

    let in_namespace = |name: &str| {
        let name = name
            .trim_start_matches("_ZN")
            .trim_start_matches(['K', 'R', 'O']);
        name.starts_with("10metatensor")
    };
    let ours: Vec<_> = mangled
        .iter()
        .zip(symbols("-DC"))
        .filter(|(mangled, _)| in_namespace(mangled))
        .map(|(_, name)| name)
        .filter(|name| {
            let is_array = name.contains("DataArray") || name.contains("EmptyArrayOf");
            let function = name.split('(').next().unwrap_or_default();
            let function = function.rsplit("::").next().unwrap_or_default();
            !is_array || !(VIRTUAL.contains(&function) || function.starts_with('~'))
        })
        .collect();
    assert!(ours.is_empty(), "{ours:#?}");
}

#[test]
fn cxx_suite_passes_with_sanitizers() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("suite");
    let flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    build_with_ours(Compiler::Clang, "17", "suite.cpp", &flags, &program).unwrap();
    run(&program).unwrap();
}

#[test]
fn cxx_threads_share_what_is_constant() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("threads");
    build_with_ours(
        Compiler::Clang,
        "2b",
        "threads.cpp",
        &["-fsanitize=thread"],
        &program,
    )
    .unwrap();
    let suppressions = format!("suppressions={}", sources().join("tsan.txt").display());
    output(Command::new(program).env("TSAN_OPTIONS", suppressions)).unwrap();
}

#[test]
fn cxx_inner_loops_allocate_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("allocations");
    build_with_ours(Compiler::Gcc, "2b", "allocations.cpp", &[], &program).unwrap();
    run(&program).unwrap();
}

#[test]
fn cxx_faults_of_the_official_headers_are_not_ours() {
    let directory = tempfile::tempdir().unwrap();
    let (ours, theirs) = (
        directory.path().join("ours"),
        directory.path().join("official"),
    );
    build_with_ours(Compiler::Gcc, "17", "faults.cpp", &[], &ours).unwrap();
    // what reads out of bounds, or leaks, only fails if somebody looks
    build_with_official("faults.cpp", &["-fsanitize=address"], &theirs);
    for case in run(&ours).unwrap().lines() {
        output(Command::new(&ours).arg(case)).unwrap();
        let official = output(Command::new(&theirs).arg(case));
        assert!(official.is_err(), "the official headers pass '{case}'");
    }
}

#[test]
fn cxx_layout_and_calls_are_those_of_the_official_headers() {
    let directory = tempfile::tempdir().unwrap();
    let (ours, theirs) = (
        directory.path().join("ours"),
        directory.path().join("official"),
    );
    build_with_ours(Compiler::Gcc, "17", "layout.cpp", &[], &ours).unwrap();
    build_with_official("layout.cpp", &[], &theirs);
    assert_eq!(run(&ours).unwrap(), run(&theirs).unwrap());
}

#[test]
fn cxx_mixed_binaries_exchange_everything() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    let (ours, theirs, program) = (file("libours.so"), file("libofficial.so"), file("mixed"));
    let shared = |side: &'static str| ["-fsanitize=address", "-shared", "-fPIC", side];
    build_with_ours(
        Compiler::Gcc,
        "17",
        "mixed.cpp",
        &shared("-DSIDE=ours"),
        &ours,
    )
    .unwrap();
    build_with_official("mixed.cpp", &shared("-DSIDE=official"), &theirs);
    build_with_ours(
        Compiler::Gcc,
        "17",
        "mixed_main.cpp",
        &["-fsanitize=address"],
        &program,
    )
    .unwrap();
    let sides = [
        (OsStr::new("ours"), ours.as_os_str()),
        (OsStr::new("official"), theirs.as_os_str()),
    ];
    for (first, second) in [(0, 1), (1, 0)] {
        let (first, second) = (sides[first], sides[second]);
        let said =
            output(Command::new(&program).args([first.0, first.1, second.0, second.1])).unwrap();
        assert_eq!(said, "done\n");
    }
}

#[test]
fn cxx_featomic_computes_the_same() {
    let packages = Venv::get().unwrap().site_packages().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let calculate = |name: &str, headers: &Path, metatensor: &Path| {
        let program = directory.path().join(name);
        let featomic = packages.join("featomic/lib");
        let mut command = Compiler::Gcc.command("17").unwrap();
        // the headers of featomic are not ours to check
        command
            .arg("-w")
            .arg("-I")
            .arg(packages.join("featomic/include"))
            .arg("-I")
            .arg(headers);
        command.arg(sources().join("featomic.cpp")).arg(metatensor);
        command
            .arg("-L")
            .arg(&featomic)
            .arg("-lfeatomic")
            .arg("-o")
            .arg(&program);
        let libraries = format!(
            "{}:{}",
            metatensor.parent().unwrap().display(),
            featomic.display()
        );
        let with_libraries = || {
            let mut command = Command::new("env");
            command.arg(format!("LD_LIBRARY_PATH={libraries}"));
            command
        };
        let compiler = command.get_program().to_owned();
        output(with_libraries().arg(compiler).args(command.get_args())).unwrap();
        output(with_libraries().arg(program)).unwrap()
    };
    let ours = calculate("ours", &include(), &library().unwrap());
    let theirs = calculate(
        "official",
        &official(),
        &packages.join("metatensor/lib/libmetatensor.so"),
    );
    assert!(ours == theirs, "the results of featomic are different");
}

/// Types that Clang makes to read a file: most of its time, and the same number in each run (`benches/headers.py` has times).
fn types(include: &Path, source: &Path) -> usize {
    let mut command = Compiler::Clang.command("17").unwrap();
    command.args(["-fsyntax-only", "-Xclang", "-print-stats", "-I"]);
    let result = command.arg(include).arg(source).output().unwrap();
    assert!(result.status.success());
    let report = String::from_utf8_lossy(&result.stderr).into_owned();
    let count = report
        .lines()
        .find_map(|line| line.trim().strip_suffix(" types total."));
    count.expect(&report).parse().unwrap()
}

#[test]
fn cxx_headers_cost_less_than_half_of_the_official_ones() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source.cpp");
    fs::write(&source, "#include <metatensor.hpp>\n").unwrap();
    let (ours, theirs) = (types(&include(), &source), types(&official(), &source));
    assert!(2 * ours <= theirs, "{ours} types, official: {theirs}");

    let lines = "#include <metatensor.hpp>\nmetatensor::Labels one() { return metatensor::Labels({\"a\"}, {{1}}); }\n";
    fs::write(&source, lines).unwrap();
    for compiler in [Compiler::Gcc, Compiler::Clang] {
        let object = directory.path().join("object.o");
        let mut command = compiler.command("17").unwrap();
        output(
            command
                .args(["-O2", "-c"])
                .arg("-I")
                .arg(include())
                .arg(&source)
                .arg("-o")
                .arg(&object),
        )
        .unwrap();
        let size = fs::metadata(&object).unwrap().len();
        assert!(size <= 150_000, "{compiler:?}: {size} bytes");
    }
}
