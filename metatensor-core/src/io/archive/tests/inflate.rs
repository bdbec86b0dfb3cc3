//! Members that are compressed.

use super::*;

/// The position of the compressed bytes of the last member, and the numbers of it in the directory.
fn last(bytes: &[u8]) -> (usize, usize) {
    let header = bytes.windows(4).rposition(|b| b == b"PK\x03\x04").unwrap();
    let record = bytes.windows(4).rposition(|b| b == b"PK\x01\x02").unwrap();
    let name = usize::from(bytes[header + 26]);
    let extra = usize::from(bytes[header + 28]);
    (header + 30 + name + extra, record)
}

/// The archive with `change` bytes more or less of the last member, in the header as in the directory.
fn resized(members: &[(String, Vec<u8>)], change: isize, size: Option<u32>) -> Vec<u8> {
    let good = deflate(members);
    let (data, record) = last(&good);
    let header = good.windows(4).rposition(|b| b == b"PK\x03\x04").unwrap();
    let old = u32::from_le_bytes(good[record + 20..record + 24].try_into().unwrap());
    let end = data + old as usize;
    let mut bytes = good.clone();
    let tail = vec![0_u8; change.max(0) as usize];
    bytes.splice((end as isize + change.min(0)) as usize..end, tail);
    let new = (old as isize + change) as u32;
    let record = (record as isize + change) as usize;
    for at in [header + 18, record + 20] {
        bytes[at..at + 4].copy_from_slice(&new.to_le_bytes());
    }
    if let Some(size) = size {
        for at in [header + 22, record + 24] {
            bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
        }
    }
    let end = bytes.len() - 22;
    let start = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap());
    let start = (start as isize + change) as u32;
    bytes[end + 16..end + 20].copy_from_slice(&start.to_le_bytes());
    bytes
}

/// Numbers that can not be compressed very much.
fn noise(length: u32) -> Vec<u8> {
    (0..length)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

#[test]
fn compressed_data_of_another_size_is_refused() {
    for content in [Vec::new(), b"text".to_vec(), noise(100_000)] {
        let size = content.len() as u32;
        let members = vec![
            ("first".to_owned(), noise(10)),
            ("last".to_owned(), content),
        ];
        assert!(read_bytes(&resized(&members, 0, None)).unwrap() == members);
        let check = |change, size, reason: &str| {
            let error = message(&resized(&members, change, size));
            assert!(
                error.contains("'last' is damaged: ") && error.contains(reason),
                "{error}"
            );
        };
        check(3, None, "3 bytes follow the end of its compressed data");
        check(-1, None, "its compressed data is incomplete");
        check(
            0,
            Some(size + 1),
            "its compressed data ends 1 bytes too early",
        );
        if size > 0 {
            check(
                0,
                Some(size - 1),
                "gives more bytes than the directory says",
            );
        }
    }
}

#[test]
fn any_damage_of_compressed_data_is_noticed() {
    let members = vec![("only".to_owned(), noise(1_000))];
    let good = deflate(&members);
    let (start, record) = last(&good);
    // the last byte may have bits that mean nothing
    for position in start..record - 1 {
        let mut bytes = good.clone();
        bytes[position] ^= 0x10;
        let error = message(&bytes);
        assert!(error.contains("'only' is damaged: "), "{error}");
    }
}

#[test]
fn one_decoder_reads_one_member_after_the_other() {
    let members: Members = (0..50)
        .map(|i| (format!("{i}"), noise(i * i * 100)))
        .collect();
    let bytes = deflate(&members);
    let file = file(&bytes);
    for mut archive in [from_bytes(&bytes).unwrap(), open(file.path()).unwrap()] {
        for (name, content) in members.iter().rev() {
            // what is left of the one before does no harm
            let mut head = vec![0; content.len() / 2];
            let mut member = archive.open_member(name).unwrap();
            member.read_exact_into(&mut head).unwrap();
            assert!(head[..] == content[..head.len()]);
            assert!(read(&mut archive, name).unwrap() == *content);
        }
    }
}
