//! Files of several kinds that are appended to by processes that are killed.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use metatensor_core::recover_file;

use crate::growing::{Random, kill_after, kills, say};
use crate::system::names;

/// A kind of files that can be appended to, whose parts are numbered.
pub(crate) trait Growing {
    /// Name of a file.
    const NAME: &'static str;
    /// What a process does that [appends](append_until_killed) to one.
    const WORK: &'static str;
    /// A file that stays open.
    type Opened;

    /// Writes the file with so many parts.
    fn create(path: &Path, count: usize);

    /// Appends as many parts as `more` says for those that are there. Gives how many there were, and how many there are.
    fn append(path: &Path, more: impl FnOnce(usize) -> usize) -> [usize; 2];

    /// Opens the file.
    fn open(path: &Path) -> Self::Opened;

    /// What readers see that know nothing of journals, if that is a file of this kind.
    fn without_journal(bytes: Vec<u8>) -> Option<Self::Opened>;

    /// Checks all parts of a file, and gives how many there are.
    fn check(opened: &Self::Opened) -> usize;
}

/// Appends until it is killed, and says so each time.
pub(crate) fn append_until_killed<G: Growing>(path: &Path) {
    say(b'!');
    loop {
        let [_, count] = G::append(path, |count| 1 + count % 3);
        say(count as u8);
    }
}

/// Kills processes that append to a file, and checks that it is always in a state between two appends.
pub(crate) fn check_after_kills<G: Growing>() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(G::NAME);
    G::create(&path, 1);
    let start = Instant::now();
    G::append(&path, |_| 1);
    let time = start.elapsed().as_secs_f64();

    let mut random = Random::new();
    let (mut journals, mut broken) = (0, 0);
    for i in 0..kills() {
        let seed = random.0;
        if G::check(&G::open(&path)) > 100 {
            G::create(&path, 1);
        }
        let opened = G::open(&path);
        let known = G::check(&opened);
        let time = Duration::from_secs_f64(4.0 * random.part() * time);
        let said = kill_after(G::WORK, &path, time);

        // what was finished is there, and nothing more than one append after it
        let before = fs::read(&path).unwrap();
        let count = G::check(&G::open(&path));
        if let Some(&last) = said.last() {
            let last = usize::from(last);
            let next = last + 1 + last % 3;
            assert!(
                count == last || count == next,
                "kill {i} of seed {seed}: {count} parts after {last}"
            );
        }
        assert!(fs::read(&path).unwrap() == before, "readers write nothing");
        assert_eq!(G::check(&opened), known, "readers keep what they opened");

        if names(folder.path()).contains(&format!("{}.journal", G::NAME)) {
            journals += 1;
            broken += usize::from(G::without_journal(before).is_none());
        }
        if i % 2 == 0 {
            recover_file(&path).unwrap();
            let others = G::without_journal(fs::read(&path).unwrap());
            assert_eq!(G::check(&others.unwrap()), count);
        }
        assert_eq!(G::append(&path, |_| 1), [count, count + 1]);
        assert_eq!(names(folder.path()), [G::NAME], "kill {i} of seed {seed}");
        let bytes = fs::read(&path).unwrap();
        let others = G::without_journal(bytes.clone());
        assert_eq!(G::check(&others.unwrap()), count + 1);
        // nothing of what was not finished is in the file
        let whole = folder.path().join("whole");
        G::create(&whole, count + 1);
        assert!(
            fs::read(&whole).unwrap() == bytes,
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
