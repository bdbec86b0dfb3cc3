//! Archives that are made of valid ones by changing members, their order and names, headers and the directory, with
//! checksums and sizes that are right, so that what is inside is reached.

use std::sync::LazyLock;

use super::choices::Choices;
use super::maps::{blocks, examples, saved};
use super::zip::{Member, archive, members};

/// How many changes are made to one archive.
const CHANGES: usize = 8;

/// Inputs that choose one of the valid archives, and then how it is changed.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    changes(valid().len())
}

/// The same for so many examples.
pub(crate) fn changes(examples: usize) -> Vec<Vec<u8>> {
    let examples = 0..examples as u8;
    let mut seeds: Vec<_> = examples.clone().map(|example| vec![example]).collect();
    for change in 0..12 {
        seeds.extend(
            examples
                .clone()
                .map(|example| vec![example, change, 3, 9, 1, 5, 40, 2]),
        );
    }
    seeds
}

/// Members of archives with nothing wrong.
fn valid() -> &'static [Vec<Member>] {
    static VALID: LazyLock<Vec<Vec<Member>>> = LazyLock::new(|| {
        let mut valid: Vec<_> = examples().iter().map(saved).collect();
        valid.push(examples()[1].blocks()[0].save_buffer().unwrap());
        valid.extend(blocks());
        valid.iter().map(|archive| members(archive)).collect()
    });
    &VALID
}

/// One of the valid archives, with changes.
pub(crate) fn changed(choices: &mut Choices<'_>) -> Vec<u8> {
    let valid = valid();
    let mut changed = Changed::new(&valid[choices.below(valid.len())]);
    for _ in 0..CHANGES {
        if choices.is_empty() {
            break;
        }
        changed.change(choices);
    }
    changed.archive()
}

/// Members of an archive, and what else is to be changed.
pub(crate) struct Changed {
    pub(crate) members: Vec<Member>,
    patches: Vec<Patch>,
}

impl Changed {
    pub(crate) fn new(members: &[Member]) -> Changed {
        Changed {
            members: members.to_vec(),
            patches: Vec::new(),
        }
    }

    /// Makes one change.
    pub(crate) fn change(&mut self, choices: &mut Choices<'_>) {
        change(&mut self.members, &mut self.patches, choices);
    }

    /// What became of the archive.
    pub(crate) fn archive(self) -> Vec<u8> {
        let (mut file, directory) = archive(&self.members);
        for patch in self.patches {
            patch.apply(&mut file, directory);
        }
        file
    }
}

/// A byte of the headers or the directory that is something else.
struct Patch {
    in_directory: bool,
    at: usize,
    byte: u8,
}

impl Patch {
    fn apply(self, file: &mut [u8], directory: usize) {
        let start = if self.in_directory { directory } else { 0 };
        let length = file.len() - start;
        if length > 0 {
            file[start + self.at % length] = self.byte;
        }
    }
}

fn change(members: &mut Vec<Member>, patches: &mut Vec<Patch>, choices: &mut Choices<'_>) {
    let what = choices.byte();
    let first = choices.below(members.len());
    let second = choices.below(members.len());
    let Some(member) = members.get_mut(first) else {
        return;
    };
    match what % 12 {
        // a byte, which can be one of the header of an array
        0 | 1 => {
            let at = choices.below(member.bytes.len());
            if let Some(byte) = member.bytes.get_mut(at) {
                *byte = choices.byte();
            }
        }
        // several bytes, more or fewer than were there
        2 | 3 => {
            let start = choices.below(member.bytes.len() + 1);
            let end = (start + choices.below(32)).min(member.bytes.len());
            let count = choices.below(32);
            let bytes = choices.bytes(count).to_vec();
            member.bytes.splice(start..end, bytes);
        }
        4 => member.bytes.truncate(choices.below(member.bytes.len() + 1)),
        5 => drop(members.remove(first)),
        6 => members.swap(first, second),
        // the content of another one
        7 => members[first].bytes = members[second].bytes.clone(),
        8 => member.is_deflated = !member.is_deflated,
        // another name, or a second member of the same
        9 => {
            let start = choices.below(member.name.len() + 1);
            let end = (start + choices.below(8)).min(member.name.len());
            let count = choices.below(8);
            let name = choices.bytes(count).to_vec();
            member.name.splice(start..end, name);
        }
        10 => {
            let copy = member.clone();
            members.insert(second, copy);
        }
        _ => patches.push(Patch {
            in_directory: choices.byte().is_multiple_of(2),
            at: choices.u16().into(),
            byte: choices.byte(),
        }),
    }
}
