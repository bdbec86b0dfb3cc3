//! Who may do what with a file.

use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use rustix::fs::{Gid, Uid, fchown};

/// Reading and writing for the owner only.
pub(super) const PRIVATE: u32 = 0o600;
/// What new files have, less the umask.
pub(super) const USUAL: u32 = 0o666;

/// Owner, group, mode and access control list of a file.
#[derive(Debug)]
pub(super) struct Access {
    owner: u32,
    group: u32,
    mode: u32,
    list: Option<Vec<u8>>,
}

impl Access {
    pub(super) fn of(file: &File) -> io::Result<Access> {
        let metadata = file.metadata()?;
        Ok(Access {
            owner: metadata.uid(),
            group: metadata.gid(),
            mode: metadata.mode() & 0o7777,
            list: list::of(file),
        })
    }

    /// Gives this to another file, as far as the system allows: only administrators can give files away. Nobody may
    /// do more with the file than before because of what could not be kept.
    pub(super) fn give_to(&self, file: &File) -> io::Result<()> {
        let kept = |metadata: Metadata| {
            let (owner, group) = (metadata.uid(), metadata.gid());
            (owner == self.owner, group == self.group)
        };
        let (owner, group) = (Uid::from_raw(self.owner), Gid::from_raw(self.group));
        if kept(file.metadata()?) != (true, true) && fchown(file, Some(owner), Some(group)).is_err()
        {
            // one's own files can be given to one's own groups
            let _ = fchown(file, None, Some(group));
        }
        let (owner, group) = kept(file.metadata()?);
        let mut mode = self.mode;
        if !owner || !group {
            // no program with the rights of another owner or group
            mode &= 0o777;
        }
        if !group || !list::set(file, self.list.as_deref()) {
            // another group gets what everybody has
            mode &= 0o7707 | (mode & 0o007) << 3;
        }
        set_mode(file, mode);
        Ok(())
    }
}

/// Sets the mode on file systems that have modes.
pub(super) fn set_mode(file: &File, mode: u32) {
    let _ = file.set_permissions(Permissions::from_mode(mode));
}

/// The mode of new files.
pub(super) fn usual_mode() -> u32 {
    USUAL & !umask()
}

fn umask() -> u32 {
    #[cfg(target_os = "linux")]
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
        if let Some(umask) = line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()) {
            return umask;
        }
    }
    // The only other way to read it is to change it: for a moment, files of other threads get this one.
    let umask = rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    rustix::process::umask(umask);
    #[allow(clippy::useless_conversion, reason = "other systems have 16 bits")]
    umask.as_raw_mode().into()
}

/// POSIX access control lists: the group in the mode of a file with such a list says what anybody in the list can
/// have, which must not become what the group has.
mod list {
    use std::fs::File;

    #[cfg(target_os = "linux")]
    const NAME: &str = "system.posix_acl_access";

    #[cfg(target_os = "linux")]
    pub(super) fn of(file: &File) -> Option<Vec<u8>> {
        let size = rustix::fs::fgetxattr_query(file, NAME).ok()?;
        let mut list = vec![0; size];
        let size = rustix::fs::fgetxattr(file, NAME, &mut list[..]).ok()?;
        list.truncate(size);
        Some(list)
    }

    /// Whether the file has this list now, or none.
    #[cfg(target_os = "linux")]
    pub(super) fn set(file: &File, list: Option<&[u8]>) -> bool {
        match list {
            Some(list) => {
                rustix::fs::fsetxattr(file, NAME, list, rustix::fs::XattrFlags::empty()).is_ok()
            }
            None => {
                // the one that the folder gives to new files
                let _ = rustix::fs::fremovexattr(file, NAME);
                true
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn of(_: &File) -> Option<Vec<u8>> {
        None
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn set(_: &File, _: Option<&[u8]>) -> bool {
        true
    }
}
