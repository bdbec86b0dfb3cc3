//! Files that are written block by block, appended to and merged by processes that are killed.

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use metatensor_core::{
    DType, FileAlignment, Labels, Limits, MapFile, MapWriter, TensorBlock, TensorMap, merge_files,
};
use ndarray::{Array2, s};

use crate::appends::{Growing, check_after_kills};
use crate::child::{Running, command, run};
use crate::system::{in_a_fork, names};

/// The block with this number, of a size of its own.
pub(crate) fn block(number: i32) -> TensorBlock {
    let rows = 1 + (number as usize * 37) % 200 * if number % 5 == 0 { 100 } else { 1 };
    let values = Array2::from_elem((rows, 8), f64::from(number));
    let samples = Labels::range("sample", rows).unwrap();
    TensorBlock::new(values, samples, [], Labels::range("property", 8).unwrap()).unwrap()
}

/// Checks that a map has the blocks with the numbers that its keys are, and gives how many that are.
pub(crate) fn check(map: &TensorMap) -> usize {
    for (i, (key, block)) in map.iter().enumerate() {
        assert_eq!(key, [i as i32]);
        let expected = self::block(i as i32);
        assert_eq!(block.samples(), expected.samples());
        assert!(block.view().unwrap().as_bytes() == expected.view().unwrap().as_bytes());
    }
    map.len()
}

/// Writes the map with this number of blocks.
pub(crate) fn create(path: &Path, count: i32) {
    let mut writer = MapWriter::create(path, &["number"]).unwrap();
    for _ in 0..count {
        add_next(&mut writer).unwrap();
    }
    writer.finish().unwrap();
}

/// Adds the next block, as a whole or in pieces.
pub(crate) fn add_next(writer: &mut MapWriter) -> metatensor_core::Result<()> {
    let number = writer.len() as i32;
    let block = block(number);
    if number % 3 > 0 {
        return writer.add(&[number], &block);
    }
    writer.begin_block(&[number], DType::F64, &[], block.properties())?;
    let values = block.to_ndarray::<f64>()?.into_dimensionality().unwrap();
    let values: Array2<f64> = values;
    for start in (0..values.nrows()).step_by(50) {
        let end = (start + 50).min(values.nrows());
        writer.push_rows(values.slice(s![start..end, ..]).to_owned())?;
    }
    writer.end_rows(block.samples())?;
    writer.end_block()
}

pub(crate) fn say(number: u8) {
    std::io::stderr().write_all(&[number]).unwrap();
}

/// Maps, whose parts are blocks.
pub(crate) enum Maps {}

impl Growing for Maps {
    const NAME: &'static str = "file.mts";
    const WORK: &'static str = "append and be killed";
    type Opened = MapFile;

    fn create(path: &Path, count: usize) {
        create(path, count as i32);
    }

    fn append(path: &Path, more: impl FnOnce(usize) -> usize) -> [usize; 2] {
        let mut writer = MapWriter::append(path).unwrap();
        let before = writer.len();
        for _ in 0..more(before) {
            add_next(&mut writer).unwrap();
        }
        let after = writer.len();
        writer.finish().unwrap();
        [before, after]
    }

    fn open(path: &Path) -> MapFile {
        let file = MapFile::open(path).unwrap();
        assert_eq!(check(&TensorMap::load(path).unwrap()), file.len());
        file
    }

    fn without_journal(bytes: Vec<u8>) -> Option<MapFile> {
        TensorMap::load_buffer(&bytes).ok()?;
        MapFile::from_bytes(bytes, Limits::default()).ok()
    }

    fn check(opened: &MapFile) -> usize {
        check(&opened.load().unwrap())
    }
}

/// Writes and merges files until it is killed.
pub(crate) fn merge_until_killed(path: &Path) {
    let folder = path.parent().unwrap();
    let parts: Vec<PathBuf> = (0..3).map(|i| folder.join(format!("part-{i}"))).collect();
    say(b'!');
    for count in [2, 3].into_iter().cycle() {
        merge_files(&parts[..count], path, FileAlignment::Aligned).unwrap();
        create(&folder.join("written.mts"), count as i32);
    }
}

/// 35 take a few seconds. `METATENSOR_TEST_KILLS` is another number.
pub(crate) fn kills() -> usize {
    env::var("METATENSOR_TEST_KILLS").map_or(35, |kills| kills.parse().unwrap())
}

pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn new() -> Random {
        Random(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64)
    }

    pub(crate) fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (self.0 >> 40) as f64 / (1 << 24) as f64
    }
}

/// Lets a process work for some time after it has started, kills it, and gives what it said.
pub(crate) fn kill_after(work: &str, path: &Path, time: Duration) -> Vec<u8> {
    let mut process = command(work, path);
    process.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut process = Running(process.spawn().unwrap());
    let mut errors = process.0.stderr.take().unwrap();
    errors.read_exact(&mut [0]).unwrap();
    thread::sleep(time);
    drop(process);
    let mut said = Vec::new();
    errors.read_to_end(&mut said).unwrap();
    said
}

#[test]
fn a_kill_leaves_a_file_that_was_appended_to_in_a_state_between_two_appends() {
    check_after_kills::<Maps>();
}

#[test]
fn a_kill_leaves_a_whole_file_where_files_are_merged_or_written_block_by_block() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.mts");
    let mut time = 0.0;
    for part in 0..3 {
        let start = Instant::now();
        let mut writer =
            MapWriter::create(folder.path().join(format!("part-{part}")), &["number"]).unwrap();
        for number in 3 * part..3 * part + 3 {
            writer.add(&[number], &block(number)).unwrap();
        }
        writer.finish().unwrap();
        time = start.elapsed().as_secs_f64();
    }
    // what merging and writing without being killed gives, byte for byte
    let parts = [0, 1, 2].map(|part| folder.path().join(format!("part-{part}")));
    let merged = [2, 3].map(|count| {
        merge_files(&parts[..count], &path, FileAlignment::Aligned).unwrap();
        fs::read(&path).unwrap()
    });
    let [written @ .., before] = [2, 3, 6].map(|count| {
        create(&path, count);
        fs::read(&path).unwrap()
    });
    let merged = [&merged[..], &[before]].concat();
    fs::remove_file(&path).unwrap();
    let mut random = Random::new();
    for i in 0..kills() {
        let seed = random.0;
        let time = Duration::from_secs_f64(6.0 * random.part() * time);
        kill_after("merge and be killed", &path, time);
        let new = folder.path().join("written.mts");
        for (path, contents) in [(&path, &merged[..]), (&new, &written)] {
            if path.exists() {
                check(&TensorMap::load(path).unwrap());
                let content = fs::read(path).unwrap();
                assert!(contents.contains(&content), "kill {i} of seed {seed}");
            }
        }
        create(&path, 6);
        create(&new, 2);
        let left = names(folder.path());
        assert_eq!(
            left,
            ["file.mts", "part-0", "part-1", "part-2", "written.mts"]
        );
    }
}

/// Appends `METATENSOR_TEST_APPENDS` blocks to a file, and prints how many bytes were read and written for the last of them.
pub(crate) fn append_and_count(path: &Path) {
    let counts = || {
        let text = fs::read_to_string("/proc/self/io").unwrap();
        let number = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().trim().parse::<u64>().unwrap()
        };
        number("rchar:") + number("wchar:")
    };
    let appends: usize = env::var(APPENDS).unwrap().parse().unwrap();
    let mut last = 0;
    let start = Instant::now();
    for _ in 0..appends {
        let before = counts();
        let mut writer = MapWriter::append(path).unwrap();
        let number = writer.len() as i32;
        writer.add(&[number], &small_block(number)).unwrap();
        writer.finish().unwrap();
        last = counts() - before;
    }
    let time = start.elapsed().as_secs_f64() / appends as f64;
    println!(
        "<{last}> bytes for the last one, {:.2} ms for each",
        1e3 * time
    );
}

const APPENDS: &str = "METATENSOR_TEST_APPENDS";

fn small_block(number: i32) -> TensorBlock {
    let values = Array2::from_elem((4, 8), f64::from(number));
    let samples = Labels::range("sample", 4).unwrap();
    TensorBlock::new(values, samples, [], Labels::range("property", 8).unwrap()).unwrap()
}

#[test]
fn appending_costs_what_is_added_and_the_tail_however_large_the_data_is() {
    // 10 000 take some minutes
    let appends = env::var(APPENDS).map_or(100, |appends| appends.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let bytes = [1, 200_000].map(|rows| {
        let path = folder.path().join(format!("{rows}.mts"));
        let values = Array2::from_elem((rows, 8), 1.0);
        let samples = Labels::range("sample", rows).unwrap();
        let properties = Labels::range("property", 8).unwrap();
        let block = TensorBlock::new(values, samples, [], properties).unwrap();
        let mut writer = MapWriter::create(&path, &["number"]).unwrap();
        writer.add(&[0], &block).unwrap();
        writer.finish().unwrap();

        let mut process = command("append and count", &path);
        let output = run(process.env(APPENDS, appends.to_string()));
        println!("{rows} rows, {appends} appends: {}", output.trim());

        // exactly what a file has that was written at once
        let whole = folder.path().join("whole.mts");
        let mut writer = MapWriter::create(&whole, &["number"]).unwrap();
        writer.add(&[0], &block).unwrap();
        for number in 1..=appends {
            writer.add(&[number], &small_block(number)).unwrap();
        }
        writer.finish().unwrap();
        assert!(fs::read(&path).unwrap() == fs::read(&whole).unwrap());
        let (_, rest) = output.split_once('<').unwrap();
        rest.split_once('>').unwrap().0.parse::<u64>().unwrap()
    });
    // 13 MB of data make a difference of some bytes in numbers of positions, and no more
    let [small, large] = bytes;
    assert!(large < small + 10_000, "{small} and {large} bytes");
}

#[test]
fn many_can_write_and_merge_to_one_path_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.mts");
    let part = folder.path().join("part");
    create(&part, 5);
    create(&path, 5);
    thread::scope(|scope| {
        for i in 0..8 {
            let (path, part) = (&path, &part);
            scope.spawn(move || {
                for _ in 0..10 {
                    match i % 2 {
                        0 => merge_files(&[part], path, FileAlignment::Aligned).unwrap(),
                        _ => create(path, 3),
                    }
                    let count = check(&TensorMap::load(path).unwrap());
                    assert!([3, 5].contains(&count), "{count}");
                }
            });
        }
    });
    assert_eq!(names(folder.path()), ["file.mts", "part"]);
}

/// The writer of the parent.
static WRITER: Mutex<Option<MapWriter>> = Mutex::new(None);

/// Writes while a child has a copy of the writer, and does away with it.
pub(crate) fn append_beside_a_child(path: &Path) {
    create(path, 3);
    let mut writer = MapWriter::append(path).unwrap();
    add_next(&mut writer).unwrap();
    *WRITER.lock().unwrap() = Some(writer);
    in_a_fork(|| {
        let mut writer = WRITER.lock().unwrap().take().unwrap();
        let error = add_next(&mut writer).unwrap_err().to_string();
        assert!(error.contains("belongs to the process that this one was forked from"));
        drop(writer);
    });
    let mut writer = WRITER.lock().unwrap().take().unwrap();
    add_next(&mut writer).unwrap();
    writer.finish().unwrap();
    assert_eq!(check(&TensorMap::load(path).unwrap()), 5);
}

#[test]
fn a_child_leaves_the_file_to_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.mts");
    run(&mut command("append beside a child", &path));
    assert_eq!(names(folder.path()), ["file.mts"]);
}

#[test]
fn there_is_one_writer_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.mts");
    create(&path, 1);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut added = 0;
                while added < 10 {
                    match MapWriter::append(&path) {
                        Ok(mut writer) => {
                            add_next(&mut writer).unwrap();
                            writer.finish().unwrap();
                            added += 1;
                        }
                        Err(error) => {
                            let error = error.to_string();
                            assert!(error.contains("another writer is changing it"), "{error}");
                            check(&TensorMap::load(&path).unwrap());
                            thread::sleep(Duration::from_micros(300));
                        }
                    }
                }
            });
        }
    });
    assert_eq!(check(&TensorMap::load(&path).unwrap()), 81);
    assert_eq!(names(folder.path()), ["file.mts"]);
}
