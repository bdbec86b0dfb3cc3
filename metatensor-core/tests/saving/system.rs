//! A system that can do less, for this process.

#![expect(
    unsafe_code,
    reason = "calls of the system that nothing else has a name for"
)]

use std::fs;
use std::path::Path;

use rustix::io::Errno;

/// A call that fails with an error, if it has these bits in one of its parameters.
pub(crate) struct Forbidden {
    call: libc::c_long,
    bits: Option<(u32, u32)>,
    error: Errno,
}

/// Files without a name, as if the file system had none.
pub(crate) fn unnamed_files() -> Forbidden {
    // without the bit that says "directory"
    let bits = (libc::O_TMPFILE & !libc::O_DIRECTORY) as u32;
    Forbidden {
        call: libc::SYS_openat,
        bits: Some((2, bits)),
        error: Errno::OPNOTSUPP,
    }
}

pub(crate) fn call(call: libc::c_long, error: Errno) -> Forbidden {
    Forbidden {
        call,
        bits: None,
        error,
    }
}

/// Renames, as if something was mounted at all places.
pub(crate) fn renames() -> Vec<Forbidden> {
    [libc::SYS_renameat, libc::SYS_renameat2]
        .map(|number| call(number, Errno::BUSY))
        .into()
}

/// Lets these calls of this thread, and of those that it makes, fail from now on.
pub(crate) fn forbid(calls: impl IntoIterator<Item = Forbidden>) {
    let statement = |code: u32, k: u32, jt: u8, jf: u8| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let equal = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let any_bit = libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K;
    let mut program = Vec::new();
    for Forbidden { call, bits, error } in calls {
        // number of the call, and then its parameters, of 64 bits
        program.push(statement(load, 0, 0, 0));
        match bits {
            None => program.push(statement(equal, call as u32, 0, 1)),
            Some((parameter, bits)) => {
                program.push(statement(equal, call as u32, 0, 3));
                program.push(statement(load, 16 + 8 * parameter, 0, 0));
                program.push(statement(any_bit, bits, 0, 1));
            }
        }
        let result = libc::SECCOMP_RET_ERRNO | error.raw_os_error() as u32;
        program.push(statement(libc::BPF_RET | libc::BPF_K, result, 0, 0));
    }
    let allowed = libc::SECCOMP_RET_ALLOW;
    program.push(statement(libc::BPF_RET | libc::BPF_K, allowed, 0, 0));
    let filter = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    // SAFETY: a program that lives until the calls return.
    let results = unsafe {
        [
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
            libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &filter),
        ]
    };
    assert_eq!(results, [0, 0], "{}", std::io::Error::last_os_error());
}

/// The user that nobody is, and its group.
pub(crate) const NOBODY: u32 = 65_534;

/// Whether this process may do everything.
pub(crate) fn is_administrator() -> bool {
    rustix::process::geteuid().is_root()
}

/// Makes this process one of a user without privileges, if it is not.
pub(crate) fn become_nobody() {
    if is_administrator() {
        // SAFETY: changes this process only, which is one for this purpose.
        let results = unsafe {
            [
                libc::setgroups(0, std::ptr::null()),
                libc::setgid(NOBODY),
                libc::setuid(NOBODY),
            ]
        };
        assert_eq!(results, [0; 3]);
    }
}

/// Calls `handler` when this signal comes.
pub(crate) fn handle(signal: i32, handler: extern "C" fn(i32)) {
    // SAFETY: handlers only do what they may.
    let before = unsafe { libc::signal(signal, handler as *const () as libc::sighandler_t) };
    assert_ne!(before, libc::SIG_ERR);
}

/// Lets a signal do nothing.
pub(crate) fn ignore(signal: i32) {
    // SAFETY: no function is called.
    let before = unsafe { libc::signal(signal, libc::SIG_IGN) };
    assert_ne!(before, libc::SIG_ERR);
}

/// Puts a disk in memory at `folder`, for this process only. Says whether that could be done.
pub(crate) fn mount_memory(folder: &Path, options: &str) -> bool {
    let text = |text: &str| std::ffi::CString::new(text).unwrap();
    let (folder, options) = (text(folder.to_str().unwrap()), text(options));
    let (nothing, root, kind) = (text("none"), text("/"), text("tmpfs"));
    // SAFETY: strings that live until the calls return.
    unsafe {
        libc::unshare(libc::CLONE_NEWNS) == 0
            && libc::mount(
                nothing.as_ptr(),
                root.as_ptr(),
                std::ptr::null(),
                libc::MS_REC | libc::MS_PRIVATE,
                std::ptr::null(),
            ) == 0
            && libc::mount(
                nothing.as_ptr(),
                folder.as_ptr(),
                kind.as_ptr(),
                0,
                options.as_ptr().cast(),
            ) == 0
    }
}

/// Removes what was mounted there.
pub(crate) fn unmount(folder: &Path) {
    let folder = std::ffi::CString::new(folder.to_str().unwrap()).unwrap();
    // SAFETY: a string that lives until the call returns.
    let result = unsafe { libc::umount2(folder.as_ptr(), libc::MNT_DETACH) };
    assert_eq!(result, 0);
}

pub(crate) fn thread_id() -> i32 {
    // SAFETY: always possible.
    unsafe { libc::gettid() }
}

pub(crate) fn send_to_thread(thread: i32, signal: i32) {
    // SAFETY: a signal for a thread of this process.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, signal) };
}

/// Makes a copy of this process that only does `work`, which must be allowed in a signal handler, and waits for it.
pub(crate) fn in_a_fork(work: fn()) {
    let mut status = 0;
    // SAFETY: the copy does nothing that other threads may have locked.
    unsafe {
        let process = libc::fork();
        if process == 0 {
            work();
            libc::_exit(0);
        }
        assert_eq!(libc::waitpid(process, &mut status, 0), process);
    }
    assert_eq!(status, 0);
}

/// Ends this process at once.
pub(crate) fn exit_now(status: i32) -> ! {
    // SAFETY: does not come back.
    unsafe { libc::_exit(status) }
}

/// Names of everything in a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
