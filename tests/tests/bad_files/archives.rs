//! Files that are no archives, and archives whose end or directory is wrong.

use super::Seen::Opening;
use super::build::*;
use super::{BadFile, bad};

pub(super) fn bad_files() -> Vec<BadFile> {
    let parts = good_parts();
    let good = archive(&parts);
    let middle = good.len() / 2;
    let ending = |change: fn(&mut End)| archive_ending(&good_parts(), change);
    let mut all = vec![
        bad("empty", Opening, "which is empty", Vec::new()),
        bad(
            "zeros",
            Opening,
            "which is nothing but zeros, 1000 bytes of them: its content was never written, or lost",
            vec![0; 1000],
        ),
        bad(
            "text",
            Opening,
            "which is text, and starts with 'energy = -1.5\\n'",
            b"energy = -1.5\n".to_vec(),
        ),
        bad(
            "cut-in-half",
            Opening,
            "which is the start of an archive, 2315 bytes, without its end: it was cut off, or not written to the end",
            good[..middle].to_vec(),
        ),
        bad(
            "without-last-byte",
            Opening,
            "which is the start of an archive, 4629 bytes, without its end: it was cut off, or not written to the end",
            good[..good.len() - 1].to_vec(),
        ),
        bad(
            "without-first-bytes",
            Opening,
            "is not a valid archive: its directory is at byte 3333, but should be at byte 3433: were the first bytes cut off?",
            good[100..].to_vec(),
        ),
        bad(
            "bytes-after-the-end",
            Opening,
            "which holds an archive that ends at byte 4630, has 'and more' at byte 4630: only whitespace and zeros may come after the end",
            [&good[..], b"and more"].concat(),
        ),
        bad(
            "one-after-another",
            Opening,
            "is not a valid archive: it has two directories, at bytes 3433 and 8063, and nothing tells which of them is meant",
            [&good[..], &good].concat(),
        ),
        bad(
            "too-many-counted",
            Opening,
            "is not a valid archive: its directory should have 17 members, but has 16",
            ending(|end| end.count += 1),
        ),
        bad(
            "too-few-counted",
            Opening,
            "is not a valid archive: its directory should have 3 members, but has 16",
            ending(|end| end.count = 3),
        ),
        bad(
            "directory-too-large",
            Opening,
            "is not a valid archive: its directory is larger than what is before its end",
            ending(|end| end.size = u32::MAX - 1),
        ),
        bad(
            "directory-too-small",
            Opening,
            "is not a valid archive: its directory is not right before its end",
            ending(|end| end.size -= 46),
        ),
        bad(
            "directory-too-late",
            Opening,
            "is not a valid archive: its directory is at byte 3433, but should be at byte 3434: were the first bytes cut off?",
            ending(|end| end.start += 1),
        ),
        bad(
            "second-of-two-disks",
            Opening,
            "is not a valid archive: it is one of several files, which is not supported",
            ending(|end| end.disk = 1),
        ),
    ];

    // an end in the comment of another one
    let (mut file, mut end) = body(&parts);
    let mut inner = Vec::new();
    write_end(
        &mut inner,
        &End {
            size: 0,
            count: 0,
            start: (file.len() + 22) as u32,
            ..end.clone()
        },
    );
    end.comment = inner;
    write_end(&mut file, &end);
    all.push(bad(
        "two-ends",
        Opening,
        "is not a valid archive: it has two ends, and nothing tells which of them is meant",
        file,
    ));

    let wide_end = |count: u64, size: u64, start: u64| {
        let (mut file, end) = body(&good_parts());
        let (size, start) = (
            size.wrapping_add(end.size.into()),
            start.wrapping_add(end.start.into()),
        );
        write_wide_end(&mut file, count, size, start);
        write_end(
            &mut file,
            &End {
                count: u16::MAX,
                size: u32::MAX,
                start: u32::MAX,
                ..end
            },
        );
        file
    };
    let count = parts.len() as u64;
    all.push(bad(
        "wide-count",
        Opening,
        "1152921504606846976 members are more than the limit of 134217728 (see `Limit::Members`)",
        wide_end(1 << 60, 0, 0),
    ));
    all.push(bad(
        "wide-start",
        Opening,
        "is not a valid archive: its directory is at byte 3433, but should be at byte 1099511631209: were the first bytes cut off?",
        wide_end(count, 0, 1 << 40),
    ));
    let mut other = wide_end(count, 0, 0);
    let narrow = other.len() - 12;
    other[narrow..narrow + 2].copy_from_slice(&7_u16.to_le_bytes());
    all.push(bad(
        "wide-end-contradicts",
        Opening,
        "is not a valid archive: the two parts of its end contradict each other",
        other,
    ));
    let mut lost = wide_end(count, 0, 0);
    let record = lost.len() - 22 - 20 - 56;
    lost[record] = b'Q';
    all.push(bad(
        "wide-end-lost",
        Opening,
        "is not a valid archive: the 64-bit end of its directory is not where it should be",
        lost,
    ));

    let mut other_kind = good.clone();
    let directory = good.len() - 22 - (body(&parts).1.size as usize);
    other_kind[directory] = b'Q';
    all.push(bad(
        "record-of-another-kind",
        Opening,
        "is not a valid archive: its directory has a record that is incomplete, or of another kind",
        other_kind,
    ));
    all.push(bad("no-members", Opening, "which is an archive without members; there is no 'keys.npy', as in maps, and no 'values.npy', as in blocks", archive(&[])));
    all.push(bad(
        "other-members",
        Opening,
        "which is an archive of something else, with the members 'a.txt'; there is no 'keys.npy', as in maps, and no 'values.npy', as in blocks",
        archive(&[Part::new("a.txt", b"text")]),
    ));
    all
}
