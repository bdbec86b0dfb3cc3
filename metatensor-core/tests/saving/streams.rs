//! Paths that are no regular files: what a process has open, pipes, devices.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use metatensor_core::{Error, Labels, Limit, TensorMap};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

use crate::child::{Running, command, run};
use crate::objects::{Kind, Object};

fn fifo(folder: &Path) -> PathBuf {
    let path = folder.join("fifo");
    mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    path
}

fn pipe() -> (File, File) {
    let (reader, writer) = std::io::pipe().unwrap();
    (OwnedFd::from(reader).into(), OwnedFd::from(writer).into())
}

fn in_proc(file: &impl AsRawFd) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

fn append(path: &Path) -> File {
    let mut options = OpenOptions::new();
    options.append(true).create(true).open(path).unwrap()
}

pub(crate) fn save_to_stdout(path: &Path) {
    // straight to the descriptor, without the buffer of the standard library
    let mut stdout = File::from(std::io::stdout().as_fd().try_clone_to_owned().unwrap());
    stdout.write_all(b"<before>").unwrap();
    Object::small(Kind::Map).save(path).unwrap();
    stdout.write_all(b"<after>").unwrap();
}

#[test]
fn standard_output_and_errors_are_appended_to() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let bytes = Object::small(Kind::Map).bytes();
    for path in [
        "/dev/stdout",
        "/dev/fd/1",
        "/proc/self/fd/1",
        "/proc/thread-self/fd/1",
    ] {
        fs::write(&log, "earlier lines\n").unwrap();
        let mut process = command("save to standard output", Path::new(path));
        process.stdout(append(&log));
        assert!(process.status().unwrap().success());
        let content = fs::read(&log).unwrap();
        assert!(content.starts_with(b"earlier lines\n"));
        let expected = [b"<before>", &bytes[..], b"<after>"].concat();
        let mut places = content.windows(expected.len());
        assert!(places.any(|place| place == expected), "{path}");
    }
    fs::write(&log, "earlier lines\n").unwrap();
    let mut process = command("save to standard output", Path::new("/dev/stderr"));
    process.stdout(Stdio::null()).stderr(append(&log));
    assert!(process.status().unwrap().success());
    let expected = [b"earlier lines\n", &bytes[..]].concat();
    assert_eq!(fs::read(&log).unwrap(), expected);
}

#[test]
fn an_open_file_is_written_to_at_its_position() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let link = folder.path().join("link");
    for kind in Kind::ALL {
        let object = Object::small(kind);
        for is_link in [false, true] {
            fs::write(&path, "0123456789").unwrap();
            let mut file = OpenOptions::new().write(true).open(&path).unwrap();
            file.seek(std::io::SeekFrom::Start(4)).unwrap();
            if is_link {
                symlink(in_proc(&file), &link).unwrap();
                object.save(&link).unwrap();
                assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
                fs::remove_file(&link).unwrap();
            } else {
                object
                    .save(format!("/dev/fd/{}", file.as_raw_fd()))
                    .unwrap();
            }
            file.write_all(b"after").unwrap();
            let expected = [b"0123", &object.bytes()[..], b"after"].concat();
            assert_eq!(fs::read(&path).unwrap(), expected);
        }
    }
}

#[test]
fn a_file_that_was_removed_can_be_written_to_and_read() {
    let file = tempfile::tempfile().unwrap();
    let object = Object::small(Kind::Block);
    object.save(in_proc(&file)).unwrap();
    let loaded = Object::load(Kind::Block, in_proc(&file)).unwrap();
    assert_eq!(loaded.bytes(), object.bytes());
}

#[test]
fn what_another_process_has_open_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    fs::write(&log, "lines of others\n").unwrap();
    let other = Command::new("sleep").arg("60").stdout(append(&log)).spawn();
    let other = Running(other.unwrap());
    let path = format!("/proc/{}/fd/1", other.0.id());
    let error = Object::small(Kind::Map)
        .save(&path)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&path) && error.contains("another process"),
        "{error}"
    );
    assert_eq!(fs::read(&log).unwrap(), b"lines of others\n");
}

#[test]
fn a_number_that_is_not_open_is_an_error_with_its_path() {
    for path in ["/dev/fd/987", "/proc/self/fd/987"] {
        for result in [
            Object::small(Kind::Map).save(path),
            Object::load(Kind::Map, path).map(|_| ()),
        ] {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Io { .. }), "{error}");
            assert!(error.to_string().contains(path), "{error}");
        }
    }
}

#[test]
fn files_with_numbers_for_names_are_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("fd")).unwrap();
    let path = folder.path().join("fd/1");
    let object = Object::small(Kind::Labels);
    object.save(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), object.bytes());
}

#[test]
fn anonymous_pipes_and_sockets_are_written_to_and_read() {
    for kind in Kind::ALL {
        // more than a pipe or a socket holds
        let object = Object::new(kind, 3, 100_000);
        let bytes = object.bytes();
        let sockets = UnixStream::pair().unwrap();
        let sockets = (OwnedFd::from(sockets.0), OwnedFd::from(sockets.1));
        for (mut reader, mut writer) in [pipe(), (sockets.0.into(), sockets.1.into())] {
            // whoever else has the other end may have asked not to wait
            rustix::fs::fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
            thread::scope(|scope| {
                let save = scope.spawn(|| object.save(in_proc(&writer)));
                let mut content = vec![0; bytes.len()];
                reader.read_exact(&mut content).unwrap();
                assert!(content == bytes);
                save.join().unwrap().unwrap();
            });
            rustix::fs::fcntl_setfl(&writer, OFlags::empty()).unwrap();
            rustix::fs::fcntl_setfl(&reader, OFlags::NONBLOCK).unwrap();
            let path = in_proc(&reader);
            thread::scope(|scope| {
                let load = scope.spawn(|| Object::load(kind, path).unwrap().bytes());
                writer.write_all(&bytes).unwrap();
                drop(writer);
                assert!(load.join().unwrap() == bytes);
            });
        }
    }
}

pub(crate) fn load_from_stdin(path: &Path) {
    let map = TensorMap::load(path).unwrap();
    assert_eq!(map.save_buffer().unwrap(), Object::small(Kind::Map).bytes());
}

#[test]
fn standard_input_is_read_whatever_it_is() {
    let bytes = Object::small(Kind::Map).bytes();
    for path in ["/dev/stdin", "/dev/fd/0"] {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        run(command("load from standard input", Path::new(path)).stdin(file));

        let (reader, mut writer) = pipe();
        writer.write_all(&bytes).unwrap();
        drop(writer);
        run(command("load from standard input", Path::new(path)).stdin(reader));
    }
}

#[test]
fn named_pipes_are_written_to_and_read_whoever_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = fifo(folder.path());
    for kind in Kind::ALL {
        let object = Object::new(kind, 3, 100_000);
        let bytes = object.bytes();
        for (first, second) in [(0, 200), (200, 0), (0, 0)] {
            let wait = |milliseconds| thread::sleep(Duration::from_millis(milliseconds));
            thread::scope(|scope| {
                let save = scope.spawn(|| {
                    wait(first);
                    object.save(&path)
                });
                wait(second);
                let content = fs::read(&path).unwrap();
                assert!(content == bytes);
                save.join().unwrap().unwrap();
            });
            thread::scope(|scope| {
                let load = scope.spawn(|| {
                    wait(first);
                    Object::load(kind, &path).unwrap().bytes()
                });
                wait(second);
                fs::write(&path, &bytes).unwrap();
                assert!(load.join().unwrap() == bytes);
            });
        }
        // the library at both ends
        thread::scope(|scope| {
            let save = scope.spawn(|| object.save(&path));
            assert!(Object::load(kind, &path).unwrap().bytes() == bytes);
            save.join().unwrap().unwrap();
        });
    }
    assert_eq!(crate::system::names(folder.path()), ["fifo"]);
}

#[test]
fn a_writer_may_take_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = fifo(folder.path());
    let bytes = Object::small(Kind::Map).bytes();
    thread::scope(|scope| {
        let load = scope.spawn(|| Object::load(Kind::Map, &path).unwrap().bytes());
        let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
        // longer than it is waited for a writer
        thread::sleep(Duration::from_millis(3500));
        for byte in bytes.chunks(bytes.len() / 3) {
            writer.write_all(byte).unwrap();
            thread::sleep(Duration::from_millis(10));
        }
        drop(writer);
        assert!(load.join().unwrap() == bytes);
    });
}

#[test]
fn a_named_pipe_that_nobody_else_opens_is_an_error_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let path = fifo(folder.path());
    thread::scope(|scope| {
        let save = scope.spawn(|| Object::small(Kind::Map).save(&path));
        let other = tempfile::tempdir().unwrap();
        let path = fifo(other.path());
        let start = Instant::now();
        let results = [
            Labels::load(&path).map(|_| ()).unwrap_err(),
            save.join().unwrap().unwrap_err(),
        ];
        assert!(start.elapsed() < Duration::from_secs(10));
        for error in results {
            let error = error.to_string();
            assert!(
                error.contains("fifo") && error.contains("nobody"),
                "{error}"
            );
        }
    });
}

#[test]
fn what_has_no_end_is_not_read() {
    for path in ["/dev/zero", "/dev/null", "/"] {
        for kind in Kind::ALL {
            let error = Object::load(kind, path).unwrap_err();
            assert!(matches!(error, Error::Io { .. }), "{error}");
            assert!(error.to_string().contains(path), "{error}");
        }
    }
}

#[test]
fn devices_are_written_to() {
    for kind in Kind::ALL {
        Object::small(kind).save("/dev/null").unwrap();
        let error = Object::small(kind).save("/dev/full").unwrap_err();
        assert!(error.to_string().contains("'/dev/full'"), "{error}");
    }
}

pub(crate) fn load_with_a_limit(path: &Path) {
    Limit::InflatedBytes.set(1 << 20);
    let error = TensorMap::load(path).unwrap_err().to_string();
    assert!(error.contains("limit of 1048576"), "{error}");
    assert!(error.contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn a_pipe_without_an_end_is_read_up_to_the_limit() {
    let endless = Command::new("yes").stdout(Stdio::piped()).spawn();
    let mut endless = Running(endless.unwrap());
    let output = endless.0.stdout.take().unwrap();
    run(command("load with a limit", Path::new("/dev/stdin")).stdin(output));
}
