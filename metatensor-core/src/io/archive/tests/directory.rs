//! Directories that other programs may write, and those that nobody should.

use super::*;

/// An archive with one empty member, whose record in the directory has this name and these extra fields; followed by
/// the end of the directory, changed by `change`.
fn archive(name: &[u8], extra: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = b"PK\x03\x04".to_vec();
    bytes.resize(30, 0);
    bytes[26] = name.len() as u8;
    bytes.extend(name);
    let start = bytes.len();
    bytes.extend(b"PK\x01\x02");
    bytes.resize(start + 46, 0);
    bytes[start + 28] = name.len() as u8;
    bytes[start + 30] = extra.len() as u8;
    bytes.extend(name);
    bytes.extend(extra);
    let size = bytes.len() - start;

    let mut end = b"PK\x05\x06".to_vec();
    end.resize(22, 0);
    end[8] = 1;
    end[10] = 1;
    end[12] = size as u8;
    end[16] = start as u8;
    change(&mut end);
    bytes.extend(end);
    bytes
}

#[test]
fn comments_may_hold_anything() {
    let members = vec![("name".to_owned(), Vec::new())];
    for comment in [&b"some words"[..], b"PK\x05\x06", &[b'P'; 65_535]] {
        let bytes = archive(b"name", &[], |end| {
            end[20..22].copy_from_slice(&(comment.len() as u16).to_le_bytes());
            end.extend(comment);
        });
        assert_eq!(read_bytes(&bytes).unwrap(), members);
        assert_eq!(
            read_all(open(file(&bytes).path()).unwrap()).unwrap(),
            members
        );
    }
    // one byte more than the comment claims, and one less
    for length in [9, 11] {
        let bytes = archive(b"name", &[], |end| {
            end[20] = length;
            end.extend(b"some words");
        });
        let source = Source::from_bytes(&bytes);
        assert_eq!(End::find(&source).unwrap(), None);
        let followed = (length == 9).then_some(bytes.len() as u64 - 1);
        assert_eq!(End::find_followed(&source).unwrap(), followed);
    }
}

#[test]
fn unknown_extra_fields_are_ignored() {
    let bytes = archive(b"name", b"\x55\x54\x02\x00ab\x01", |_| ());
    assert_eq!(read_bytes(&bytes).unwrap().len(), 1);
}

#[test]
fn names_are_text() {
    assert_eq!(
        read_bytes(&archive("größe".as_bytes(), &[], |_| ())).unwrap()[0].0,
        "größe"
    );
    let error = message(&archive(b"gr\x94\xe1e", &[], |_| ()));
    assert!(
        error.contains(r"the name of the member 'gr\x94\xe1e' is not UTF-8"),
        "{error}"
    );
}

#[test]
fn directories_of_the_wrong_size_are_refused() {
    let with_end = |at: usize, value: u8| message(&archive(b"name", &[], |end| end[at] = value));
    let check = |error: String, reason: &str| {
        assert!(
            error.contains("the buffer is not a valid archive") && error.contains(reason),
            "{error}"
        );
    };
    check(with_end(10, 0), "should have 0 members, but has 1");
    check(with_end(10, 2), "should have 2 members, but has 1");
    check(
        with_end(12, 49),
        "its directory is not right before its end",
    );
    check(with_end(12, 51), "were the first bytes cut off?");
    check(with_end(16, 35), "were the first bytes cut off?");
    check(with_end(19, 200), "were the first bytes cut off?");
    check(with_end(13, 1), "is larger than what is before its end");
    // the archive would start at byte 1
    let error = with_end(16, 33);
    assert!(error.contains("'name' is damaged: its header"), "{error}");
}

#[test]
fn numbers_of_64_bits_have_to_be_there() {
    let wide = |extra: &[u8]| {
        let mut bytes = archive(b"name", extra, |_| ());
        let record = 30 + 4;
        bytes[record + 20..record + 28].fill(0xff);
        bytes
    };
    let numbers = |count: u8| {
        let mut extra = vec![1, 0, 8 * count, 0];
        extra.resize(4 + 8 * usize::from(count), 0);
        extra
    };
    assert_eq!(read_bytes(&wide(&numbers(2))).unwrap().len(), 1);
    let other = [&b"\x55\x54\x01\x00a"[..], &numbers(2)].concat();
    assert_eq!(read_bytes(&wide(&other)).unwrap().len(), 1);
    for extra in [Vec::new(), numbers(1), numbers(2)[..19].to_vec()] {
        let error = message(&wide(&extra));
        assert!(error.contains("'name': the 64-bit sizes"), "{error}");
    }

    // the end of the directory says that its numbers are elsewhere, where they are not
    let error = message(&archive(b"name", &[], |end| {
        end[10..12].fill(0xff);
        let mut locator = b"PK\x06\x07".to_vec();
        locator.resize(20, 0);
        end.splice(0..0, locator);
    }));
    assert!(error.contains("the 64-bit end of its directory"), "{error}");
    let error = message(&archive(b"name", &[], |end| end[10..12].fill(0xff)));
    assert!(error.contains("should have 65535 members"), "{error}");
}
