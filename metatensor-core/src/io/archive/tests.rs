use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::*;
use crate::io::npy::Headers;
use crate::{Error, Result};

mod damage;
mod directory;
mod inflate;
mod limits;
mod local;
mod python;

type Members = Vec<(String, Vec<u8>)>;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/data")
        .join(name)
}

fn write(members: &[(String, Vec<u8>)], alignment: Alignment) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Vec::new());
    for (name, content) in members {
        let (head, tail) = content.split_at(content.len().min(7));
        writer.add(name, &[head, tail], alignment).unwrap();
    }
    writer.finish().unwrap()
}

fn open(path: &Path) -> Result<Archive<'static>> {
    from_source(Source::open(path)?)
}

fn from_bytes(bytes: &[u8]) -> Result<Archive<'_>> {
    from_source(Source::from_bytes(bytes))
}

fn from_source(source: Source<'_>) -> Result<Archive<'_>> {
    match End::find(&source)? {
        Some(end) => Ok(Archive::new(source, &end)?.with_all_members()),
        None => Err(Error::serialization("there is no end")),
    }
}

fn read(archive: &mut Archive<'_>, name: &str) -> Result<Vec<u8>> {
    let member = archive.open_member(name);
    let mut member = member.map_err(|error| error.in_source("the source"))?;
    let mut bytes = vec![0; member.remaining() as usize];
    member.read_exact_into(&mut bytes)?;
    Ok(bytes)
}

fn read_all(mut archive: Archive<'_>) -> Result<Members> {
    let names: Vec<_> = archive.names().map(str::to_owned).collect();
    names
        .into_iter()
        .map(|name| read(&mut archive, &name).map(|content| (name, content)))
        .collect()
}

fn read_bytes(bytes: &[u8]) -> Result<Members> {
    read_all(from_bytes(bytes)?)
}

/// A file with this content, which disappears with the value.
fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn deflate(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in members {
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn message(bytes: &[u8]) -> String {
    read_bytes(bytes).unwrap_err().to_string()
}

fn small() -> Members {
    vec![
        ("keys.npy".to_owned(), b"some bytes of a member".to_vec()),
        ("blocks/0/values.npy".to_owned(), Vec::new()),
        ("info.json".to_owned(), b"{}".to_vec()),
    ]
}

#[test]
fn official_files_are_reproduced_byte_for_byte() {
    for name in [
        "radial-spectrum.mts",
        "spherical-expansion.mts",
        "golden/block-f64.mts",
        "golden/info.mts",
        "golden/nested-gradients.mts",
        "golden/no-blocks.mts",
    ] {
        let expected = fs::read(data(name)).unwrap();
        let members = read_all(open(&data(name)).unwrap()).unwrap();
        assert!(!members.is_empty());
        assert_eq!(members, read_bytes(&expected).unwrap());
        assert!(write(&members, Alignment::Packed) == expected, "{name}");
    }
}

#[test]
fn every_golden_file_can_be_read() {
    let mut count = 0;
    let mut headers = Headers::default();
    for entry in fs::read_dir(data("golden")).unwrap() {
        let path = entry.unwrap().path();
        let mut source = Source::open(&path).unwrap();
        let whole = 0..source.size();
        if let Some(end) = End::find(&source).unwrap() {
            let mut archive = Archive::new(source, &end).unwrap();
            let names: Vec<_> = archive.names().map(str::to_owned).collect();
            for name in names.iter().filter(|name| name.ends_with(".npy")) {
                let mut member = archive.open_member(name).unwrap();
                let header = member.read_npy_header(&mut headers).unwrap();
                let mut content = vec![0; header.data_size().unwrap()];
                member.read_exact_into(&mut content).unwrap();
                assert_eq!(member.remaining(), 0);
                count += 1;
            }
        } else if path.extension().unwrap() != "json" {
            let mut member = Member::in_source("whole", &mut source, whole);
            member.read_npy_header(&mut headers).unwrap();
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn aligned_members_start_at_multiples_of_64_for_every_length_of_name() {
    for length in 1..200 {
        let members = vec![
            ("n".repeat(length), vec![1; 3]),
            ("m".repeat(length), vec![2; 200]),
        ];
        let bytes = write(&members, Alignment::Bytes64);
        let mut archive = from_bytes(&bytes).unwrap();
        for (name, content) in &members {
            let member = archive.open_member(name).unwrap();
            let place = member.place().unwrap();
            assert_eq!(bytes[place.start as usize..place.end as usize], content[..]);
            assert_eq!(place.start % 64, 0, "{length}");
        }
        assert_eq!(read_bytes(&bytes).unwrap(), members);
    }
}

#[test]
fn names_come_in_order_and_missing_ones_are_named() {
    let bytes = write(&small(), Alignment::Packed);
    let mut archive = from_bytes(&bytes).unwrap();
    let names: Vec<_> = archive.names().collect();
    assert_eq!(names, ["keys.npy", "blocks/0/values.npy", "info.json"]);
    assert!(archive.contains("info.json"));
    assert!(!archive.contains("info"));
    let error = read(&mut archive, "info").unwrap_err().to_string();
    assert!(
        error.contains("there is no 'info' in the buffer"),
        "{error}"
    );

    let missing = open(Path::new("/nowhere/at all.mts")).unwrap_err();
    assert!(
        missing.to_string().contains("'/nowhere/at all.mts'"),
        "{missing}"
    );
    let directory = open(Path::new("/")).unwrap_err();
    assert!(
        directory.to_string().contains("not a regular file"),
        "{directory}"
    );
}

#[test]
fn duplicate_names_are_neither_written_nor_read() {
    let mut writer = ArchiveWriter::new(Vec::new());
    writer.add("twice", &[b"1"], Alignment::Packed).unwrap();
    let error = writer.add("twice", &[b"2"], Alignment::Packed).unwrap_err();
    assert!(error.to_string().contains("'twice'"), "{error}");

    let mut members = small();
    members.push(("infos.npy".to_owned(), b"x".to_vec()));
    members.push(("infos.npx".to_owned(), b"y".to_vec()));
    let mut bytes = write(&members, Alignment::Packed);
    for start in 0..bytes.len() - 9 {
        if &bytes[start..start + 9] == b"infos.npx" {
            bytes[start + 8] = b'y';
        }
    }
    assert!(message(&bytes).contains("two members named 'infos.npy'"));
}

#[test]
fn members_are_read_in_pieces_of_any_size_from_files_and_memory() {
    let content: Vec<u8> = (0..600_000_u32).map(|i| (i % 251) as u8).collect();
    let members = vec![
        ("a".to_owned(), content.clone()),
        ("b".to_owned(), b"between".to_vec()),
        ("c".to_owned(), content[..70_000].to_vec()),
        ("d".to_owned(), Vec::new()),
    ];
    for bytes in [write(&members, Alignment::Bytes64), deflate(&members)] {
        let file = file(&bytes);
        for step in [1000, 65_535, 65_536, 300_000, 1 << 20] {
            let mut archives = [open(file.path()).unwrap(), from_bytes(&bytes).unwrap()];
            for archive in &mut archives {
                // not in the order of the file
                for (name, content) in members.iter().rev() {
                    let mut member = archive.open_member(name).unwrap();
                    let mut read = vec![0; member.remaining() as usize];
                    for piece in read.chunks_mut(step) {
                        member.read_exact_into(piece).unwrap();
                    }
                    assert!(read == *content, "{name} in steps of {step}");
                    assert!(member.read_exact_into(&mut [0]).is_err());
                }
            }
        }
    }
}

#[test]
fn arrays_of_the_wrong_size_are_refused() {
    let header = b"{'descr': '<i4', 'fortran_order': False, 'shape': (3,)}";
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header);
    for (length, fits) in [(11, false), (12, true), (13, false)] {
        let mut content = npy.clone();
        content.resize(npy.len() + length, 7);
        let bytes = write(&[("x.npy".to_owned(), content)], Alignment::Packed);
        let mut archive = from_bytes(&bytes).unwrap();
        let mut member = archive.open_member("x.npy").unwrap();
        match member.read_npy_header(&mut Headers::default()) {
            Ok(_) => assert!(fits && member.remaining() == 12),
            Err(error) => {
                let expected =
                    format!("'x.npy': an array of shape [3] needs 12 bytes, got {length}");
                assert!(!fits && error.to_string().contains(&expected), "{error}");
            }
        }
    }
    for length in 0..npy.len() {
        let bytes = write(
            &[("x.npy".to_owned(), npy[..length].to_vec())],
            Alignment::Packed,
        );
        let mut archive = from_bytes(&bytes).unwrap();
        let mut member = archive.open_member("x.npy").unwrap();
        let error = member.read_npy_header(&mut Headers::default()).unwrap_err();
        assert!(error.to_string().contains("'x.npy'"), "{error}");
    }
    let mut tiny = Source::from_bytes(b"\x93NUMPY\x01\x00\x00\x00and more");
    let size = tiny.size();
    let mut tiny = Member::in_source("tiny", &mut tiny, 0..size);
    assert!(tiny.read_npy_header(&mut Headers::default()).is_err());
}

fn any_members() -> impl Strategy<Value = Members> {
    let content = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        (any::<u8>(), 0..300_000_usize).prop_map(|(byte, length)| vec![byte; length]),
    ];
    prop::collection::btree_map("[a-zé/]{1,40}", content, 0..12)
        .prop_map(|members| members.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_back(members in any_members(), aligned in any::<bool>()) {
        let alignment = if aligned { Alignment::Bytes64 } else { Alignment::Packed };
        let bytes = write(&members, alignment);
        prop_assert!(read_bytes(&bytes).unwrap() == members);
        let file = file(&bytes);
        prop_assert!(read_all(open(file.path()).unwrap()).unwrap() == members);

        let mut other = ZipArchive::new(Cursor::new(&bytes)).unwrap();
        prop_assert!(!other.has_overlapping_entries().unwrap());
        other.validate_header_consistency().unwrap();
        prop_assert_eq!(other.len(), members.len());
        for (name, content) in &members {
            let mut read = Vec::new();
            other.by_name(name).unwrap().read_to_end(&mut read).unwrap();
            prop_assert!(read == *content);
        }
    }

    #[test]
    fn compressed_archives_are_read(members in any_members()) {
        let bytes = deflate(&members);
        prop_assert!(read_bytes(&bytes).unwrap() == members);
        let file = file(&bytes);
        prop_assert!(read_all(open(file.path()).unwrap()).unwrap() == members);
    }

    #[test]
    fn damaged_archives_never_panic(
        compressed in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = if compressed {
            deflate(&small())
        } else {
            write(&small(), Alignment::Bytes64)
        };
        for (index, value) in changes {
            let index = index.index(bytes.len());
            bytes[index] = value;
        }
        let _ = read_bytes(&bytes);
    }
}
