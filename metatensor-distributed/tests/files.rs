//! Files that ranks write together, when something goes wrong in the middle, and how much is read and written. Ranks are threads,
//! of a process of its own where it is about the process.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

#[path = "agreement/faulty.rs"]
mod faulty;

use std::path::Path;
use std::process::{Command, ExitStatus};
use std::thread::sleep;
use std::time::Duration;
use std::{env, fs};

use faulty::Faulty;
use metatensor_core::{Error, Labels, Result, TensorBlock, TensorMap};
use metatensor_distributed::transport::local_ranks;
use metatensor_distributed::{Communicator, Order, Partition, SaveOptions, run_local};
use ndarray::Array2;

/// Rows of so many samples that are on this rank, with a hundred numbers each.
fn map(rank: usize, ranks: usize, samples: usize, number: f64) -> TensorMap {
    let own: Vec<[i32; 1]> = (rank..samples)
        .step_by(ranks)
        .map(|sample| [sample as i32])
        .collect();
    let values = Array2::from_elem([own.len(), 100], number);
    let samples = Labels::new(["sample_of_map"], own).unwrap();
    let properties = Labels::range("p", 100).unwrap();
    let block = TensorBlock::new(values, samples, [], properties).unwrap();
    TensorMap::new(Labels::single(), vec![block]).unwrap()
}

fn save(communicator: &Communicator, path: &Path, samples: usize, number: f64) -> Result<()> {
    let map = map(communicator.rank(), communicator.size(), samples, number);
    let options = SaveOptions { writers: Some(2) };
    communicator.save(path, &map, Order::Source, options)
}

/// The number that all values of a valid map have.
fn number(path: &Path) -> f64 {
    let map = TensorMap::load(path).unwrap();
    let values = map.block_by_id(0).unwrap().to_ndarray::<f64>().unwrap();
    let first = values[[0, 0]];
    assert!(values.iter().all(|&value| value == first));
    first
}

fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn a_transport_that_fails_leaves_one_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let ranks = 3;
    run_local(ranks, |communicator| {
        save(&communicator, &path, 10, 0.0).unwrap()
    });
    let mut replaced = 0;
    for failing in 0..ranks {
        for call in 0.. {
            let new = replaced as f64 + 1.0;
            let results: Vec<Option<Error>> = std::thread::scope(|scope| {
                let transports = local_ranks(ranks).into_iter().enumerate();
                let threads = transports.map(|(rank, transport)| {
                    let path = &path;
                    scope.spawn(move || {
                        let fails_at = (rank == failing).then_some(call);
                        let communicator = Communicator::new(Faulty::new(transport, fails_at));
                        save(&communicator, path, 10, new).err()
                    })
                });
                let threads: Vec<_> = threads.collect();
                threads
                    .into_iter()
                    .map(|thread| thread.join().unwrap())
                    .collect()
            });
            let found = number(&path);
            assert!(found == new || found == replaced as f64, "{found}");
            assert_eq!(
                names(folder.path()),
                ["map.mts"],
                "rank {failing}, call {call}"
            );
            if found == new {
                replaced += 1;
            }
            if results.iter().all(Option::is_none) {
                assert_eq!(found, new);
                break;
            }
        }
    }
}

const WORK: &str = "METATENSOR_TEST_WORK";
const PATH: &str = "METATENSOR_TEST_PATH";

/// What processes are started for.
#[test]
fn child() {
    let Some(path) = env::var_os(PATH) else {
        return;
    };
    let path = Path::new(&path);
    match env::var(WORK).as_deref() {
        Ok("beyond a limit") => save_beyond_a_limit(path),
        Ok("for ever") => save_for_ever(path),
        Ok("count") => count(path),
        other => panic!("{other:?}"),
    }
}

fn command(work: &str, path: &Path) -> Command {
    let mut command = Command::new("sh");
    // what is ignored stays so in programs that are started
    let script = r#"trap '' XFSZ; [ "$METATENSOR_TEST_WORK" != "beyond a limit" ] || ulimit -f 1024; exec "$@""#;
    command
        .args(["-c", script, "sh"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads", "1"])
        .env(WORK, work)
        .env(PATH, path);
    command
}

fn run(work: &str, path: &Path) {
    let status: ExitStatus = command(work, path).status().unwrap();
    assert!(status.success(), "{work}: {status}");
}

fn save_beyond_a_limit(path: &Path) {
    run_local(3, |communicator| {
        save(&communicator, path, 10, 1.0).unwrap()
    });
    let before = fs::read(path).unwrap();
    let errors = run_local(3, |communicator| {
        let error = save(&communicator, path, 10_000, 2.0).unwrap_err();
        communicator.agree(Ok(())).unwrap();
        error.to_string()
    });
    assert!(
        errors[0].starts_with("io error: rank 0: could not write"),
        "{}",
        errors[0]
    );
    assert!(errors[0].contains("File too large"), "{}", errors[0]);
    assert_eq!(errors, vec![errors[0].clone(); 3]);
    assert!(fs::read(path).unwrap() == before);
    run_local(3, |communicator| {
        save(&communicator, path, 20, 3.0).unwrap()
    });
}

#[test]
fn files_that_may_not_grow_stay_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    run("beyond a limit", &path);
    assert_eq!(number(&path), 3.0);
    assert_eq!(names(folder.path()), ["map.mts"]);
}

fn save_for_ever(path: &Path) {
    run_local(3, |communicator| {
        for i in 1.. {
            save(&communicator, path, 5000, f64::from(i)).unwrap();
        }
    });
}

#[test]
fn a_killed_process_leaves_a_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let mut last = 0.0;
    run_local(2, |communicator| {
        save(&communicator, &path, 5000, last).unwrap()
    });
    for i in 0..8 {
        let mut child = command("for ever", &path).spawn().unwrap();
        // when it saves
        while number(&path) == last {
            sleep(Duration::from_millis(1));
        }
        sleep(Duration::from_millis(7 * i));
        child.kill().unwrap();
        child.wait().unwrap();
        last = number(&path);
    }
    // what was left over goes away
    run_local(2, |communicator| {
        save(&communicator, &path, 10, -1.0).unwrap()
    });
    assert_eq!(names(folder.path()), ["map.mts"]);
}

/// How many bytes this process has read and written.
fn traffic() -> [u64; 2] {
    let text = fs::read_to_string("/proc/self/io").unwrap();
    ["rchar: ", "wchar: "].map(|name| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().parse().unwrap()
    })
}

/// What is read and written meanwhile.
fn traffic_of(work: impl FnOnce()) -> [u64; 2] {
    let before = traffic();
    work();
    let after = traffic();
    [after[0] - before[0], after[1] - before[1]]
}

fn count(path: &Path) {
    // the last bytes of the file, where the directory is, are read by one rank, and those before arrays by each
    const SLACK: u64 = 20_000;
    const SEARCHED: u64 = 200_000;
    for ranks in [2, 3, 5] {
        let [_, written] = traffic_of(|| {
            run_local(ranks, |communicator| {
                save(&communicator, path, 10_000, 1.0).unwrap()
            });
        });
        let size = fs::metadata(path).unwrap().len();
        assert!(size > 8_000_000);
        assert!(
            written >= size && written < size + SLACK,
            "{written} of {size} bytes"
        );
        for number in 0..3 {
            let [read, _] = traffic_of(|| {
                run_local(ranks, |communicator| {
                    let partition = [
                        Partition::Rows,
                        Partition::Blocks,
                        Partition::Contiguous(&["sample_of_map"]),
                    ][number];
                    communicator.load(path, &partition).unwrap();
                });
            });
            assert!(
                read >= size && read < size + SEARCHED + ranks as u64 * SLACK,
                "{ranks} ranks, partition {number}: {read} of {size} bytes"
            );
        }
    }
}

#[test]
fn every_byte_is_read_and_written_once() {
    let folder = tempfile::tempdir().unwrap();
    run("count", &folder.path().join("map.mts"));
}
