//! Projects that find the library in an installation, or build it themselves.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use metatensor_tests::library::shipped_target;
use metatensor_tests::repository;
use metatensor_tests::tools::tool;
use metatensor_tests::venv::Venv;
use metatensor_tools::archive::archive;
use metatensor_tools::run::output;
use tempfile::TempDir;

/// The directories that are CMake projects of the library: its crate, and the whole repository.
fn sources() -> [PathBuf; 2] {
    [repository().join("metatensor-capi"), repository()]
}

fn consumer() -> PathBuf {
    repository().join("tests/c/consumer")
}

fn define(name: &str, value: impl AsRef<Path>) -> String {
    format!("-D{name}={}", value.as_ref().display())
}

/// A directory where CMake builds a project.
struct Build {
    venv: Venv,
    directory: TempDir,
    /// Whether programs find the compiler of Rust.
    has_rust: bool,
}

impl Build {
    fn configure(source: &Path, options: &[String]) -> Build {
        Build::new(source, options, true)
    }

    /// The same on a machine without Rust.
    fn without_rust(source: &Path, options: &[String]) -> Build {
        Build::new(source, options, false)
    }

    fn new(source: &Path, options: &[String], has_rust: bool) -> Build {
        let build = Build {
            venv: Venv::get().unwrap(),
            directory: tempfile::tempdir().unwrap(),
            has_rust,
        };
        output(
            build
                .program("cmake")
                .arg("-S")
                .arg(source)
                .arg("-B")
                .arg(build.directory.path())
                .args(options),
        )
        .unwrap();
        build
    }

    /// A program of CMake. What cargo builds is kept for the next time these tests run; what is not optimized, only has to
    /// be built soon.
    fn program(&self, name: &str) -> Command {
        let mut command = self.venv.program(name);
        command
            .env("CARGO_TARGET_DIR", shipped_target().unwrap())
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "0");
        if !self.has_rust {
            let python = Path::new(command.get_program()).parent().unwrap();
            let path = std::env::var_os("PATH").unwrap();
            let others = std::env::split_paths(&path).filter(|path| !path.join("cargo").exists());
            let directories = [python.to_owned()].into_iter().chain(others);
            let path = std::env::join_paths(directories).unwrap();
            assert!(
                output(Command::new("cargo").env("PATH", &path)).is_err(),
                "cargo is beside the tools of the system"
            );
            command.env("PATH", path);
        }
        command
    }

    fn build(&self, options: &[&str]) {
        output(
            self.program("cmake")
                .arg("--build")
                .arg(self.directory.path())
                .args(options),
        )
        .unwrap();
    }

    fn install(&self, prefix: &Path) {
        output(
            self.program("cmake")
                .arg("--install")
                .arg(self.directory.path())
                .arg("--prefix")
                .arg(prefix),
        )
        .unwrap();
    }

    /// Runs the programs of the project.
    fn test(&self, options: &[&str]) {
        output(
            self.program("ctest")
                .arg("--test-dir")
                .arg(self.directory.path())
                .args(["--output-on-failure", "--no-tests=error"])
                .args(options),
        )
        .unwrap();
    }
}

fn release() -> String {
    define("CMAKE_BUILD_TYPE", "Release")
}

/// Compiles with what `pkg-config` says, and runs the program: with the shared library, with the static one, and with the
/// static one and optimisation of the whole program.
fn check_pkg_config(prefix: &Path, directory: &Path) {
    let flags = |options: &[&str]| {
        let mut command = tool("pkg-config").unwrap();
        command.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
        output(command.args(options).arg("metatensor")).unwrap()
    };
    assert!(flags(&["--modversion"]).starts_with("0.2."));
    let program = directory.join("program");
    let (compile, link) = (flags(&["--cflags"]), flags(&["--libs"]));
    output(
        Command::new("cc")
            .arg(consumer().join("main.c"))
            .args(compile.split_whitespace())
            .args(link.split_whitespace())
            .arg(format!("-Wl,-rpath,{}", prefix.join("lib").display()))
            .arg("-o")
            .arg(&program),
    )
    .unwrap();
    output(&mut Command::new(program)).unwrap();

    let program = directory.join("cpp-program");
    output(
        Command::new("c++")
            .arg("-std=c++17")
            .arg(repository().join("examples-cpp/linear_model.cpp"))
            .args(compile.split_whitespace())
            .args(link.split_whitespace())
            .arg(format!("-Wl,-rpath,{}", prefix.join("lib").display()))
            .arg("-o")
            .arg(&program),
    )
    .unwrap();
    let data = repository().join("tests/data");
    let model = output(Command::new(program).arg(data)).unwrap();
    assert!(model.ends_with("the model fits\n"), "{model}");

    // the static library, with what it needs
    let link = flags(&["--libs", "--static"]).replace("-lmetatensor", "-l:libmetatensor.a");
    for (compiler, options) in [("cc", ""), ("gcc", "-flto"), ("clang", "-flto")] {
        let program = directory.join(format!("static-program-{compiler}"));
        output(
            tool(compiler)
                .unwrap()
                .args(options.split_whitespace())
                .arg(consumer().join("main.c"))
                .args(compile.split_whitespace())
                .args(link.split_whitespace())
                .arg("-o")
                .arg(&program),
        )
        .unwrap();
        output(&mut Command::new(program)).unwrap();
    }
}

#[test]
fn installed_libraries_are_found() {
    let prefix = tempfile::tempdir().unwrap();
    let [_, source] = sources();
    let library = Build::configure(&source, &[release(), define("CMAKE_INSTALL_LIBDIR", "lib")]);
    library.build(&[]);
    library.install(prefix.path());
    // nothing refers to where it was built, nor to where it was installed first
    drop(library);
    let moved = tempfile::tempdir().unwrap();
    let moved = moved.path().join("moved");
    std::fs::rename(prefix.path(), &moved).unwrap();

    for target in ["metatensor", "metatensor::shared", "metatensor::static"] {
        let options = [
            define("CMAKE_PREFIX_PATH", &moved),
            define("METATENSOR_TARGET", target),
        ];
        let consumer = Build::without_rust(&consumer(), &options);
        consumer.build(&[]);
        consumer.test(&[]);
    }
    check_pkg_config(&moved, moved.parent().unwrap());

    let prefix = define("CMAKE_PREFIX_PATH", &moved);
    tool("gfortran").unwrap();
    for (language, variable) in [("c", "C"), ("cpp", "CXX"), ("fortran", "Fortran")] {
        let warnings = format!("-DCMAKE_{variable}_FLAGS=-Wall -Wextra -Werror -pedantic");
        let source = repository().join(format!("examples-{language}"));
        let examples = Build::without_rust(&source, &[prefix.clone(), warnings]);
        examples.build(&["--parallel", "2"]);
        examples.test(&[]);
    }
}

#[test]
fn the_command_line_is_installed_if_asked() {
    let prefix = tempfile::tempdir().unwrap();
    let [source, _] = sources();
    let options = [
        define("CMAKE_BUILD_TYPE", "Debug"),
        define("METATENSOR_COMMAND_LINE", "ON"),
    ];
    let project = Build::configure(&source, &options);
    project.build(&[]);
    project.install(prefix.path());
    let data = repository().join("tests/data/radial-spectrum.mts");
    let mut mts = Command::new(prefix.path().join("bin/mts"));
    let info = output(mts.arg("info").arg(data)).unwrap();
    assert!(info.starts_with("kind "), "{info}");
    for (file, text) in [
        ("man/man1/mts.1", ".TH mts 1"),
        ("bash-completion/completions/mts", "complete -F _mts"),
        ("zsh/site-functions/_mts", "#compdef mts"),
        ("fish/vendor_completions.d/mts.fish", "complete -c mts"),
    ] {
        let path = prefix.path().join("share").join(file);
        let actual = std::fs::read_to_string(&path).unwrap();
        assert!(actual.contains(text), "{}", path.display());
    }
}

#[test]
fn only_the_chosen_library_is_installed_if_asked() {
    let prefix = tempfile::tempdir().unwrap();
    let [source, _] = sources();
    let library = Build::configure(
        &source,
        &[
            release(),
            define("CMAKE_INSTALL_LIBDIR", "lib"),
            define("BUILD_SHARED_LIBS", "OFF"),
            define("METATENSOR_INSTALL_BOTH_STATIC_SHARED", "OFF"),
        ],
    );
    library.build(&[]);
    library.install(prefix.path());
    assert!(prefix.path().join("lib/libmetatensor.a").is_file());
    assert!(!prefix.path().join("lib/libmetatensor.so").exists());
    let consumer = Build::configure(&consumer(), &[define("CMAKE_PREFIX_PATH", prefix.path())]);
    consumer.build(&[]);
    consumer.test(&[]);
}

#[test]
fn projects_can_build_the_library_themselves() {
    for source in sources() {
        for how in ["METATENSOR_SOURCE", "METATENSOR_FETCH"] {
            let consumer = Build::configure(&consumer(), &[release(), define(how, &source)]);
            consumer.build(&[]);
            consumer.test(&[]);
        }
    }
}

/// Runs the programs that a project has installed.
fn run_installed(prefix: &Path, library_path: Option<&Path>) -> Result<(), String> {
    for program in ["consumer-c", "consumer-cpp"] {
        let mut command = Command::new("env");
        if let Some(path) = library_path {
            command.arg(format!("LD_LIBRARY_PATH={}", path.display()));
        }
        command.arg(prefix.join("bin").join(program));
        output(&mut command).map_err(|error| error.to_string())?;
    }
    Ok(())
}

#[test]
fn installed_programs_find_the_library_as_the_readme_says() {
    let [_, source] = sources();
    let lib = define("CMAKE_INSTALL_LIBDIR", "lib");
    let prefix = tempfile::tempdir().unwrap();
    let library = Build::configure(&source, &[release(), lib.clone()]);
    library.build(&[]);
    library.install(prefix.path());
    let find = define("CMAKE_PREFIX_PATH", prefix.path());
    let install = |options: &[String]| {
        let installed = tempfile::tempdir().unwrap();
        let consumer = Build::configure(&consumer(), options);
        consumer.build(&[]);
        consumer.install(installed.path());
        installed
    };

    // nothing said: only with a path to look in
    let installed = install(std::slice::from_ref(&find));
    let error = run_installed(installed.path(), None).unwrap_err();
    assert!(error.contains("libmetatensor.so"), "{error}");
    run_installed(installed.path(), Some(&prefix.path().join("lib"))).unwrap();

    // where the library was when the program was linked
    let link_path = "-DCMAKE_INSTALL_RPATH_USE_LINK_PATH=ON".to_owned();
    run_installed(install(&[find, link_path]).path(), None).unwrap();

    // beside the program, which is where a project that builds the library installs it: both can be moved
    let origin = "-DCMAKE_INSTALL_RPATH=$ORIGIN/../lib".to_owned();
    let installed = install(&[release(), lib, origin, define("METATENSOR_FETCH", &source)]);
    let moved = tempfile::tempdir().unwrap();
    let moved = moved.path().join("moved");
    std::fs::rename(installed.path(), &moved).unwrap();
    run_installed(&moved, None).unwrap();
}

#[test]
fn archives_of_releases_can_be_built_with_several_configurations() {
    tool("git").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let archive = archive(directory.path()).unwrap();
    let options = [
        "-G".to_owned(),
        "Ninja Multi-Config".to_owned(),
        define("METATENSOR_ARCHIVE", &archive),
    ];
    let consumer = Build::configure(&consumer(), &options);
    consumer.build(&["--config", "Debug"]);
    consumer.test(&["--build-config", "Debug"]);
}
