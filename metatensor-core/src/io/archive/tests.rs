use std::fs::{self, File};
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::*;
use crate::{Error, Result};

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
    Archive::new(Source::open(path)?)
}

fn from_bytes(bytes: &[u8]) -> Result<Archive<'_>> {
    Archive::new(Source::from_bytes(bytes))
}

fn read_all(mut archive: Archive<'_>) -> Result<Members> {
    let names: Vec<_> = archive.names().map(str::to_owned).collect();
    names
        .into_iter()
        .map(|name| archive.read(&name).map(|content| (name, content)))
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
    for entry in fs::read_dir(data("golden")).unwrap() {
        let path = entry.unwrap().path();
        let mut source = Source::open(&path).unwrap();
        match source.content().unwrap() {
            Content::Archive => {
                let mut archive = Archive::new(source).unwrap();
                let names: Vec<_> = archive.names().map(str::to_owned).collect();
                for name in names.iter().filter(|name| name.ends_with(".npy")) {
                    let mut member = archive.open_member(name).unwrap();
                    let header = member.read_npy_header().unwrap();
                    let mut content = vec![0; header.data_size().unwrap()];
                    member.read_exact_into(&mut content).unwrap();
                    assert_eq!(member.remaining(), 0);
                    count += 1;
                }
            }
            Content::Npy => {
                let mut member = Member::whole(&mut source);
                member.read_npy_header().unwrap();
                count += 1;
            }
            Content::Unknown => assert_eq!(path.extension().unwrap(), "json"),
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
            let payload = member.in_memory().unwrap();
            assert_eq!(payload, content);
            let offset = payload.as_ptr().addr() - bytes.as_ptr().addr();
            assert_eq!(offset % 64, 0, "{length}");
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
    let error = archive.read("info").unwrap_err().to_string();
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
    archive.read("good").unwrap();
    let error = archive.read("bad").unwrap_err().to_string();
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
    let error = archive.read("keys.npy").unwrap_err().to_string();
    assert!(
        error.contains("'keys.npy' is damaged: its 22 bytes reach into"),
        "{error}"
    );
}

#[test]
fn what_is_no_archive_is_called_so() {
    for bytes in [&b""[..], b"PK", b"not an archive", &[0; 100_000]] {
        let error = message(bytes);
        assert!(
            error.contains("the buffer is not a valid archive"),
            "{error}"
        );
    }
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
        match member.read_npy_header() {
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
        let error = member.read_npy_header().unwrap_err();
        assert!(error.to_string().contains("'x.npy'"), "{error}");
    }
    let mut tiny = Source::from_bytes(b"\x93NUMPY\x01\x00\x00\x00and more");
    assert!(Member::whole(&mut tiny).read_npy_header().is_err());
}

#[test]
fn more_members_than_16_bits_can_count() {
    for count in [65_534, 65_535, 65_536, 70_000] {
        let mut writer = ArchiveWriter::new(Vec::new());
        for i in 0..count {
            let name = format!("{i}");
            writer
                .add(&name, &[name.as_bytes()], Alignment::Packed)
                .unwrap();
        }
        let bytes = writer.finish().unwrap();
        let mut archive = from_bytes(&bytes).unwrap();
        assert_eq!(archive.names().len(), count);
        let last = (count - 1).to_string();
        assert_eq!(archive.read(&last).unwrap(), last.as_bytes());
        let file = file(&bytes);
        let python = format!(
            "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\n\
             assert len(z.namelist()) == {count}\nassert z.read('{last}') == b'{last}'"
        );
        run_python(&python, &[file.path()]);
    }
}

/// A file that leaves holes where large pieces of zeros are written.
struct Sparse(File);

impl Write for Sparse {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if bytes.len() > 1 << 20 {
            self.0.seek(SeekFrom::Current(bytes.len() as i64))?;
            Ok(bytes.len())
        } else {
            self.0.write(bytes)
        }
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

#[test]
fn sizes_and_positions_that_need_64_bits() {
    let zeros = vec![0; 64 << 20];
    let parts = vec![&zeros[..]; 65];
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = ArchiveWriter::new(Sparse(file.reopen().unwrap()));
    writer.add("small", &[b"first"], Alignment::Packed).unwrap();
    writer.add("huge", &parts, Alignment::Bytes64).unwrap();
    writer.add("far", &[b"last"], Alignment::Bytes64).unwrap();
    writer.finish().unwrap();

    let mut archive = open(file.path()).unwrap();
    assert_eq!(archive.read("far").unwrap(), b"last");
    assert_eq!(archive.read("small").unwrap(), b"first");
    let mut member = archive.open_member("huge").unwrap();
    assert_eq!(member.remaining(), 65 << 26);
    member.read_exact_into(&mut [1; 1000]).unwrap();

    run_python(
        "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\n\
         assert z.read('far') == b'last'\nassert z.read('small') == b'first'\n\
         assert z.getinfo('huge').file_size == 65 << 26\n\
         assert z.open('huge').read(1000) == bytes(1000)",
        &[file.path()],
    );
}

fn run_python(program: &str, arguments: &[&Path]) {
    let output = Command::new("python3")
        .arg("-c")
        .arg(program)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn python_reads_what_is_written() {
    let mut members = small();
    members.push(("größe".to_owned(), vec![3; 100_000]));
    for alignment in [Alignment::Packed, Alignment::Bytes64] {
        let archive = file(&write(&members, alignment));
        run_python(
            "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\n\
             assert z.testzip() is None\n\
             assert z.namelist() == ['keys.npy', 'blocks/0/values.npy', 'info.json', 'größe']\n\
             assert z.read('keys.npy') == b'some bytes of a member'\n\
             assert z.read('größe') == bytes([3]) * 100000",
            &[archive.path()],
        );
    }
}

#[test]
fn archives_that_python_streams_are_read() {
    // to a target without positions the sizes follow the data
    let program = "
import sys, zipfile
class Stream:
    def __init__(self, file): self.file = file
    def write(self, data): return self.file.write(data)
    def flush(self): self.file.flush()
for path, method in zip(sys.argv[1:], [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]):
    with open(path, 'wb') as file, zipfile.ZipFile(Stream(file), 'w', method) as z:
        z.writestr('a', b'first' * 1000)
        with z.open('b', 'w', force_zip64=True) as member:
            member.write(b'second' * 50000)
        z.writestr('c', b'')
";
    let (stored, deflated) = (file(b""), file(b""));
    run_python(program, &[stored.path(), deflated.path()]);
    for path in [stored.path(), deflated.path()] {
        let members = read_all(open(path).unwrap()).unwrap();
        assert_eq!(members.len(), 3);
        assert!(members[0] == ("a".to_owned(), b"first".repeat(1000)));
        assert!(members[1] == ("b".to_owned(), b"second".repeat(50_000)));
        assert!(members[2] == ("c".to_owned(), Vec::new()));
    }
}

#[test]
fn many_small_members_take_time_in_proportion() {
    let members: Members = (0..24_000)
        .map(|i| (format!("blocks/{i}/values.npy"), vec![i as u8; 150]))
        .collect();
    let file = file(&write(&members, Alignment::Packed));
    let start = Instant::now();
    let read = read_all(open(file.path()).unwrap()).unwrap();
    let elapsed = start.elapsed();
    assert!(read == members);
    // without optimisation, on a busy machine
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
}

/// Accepts some bytes and then fails.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0 < bytes.len() {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.0 -= bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_an_error_that_names_the_member() {
    let large = vec![0; 1 << 20];
    let mut writer = ArchiveWriter::new(Full(100_000));
    let error = writer
        .add("values", &[&large], Alignment::Packed)
        .unwrap_err();
    assert!(
        matches!(&error, Error::Io { context, .. } if context.contains("'values'")),
        "{error}"
    );

    let mut writer = ArchiveWriter::new(Full(10));
    writer.add("values", &[b"1"], Alignment::Packed).unwrap();
    assert!(matches!(writer.finish(), Err(Error::Io { .. })));
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
