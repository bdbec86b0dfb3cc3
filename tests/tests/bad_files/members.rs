//! Members that are not what the directory says, or not what they were.

use super::Seen::{Loading, Opening, Values};
use super::build::*;
use super::{BadFile, bad};

const FIRST: &str = "blocks/0/values.npy";
const LAST: &str = "blocks/1/gradients/positions/values.npy";
const SAMPLES: &str = "blocks/0/samples.npy";

pub(super) fn bad_files() -> Vec<BadFile> {
    let mut all = directory();
    all.extend(headers());
    all.extend(checksums());
    all.extend(compressed());
    all
}

/// What the directory says can not be.
fn directory() -> Vec<BadFile> {
    let mut twice = good_parts();
    twice.push(Part::new(SAMPLES, b"something else"));
    let start_of = |name: &str| {
        let file = archive(&good_parts());
        let position = file
            .windows(name.len())
            .position(|text| text == name.as_bytes());
        position.unwrap() as u32 - 30
    };
    let samples = start_of(SAMPLES);
    let record = |name, change: fn(&mut Record)| changed(name, |part| change(&mut part.record));
    vec![
        bad(
            "two-members-of-a-name",
            Opening,
            "the archive has two members named 'blocks/0/samples.npy'",
            archive(&twice),
        ),
        bad(
            "name-not-utf8",
            Opening,
            "the name of the member 'blocks/\\xff/values.npy' is not UTF-8",
            changed(FIRST, |part| part.both(|record| record.name[7] = 0xff)),
        ),
        bad(
            "encrypted",
            Opening,
            "'blocks/0/values.npy': the member is encrypted, which is not supported",
            changed(FIRST, |part| part.both(|record| record.flags = 1)),
        ),
        bad(
            "bzip2",
            Opening,
            "'blocks/0/values.npy': compression method 12 is not supported, expected 0 (stored) or 8 (deflated)",
            changed(FIRST, |part| part.both(|record| record.method = 12)),
        ),
        bad(
            "two-sizes",
            Opening,
            "'blocks/0/values.npy': the sizes of an uncompressed member differ: 224 and 225",
            record(FIRST, |record| record.size += 1),
        ),
        bad(
            "more-than-deflate-can-give",
            Opening,
            "'blocks/0/values.npy': 224 compressed bytes can not give 2147483648 bytes",
            record(FIRST, |record| {
                record.method = 8;
                record.size = 1 << 31;
            }),
        ),
        bad(
            "wide-size-missing",
            Opening,
            "'blocks/0/values.npy': the 64-bit sizes or positions are missing",
            record(FIRST, |record| record.size = u32::MAX),
        ),
        bad(
            "wide-size",
            Opening,
            "'blocks/0/samples.npy' is damaged: its 4611686018427387904 bytes reach into the next member or past the end of the archive",
            record(SAMPLES, |record| {
                (record.size, record.stored_size) = (u32::MAX, u32::MAX);
                record.extra = wide(&[1 << 62, 1 << 62]);
            }),
        ),
        bad(
            "wide-position",
            Opening,
            "'blocks/0/properties.npy' is damaged: its 136 bytes reach into the next member or past the end of the archive",
            changed("blocks/0/properties.npy", |part| {
                part.start = Some(u32::MAX);
                part.record.extra = wide(&[u64::MAX - 8]);
            }),
        ),
        bad(
            "in-another-file",
            Opening,
            "'blocks/0/samples.npy': the member is in another one of several files, which is not supported",
            changed(SAMPLES, |part| part.disk = 2),
        ),
        bad(
            "where-another-one-is",
            Opening,
            "'blocks/0/values.npy' is damaged: its 224 bytes reach into the next member or past the end of the archive",
            changed(FIRST, |part| part.start = Some(samples)),
        ),
        bad(
            "inside-of-another-one",
            Opening,
            "'blocks/0/samples.npy' is damaged: its 144 bytes reach into the next member or past the end of the archive",
            changed("blocks/1/samples.npy", |part| {
                part.start = Some(samples + 4);
            }),
        ),
        bad(
            "beyond-the-end",
            Opening,
            "'blocks/1/values.npy' is damaged: its 272 bytes reach into the next member or past the end of the archive",
            changed("blocks/1/values.npy", |part| part.start = Some(1 << 30)),
        ),
        bad(
            "larger-than-it-is",
            Opening,
            "'blocks/1/gradients/positions/values.npy' is damaged: its 1048576 bytes reach into the next member or past the end of the archive",
            changed(LAST, |part| {
                part.both(|record| (record.size, record.stored_size) = (1 << 20, 1 << 20));
            }),
        ),
    ]
}

/// The header before a member says something else than the directory.
fn headers() -> Vec<BadFile> {
    let local = |name, change: fn(&mut Record)| changed(name, |part| change(&mut part.local));
    let mut other_kind = archive(&good_parts());
    let at = other_kind
        .windows(FIRST.len())
        .position(|text| text == FIRST.as_bytes());
    other_kind[at.unwrap() - 30] = b'Q';
    let mut long_extra = archive(&good_parts());
    let at = long_extra
        .windows(LAST.len())
        .position(|text| text == LAST.as_bytes());
    long_extra[at.unwrap() - 2..at.unwrap()].copy_from_slice(&60_000_u16.to_le_bytes());
    vec![
        bad(
            "header-of-another-kind",
            Loading,
            "'blocks/0/values.npy' is damaged: its header is not the one in the directory",
            other_kind,
        ),
        bad(
            "header-with-another-name",
            Loading,
            "'blocks/0/values.npy' is damaged: its own header calls it 'blocks/1/values.npy'",
            local(FIRST, |record| record.name[7] = b'1'),
        ),
        bad(
            "header-with-a-longer-name",
            Loading,
            "'blocks/0/samples.npy' is damaged: its header is not the one in the directory",
            changed(SAMPLES, |part| {
                part.local.name.push(b'x');
                part.data.remove(0);
            }),
        ),
        bad(
            "header-with-another-method",
            Loading,
            "'blocks/0/values.npy' is damaged: its own header gives the compression method 8, the directory 0",
            local(FIRST, |record| record.method = 8),
        ),
        bad(
            "header-with-another-checksum",
            Loading,
            "'blocks/0/values.npy' is damaged: its own header gives the checksum 12345678, the directory d1d3869e",
            local(FIRST, |record| record.crc = 0x1234_5678),
        ),
        bad(
            "header-with-another-size",
            Loading,
            "'blocks/0/values.npy' is damaged: its own header gives the size 7, the directory 224",
            local(FIRST, |record| record.size = 7),
        ),
        bad(
            "header-with-another-compressed-size",
            Loading,
            "'blocks/0/values.npy' is damaged: its own header gives the compressed size 8, the directory 224",
            local(FIRST, |record| record.stored_size = 8),
        ),
        bad(
            "header-says-encrypted",
            Loading,
            "'blocks/0/values.npy' is damaged: its own header gives the flag for encryption 1, the directory 0",
            local(FIRST, |record| record.flags = 1),
        ),
        bad(
            "header-with-a-long-extra-field",
            Loading,
            "'blocks/1/gradients/positions/values.npy' is damaged: its 224 bytes reach into the next member or past the \
             end of the archive",
            long_extra,
        ),
    ]
}

/// A bit that is wrong in each kind of member.
fn checksums() -> Vec<BadFile> {
    let flipped = |name: &str| {
        changed(name, |part| {
            let last = part.data.len() - 2;
            part.data[last] ^= 1;
        })
    };
    // arrays are mapped where they are aligned, which those that are copied need not be
    let mapped = |name: &str| {
        let mut parts = good_parts();
        let part = find(&mut parts, name);
        let last = part.data.len() - 2;
        part.data[last] ^= 1;
        let data = part.data.clone();
        let aligned = (0..8).map(|count| {
            let mut padding = vec![0x35, 0xd9, count, 0];
            padding.resize(4 + usize::from(count), 0);
            find(&mut parts, name).local.extra = padding;
            archive(&parts)
        });
        let start = |file: &[u8]| file.windows(data.len()).position(|bytes| bytes == data);
        let mut aligned = aligned.filter(|file| {
            // the header of what we save ends at a multiple of 64 bytes
            start(file).is_some_and(|start| start.is_multiple_of(8))
        });
        aligned.next().unwrap()
    };
    vec![
        bad(
            "damaged-where-it-is-mapped",
            Values,
            "'blocks/1/values.npy' is damaged: its checksum is 2c2fac24, expected 35349d65",
            mapped("blocks/1/values.npy"),
        ),
        bad(
            "damaged-keys",
            Opening,
            "'keys.npy' is damaged: its checksum is becb0e83, expected a7d03fc2",
            flipped("keys.npy"),
        ),
        bad(
            "damaged-values",
            Loading,
            "'blocks/0/values.npy' is damaged: its checksum is c8c8b7df, expected d1d3869e",
            flipped(FIRST),
        ),
        bad(
            "damaged-samples",
            Loading,
            "'blocks/0/samples.npy' is damaged: its checksum is e2e5e708, expected fbfed649",
            flipped(SAMPLES),
        ),
        bad(
            "damaged-components",
            Loading,
            "'blocks/0/components/0.npy' is damaged: its checksum is 7b4f8138, expected 6254b079",
            flipped("blocks/0/components/0.npy"),
        ),
        bad(
            "damaged-properties",
            Loading,
            "'blocks/0/properties.npy' is damaged: its checksum is b5b9dd67, expected aca2ec26",
            flipped("blocks/0/properties.npy"),
        ),
        bad(
            "damaged-gradient-values",
            Loading,
            "'blocks/1/gradients/positions/values.npy' is damaged: its checksum is fa4ce168, expected e357d029",
            flipped(LAST),
        ),
        bad(
            "damaged-gradient-samples",
            Loading,
            "'blocks/0/gradients/positions/samples.npy' is damaged: its checksum is 2d17bb44, expected 340c8a05",
            flipped("blocks/0/gradients/positions/samples.npy"),
        ),
        bad(
            "damaged-gradient-components",
            Loading,
            "'blocks/0/gradients/positions/components/0.npy' is damaged: its checksum is 7b4f8138, expected 6254b079",
            flipped("blocks/0/gradients/positions/components/0.npy"),
        ),
        bad(
            "damaged-info",
            Loading,
            "'info.json' is damaged: its checksum is e2cc3fb3, expected 0d0e548d",
            changed("info.json", |part| part.data[8] ^= 1),
        ),
    ]
}

/// What is wrong with compressed data.
fn compressed() -> Vec<BadFile> {
    let content = npy("'<f8'", "(2, 3, 2)", &[7; 96]);
    let compressed = |change: &dyn Fn(&mut Part)| {
        changed(FIRST, |part| {
            *part = Part::deflated(FIRST, &content);
            change(part);
        })
    };
    let data = deflate(&content);
    let bomb = |shape: &str, size: usize| {
        let mut zeros = npy("'<f8'", shape, &[]);
        zeros.resize(zeros.len() + size, 0);
        changed(FIRST, |part| *part = Part::deflated(FIRST, &zeros))
    };
    vec![
        bad(
            "compressed-and-cut",
            Loading,
            "'blocks/0/values.npy' is damaged: its compressed data is incomplete",
            compressed(&|part| part.set_data(data[..data.len() - 5].to_vec())),
        ),
        bad(
            "compressed-too-little",
            Loading,
            "'blocks/0/values.npy' is damaged: its compressed data ends 67 bytes too early",
            compressed(&|part| part.set_data(deflate(&content[..100]))),
        ),
        bad(
            "compressed-too-much",
            Loading,
            "'blocks/0/values.npy' is damaged: its compressed data gives more bytes than the directory says",
            compressed(&|part| {
                part.set_data(deflate(&[&content[..], &[0; 9]].concat()));
            }),
        ),
        bad(
            "compressed-and-more",
            Loading,
            "'blocks/0/values.npy' is damaged: 9 bytes follow the end of its compressed data",
            compressed(&|part| part.set_data([&data[..], &[0; 9]].concat())),
        ),
        bad(
            "compressed-damaged",
            Loading,
            "'blocks/0/values.npy' is damaged: deflate decompression error: invalid block type",
            compressed(&|part| part.set_data(vec![7; 30])),
        ),
        bad(
            "compressed-other-checksum",
            Loading,
            "'blocks/0/values.npy' is damaged: its checksum is 5e9bab34, expected 5e9bab35",
            compressed(&|part| part.both(|record| record.crc ^= 1)),
        ),
        bad(
            "bomb-for-a-small-array",
            Loading,
            "'blocks/0/values.npy': an array of shape [2, 3, 2] needs 96 bytes, got 8388608",
            bomb("(2, 3, 2)", 8 << 20),
        ),
        bad(
            "bomb",
            Loading,
            "'blocks/0/values.npy': 67108941 bytes of uncompressed data are more than the limit of 16777216 \
             (see `Limit::InflatedBytes`)",
            bomb("(1048576, 4, 2)", 64 << 20),
        ),
    ]
}
