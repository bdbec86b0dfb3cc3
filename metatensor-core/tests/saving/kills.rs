//! Processes that are killed while they save.

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::child::{Running, command};
use crate::objects::{Kind, Object};
use crate::system::{self, names};

/// Says that all kills should be of saves to files that have a name from the start.
const NAMED: &str = "METATENSOR_TEST_NAMED";
const KIND: &str = "METATENSOR_TEST_KIND";
/// Bytes of the objects that are saved, divided by 8.
const SIZE: usize = 32 << 10;

/// Saves two objects in turn.
pub(crate) fn save_until_killed(path: &Path) {
    if env::var_os(NAMED).is_some() {
        system::forbid([system::unnamed_files()]);
    }
    let kind = Kind::ALL[env::var(KIND).unwrap().parse::<usize>().unwrap()];
    let objects = [1, 2].map(|number| Object::new(kind, number, SIZE));
    std::io::stderr().write_all(b"!").unwrap();
    for object in objects.iter().cycle() {
        object.save(path).unwrap();
    }
}

/// 30 of each kind take a few seconds. `METATENSOR_TEST_KILLS` is another number.
fn kills() -> usize {
    env::var("METATENSOR_TEST_KILLS").map_or(30, |kills| kills.parse().unwrap())
}

/// Kills processes that save in this way, at random moments. Gives how many of them left something behind.
fn kill_many(named: bool) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.mts");
    let kinds = Kind::ALL.map(|kind| {
        let objects = [1, 2].map(|number| Object::new(kind, number, SIZE));
        let start = Instant::now();
        objects[0].save(&path).unwrap();
        let time = start.elapsed();
        (kind, objects, time)
    });
    let seed = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    let mut random = seed;
    let mut left = 0;
    let mut contents = [0; 2];
    for i in 0..kills() {
        let (kind, objects, time) = &kinds[i % 3];
        let bytes = objects.each_ref().map(Object::bytes);
        objects[0].save(&path).unwrap();

        let mut process = command("save and be killed", &path);
        process.env(KIND, (i % 3).to_string());
        if named {
            process.env(NAMED, "1");
        }
        process.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = Running(process.spawn().unwrap());
        let mut started = [0];
        let errors = process.0.stderr.as_mut().unwrap();
        errors.read_exact(&mut started).unwrap();
        assert_eq!(started, *b"!");
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        let part = (random >> 40) as f64 / (1 << 24) as f64;
        thread::sleep(Duration::from_secs_f64(4.0 * part * time.as_secs_f64()));
        drop(process);

        let is_left = names(folder.path()) != ["file.mts"];
        left += usize::from(is_left);
        let content = fs::read(&path).unwrap();
        let found = bytes.iter().position(|bytes| *bytes == content);
        let found = found.unwrap_or_else(|| panic!("kill {i} of seed {seed} broke the file"));
        contents[found] += 1;
        Object::load(*kind, &path).unwrap();

        objects[1].save(&path).unwrap();
        assert_eq!(
            names(folder.path()),
            ["file.mts"],
            "kill {i} of seed {seed}"
        );
        assert!(fs::read(&path).unwrap() == bytes[1]);
    }
    println!(
        "{} kills: the file was whole each time (the first object {} times, the second {} times); {left} left a \
         temporary file, which the next save removed",
        kills(),
        contents[0],
        contents[1]
    );
    left
}

#[test]
fn a_kill_leaves_a_whole_file_and_nothing_else_after_the_next_save() {
    let left = kill_many(false);
    // There is a name for the few microseconds before a rename.
    assert!(left <= kills() / 4, "{left}");
}

#[test]
fn a_kill_leaves_a_whole_file_where_all_files_have_names() {
    // else all kills came too early or too late
    assert!(kill_many(true) > 0);
}
