//! Temporary files: those of others, and those that a signal would leave.

use std::fs::{self, File, FileTimes};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use metatensor_core::remove_temporaries;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use crate::child::{Running, command, run};
use crate::objects::{Kind, Object};
use crate::system::{
    self, exit_now, forbid, handle, in_a_fork, names, send_to_thread, thread_id, unnamed_files,
};

/// The thread that saves.
static SAVER: AtomicI32 = AtomicI32::new(0);

extern "C" fn remove_and_exit(_: i32) {
    remove_temporaries();
    exit_now(3);
}

/// The same in the thread that saves, whichever gets the signal.
extern "C" fn interrupt_save(signal: i32) {
    let saver = SAVER.load(Ordering::Relaxed);
    if thread_id() == saver {
        remove_and_exit(signal);
    }
    send_to_thread(saver, signal);
}

pub(crate) fn save_until_a_signal(path: &Path) {
    forbid([unnamed_files()]);
    SAVER.store(thread_id(), Ordering::Relaxed);
    handle(libc::SIGTERM, interrupt_save);
    let object = Object::new(Kind::Map, 1, 100_000);
    std::io::stderr().write_all(b"!").unwrap();
    loop {
        object.save(path).unwrap();
    }
}

/// One save, while the main thread waits for a signal.
pub(crate) fn save_beside_a_signal(path: &Path) {
    forbid([unnamed_files()]);
    handle(libc::SIGTERM, remove_and_exit);
    let object = Object::new(Kind::Map, 1, 10_000);
    thread::scope(|scope| {
        // A save that begins after the handler did would go on until the process ends.
        scope.spawn(|| {
            while names(path.parent().unwrap()).is_empty() {}
            std::io::stderr().write_all(b"!").unwrap();
        });
        // an error if the signal is handled at the same time
        let _ = object.save(path);
    });
    loop {
        thread::park();
    }
}

fn send(process: &Running, signal: Signal) {
    let id = Pid::from_raw(process.0.id() as i32).unwrap();
    kill_process(id, signal).unwrap();
}

fn start(work: &str, path: &Path) -> Running {
    let mut process = command(work, path);
    process.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut process = Running(process.spawn().unwrap());
    let errors = process.0.stderr.as_mut().unwrap();
    errors.read_exact(&mut [0]).unwrap();
    process
}

#[test]
fn a_signal_handler_can_remove_temporary_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.mts");
    for i in 0..60 {
        // the handler is called in the thread that saves, or in another one
        let (work, microseconds) = match i % 2 {
            0 => ("save until a signal", 3_000 + 137 * i),
            _ => ("save beside a signal", 31 * i),
        };
        let _ = fs::remove_file(&path);
        let mut process = start(work, &path);
        thread::sleep(Duration::from_micros(microseconds));
        send(&process, Signal::TERM);
        assert_eq!(process.0.wait().unwrap().code(), Some(3));
        let left = names(folder.path());
        assert!(
            left.iter().all(|name| name == "file.mts"),
            "{work}: {left:?}"
        );
    }
}

/// Stops a process in the middle of a save, with a temporary file that it has locked.
fn stop_halfway(folder: &Path, path: &Path) -> Running {
    loop {
        let process = start("save until a signal", path);
        send(&process, Signal::STOP);
        let threads = format!("/proc/{}/task", process.0.id());
        let is_stopped = |thread: String| {
            let status = fs::read_to_string(format!("{threads}/{thread}/status")).unwrap();
            status.contains("State:\tT")
        };
        while !names(Path::new(&threads)).into_iter().all(is_stopped) {
            thread::sleep(Duration::from_millis(1));
        }
        let mut names = names(folder).into_iter();
        let is_locked = |name: &String| File::open(folder.join(name)).unwrap().try_lock().is_err();
        if names.any(|name| name.starts_with(".metatensor-") && is_locked(&name)) {
            return process;
        }
    }
}

#[test]
fn temporary_files_of_running_saves_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.mts");
    let mut process = stop_halfway(folder.path(), &path);
    let before = names(folder.path());
    let small = Object::small(Kind::Map);
    small.save(&path).unwrap();
    let mut after = names(folder.path());
    after.retain(|name| name != "file.mts");
    assert!(after.iter().all(|name| before.contains(name)) && !after.is_empty());

    // and the save comes to its end, whatever others did
    send(&process, Signal::CONT);
    while fs::read(&path).unwrap() == small.bytes() {
        assert!(process.0.try_wait().unwrap().is_none());
        thread::sleep(Duration::from_millis(1));
    }
    Object::load(Kind::Map, &path).unwrap();
}

/// Saves while copies of the process think that they have to remove what they do not own.
pub(crate) fn save_beside_forks(path: &Path) {
    forbid([unnamed_files()]);
    let object = Object::new(Kind::Map, 1, 10_000);
    thread::scope(|scope| {
        let save = scope.spawn(|| (0..100).try_for_each(|_| object.save(path)));
        while !save.is_finished() {
            in_a_fork(remove_temporaries);
        }
        save.join().unwrap().unwrap();
    });
}

#[test]
fn a_child_leaves_the_temporary_files_of_its_parent_alone() {
    let folder = tempfile::tempdir().unwrap();
    run(&mut command(
        "save beside forks",
        &folder.path().join("file.mts"),
    ));
    assert_eq!(names(folder.path()), ["file.mts"]);
}

/// Saves where files can not be locked, and gives each temporary file that is there another age.
pub(crate) fn save_without_locks(path: &Path) {
    forbid([
        system::call(libc::SYS_flock, Errno::NOLCK),
        system::unnamed_files(),
    ]);
    let object = Object::small(Kind::Map);
    object.save(path).unwrap();
    let folder = path.parent().unwrap();
    let mut left = names(folder);
    left.retain(|name| name != "file.mts");
    assert_eq!(left.len(), 1);

    let hours = |n: u64| SystemTime::now() - Duration::from_secs(3600 * n);
    for (age, expected) in [(23, 2), (25, 1)] {
        let file = File::options()
            .write(true)
            .open(folder.join(&left[0]))
            .unwrap();
        file.set_times(FileTimes::new().set_modified(hours(age)))
            .unwrap();
        object.save(path).unwrap();
        assert_eq!(names(folder).len(), expected);
    }
}

#[test]
fn temporary_files_that_can_not_be_locked_are_left_alone_for_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.mts");
    drop(stop_halfway(folder.path(), &path));
    run(&mut command("save without locks", &path));
}

/// Several threads save to one path.
pub(crate) fn save_in_threads(path: &Path) {
    for named in [false, true] {
        if named {
            forbid([unnamed_files()]);
        }
        thread::scope(|scope| {
            for number in 0..12 {
                scope.spawn(move || {
                    let object = Object::new(Kind::Map, number, 1000);
                    for _ in 0..20 {
                        object.save(path).unwrap();
                        Object::load(Kind::Map, path).unwrap();
                    }
                });
            }
        });
    }
}

#[test]
fn many_can_save_to_one_path_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.mts");
    let processes = [(); 3].map(|()| Running(command("save in threads", &path).spawn().unwrap()));
    for mut process in processes {
        assert!(process.0.wait().unwrap().success());
    }
    assert_eq!(names(folder.path()), ["file.mts"]);
}

/// Saves where unnamed files can be made, but not linked.
pub(crate) fn save_without_links(path: &Path) {
    forbid([system::call(libc::SYS_linkat, Errno::ACCESS)]);
    for number in [1, 2] {
        let object = Object::new(Kind::Map, number, 100_000);
        object.save(path).unwrap();
        assert!(fs::read(path).unwrap() == object.bytes());
        assert_eq!(names(path.parent().unwrap()), ["file.mts"]);
    }
}

#[test]
fn systems_that_forbid_links_can_be_saved_on() {
    let folder = tempfile::tempdir().unwrap();
    run(&mut command(
        "save without links",
        &folder.path().join("file.mts"),
    ));
}
