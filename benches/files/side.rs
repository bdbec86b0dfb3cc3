//! Processes that are told what to do, line by line, and answer with numbers: the first one is how many seconds it took.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Result;

/// A process that was started.
pub(crate) struct Side {
    name: &'static str,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Side {
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Result<Side> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("can not run {command:?}: {error}"))?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("there are no pipes".into());
        };
        let mut side = Side {
            name,
            process,
            input,
            output: BufReader::new(output),
        };
        side.ask(&["start".to_owned()])?;
        Ok(side)
    }

    /// Lets it do something, and gives the numbers that it answers.
    pub(crate) fn ask(&mut self, words: &[String]) -> Result<Vec<f64>> {
        writeln!(self.input, "{}", words.join("\t"))?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let numbers = line.split_whitespace().map(str::parse);
        match numbers.collect::<std::result::Result<Vec<f64>, _>>() {
            Ok(numbers) if !numbers.is_empty() => Ok(numbers),
            _ => Err(format!("{} can not {words:?}: {}", self.name, line.trim()).into()),
        }
    }

    /// Megabytes of its memory that are in use, those of mapped files included.
    pub(crate) fn resident(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let size = line.and_then(|line| line.split_whitespace().next());
        Ok(size.ok_or("there is no size")?.parse::<f64>()? / 1024.0)
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a side can do.
pub(crate) trait Work {
    /// Does what the words say, and gives the numbers to answer with.
    fn work(&mut self, verb: &str, path: &str, others: &[&str]) -> Result<Vec<f64>>;
}

/// Does all that it is told, until there is nothing more.
pub(crate) fn answer(work: &mut impl Work) -> Result<()> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split('\t').collect();
        let path = words.get(1).copied().unwrap_or_default();
        match work.work(words[0], path, words.get(2..).unwrap_or_default()) {
            Ok(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(f64::to_string).collect();
                println!("{}", numbers.join(" "));
            }
            Err(error) => println!("error: {error}"),
        }
    }
    Ok(())
}

/// One of the numbers that is not smaller than half of them, nor larger than the other half.
pub(crate) fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// The same distinct numbers below `count`, in order, each time.
pub(crate) fn random_rows(count: usize) -> Vec<usize> {
    let mut rows = BTreeSet::new();
    let mut random = 1_u64;
    while rows.len() < 1000.min(count) {
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        rows.insert((random >> 33) as usize % count);
    }
    rows.into_iter().collect()
}
