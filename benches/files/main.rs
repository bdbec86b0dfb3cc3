//! How long it takes to save, load, map, read in part, append to and merge files: by this library in Rust and in C, by the
//! official one, by safetensors and h5py, and by calls of the system that move the same bytes.
//!
//! ```text
//! cargo xtask bench files [--quick] [--filter TEXT] [--turns N] [--folder PATH]
//! ```
//!
//! Each side is a process of its own, which is told what to do, and says how long it took (`side.rs`). They do it in turn;
//! numbers are medians, and those in brackets medians of the ratios to the first side of the row in the same turn. The official
//! library only has the first three turns, as it would take longer than all others together. Files are
//! in a temporary folder inside of the one that is given, and in the page cache when they are read. No memory is kept: what is
//! loaded goes to memory that is new to the process, for all sides.

mod ours;
mod raw;
mod side;

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use side::{Side, answer, median};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Values in a row.
const COLUMNS: usize = 500;
/// Bytes of a row.
const ROW: usize = 8 * COLUMNS;

/// The sides, in the order of the columns.
const SIDES: [&str; 6] = ["raw", "rust", "c", "official", "safetensors", "h5py"];
const TITLES: [&str; 6] = [
    "raw",
    "ours, Rust",
    "ours, C",
    "official",
    "safetensors",
    "h5py",
];
const RAW: usize = 0;
const OURS: usize = 1;
const C: usize = 2;
const OFFICIAL: usize = 3;
const SAFETENSORS: usize = 4;
const H5PY: usize = 5;

/// The official library takes a few seconds each time.
const OFFICIAL_TURNS: usize = 3;

struct Options {
    /// What everything is divided by.
    small: usize,
    filter: String,
    turns: usize,
    folder: PathBuf,
    python: PathBuf,
    c: PathBuf,
}

fn main() -> Result<()> {
    let mut options = Options {
        small: 1,
        filter: String::new(),
        turns: 11,
        folder: env::temp_dir(),
        python: PathBuf::new(),
        c: PathBuf::new(),
    };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--quick" => (options.small, options.turns) = (100, 3),
            "--filter" => options.filter = value()?,
            "--turns" => options.turns = value()?.parse()?,
            "--folder" => options.folder = value()?.into(),
            "--python" => options.python = value()?.into(),
            "--c" => options.c = value()?.into(),
            // which `cargo bench` always adds
            "--bench" => {}
            "--side" => {
                return match value()?.as_str() {
                    "raw" => answer(&mut raw::Raw::default()),
                    _ => answer(&mut ours::Ours::default()),
                };
            }
            _ => return Err(format!("unknown argument '{argument}'").into()),
        }
    }
    if options.python == Path::new("") {
        return Err("`cargo xtask bench files` says where the other sides are".into());
    }
    let folder = tempfile::Builder::new()
        .prefix("metatensor-bench-")
        .tempdir_in(&options.folder)?;
    let mut bench = Bench {
        folder: folder.path().to_owned(),
        sides: SIDES.map(|_| None),
        options,
    };
    bench.run()
}

struct Bench {
    options: Options,
    folder: PathBuf,
    sides: [Option<Side>; 6],
}

/// What a side has to do in a row of the table.
type Entry = (usize, Vec<String>);

/// The words of an [`Entry`].
fn words<const N: usize>(words: [&dyn ToString; N]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}

impl Bench {
    fn run(&mut self) -> Result<()> {
        println!(
            "| work | {} |\n|---|{}",
            TITLES.join(" | "),
            "--:|".repeat(6)
        );
        let rows = 100_000 / self.options.small;
        self.save_and_load(rows)?;
        self.grow(rows)?;
        self.large_block(10 * rows)?;
        self.many_blocks()
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// A file of this side, in its own format.
    fn file(&self, name: &str, side: usize) -> String {
        self.path(&format!("{name}-{}.mts", SIDES[side]))
    }

    fn start(&self, side: usize) -> Result<Side> {
        let mut command = match side {
            RAW | OURS => Command::new(env::current_exe()?),
            C => Command::new(&self.options.c),
            _ => Command::new(&self.options.python),
        };
        let others = metatensor_tests::repository().join("benches/files/others.py");
        match side {
            RAW | OURS => command.arg("--side").arg(SIDES[side]),
            C => &mut command,
            // what is beside it has the names of modules of Python
            _ => command.arg("-I").arg(others).arg(SIDES[side]),
        };
        Side::start(SIDES[side], &mut command)
    }

    /// Lets a side do something, and gives the numbers that it answers.
    fn ask(&mut self, side: usize, words: &[String]) -> Result<Vec<f64>> {
        if self.sides[side].is_none() {
            self.sides[side] = Some(self.start(side)?);
        }
        let Some(side) = &mut self.sides[side] else {
            return Err("it was started".into());
        };
        side.ask(words)
    }

    fn is_wanted(&self, name: &str) -> bool {
        name.contains(&self.options.filter)
    }

    /// A row of the table: all entries in turn. Before each, `prepare` gets its words.
    fn compare(
        &mut self,
        name: &str,
        turns: usize,
        entries: &[Entry],
        prepare: impl Fn(&[String]),
    ) -> Result<()> {
        if !self.is_wanted(name) {
            return Ok(());
        }
        let mut times = vec![Vec::new(); entries.len()];
        for turn in 0..turns {
            for ((side, words), times) in entries.iter().zip(&mut times) {
                if *side == OFFICIAL && turn >= OFFICIAL_TURNS {
                    continue;
                }
                prepare(words);
                times.push(self.ask(*side, words)?[0]);
            }
        }
        let mut cells = [const { String::new() }; 6];
        let first = times[0].clone();
        for (i, ((side, _), times)) in entries.iter().zip(times).enumerate() {
            let ratio = median(times.iter().zip(&first).map(|(a, b)| a / b));
            let time = duration(median(times));
            cells[*side] = match i {
                0 => time,
                _ => format!("{time} ({ratio:.2})"),
            };
        }
        row(name, &cells);
        Ok(())
    }

    /// A map with one block, and the same array in the files of others.
    fn save_and_load(&mut self, rows: usize) -> Result<()> {
        let size = megabytes(rows * ROW);
        let names = [
            format!("save {size}, synced"),
            format!("save {size}, not synced"),
            format!("load {size}"),
        ];
        if !names.iter().any(|name| self.is_wanted(name)) {
            return Ok(());
        }
        let source = self.path("source.mts");
        self.ask(OURS, &words([&"make", &source, &rows]))?;
        for side in 0..6 {
            self.ask(side, &words([&"prepare", &source]))?;
        }
        let turns = self.options.turns;
        let remove = |words: &[String]| {
            // what was not written to the disk yet would be by the next side
            let _ = fs::remove_file(&words[1]);
            rustix::fs::sync();
        };
        let all = |bench: &Bench, verb: &str, sides: &[usize]| -> Vec<Entry> {
            let entry = |&side| (side, words([&verb, &bench.file("saved", side)]));
            sides.iter().map(entry).collect()
        };
        let entries = all(self, "save", &[RAW, OURS, C, OFFICIAL, SAFETENSORS, H5PY]);
        self.compare(&names[0], turns, &entries, remove)?;
        let entries = all(self, "save-unsynced", &[RAW, OFFICIAL, SAFETENSORS, H5PY]);
        self.compare(&names[1], turns, &entries, remove)?;
        for side in 0..6 {
            self.ask(side, &words([&"save", &self.file("saved", side)]))?;
            self.ask(side, &words([&"forget"]))?;
        }
        let entries = all(self, "load", &[RAW, OURS, C, OFFICIAL, SAFETENSORS, H5PY]);
        self.compare(&names[2], turns, &entries, |_| ())?;
        self.remove_all()
    }

    /// Appending to files and merging them.
    fn grow(&mut self, rows: usize) -> Result<()> {
        let size = megabytes(rows * ROW);
        let names = [
            format!("append a block of 40 kB to {size}"),
            format!("merge 4 files to {size}"),
        ];
        let turns = self.options.turns;
        if self.is_wanted(&names[0]) {
            let mut entries = Vec::new();
            for side in [RAW, OURS, OFFICIAL, SAFETENSORS, H5PY] {
                let path = self.file("growing", side);
                self.ask(side, &words([&"make", &path, &rows]))?;
                entries.push((side, words([&"append", &path, &1])));
            }
            self.compare(&names[0], turns, &entries, |_| rustix::fs::sync())?;
            self.remove_all()?;
        }
        if self.is_wanted(&names[1]) {
            let parts: Vec<String> = (0..4)
                .map(|i| self.path(&format!("part-{i}.mts")))
                .collect();
            for (i, part) in parts.iter().enumerate() {
                self.ask(OURS, &words([&"make", part, &(rows / 4), &i]))?;
            }
            let entries = [RAW, OURS, OFFICIAL].map(|side| {
                let mut words = words([&"merge", &self.file("merged", side)]);
                words.extend(parts.iter().cloned());
                (side, words)
            });
            self.compare(&names[1], turns, &entries, |words| {
                let _ = fs::remove_file(&words[1]);
                rustix::fs::sync();
            })?;
            self.remove_all()?;
        }
        Ok(())
    }

    /// One large block: mapped, read in part, and appended to.
    fn large_block(&mut self, rows: usize) -> Result<()> {
        let size = megabytes(rows * ROW);
        let names = [
            format!("load {size}"),
            format!("map {size}, with labels"),
            format!("labels of {size}"),
            format!("1000 random rows of {size}"),
            "appends".to_owned(),
        ];
        if !names.iter().any(|name| self.is_wanted(name)) {
            return Ok(());
        }
        for side in [OURS, SAFETENSORS, H5PY] {
            self.ask(side, &words([&"make", &self.file("large", side), &rows]))?;
        }
        rustix::fs::sync();
        let ours = self.file("large", OURS);
        let turns = self.options.turns;
        let path = |bench: &Bench, side| match side {
            SAFETENSORS | H5PY => bench.file("large", side),
            _ => ours.clone(),
        };
        let all = |bench: &Bench, verb: &str, sides: &[usize]| -> Vec<Entry> {
            let entry = |&side| (side, words([&verb, &path(bench, side), &rows]));
            sides.iter().map(entry).collect()
        };
        let entries = all(self, "load", &[RAW, OURS, C, OFFICIAL]);
        self.compare(&names[0], 3, &entries, |_| ())?;
        let entries = all(self, "map", &[OURS, C, SAFETENSORS, H5PY]);
        self.compare(&names[1], turns, &entries, |_| ())?;
        let entries = all(self, "labels", &[OURS]);
        self.compare(&names[2], turns, &entries, |_| ())?;
        let entries = all(self, "rows", &[RAW, OURS, SAFETENSORS, H5PY]);
        self.compare(&names[3], turns, &entries, |_| ())?;
        if self.is_wanted(&names[1]) {
            self.resident(&names[1], &ours)?;
        }
        if self.is_wanted(&names[4]) {
            self.appends(&ours, rows)?;
        }
        self.remove_all()
    }

    /// What is resident when a file is mapped, in a new process.
    fn resident(&self, name: &str, path: &str) -> Result<()> {
        let mut cells = [const { String::new() }; 6];
        for side in [OURS, C] {
            let mut process = self.start(side)?;
            let before = process.resident()?;
            process.ask(&words([&"hold", &path]))?;
            cells[side] = format!("{:.0} MB", process.resident()? - before);
        }
        row(&format!("{name}: resident"), &cells);
        Ok(())
    }

    /// Many appends of one block, to files with few and with much data.
    fn appends(&mut self, large: &str, rows: usize) -> Result<()> {
        let count = 10_000 / self.options.small;
        let small = self.path("small.mts");
        self.ask(OURS, &words([&"make", &small, &(rows / 100)]))?;
        for (path, rows) in [(small.as_str(), rows / 100), (large, rows)] {
            let before = fs::metadata(path)?.len();
            let numbers = self.ask(OURS, &words([&"append", &path, &count]))?;
            let grown = fs::metadata(path)?.len() - before;
            let [_, first, last] = numbers[..] else {
                return Err("expected the first and the last appends".into());
            };
            let mut cells = [const { String::new() }; 6];
            cells[OURS] = format!(
                "{} and {}, {} bytes each",
                duration(first),
                duration(last),
                grown / count as u64
            );
            let size = megabytes(rows * ROW);
            row(
                &format!("{count} appends to {size}: first and last 100"),
                &cells,
            );
        }
        Ok(())
    }

    /// One small block of many, in files with few and with much data.
    fn many_blocks(&mut self) -> Result<()> {
        let turns = self.options.turns;
        for rows in [10, 1000 / self.options.small.min(10)] {
            let name = format!("one of 1000 blocks, in {}", megabytes(1000 * rows * ROW));
            if !self.is_wanted(&name) {
                continue;
            }
            let sides = [RAW, OURS, C, SAFETENSORS, H5PY, OFFICIAL];
            for side in [OURS, SAFETENSORS, H5PY] {
                self.ask(
                    side,
                    &words([&"make-many", &self.file("many", side), &rows]),
                )?;
            }
            let entries: Vec<Entry> = sides
                .iter()
                .map(|&side| {
                    let path = match side {
                        SAFETENSORS | H5PY => self.file("many", side),
                        _ => self.file("many", OURS),
                    };
                    (side, words([&"key", &path, &700]))
                })
                .collect();
            let (official, fast) = entries.split_last().ok_or("there are sides")?;
            self.compare(&name, turns, fast, |_| ())?;
            self.compare(
                &format!("{name}: official"),
                3,
                std::slice::from_ref(official),
                |_| (),
            )?;
            self.remove_all()?;
        }
        Ok(())
    }

    fn remove_all(&self) -> Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            fs::remove_file(entry?.path())?;
        }
        Ok(())
    }
}

fn row(name: &str, cells: &[String]) {
    println!("| {name} | {} |", cells.join(" | "));
}

fn megabytes(bytes: usize) -> String {
    match bytes / 1_000_000 {
        size @ 0..1000 => format!("{size} MB"),
        size => format!("{} GB", size / 1000),
    }
}

fn duration(seconds: f64) -> String {
    match seconds {
        1.0.. => format!("{seconds:.2} s"),
        1e-3.. => format!("{:.3} ms", 1e3 * seconds),
        _ => format!("{:.1} µs", 1e6 * seconds),
    }
}
