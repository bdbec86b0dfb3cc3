//! What loading a file and making a result may cost.
//!
//! A small file, or a call with small inputs, can ask for more than the machine has. The limits are of the whole
//! process: whoever loads files of others can set them once, for all libraries that load on their behalf.

use std::fmt::{self, Display};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::memory::physical_memory;
use crate::{Error, Result};

/// Gradients of gradients deeper than this are neither written nor read: whatever visits all of them calls itself
/// for each level.
pub(crate) const MAX_DEPTH: u64 = 64;

/// Something that is limited for the whole process.
///
/// The defaults are far beyond what data of the field needs.
///
/// ```
/// # use metatensor_core::Limit;
/// // files with more than a hundred thousand members are refused from now on
/// Limit::Members.set(100_000);
/// assert_eq!(Limit::Members.get(), 100_000);
/// // back to the default
/// Limit::Members.set(0);
/// # assert_eq!(Limit::Members.get(), 1 << 27);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Bytes that loading a file may make of data which does not have a size of its own: what all compressed members
    /// that are read give together, or what comes out of a pipe. The memory of the machine by default.
    InflatedBytes,
    /// Members of an archive. 134 217 728 by default: maps with more than twenty million blocks have so many.
    Members,
    /// Dimensions of labels in a file, or gradients of a block in a file. 1 048 576 by default.
    Names,
    /// How deep gradients of gradients are nested in a file. 64 by default, which is also the most there can be.
    Depth,
    /// Bytes of all arrays and labels that an operation makes, where its result can be much larger than what it is
    /// made of: moving keys or components, joining, products. The memory of the machine by default.
    ResultBytes,
}

impl Limit {
    /// All limits.
    pub const ALL: [Limit; 5] = [
        Limit::InflatedBytes,
        Limit::Members,
        Limit::Names,
        Limit::Depth,
        Limit::ResultBytes,
    ];

    /// What is set for this process, or else the default.
    pub fn get(self) -> u64 {
        match self.setting().load(Ordering::Relaxed) {
            0 => self.default_value(),
            set => set,
        }
    }

    /// Sets the limit for this process. 0 sets the default again, and `u64::MAX` is no limit at all (but for
    /// [`Limit::Depth`]). Loads and operations that are running may still use the limit before.
    ///
    /// ```
    /// # use metatensor_core::Limit;
    /// Limit::ResultBytes.set(1 << 30);
    /// assert_eq!(Limit::ResultBytes.get(), 1 << 30);
    /// # Limit::ResultBytes.set(0);
    /// ```
    pub fn set(self, limit: u64) {
        self.setting().store(self.allowed(limit), Ordering::Relaxed);
    }

    /// The most that can be set instead of this.
    fn allowed(self, limit: u64) -> u64 {
        match self {
            Limit::Depth => limit.min(MAX_DEPTH),
            _ => limit,
        }
    }

    fn default_value(self) -> u64 {
        match self {
            Limit::InflatedBytes | Limit::ResultBytes => physical_memory(),
            Limit::Members => 1 << 27,
            Limit::Names => 1 << 20,
            Limit::Depth => MAX_DEPTH,
        }
    }

    /// What was set, or 0.
    fn setting(self) -> &'static AtomicU64 {
        static SETTINGS: [AtomicU64; Limit::ALL.len()] =
            [const { AtomicU64::new(0) }; Limit::ALL.len()];
        &SETTINGS[self as usize]
    }

    /// Checks that a result does not need more bytes than [`Limit::ResultBytes`], before anything of this size is
    /// made. `what` names the result, for the error.
    ///
    /// # Errors
    ///
    /// If it does.
    #[doc(hidden)]
    pub fn check_result<D: Display>(bytes: u64, what: impl FnOnce() -> D) -> Result<()> {
        match Limit::ResultBytes.exceeded(bytes, Limit::ResultBytes.get()) {
            None => Ok(()),
            Some(exceeded) => Err(Error::unsupported(format!("{}: {exceeded}", what()))),
        }
    }

    fn exceeded(self, needed: u64, limit: u64) -> Option<Exceeded> {
        (needed > limit).then_some(Exceeded {
            what: self,
            needed,
            limit,
        })
    }
}

/// What may be read from one file: what is set for the process, but for the limits that are set here.
///
/// Functions that take none, as `load`, `load_mapped`, or those that append and merge, know what is set for the process.
///
/// ```
/// # use metatensor_core::{Limit, Limits};
/// let limits = Limits::default().with(Limit::Members, 1000);
/// assert_eq!(limits.get(Limit::Members), 1000);
/// assert_eq!(limits.get(Limit::Names), Limit::Names.get());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits([Option<u64>; Limit::ALL.len()]);

impl Limits {
    /// The same limits, but for this one. [`Limit::Depth`] can not be more than 64, and [`Limit::ResultBytes`] is about
    /// no file.
    ///
    /// ```
    /// # use metatensor_core::{Limit, Limits};
    /// assert_eq!(Limits::default().with(Limit::Depth, 100).get(Limit::Depth), 64);
    /// ```
    #[must_use]
    pub fn with(mut self, limit: Limit, value: u64) -> Limits {
        self.0[limit as usize] = Some(limit.allowed(value));
        self
    }

    /// What is set here, or else for the process.
    ///
    /// ```
    /// # use metatensor_core::{Limit, Limits};
    /// assert_eq!(Limits::default().get(Limit::Members), Limit::Members.get());
    /// ```
    pub fn get(&self, limit: Limit) -> u64 {
        self.0[limit as usize].unwrap_or_else(|| limit.get())
    }

    /// Checks that `place`, in a file, does not need more than this limit.
    ///
    /// # Errors
    ///
    /// If it does.
    pub(crate) fn check(&self, limit: Limit, needed: u64, place: impl Display) -> Result<()> {
        match limit.exceeded(needed, self.get(limit)) {
            None => Ok(()),
            Some(exceeded) => Err(Error::serialization(format!("{place}: {exceeded}"))),
        }
    }
}

/// The bytes of all blocks of a result, and which of them is the largest, to be checked before they are made.
#[derive(Clone, Debug, Default)]
pub struct ResultBytes {
    total: u64,
    largest: u64,
    name: String,
}

impl ResultBytes {
    /// Counts a block. `name` tells which one it is, for the error.
    pub fn add(&mut self, bytes: u64, name: impl FnOnce() -> String) {
        self.total = self.total.saturating_add(bytes);
        if bytes > self.largest || self.name.is_empty() {
            self.largest = bytes;
            self.name = name();
        }
    }

    /// Checks that all blocks together do not take more than [`Limit::ResultBytes`].
    ///
    /// # Errors
    ///
    /// If they do: [`Error::Unsupported`], with the number of bytes, the name of the largest block, and its bytes.
    pub fn check(&self) -> Result<()> {
        Limit::check_result(self.total, || {
            format!(
                "the result is too large: its largest block, {}, would take {} bytes, and all of them",
                self.name, self.largest
            )
        })
    }
}

/// More is needed than a limit allows.
struct Exceeded {
    what: Limit,
    needed: u64,
    limit: u64,
}

impl Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exceeded { needed, limit, .. } = self;
        let what = match self.what {
            Limit::InflatedBytes => "bytes of uncompressed data",
            Limit::Members => "members",
            Limit::Names => "names",
            Limit::Depth => "levels of gradients",
            Limit::ResultBytes => "bytes of results",
        };
        write!(
            f,
            "{needed} {what} are more than the limit of {limit} (see `Limit::{:?}`)",
            self.what
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_memory_of_this_machine_is_known() {
        let memory = physical_memory();
        assert!((1 << 24..1 << 50).contains(&memory), "{memory}");
        assert_eq!(Limit::ResultBytes.default_value(), memory);
    }

    #[test]
    fn errors_name_the_place_and_the_limit() {
        let place = "'blocks/0/values.npy'";
        let limits = Limits::default();
        let error = limits.check(Limit::Depth, 65, place).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(place), "{error}");
        assert!(error.contains("65 levels"), "{error}");
        assert!(error.contains("64 (see `Limit::Depth`)"), "{error}");
        assert!(limits.check(Limit::Depth, 64, place).is_ok());
    }
}
