//! Headers of members, which have to say what the directory says.

use super::*;

/// Compressed, and written to a target without positions: sizes and checksums follow the data.
fn streamed(members: &[(String, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new_stream(Vec::new());
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, content) in members {
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The archive with other bytes at `offset` in the header of its last member.
fn patched(good: &[u8], offset: usize, value: &[u8]) -> Vec<u8> {
    let start = good.windows(4).rposition(|bytes| bytes == b"PK\x03\x04");
    let mut bytes = good.to_vec();
    bytes[start.unwrap() + offset..][..value.len()].copy_from_slice(value);
    bytes
}

fn check(good: &[u8], offset: usize, value: &[u8], reason: &str) {
    assert_eq!(read_bytes(good).unwrap(), small());
    let bytes = patched(good, offset, value);
    let file = file(&bytes);
    let from_file = read_all(open(file.path()).unwrap()).unwrap_err();
    for error in [message(&bytes), from_file.to_string()] {
        let expected = format!("'info.json' is damaged: its own header {reason}");
        assert!(error.contains(&expected), "{error}");
    }

    // the same for members that nobody reads
    let mut archive = from_bytes(&bytes).unwrap();
    read(&mut archive, "keys.npy").unwrap();
    let error = archive
        .check_others(|_| true, |_| Ok(()))
        .unwrap_err()
        .to_string();
    assert!(error.contains(reason), "{error}");
}

#[test]
fn headers_that_contradict_the_directory_are_refused() {
    for good in [write(&small(), Alignment::Packed), deflate(&small())] {
        check(&good, 6, &[1], "gives the flag for encryption 1");
        check(
            &good,
            8,
            &[12],
            "gives the compression method 12, the directory",
        );
        check(
            &good,
            14,
            &[0; 4],
            "gives the checksum 00000000, the directory",
        );
        check(
            &good,
            18,
            &[9, 0, 0, 0],
            "gives the compressed size 9, the directory",
        );
        check(
            &good,
            22,
            &[9, 0, 0, 0],
            "gives the size 9, the directory 2",
        );
        check(&good, 22, &[0; 4], "gives the size 0, the directory 2");
    }
    check(
        &deflate(&small()),
        8,
        &[0],
        "gives the compression method 0, the directory 8",
    );
}

#[test]
fn headers_with_64_bit_sizes_that_contradict_the_directory_are_refused() {
    // after the header, the name, and the head of the extra field
    let numbers = 30 + "info.json".len() + 4;
    let good = write(&small(), Alignment::Packed);
    check(&good, numbers, &[3], "gives the size 3, the directory 2");
    check(
        &good,
        numbers + 8,
        &[3],
        "gives the compressed size 3, the directory 2",
    );
    check(
        &good,
        numbers + 7,
        &[1],
        "gives the size 72057594037927938, the directory 2",
    );
    // another kind of field: nothing says what the sizes are
    check(
        &good,
        numbers - 4,
        &[2],
        "gives the size 4294967295, the directory 2",
    );
}

#[test]
fn headers_without_sizes_are_read_if_they_say_so() {
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let good = streamed(&small(), method);
        assert_eq!(read_bytes(&good).unwrap(), small());
        // some programs know some of the numbers, or do not say where they are
        for (offset, value) in [(22, 2_u32), (18, u32::MAX), (22, u32::MAX)] {
            let bytes = patched(&good, offset, &value.to_le_bytes());
            assert_eq!(read_bytes(&bytes).unwrap(), small());
        }
        check(
            &good,
            14,
            &[1, 2, 3, 4],
            "gives the checksum 04030201, the directory",
        );
        check(
            &good,
            18,
            &[9, 0, 0, 0],
            "gives the compressed size 9, the directory",
        );
        check(
            &good,
            22,
            &[9, 0, 0, 0],
            "gives the size 9, the directory 2",
        );
        check(&good, 6, &[0], "gives the checksum 00000000, the directory");
    }
}
