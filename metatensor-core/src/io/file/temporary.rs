//! Files that are being written, and do not have their final name yet.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Seek};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process;

use rustix::fs::{AtFlags, Mode, OFlags, linkat, openat, renameat, unlinkat};
#[cfg(target_os = "linux")]
use rustix::fs::{CWD, fstat, statat};
use rustix::io::Errno;

use super::access::{Access, PRIVATE, usual_mode};
#[cfg(target_os = "linux")]
use super::access::{USUAL, set_mode};
use super::leftovers::{is_called, journal_of, lock, remove_stale};
use super::registry::{Registration, removals};

/// More files than this are not written to one path at the same time.
const MAX_NAMES: usize = 100_000;

/// A folder that stays the same one if it is renamed, or the process goes elsewhere.
#[derive(Debug)]
pub(super) struct Folder {
    descriptor: OwnedFd,
    /// For messages.
    path: PathBuf,
}

impl Folder {
    pub(super) fn open(path: &Path) -> io::Result<Folder> {
        #[cfg(target_os = "linux")]
        let flags = OFlags::PATH;
        #[cfg(not(target_os = "linux"))]
        let flags = OFlags::RDONLY;
        let flags = flags | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Folder {
            descriptor: rustix::fs::open(path, flags, Mode::empty())?,
            path: path.to_owned(),
        })
    }

    /// Makes sure that the names in this folder are on the disk.
    pub(super) fn sync(&self) {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // Whoever may not list the folder can not do it, nor can some file systems, which need not do anything.
        if let Ok(folder) = openat(&self.descriptor, ".", flags, Mode::empty()) {
            let _ = rustix::fs::fsync(folder);
        }
    }

    pub(super) fn try_clone(&self) -> io::Result<Folder> {
        Ok(Folder {
            descriptor: self.descriptor.try_clone()?,
            path: self.path.clone(),
        })
    }

    pub(super) fn descriptor(&self) -> &OwnedFd {
        &self.descriptor
    }
}

/// A file that is being written, of which nobody else knows. It goes away with this value.
#[derive(Debug)]
pub(super) struct Temporary {
    pub(super) file: File,
    folder: Folder,
    /// What names of this file start with.
    prefix: String,
    name: Option<(String, Registration)>,
    /// Mode of new files in this folder.
    usual_mode: u32,
    /// Number of removals when the file was made.
    removals: u32,
    /// The process that made it: a child has all of this as well.
    process: u32,
}

impl Temporary {
    /// New file for what will be at the path `key`, which others can neither read nor write. If there was an
    /// earlier one for the same path that nobody will need any more, it is removed.
    ///
    /// # Errors
    /// If files can not be made in this folder.
    pub(super) fn new(folder: Folder, key: &[u8]) -> io::Result<Self> {
        let removals = removals();
        let prefix = format!(".metatensor-{:016x}-", hash(key));
        remove_stale(&folder.descriptor, &prefix);
        let (file, name, usual_mode) = match unnamed(&folder)? {
            Some((file, mode)) => (file, None, mode),
            None => {
                let (file, name) = named(&folder, &prefix, removals)?;
                (file, Some(name), usual_mode())
            }
        };
        Ok(Temporary {
            file,
            folder,
            prefix,
            name,
            usual_mode,
            removals,
            process: process::id(),
        })
    }

    pub(super) fn usual_mode(&self) -> u32 {
        self.usual_mode
    }

    /// The name that the file has for now, if it has one.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|(name, _)| &name[..])
    }

    /// Gives the file a name, which is not yet the final one: only a rename can replace a file.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn give_name(&mut self) -> io::Result<()> {
        if self.name.is_some() {
            return Ok(());
        }
        if let Ok(name) = link_somewhere(&self.file, &self.folder, &self.prefix, self.removals) {
            self.name = Some(name);
            return Ok(());
        }
        // systems that restrict links may still allow what was usual before there were unnamed files
        let (mut file, name) = named(&self.folder, &self.prefix, self.removals)?;
        self.name = Some(name);
        self.file.rewind()?;
        io::copy(&mut self.file, &mut file)?;
        file.sync_all()?;
        Access::of(&self.file)?.give_to(&file)?;
        self.file = file;
        Ok(())
    }

    /// Gives the file its final name, in the same folder, where it is on the disk as well. What had this name before
    /// has none any more.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn rename_to(&mut self, name: &OsStr) -> io::Result<()> {
        let journal = journal_of(&self.folder.descriptor, name);
        self.give_name()?;
        let folder = &self.folder.descriptor;
        if let Some((temporary, _)) = &self.name {
            renameat(folder, temporary, folder, name)?;
        }
        self.name = None;
        self.folder.sync();
        // Of the file that was there: a new one that is damaged later must not be taken for it. Whoever appends to the new one
        // has a journal of his own.
        if let Some((name, journal)) = journal
            && is_called(&journal, folder, &name)
        {
            let _ = unlinkat(folder, &name, AtFlags::empty());
        }
        Ok(())
    }

    /// Leaves the file where it is, under a name that no later save removes. Gives its path.
    pub(super) fn keep(mut self) -> Option<PathBuf> {
        let (temporary, _) = self.name.take()?;
        let descriptor = &self.folder.descriptor;
        for i in 0..MAX_NAMES {
            let name = format!("{}kept-{i}", self.prefix.trim_start_matches('.'));
            match linkat(descriptor, &temporary, descriptor, &name, AtFlags::empty()) {
                Ok(()) => {
                    let _ = unlinkat(descriptor, &temporary, AtFlags::empty());
                    return Some(self.folder.path.join(name));
                }
                Err(Errno::EXIST) => {}
                // a file system without links
                Err(_) => break,
            }
        }
        Some(self.folder.path.join(temporary))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some((name, _)) = &self.name
            && self.process == process::id()
        {
            let _ = unlinkat(&self.folder.descriptor, name, AtFlags::empty());
        }
    }
}

/// New file without a name, locked, if the file system has such files: if the process is killed, nothing stays. With
/// it comes the mode of new files in this folder.
#[cfg(target_os = "linux")]
fn unnamed(folder: &Folder) -> io::Result<Option<(File, u32)>> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(USUAL);
    let file = match openat(&folder.descriptor, ".", flags, mode) {
        Ok(file) => File::from(file),
        // a file system or a kernel without them
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT | Errno::INVAL) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let stat = fstat(&file)?;
    let linked = statat(CWD, link(&file), AtFlags::empty());
    if !linked.is_ok_and(|found| (found.st_dev, found.st_ino) == (stat.st_dev, stat.st_ino)) {
        // it takes `/proc` to give the file a name
        return Ok(None);
    }
    // The system took the umask away from the mode, and nobody could open the file since.
    set_mode(&file, PRIVATE);
    lock(&file)?;
    Ok(Some((file, stat.st_mode & 0o7777)))
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_: &Folder) -> io::Result<Option<(File, u32)>> {
    Ok(None)
}

/// What the system calls an open file.
#[cfg(target_os = "linux")]
fn link(file: &File) -> String {
    format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file))
}

#[cfg(target_os = "linux")]
fn link_somewhere(
    file: &File,
    folder: &Folder,
    prefix: &str,
    removals: u32,
) -> io::Result<(String, Registration)> {
    let (link, follow) = (link(file), AtFlags::SYMLINK_FOLLOW);
    for i in 0..MAX_NAMES {
        let name = format!("{prefix}{i}");
        let registration = Registration::new(&folder.descriptor, &name, Some(file), removals)?;
        match linkat(CWD, &link, &folder.descriptor, &name, follow) {
            Ok(()) => {
                registration.is_there(file)?;
                return Ok((name, registration));
            }
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(too_many())
}

#[cfg(not(target_os = "linux"))]
fn link_somewhere(_: &File, _: &Folder, _: &str, _: u32) -> io::Result<(String, Registration)> {
    Err(io::ErrorKind::Unsupported.into())
}

/// New file with a name, locked.
fn named(
    folder: &Folder,
    prefix: &str,
    removals: u32,
) -> io::Result<(File, (String, Registration))> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::RDWR | OFlags::CLOEXEC;
    let descriptor = &folder.descriptor;
    for i in 0..MAX_NAMES {
        let name = format!("{prefix}{i}");
        let registration = Registration::new(descriptor, &name, None, removals)?;
        match openat(descriptor, &name, flags, Mode::from_raw_mode(PRIVATE as _)) {
            Ok(file) => {
                let file = File::from(file);
                registration.is_there(&file)?;
                // since the file was made, somebody may have thought that nobody needs this file
                if lock(&file).is_ok() && is_called(&file, descriptor, &name) {
                    return Ok((file, (name, registration)));
                }
            }
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(too_many())
}

fn too_many() -> io::Error {
    io::Error::other("there are too many temporary files for this path")
}

/// FNV-1a: the same number for the same bytes in all versions.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
