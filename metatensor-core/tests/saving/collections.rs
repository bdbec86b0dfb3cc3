//! Collections that are written and appended to by processes that are killed, or can not go on.

use std::fs;
use std::path::Path;

use metatensor_core::{
    Collection, CollectionForm, CollectionWriter, Labels, Limits, Result, TensorMap,
};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::appends::{Growing, check_after_kills};
use crate::child::{command, run};
use crate::growing::block;
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

/// Collections, whose parts are members.
pub(crate) enum Collections {}

impl Growing for Collections {
    const NAME: &'static str = "dataset.zip";
    const WORK: &'static str = "append to a collection and be killed";
    type Opened = Collection;

    fn create(path: &Path, count: usize) {
        create(path, count);
    }

    fn append(path: &Path, more: impl FnOnce(usize) -> usize) -> [usize; 2] {
        let mut writer = CollectionWriter::append(path, CollectionForm::Bare).unwrap();
        let before = writer.len();
        for _ in 0..more(before) {
            add_next(&mut writer).unwrap();
        }
        let after = writer.len();
        writer.finish().unwrap();
        [before, after]
    }

    fn open(path: &Path) -> Collection {
        Collection::open(path).unwrap()
    }

    fn without_journal(bytes: Vec<u8>) -> Option<Collection> {
        Collection::from_bytes(bytes, Limits::default()).ok()
    }

    fn check(opened: &Collection) -> usize {
        check(opened)
    }
}

#[test]
fn a_kill_leaves_a_collection_in_a_state_between_two_appends() {
    check_after_kills::<Collections>();
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
