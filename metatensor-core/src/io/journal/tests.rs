use std::fs::{self, File};

use super::*;

#[test]
fn a_journal_is_only_read_if_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let content: Vec<u8> = (0..20_000_u32).map(|i| ((i * i) >> 3) as u8).collect();
    fs::write(&path, &content).unwrap();
    let file = File::open(&path).unwrap();
    let journal = Journal::new(&file, 15_000, 5_000).unwrap();
    let bytes = journal.to_bytes();
    let read = Journal::from_bytes(&bytes).unwrap();
    assert_eq!((read.start, &read.tail), (15_000, &journal.tail));
    assert!(read.belongs_to(&file));

    for length in 0..bytes.len() {
        assert!(Journal::from_bytes(&bytes[..length]).is_err());
    }
    for at in (0..bytes.len()).step_by(7).chain(0..HEADER) {
        for bit in [1, 0x80] {
            let mut damaged = bytes.clone();
            damaged[at] ^= bit;
            assert!(Journal::from_bytes(&damaged).is_err(), "byte {at}");
        }
    }
    let longer = [&bytes[..], b"\0"].concat();
    assert_eq!(
        Journal::from_bytes(&longer).unwrap_err(),
        "it does not have the size that it should have"
    );
}

#[test]
fn a_journal_belongs_to_a_file_with_the_same_bytes_before_the_tail() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let content: Vec<u8> = (0..20_000_u32).map(|i| ((i * i) >> 3) as u8).collect();
    fs::write(&path, &content).unwrap();
    let journal = Journal::new(&File::open(&path).unwrap(), 15_000, 5_000).unwrap();
    let belongs = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        journal.belongs_to(&File::open(&path).unwrap())
    };
    let mut other = content.clone();
    other.truncate(15_000);
    assert!(belongs(&other));
    other.extend([1; 30_000]);
    assert!(belongs(&other));
    other[14_999] ^= 1;
    assert!(!belongs(&other));
    other[14_999] ^= 1;
    other[0] ^= 1;
    assert!(!belongs(&other));
    assert!(!belongs(&content[..14_999]));
}

#[test]
fn a_file_with_a_journal_is_read_as_if_its_tail_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let content: Vec<u8> = (0..9_000_u32).map(|i| ((i * i) >> 3) as u8).collect();
    fs::write(&path, &content).unwrap();
    let journal = Journal::new(&File::open(&path).unwrap(), 5_000, 4_000).unwrap();
    fs::write(folder.path().join("file.journal"), journal.to_bytes()).unwrap();
    fs::write(&path, [&content[..5_000], &[7; 100]].concat()).unwrap();
    let limits = Limits::default();
    let (file, journal) = open(&path, &limits).unwrap().unwrap();
    let read = |bytes: &mut [u8], offset| {
        read_exact_at(&file, journal.start, &journal.tail, bytes, offset)
    };
    for (start, end) in [
        (0, 9_000),
        (0, 5_000),
        (4_990, 5_010),
        (5_000, 9_000),
        (8_999, 9_000),
    ] {
        let mut bytes = vec![0; end - start];
        read(&mut bytes, start as u64).unwrap();
        assert!(bytes == content[start..end]);
    }
    read(&mut [0; 2], 8_999).unwrap_err();
    read(&mut [0; 2], 9_000).unwrap_err();

    fs::write(&path, b"something else").unwrap();
    assert!(open(&path, &limits).unwrap().is_none());
    fs::write(folder.path().join("file.journal"), b"my own notes").unwrap();
    assert!(open(&path, &limits).unwrap().is_none());
}
