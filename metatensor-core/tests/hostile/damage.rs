//! Archives with bytes that are missing or wrong.

use metatensor_core::Result;

use super::*;

#[test]
fn truncated_files_are_errors() {
    let map = good();
    let buffer = map.save_buffer().unwrap();
    let block = map.blocks()[0].save_buffer().unwrap();
    let labels = map.keys().save_buffer().unwrap();
    for length in 0..buffer.len() {
        assert!(
            TensorMap::load_buffer(&buffer[..length]).is_err(),
            "{length}"
        );
    }
    for length in 0..block.len() {
        assert!(
            TensorBlock::load_buffer(&block[..length]).is_err(),
            "{length}"
        );
    }
    for length in 0..labels.len() {
        assert!(Labels::load_buffer(&labels[..length]).is_err(), "{length}");
    }
}

#[test]
fn a_flipped_bit_in_an_archive_is_an_error_or_changes_nothing() {
    let good = good().save_buffer().unwrap();
    for position in 0..good.len() {
        let mut bytes = good.clone();
        bytes[position] ^= 1 << (position % 8);
        if let Ok(map) = TensorMap::load_buffer(&bytes) {
            // a date or an attribute
            assert!(
                map.save_buffer().unwrap() == good,
                "{position}: {:?}",
                good[position - 12..position + 12]
                    .escape_ascii()
                    .to_string()
            );
        }
    }
}

/// Nothing protects bare labels, or members that were written with a wrong checksum on purpose.
#[test]
fn a_flipped_bit_in_any_member_is_an_error_that_names_it_or_other_valid_data() {
    let good = members(&good().save_buffer().unwrap());
    let mut errors = 0;
    for (i, (name, member)) in good.iter().enumerate() {
        for position in 0..member.len() {
            let mut members = good.clone();
            members[i].1[position] ^= 1 << (position % 8);
            match TensorMap::load_buffer(&archive(&members)) {
                Ok(map) => assert!(map.save_buffer().is_ok()),
                Err(error) => {
                    errors += 1;
                    let message = error.to_string();
                    let block = name.split('/').take(2).collect::<Vec<_>>().join("/");
                    assert!(
                        message.contains(&block)
                            || message.contains("structure of the first block")
                            || name == "keys.npy",
                        "{name}: {message}"
                    );
                }
            }
        }
    }
    assert!(errors > 1_000);
}

#[test]
fn arbitrary_bytes_are_errors() {
    let load = |bytes: &[u8]| -> [Option<Error>; 3] {
        fn error<T>(result: Result<T>) -> Option<Error> {
            result.err()
        }
        [
            error(TensorMap::load_buffer(bytes)),
            error(TensorBlock::load_buffer(bytes)),
            error(Labels::load_buffer(bytes)),
        ]
    };
    for bytes in [
        &b""[..],
        b"P",
        b"PK",
        b"PK\x05\x06",
        b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\x10\x00{",
        b"{\"a\": 1}",
    ] {
        for error in load(bytes) {
            let error = error.expect("this is nothing we know");
            assert!(matches!(error, Error::Serialization(_)), "{error}");
        }
    }
}

#[test]
fn errors_name_the_file_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("damaged.mts");
    let name = path.display().to_string();
    let map = good();
    let labels = map.keys().save_buffer().unwrap();
    for (saved, load) in [
        (
            map.save_buffer().unwrap(),
            (|path| TensorMap::load(path).map(drop)) as fn(&_) -> Result<()>,
        ),
        (map.blocks()[0].save_buffer().unwrap(), |path| {
            TensorBlock::load(path).map(drop)
        }),
        (labels, |path| Labels::load(path).map(drop)),
    ] {
        let cut = (0..saved.len())
            .step_by(23)
            .map(|length| saved[..length].to_vec());
        let flipped = (0..saved.len()).step_by(23).map(|at| {
            let mut bytes = saved.clone();
            bytes[at] ^= 4;
            bytes
        });
        for bytes in cut.chain(flipped) {
            std::fs::write(&path, bytes).unwrap();
            if let Err(error) = load(&path) {
                let message = error.to_string();
                assert_eq!(message.matches(&name).count(), 1, "{message}");
            }
        }
    }
    let mut members = members(&map.save_buffer().unwrap());
    members.retain(|(name, _)| name != "blocks/1/values.npy");
    std::fs::write(&path, archive(&members)).unwrap();
    assert_eq!(
        TensorMap::load(&path).unwrap_err().to_string(),
        format!("serialization format error: there is no 'blocks/1/values.npy' in '{name}'")
    );
}
