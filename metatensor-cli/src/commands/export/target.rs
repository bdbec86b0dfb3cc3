//! The folder that a new one becomes: what may be replaced, and how nothing is lost if that fails.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::output::Failure;

/// What tells that a folder was made by this.
pub(super) const KEYS: &str = "keys.npy";

/// What a map says about itself, if it does.
pub(super) const INFO: &str = "info.json";

/// What the new folder is called in the temporary one.
pub(super) const NEW: &str = "new";

/// And what was there before.
const OLD: &str = "old";

/// Where a folder of arrays goes.
pub(super) struct Target {
    path: PathBuf,
    is_there: bool,
}

impl Target {
    /// Refuses what is there and was not made by an export. Links stay, and what they lead to is replaced.
    pub(super) fn new(path: &Path) -> Result<Target, Failure> {
        // a slash at the end would lead through a link
        let mut path: PathBuf = path.components().collect();
        let Ok(mut metadata) = path.symlink_metadata() else {
            let is_there = false;
            return Ok(Target { path, is_there });
        };
        if metadata.is_symlink() {
            let end = path.canonicalize();
            let end = end.and_then(|end| Ok((end.metadata()?, end)));
            (metadata, path) = end.map_err(|error| {
                let path = path.display();
                format!(
                    "'{path}' is a symbolic link that leads nowhere, it is not replaced: {error}"
                )
            })?;
        }
        if metadata.is_dir() {
            check_replaceable(&path)?;
        } else if !metadata.is_file() {
            return Err(Failure::Error(format!(
                "'{}' is neither a folder nor a file: it is not replaced",
                path.display()
            )));
        }
        let is_there = true;
        Ok(Target { path, is_there })
    }

    /// A folder beside this one.
    pub(super) fn temporary(&self) -> Result<TempDir, Failure> {
        let parent = match self.path.parent() {
            Some(parent) if parent != "" => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        let temporary = builder.prefix(".mts-export").tempdir_in(parent);
        Ok(temporary
            .map_err(|error| format!("could not write to '{}': {error}", parent.display()))?)
    }

    /// Puts what is called [`NEW`] in the temporary folder here, if nobody put anything else here since it was looked at.
    pub(super) fn replace(&self, temporary: TempDir) -> Result<(), Failure> {
        let refused = |error: io::Error| -> Failure {
            format!("could not write '{}': {error}", self.path.display()).into()
        };
        // what somebody else put here since then is not moved: the new folder does not go there
        if !self.is_there {
            return self.put(temporary).map_err(refused);
        }
        let old = temporary.path().join(OLD);
        fs::rename(&self.path, &old).map_err(refused)?;
        if let Err(failure) = self.check_moved(&old) {
            return match fs::rename(&old, &self.path) {
                Ok(()) => Err(failure),
                Err(error) => Err(failure.context(kept(temporary, &error))),
            };
        }
        self.put(temporary).map_err(refused)
    }

    /// Refuses what came here while the new folder was made, where nobody can put anything any more.
    fn check_moved(&self, old: &Path) -> Result<(), Failure> {
        match old.is_dir() {
            true => check_replaceable(old).map_err(|failure| failure.context(self.path.display())),
            false => Ok(()),
        }
    }

    /// The same once what was there is in the temporary folder as well, which stays if that can not be put back.
    fn put(&self, temporary: TempDir) -> io::Result<()> {
        let Err(error) = fs::rename(temporary.path().join(NEW), &self.path) else {
            return Ok(());
        };
        if self.is_there
            && let Err(second) = fs::rename(temporary.path().join(OLD), &self.path)
        {
            let kept = kept(temporary, &second);
            return Err(io::Error::other(format!("{error}; {kept}")));
        }
        Err(error)
    }
}

/// Keeps what was there before, which can not go back, and says where it is.
fn kept(temporary: TempDir, error: &io::Error) -> String {
    let old = temporary.keep().join(OLD);
    let old = old.display();
    format!("what was there is '{old}' now, since it could not be put back: {error}")
}

/// Refuses to replace folders that are neither empty nor all that an export makes.
fn check_replaceable(folder: &Path) -> Result<(), Failure> {
    check(folder, Part::Map)?;
    let is_empty = entries(folder)?.is_empty();
    match is_empty || folder.join(KEYS).exists() {
        true => Ok(()),
        false => Err(Failure::Error(format!(
            "'{}' is a folder without {KEYS}, which nobody may want to lose: it is not replaced",
            folder.display()
        ))),
    }
}

/// What an export writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    File,
    Map,
    Blocks,
    Block,
    Components,
    Gradients,
}

impl Part {
    /// What has this name in the folder of a part.
    fn entry(self, name: &str) -> Option<Part> {
        let is_number = |name: &str| name.parse::<usize>().is_ok();
        match self {
            Part::Map => match name {
                KEYS | INFO => Some(Part::File),
                "blocks" => Some(Part::Blocks),
                _ => None,
            },
            Part::Blocks => is_number(name).then_some(Part::Block),
            Part::Block => match name {
                "values.npy" | "samples.npy" | "properties.npy" => Some(Part::File),
                "components" => Some(Part::Components),
                "gradients" => Some(Part::Gradients),
                _ => None,
            },
            Part::Components => {
                let number = name.strip_suffix(".npy");
                number.is_some_and(is_number).then_some(Part::File)
            }
            Part::Gradients => Some(Part::Block),
            Part::File => None,
        }
    }
}

/// Refuses a folder with other entries than those of a part.
fn check(folder: &Path, part: Part) -> Result<(), Failure> {
    for entry in entries(folder)? {
        let path = entry.path();
        let kind = entry.file_type().map_err(|error| not_read(&path, &error))?;
        let name = entry.file_name();
        match name.to_str().and_then(|name| part.entry(name)) {
            Some(Part::File) if kind.is_file() => {}
            Some(part) if part != Part::File && kind.is_dir() => check(&path, part)?,
            _ => {
                return Err(Failure::Error(format!(
                    "'{}' is not of an export, and nobody may want to lose it: its folder is not replaced",
                    path.display()
                )));
            }
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>, Failure> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.collect());
    Ok(entries.map_err(|error| not_read(folder, &error))?)
}

fn not_read(path: &Path, error: &io::Error) -> String {
    format!(
        "could not look at '{}', which would be replaced: {error}",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody else writes to the folder while the new one is made.
    #[test]
    fn what_came_later_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::create_dir(&path).unwrap();
        fs::write(path.join(KEYS), "old").unwrap();
        let target = Target::new(&path).unwrap();
        let temporary = target.temporary().unwrap();
        fs::create_dir(temporary.path().join(NEW)).unwrap();
        fs::write(path.join("notes.txt"), "mine").unwrap();
        let error = target.replace(temporary).unwrap_err();
        let Failure::Error(error) = error else {
            panic!("{error:?}");
        };
        assert!(error.contains("notes.txt' is not of an export"), "{error}");
        assert_eq!(fs::read_to_string(path.join("notes.txt")).unwrap(), "mine");
        assert_eq!(fs::read_to_string(path.join(KEYS)).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    /// Somebody else makes a folder with the same name in the moment in which there is none.
    #[test]
    fn what_can_not_be_put_back_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let temporary = tempfile::tempdir_in(folder.path()).unwrap();
        for file in [
            &path.join("theirs"),
            &temporary.path().join(NEW).join(KEYS),
            &temporary.path().join(OLD).join(KEYS),
        ] {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let place = temporary.path().join(OLD);
        let is_there = true;
        let target = Target { path, is_there };
        let error = target.put(temporary).unwrap_err().to_string();
        let expected = format!("what was there is '{}' now", place.display());
        assert!(error.contains(&expected), "{error}");
        assert!(place.join(KEYS).exists() && target.path.join("theirs").exists());
    }
}
