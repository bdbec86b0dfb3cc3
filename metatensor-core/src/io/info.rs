//! The info of a map in a file: a JSON object with strings for values.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufReader};

use indexmap::IndexMap;
use serde_core::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::archive::{Archive, LoadError, Member};
use super::in_file;
use crate::names::printable;
use crate::{Error, Result};

/// Name of the member.
pub(super) const NAME: &str = "info.json";

/// Info is parsed in pieces of this size.
const INFO_PIECE: u64 = 64 << 10;

/// The info that `member` is, sorted by names. It is parsed as it comes.
///
/// # Errors
/// If it can not be read, is something else, or can not go to other languages.
pub(super) fn read(member: &mut Member<'_, '_>) -> Result<IndexMap<String, String>> {
    let failed = |member: &Member<'_, '_>, error: io::Error| {
        error.downcast().unwrap_or_else(|error| member.bad(error))
    };
    let length = member.remaining().min(INFO_PIECE) as usize;
    match serde_json::from_reader(BufReader::with_capacity(length, &mut *member)) {
        Ok(Info(info)) => {
            check(&info).map_err(|error| in_file(error, NAME))?;
            Ok(info.into_iter().collect())
        }
        Err(error) if error.is_io() => Err(failed(member, error.into())),
        Err(error) => {
            // if the rest shows that the member is damaged, that is the reason
            io::copy(member, &mut io::sink()).map_err(|error| failed(member, error))?;
            Err(member.bad(format!(
                "expected an object with strings for values: {error}"
            )))
        }
    }
}

/// The info in `archive`, which is nothing if there is no such member.
///
/// # Errors
/// As for [`read`], or if the member can not be opened.
pub(super) fn of_archive(archive: &mut Archive<'_>) -> Result<IndexMap<String, String>, LoadError> {
    if !archive.contains(NAME) {
        return Ok(IndexMap::new());
    }
    Ok(read(&mut archive.open_member(NAME)?)?)
}

/// The text of `info`.
///
/// # Errors
/// If it can not go to other languages.
pub(super) fn write(info: &IndexMap<String, String>) -> Result<Vec<u8>> {
    check(info).map_err(|error| error.context("info"))?;
    let sorted: BTreeMap<_, _> = info.iter().collect();
    serde_json::to_vec_pretty(&sorted)
        .map_err(|error| Error::Internal(format!("can not write info: {error}")))
}

/// Info goes to other languages as C strings.
fn check<'a>(info: impl IntoIterator<Item = (&'a String, &'a String)>) -> Result<()> {
    match info
        .into_iter()
        .find(|(key, value)| key.contains('\0') || value.contains('\0'))
    {
        Some((key, _)) => Err(Error::invalid(format!(
            "the entry '{}' contains a NUL character",
            printable(key)
        ))),
        None => Ok(()),
    }
}

/// Entries with different names: the standard types keep the last of several that have the same one.
struct Info(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Info {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Info;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Info, A::Error> {
        let mut info = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, String>()? {
            if info.contains_key(&key) {
                let key = printable(&key);
                return Err(A::Error::custom(format!("the entry '{key}' comes twice")));
            }
            info.insert(key, value);
        }
        Ok(Info(info))
    }
}
