//! Many members, large members, and no space left.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::time::{Duration, Instant};

use super::python::run_python;
use super::*;

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
        assert_eq!(read(&mut archive, &last).unwrap(), last.as_bytes());
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
    assert_eq!(read(&mut archive, "far").unwrap(), b"last");
    assert_eq!(read(&mut archive, "small").unwrap(), b"first");
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
