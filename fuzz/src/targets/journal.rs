//! A file and the journal beside it, as whoever died while appending could have left them, and damaged.

use std::fs;
use std::path::Path;

use metatensor_core::{
    Labels, MapFile, MapWriter, Mapping, Result, TensorBlock, TensorMap, recover_file, validate,
};
use tempfile::TempDir;

use super::choices::Choices;
use super::maps::{examples, saved};

/// A file, the journal of somebody who appends to it, and the file that has no end.
struct Appended {
    before: Vec<u8>,
    journal: Vec<u8>,
    unfinished: Vec<u8>,
    after: Vec<u8>,
}

/// A folder in memory, where there is one.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    }
    .unwrap()
}

fn appended() -> Result<Appended> {
    let folder = folder();
    let [path, journal] = ["map.mts", "map.mts.journal"].map(|name| folder.path().join(name));
    let map = &examples()[2];
    let read = |path: &Path| fs::read(path).unwrap();
    let mut writer = MapWriter::create(&path, &["a", "b"])?;
    for (key, block) in map.keys().iter().zip(map.blocks()).take(2) {
        writer.add(key, block)?;
    }
    writer.finish()?;
    let before = read(&path);
    let mut writer = MapWriter::append(&path)?;
    for (key, block) in map.keys().iter().zip(map.blocks()).skip(2) {
        writer.add(key, block)?;
    }
    let (journal, unfinished) = (read(&journal), read(&path));
    writer.finish()?;
    Ok(Appended {
        before,
        journal,
        unfinished,
        after: read(&path),
    })
}

/// The first byte chooses the file, the second what happens to it and to the journal.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let files = [0, 1, 2];
    let mut seeds: Vec<_> = files.map(|file| vec![file]).into();
    for change in 0..8 {
        seeds.extend(files.map(|file| vec![file, change, 7, 0, 3, change, 20, 0, 9]));
    }
    seeds
}

pub(crate) fn run(bytes: &[u8]) {
    thread_local! {
        static APPENDED: Appended = appended().unwrap();
    }
    APPENDED.with(|appended| check(appended, &mut Choices::new(bytes)));
}

fn check(appended: &Appended, choices: &mut Choices<'_>) {
    let Appended {
        before,
        journal,
        unfinished,
        after,
    } = appended;
    let mut file = [unfinished, after, before][choices.below(3)].clone();
    let mut journal = journal.clone();
    let [mut same_file, mut same_journal] = [true, true];
    while !choices.is_empty() {
        let what = choices.byte();
        let (bytes, same) = match what % 2 {
            0 => (&mut file, &mut same_file),
            _ => (&mut journal, &mut same_journal),
        };
        *same = false;
        let at = choices.below(bytes.len());
        match what / 2 % 3 {
            0 => bytes.truncate(at),
            1 => bytes.push(choices.byte()),
            _ => bytes
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|byte| *byte ^= choices.byte().max(1)),
        }
    }

    let folder = folder();
    let [path, beside] = ["map.mts", "map.mts.journal"].map(|name| folder.path().join(name));
    fs::write(&path, &file).unwrap();
    fs::write(&beside, &journal).unwrap();
    // who reads sees the same in all ways, and changes nothing
    let loaded = TensorMap::load(&path);
    let opened = MapFile::open(&path).and_then(|file| file.load());
    assert_eq!(opened.is_ok(), loaded.is_ok(), "{opened:?} {loaded:?}");
    drop(MapFile::open(&path).and_then(|file| file.load_mapped(Mapping::ReadOnly)));
    drop(validate(&path).unwrap());
    assert!(fs::read(&path).unwrap() == file && fs::read(&beside).unwrap() == journal);
    // what somebody left who died is what was there before, or what should be
    if same_file && same_journal {
        let map = loaded.as_ref().unwrap();
        let what = if file == *after { after } else { before };
        assert!(saved(map) == saved(&TensorMap::load_buffer(what).unwrap()));
    }
    let whole = TensorMap::load_buffer(&file);
    if let Ok(whole) = &whole {
        assert!(saved(loaded.as_ref().unwrap()) == saved(whole));
    }

    let recovered = recover_file(&path);
    let now = fs::read(&path).unwrap();
    match recovered {
        Ok(_) => {
            assert!(!beside.exists());
            // neither by itself nor by the journal: then nothing was recovered
            if let Ok(loaded) = &loaded {
                let again = TensorMap::load_buffer(&now).unwrap();
                assert!(
                    saved(&again) == saved(loaded),
                    "something else was recovered"
                );
            }
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(now == file, "it was changed, and then refused");
            assert!(fs::read(&beside).unwrap() == journal, "the journal is lost");
        }
    }
    append(&path, loaded.ok());
}

/// What is appended comes after what was there.
fn append(path: &Path, before: Option<TensorMap>) {
    let file = fs::read(path).unwrap();
    let block = TensorBlock::new(
        ndarray::arr2(&[[5]]),
        Labels::new(["s"], [[3]]).unwrap(),
        [],
        Labels::range("p", 1).unwrap(),
    );
    let appended = MapWriter::append(path).and_then(|mut writer| {
        writer.add(&[77, 78], &block.unwrap())?;
        writer.finish()
    });
    match appended {
        Ok(()) => {
            let count = before.map(|map| map.len());
            let after = MapFile::open(path).unwrap();
            assert!(count.is_none_or(|count| after.len() == count + 1));
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(
                fs::read(path).unwrap() == file,
                "a refused append left something"
            );
        }
    }
}
