//! Files that are larger than any disk: they have holes.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use metatensor_core::{Labels, MapFile, MapWriter, TensorMap, validate};

use crate::npy;

/// What a hole adds.
const HOLE: u64 = 4 << 40;

/// An archive with one member, of this size, whose first bytes are `data`, and then a hole before the directory or in it.
struct Sparse<'a> {
    data: &'a [u8],
    size: u64,
    before_directory: u64,
    directory_size: u64,
}

impl Sparse<'_> {
    /// Writes this archive. Says whether there can be such files.
    fn write(&self, path: &Path) -> bool {
        let name = b"keys.npy";
        let mut sum = crc32fast::Hasher::new();
        sum.update(self.data);
        let crc = sum.finalize();
        let mut header = Vec::new();
        header.extend(b"PK\x03\x04\x2d\0\0\0\0\0\0\0\x21\x28");
        header.extend(crc.to_le_bytes());
        header.extend([0xff; 8]);
        header.extend([name.len() as u8, 0, 20, 0]);
        header.extend(name);
        header.extend([1, 0, 16, 0]);
        header.extend(self.size.to_le_bytes());
        header.extend(self.size.to_le_bytes());

        let mut record = Vec::new();
        record.extend(b"PK\x01\x02\x2d\0\x2d\0\0\0\0\0\0\0\x21\x28");
        record.extend(crc.to_le_bytes());
        record.extend([0xff; 8]);
        record.extend([name.len() as u8, 0, 20, 0]);
        record.extend([0; 14]);
        record.extend(name);
        record.extend([1, 0, 16, 0]);
        record.extend(self.size.to_le_bytes());
        record.extend(self.size.to_le_bytes());

        let start = header.len() as u64 + self.size + self.before_directory;
        let size = self.directory_size.max(record.len() as u64);
        let mut end = Vec::new();
        end.extend(b"PK\x06\x06");
        end.extend(44_u64.to_le_bytes());
        end.extend([0x2d, 0, 0x2d, 0]);
        end.extend([0; 8]);
        for number in [1, 1, size, start] {
            end.extend(number.to_le_bytes());
        }
        end.extend(b"PK\x06\x07\0\0\0\0");
        end.extend((start + size).to_le_bytes());
        end.extend(1_u32.to_le_bytes());
        end.extend(b"PK\x05\x06\0\0\0\0");
        end.extend([0xff; 12]);
        end.extend([0; 2]);

        let file = File::create(path).unwrap();
        if file.set_len(start + size).is_err() {
            println!("this file system has no such files");
            return false;
        }
        let parts = [
            (&header[..], 0),
            (self.data, header.len() as u64),
            (&record, start),
            (&end, start + size),
        ];
        parts
            .iter()
            .all(|(bytes, at)| file.write_all_at(bytes, *at).is_ok())
    }
}

/// What is wrong with the file, which everybody who reads it says.
fn error(path: &Path) -> String {
    let error = TensorMap::load(path).unwrap_err().to_string();
    assert_eq!(MapFile::open(path).unwrap_err().to_string(), error);
    assert_eq!(MapWriter::append(path).unwrap_err().to_string(), error);
    assert!(error.contains(path.to_str().unwrap()), "{error}");
    error
}

#[test]
fn holes_need_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.mts");
    let keys = Labels::empty(&["a"]).unwrap().save_buffer().unwrap();
    let mut sparse = Sparse {
        data: &keys,
        size: keys.len() as u64,
        before_directory: HOLE,
        directory_size: 0,
    };
    // bytes that belong to no member
    if !sparse.write(&path) {
        return;
    }
    assert!(TensorMap::load(&path).unwrap().is_empty());
    assert!(validate(&path).unwrap().is_empty());
    // which nobody copies
    let mut writer = MapWriter::append(&path).unwrap();
    writer.info_mut().insert("author".into(), "me".into());
    writer.finish().unwrap();
    assert!(fs::metadata(&path).unwrap().len() < 1000);
    assert_eq!(TensorMap::load(&path).unwrap().info()["author"], "me");

    // a directory that is zeros after the first record
    (sparse.before_directory, sparse.directory_size) = (0, HOLE);
    sparse.write(&path);
    assert!(
        error(&path).contains("its directory has a record that is incomplete, or of another kind")
    );

    // keys of which there are more than all labels can have
    let rows = HOLE / 4;
    let keys = npy("[('a', '<i4')]", &format!("({rows},)"), b"");
    (sparse.data, sparse.size, sparse.directory_size) = (&keys, keys.len() as u64 + HOLE, 0);
    sparse.write(&path);
    let error = error(&path);
    assert!(error.contains("can not get memory"), "{error}");
}
