//! Collections that are written and appended to by processes that are killed, or can not go on.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use metatensor_core::{
    Collection, CollectionForm, CollectionWriter, Labels, Result, TensorMap, recover_file,
};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::child::{command, run};
use crate::growing::{Random, block, kill_after, kills, say};
use crate::system::{self, names};

/// The map with this number, of a size of its own.
fn map(number: i32) -> TensorMap {
    TensorMap::new(Labels::single(), vec![block(number)]).unwrap()
}

/// Adds the next member: every fourth is not a map.
fn add_next(writer: &mut CollectionWriter) -> Result<()> {
    let number = writer.len() as i32;
    match number % 4 {
        3 => writer.add_bytes(&format!("{number}.txt"), number.to_string().as_bytes()),
        _ => writer.add(number, "energy", &map(number)),
    }
}

fn create(path: &Path, count: usize) {
    let mut writer = CollectionWriter::create(path, CollectionForm::Bare).unwrap();
    for _ in 0..count {
        add_next(&mut writer).unwrap();
    }
    writer.finish().unwrap();
}

/// Checks that a collection has the first members, and gives how many that are.
fn check(collection: &Collection) -> usize {
    let mut count = 0;
    loop {
        if count % 4 == 3 {
            match collection.bytes(&format!("{count}.txt")) {
                Ok(bytes) => assert_eq!(bytes, count.to_string().as_bytes()),
                Err(_) => break,
            }
        } else if collection.contains(count, "energy") {
            let loaded = collection.load(count, "energy").unwrap();
            let (loaded, expected) = (loaded.block_by_id(0).unwrap(), block(count));
            assert_eq!(loaded.samples(), expected.samples());
            assert!(loaded.view().unwrap().as_bytes() == expected.view().unwrap().as_bytes());
        } else {
            break;
        }
        count += 1;
    }
    let count = count as usize;
    assert_eq!(collection.len(), count - count / 4);
    count
}

/// Appends until it is killed, and says so each time.
pub(crate) fn append_until_killed(path: &Path) {
    say(b'!');
    loop {
        let mut writer = CollectionWriter::append(path, CollectionForm::Bare).unwrap();
        for _ in 0..1 + writer.len() % 3 {
            add_next(&mut writer).unwrap();
        }
        let count = writer.len();
        writer.finish().unwrap();
        say(count as u8);
    }
}

#[test]
fn a_kill_leaves_a_collection_in_a_state_between_two_appends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dataset.zip");
    create(&path, 1);
    let start = Instant::now();
    let mut writer = CollectionWriter::append(&path, CollectionForm::Bare).unwrap();
    add_next(&mut writer).unwrap();
    writer.finish().unwrap();
    let time = start.elapsed().as_secs_f64();

    let mut random = Random::new();
    let (mut journals, mut broken) = (0, 0);
    for i in 0..kills() {
        let seed = random.0;
        if check(&Collection::open(&path).unwrap()) > 100 {
            create(&path, 1);
        }
        let opened = Collection::open(&path).unwrap();
        let known = check(&opened);
        let time = Duration::from_secs_f64(4.0 * random.part() * time);
        let said = kill_after("append to a collection and be killed", &path, time);

        // what was finished is there, and nothing more than one append after it
        let before = fs::read(&path).unwrap();
        let count = check(&Collection::open(&path).unwrap());
        if let Some(&last) = said.last() {
            let last = usize::from(last);
            let next = last + 1 + last % 3;
            assert!(
                count == last || count == next,
                "kill {i} of seed {seed}: {count} members after {last}"
            );
        }
        assert!(fs::read(&path).unwrap() == before, "readers write nothing");
        assert_eq!(check(&opened), known, "readers keep what they opened");

        let left = names(folder.path());
        if left.contains(&"dataset.zip.journal".to_owned()) {
            journals += 1;
            let bytes = Collection::from_bytes(before, Default::default());
            broken += usize::from(bytes.is_err());
        }
        if i % 2 == 0 {
            recover_file(&path).unwrap();
            // readers of other libraries know nothing of journals
            let bytes = fs::read(&path).unwrap();
            let others = Collection::from_bytes(bytes, Default::default()).unwrap();
            assert_eq!(check(&others), count);
        }
        let mut writer = CollectionWriter::append(&path, CollectionForm::Bare).unwrap();
        assert_eq!(writer.len(), count);
        add_next(&mut writer).unwrap();
        writer.finish().unwrap();
        assert_eq!(
            names(folder.path()),
            ["dataset.zip"],
            "kill {i} of seed {seed}"
        );
        // nothing of what was not finished is in the file
        let whole = folder.path().join("whole.zip");
        create(&whole, count + 1);
        assert!(
            fs::read(&whole).unwrap() == fs::read(&path).unwrap(),
            "kill {i} of seed {seed}"
        );
        fs::remove_file(whole).unwrap();
    }
    println!(
        "{} kills: {journals} left a journal, and {broken} of these a file that nothing else can read",
        kills()
    );
    assert!(
        kills() < 30 || (journals > 0 && broken > 0),
        "all kills came too early or too late"
    );
}

pub(crate) fn write_beyond_a_limit(path: &Path) {
    system::ignore(libc::SIGXFSZ);
    create(path, 3);
    let limit = Rlimit {
        current: Some(256 << 10),
        maximum: None,
    };
    setrlimit(Resource::Fsize, limit).unwrap();
    let before = fs::read(path).unwrap();
    let append = || CollectionWriter::append(path, CollectionForm::Bare).unwrap();
    let new = || CollectionWriter::create(path, CollectionForm::Bare).unwrap();
    for mut writer in [append(), new()] {
        let error = (0..1000).find_map(|_| add_next(&mut writer).err()).unwrap();
        let error = error.to_string();
        assert!(error.starts_with("io error: "), "{error}");
        assert!(error.contains(&format!("'{}'", path.display())), "{error}");
        assert_eq!(check(&Collection::open(path).unwrap()), 3);
        // what does not fit is taken back, and what fits can follow
        let count = writer.len();
        writer.add_bytes("small", b"text").unwrap();
        drop(writer);
        assert!(count > 3);
        assert!(fs::read(path).unwrap() == before);
        assert_eq!(names(path.parent().unwrap()), ["dataset.zip"]);
    }
    let mut writer = append();
    add_next(&mut writer).unwrap();
    writer.add_bytes("large", &vec![1; 1 << 20]).unwrap_err();
    add_next(&mut writer).unwrap();
    writer.finish().unwrap();
    let whole = path.with_file_name("whole.zip");
    create(&whole, 5);
    assert!(fs::read(path).unwrap() == fs::read(whole).unwrap());
}

#[test]
fn a_collection_that_may_not_grow_stays_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    run(&mut command(
        "write a collection beyond a limit",
        &folder.path().join("dataset.zip"),
    ));
}
