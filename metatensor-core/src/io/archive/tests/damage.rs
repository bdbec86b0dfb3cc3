//! Files that are not what they should be.

use super::*;

#[test]
fn damage_of_any_byte_is_noticed_or_changes_nothing() {
    let members = small();
    for good in [
        write(&members, Alignment::Packed),
        write(&members, Alignment::Bytes64),
        deflate(&members),
    ] {
        assert_eq!(read_bytes(&good).unwrap(), members);
        for position in 0..good.len() {
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut bytes = good.clone();
                bytes[position] ^= flip;
                if let Ok(read) = read_bytes(&bytes) {
                    assert_eq!(read, members, "byte {position}");
                }
            }
        }
    }
}

#[test]
fn truncated_archives_are_refused() {
    for good in [write(&small(), Alignment::Packed), deflate(&small())] {
        for length in 0..good.len() {
            assert!(read_bytes(&good[..length]).is_err(), "{length}");
            let file = file(&good[..length]);
            assert!(open(file.path()).is_err(), "{length}");
        }
    }
}

#[test]
fn a_damaged_member_is_named() {
    let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let members = vec![
        ("good".to_owned(), content.clone()),
        ("bad".to_owned(), content),
    ];
    let mut bytes = write(&members, Alignment::Packed);
    bytes[700_000] ^= 1;
    let error = message(&bytes);
    assert!(
        error.contains("'bad' is damaged: its checksum is"),
        "{error}"
    );

    let file = file(&bytes);
    let mut archive = open(file.path()).unwrap();
    read(&mut archive, "good").unwrap();
    let error = read(&mut archive, "bad").unwrap_err().to_string();
    assert!(
        error.contains("'bad' is damaged: its checksum is"),
        "{error}"
    );

    // the damage is found wherever reading stops in between
    let mut member = archive.open_member("bad").unwrap();
    let mut head = [0; 399_999];
    member.read_exact_into(&mut head).unwrap();
    assert!(member.read_exact_into(&mut [0]).is_err());
}

/// Overwrite the fields of the last directory entry at `offset` within it.
fn patch_last_entry(bytes: &mut [u8], offset: usize, value: &[u8]) {
    let start = (0..bytes.len() - 4)
        .rev()
        .find(|&at| bytes[at..].starts_with(b"PK\x01\x02"))
        .unwrap();
    bytes[start + offset..][..value.len()].copy_from_slice(value);
}

#[test]
fn impossible_directories_are_refused_with_the_reason() {
    let stored = write(&small(), Alignment::Packed);
    let deflated = deflate(&small());
    let check = |good: &[u8], offset: usize, value: &[u8], reason: &str| {
        let mut bytes = good.to_vec();
        patch_last_entry(&mut bytes, offset, value);
        let error = message(&bytes);
        assert!(
            error.contains("'info.json'") && error.contains(reason),
            "{error}"
        );
    };
    check(&stored, 8, &[1], "encrypted");
    check(&stored, 10, &[12], "compression method");
    check(&stored, 10, &[99], "compression method");
    check(
        &stored,
        20,
        &[200, 0, 0, 0, 200, 0, 0, 0],
        "past the end of the archive",
    );
    check(
        &stored,
        24,
        &[9, 9],
        "sizes of an uncompressed member differ",
    );
    check(&deflated, 24, &[0, 0, 0, 0x70], "can not give");
    check(&deflated, 24, &[0, 1], "damaged");
}

#[test]
fn overlapping_members_are_refused() {
    let mut bytes = write(&small(), Alignment::Packed);
    patch_last_entry(&mut bytes, 42, &[0; 4]);
    assert!(message(&bytes).contains("reach into the next member"));

    // a local header that claims a longer extra field moves the data into the next member
    let mut bytes = write(&small(), Alignment::Packed);
    bytes[28] = 40;
    let mut archive = from_bytes(&bytes).unwrap();
    let error = read(&mut archive, "keys.npy").unwrap_err().to_string();
    assert!(
        error.contains("'keys.npy' is damaged: its 22 bytes reach into"),
        "{error}"
    );
}

#[test]
fn compressed_bombs_take_no_memory_they_merely_claim() {
    // 60 MB of zeros are 60 kB, but the directory says they are only 50 MB
    let zeros = vec![("zeros".to_owned(), vec![0; 60_000_000])];
    let mut bytes = deflate(&zeros);
    assert_eq!(read_bytes(&bytes).unwrap(), zeros);
    patch_last_entry(&mut bytes, 24, &50_000_000_u32.to_le_bytes());
    assert!(message(&bytes).contains("'zeros' is damaged"));
    patch_last_entry(&mut bytes, 24, &u32::MAX.to_le_bytes()[..3]);
    assert!(read_bytes(&bytes).is_err());
}
