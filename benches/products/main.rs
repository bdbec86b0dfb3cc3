//! How long it takes to make descriptors of spherical expansions, by this library and by featomic, which makes the expansions.
//!
//! ```text
//! cargo xtask bench products [--boxes N] [--turns N]
//! ```
//!
//! Cubic boxes of 13 Å with 100 atoms of two types that are at least 1.2 Å apart, cutoff 4, max_radial 6, max_angular 4. Both
//! libraries do everything in turn, in a process each, with as many threads as there are; numbers are medians. With fresh memory,
//! both get it from the system. With warm memory, both do everything twice, one right after the other, and only the second time
//! counts: this library then uses the memory that the first result was in. Results are compared once, before.

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use metatensor_core::{TensorMap, trim_memory};
use metatensor_operations::{
    AllcloseOptions, CgOptions, CgProduct, InvariantsOptions, NeighborPairs, check_allclose,
    invariants,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// featomic, in a process of its own.
struct Featomic {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Featomic {
    fn start(python: &Path, directory: &Path, boxes: usize) -> Result<Featomic> {
        let mut process = Command::new(python)
            .arg(metatensor_tools::repository().join("benches/products/descriptors.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("there are no pipes".into());
        };
        let mut featomic = Featomic {
            process,
            input,
            output: BufReader::new(output),
        };
        featomic.ask(&format!("start {} {boxes}", directory.display()))?;
        Ok(featomic)
    }

    /// Seconds that it takes for something.
    fn ask(&mut self, words: &str) -> Result<f64> {
        writeln!(self.input, "{words}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let seconds = line.trim().parse();
        Ok(seconds.map_err(|_| format!("featomic can not '{words}'"))?)
    }
}

impl Drop for Featomic {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A row of the table.
struct Work<'a> {
    title: &'static str,
    ours: Box<dyn Fn() -> metatensor_core::Result<TensorMap> + 'a>,
    /// What featomic makes of everything, and what it makes of the expansion only.
    verb: &'static str,
    of_expansion: Compare,
    expected: &'static str,
}

/// What is compared.
enum Compare {
    /// featomic's expansion, and then ours, with all that featomic does.
    Whole,
    /// Ours, with what featomic does but for the expansion.
    Rest,
    /// Ours with featomic's.
    Alone,
}

fn main() -> Result<()> {
    let (mut python, mut boxes, mut turns) = (PathBuf::new(), 4, 11);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--python" => python = value()?.into(),
            "--boxes" => boxes = value()?.parse()?,
            "--turns" => turns = value()?.parse()?,
            // which `cargo bench` always adds
            "--bench" => {}
            _ => return Err(format!("unknown argument '{argument}'").into()),
        }
    }
    if python.as_os_str().is_empty() {
        return Err("run it by `cargo xtask bench products`, which installs featomic".into());
    }
    let directory = tempfile::tempdir()?;
    let mut featomic = Featomic::start(&python, directory.path(), boxes)?;
    let load = |name: &str| TensorMap::load(directory.path().join(format!("{name}.mts")));

    let (x, a, b) = (load("expansion")?, load("a")?, load("b")?);
    let all = InvariantsOptions {
        pairs: NeighborPairs::All,
        ..InvariantsOptions::default()
    };
    let product = CgProduct::new("l_1", "l_2", CgOptions::default())?;
    let works = [
        Work {
            title: "`SoapPowerSpectrum`: expansion and `invariants`, `Unique`",
            ours: Box::new(|| invariants(&x, InvariantsOptions::default())),
            verb: "unique",
            of_expansion: Compare::Whole,
            expected: "unique",
        },
        Work {
            title: "`PowerSpectrum` less expansion: `invariants`, `All`",
            ours: Box::new(|| invariants(&x, all)),
            verb: "all",
            of_expansion: Compare::Rest,
            expected: "all",
        },
        Work {
            title: "`ClebschGordanProduct`, no gradients: `CgProduct`",
            ours: Box::new(|| product.compute(&a, &b)),
            verb: "cg",
            of_expansion: Compare::Alone,
            expected: "cg",
        },
    ];
    for work in &works {
        let options = AllcloseOptions {
            rtol: 1e-10,
            atol: 1e-12,
            ..AllcloseOptions::default()
        };
        let (found, expected) = ((work.ours)()?, load(work.expected)?);
        check_allclose(&found, &expected, options)?;
    }

    println!("{boxes} boxes, milliseconds\n");
    println!("| work | memory | featomic | ours | ours is faster by |");
    println!("|---|---|--:|--:|--:|");
    for work in &works {
        for (memory, fresh) in [("fresh", true), ("warm", false)] {
            let (mut theirs, mut ours, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..turns {
                let mut theirs_for = |verb: &str| {
                    if !fresh {
                        featomic.ask(verb)?;
                    }
                    featomic.ask(verb)
                };
                let expansion = match work.of_expansion {
                    Compare::Alone => 0.0,
                    _ => theirs_for("expansion")?,
                };
                let whole = theirs_for(work.verb)?;
                if fresh {
                    trim_memory();
                } else {
                    drop((work.ours)()?);
                }
                let start = Instant::now();
                let result = (work.ours)()?;
                let time = start.elapsed().as_secs_f64();
                drop(result);
                let (x, y) = match work.of_expansion {
                    Compare::Whole => (whole, expansion + time),
                    _ => (whole - expansion, time),
                };
                theirs.push(x);
                ours.push(y);
                ratios.push(x / y);
            }
            println!(
                "| {} | {memory} | {:.1} | {:.1} | **{:.2}** |",
                work.title,
                1e3 * median(theirs),
                1e3 * median(ours),
                median(ratios),
            );
        }
    }
    Ok(())
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
