//! Files that the zip module of Python reads and writes.

use std::process::Command;

use super::*;

pub(super) fn run_python(program: &str, arguments: &[&Path]) {
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
