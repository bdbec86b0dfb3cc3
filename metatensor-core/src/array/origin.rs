//! Which kind of array holds data.

#![expect(unsafe_code, reason = "keeps a list in a static")]

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::memory::publish;
use crate::{Error, Result};

/// Which kind of array an array is: arrays of the same origin know how to work with each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Origin(u64);

/// A name that was registered. There are few of them, which are never freed.
struct Registered {
    name: String,
    id: u64,
    /// The one that was registered before this one, or null.
    before: *const Registered,
}

/// The name that was registered last, or null.
static LAST: AtomicPtr<Registered> = AtomicPtr::new(ptr::null_mut());

/// The origins of our own arrays have the first numbers.
const BUILT_IN: [&str; 2] = ["RustArray", "metatensor.Labels"];

/// All names that were registered, the last one first.
fn registered(last: *const Registered) -> impl Iterator<Item = &'static Registered> {
    // SAFETY: null, or never freed.
    let next = |place: *const Registered| unsafe { place.as_ref() };
    std::iter::successors(next(last), move |name| next(name.before))
}

impl Origin {
    /// Of native arrays.
    pub(super) const NATIVE: Origin = Origin(1);
    /// Of the values of labels, as arrays.
    pub(super) const LABELS: Origin = Origin(2);

    /// The origin called `name`, registered now if it was not yet.
    ///
    /// ```
    /// # use metatensor_core::{Origin, Result};
    /// let origin = Origin::register("my-library.Array");
    /// assert_eq!(origin, Origin::register("my-library.Array"));
    /// assert_eq!(origin.name()?, "my-library.Array");
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn register(name: &str) -> Origin {
        if let Some(position) = BUILT_IN.iter().position(|&built_in| built_in == name) {
            return Origin(position as u64 + 1);
        }
        let mut last = LAST.load(Ordering::Acquire);
        loop {
            if let Some(known) = registered(last).find(|known| known.name == name) {
                return Origin(known.id);
            }
            let id = registered(last)
                .next()
                .map_or(BUILT_IN.len() as u64, |last| last.id)
                + 1;
            let new = Box::new(Registered {
                name: name.to_owned(),
                id,
                before: last,
            });
            match publish(&LAST, last, new) {
                Ok(_) => return Origin(id),
                Err(other) => last = other,
            }
        }
    }

    /// The origin with this number, which may never have been registered.
    ///
    /// ```
    /// # use metatensor_core::{Origin, Result};
    /// let origin = Origin::register("my-library.Array");
    /// assert_eq!(Origin::from_id(origin.id()), origin);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub const fn from_id(id: u64) -> Origin {
        Origin(id)
    }

    /// Number of this origin, for interfaces that can not name the type.
    pub const fn id(self) -> u64 {
        self.0
    }

    /// Name this origin was registered with.
    ///
    /// # Errors
    ///
    /// If nobody registered this origin.
    pub fn name(self) -> Result<String> {
        let position = usize::try_from(self.0.wrapping_sub(1)).unwrap_or(usize::MAX);
        if let Some(&name) = BUILT_IN.get(position) {
            return Ok(name.to_owned());
        }
        let last = LAST.load(Ordering::Acquire);
        match registered(last).find(|known| known.id == self.0) {
            Some(known) => Ok(known.name.clone()),
            None => Err(Error::invalid(format!(
                "unregistered data origin: {}",
                self.0
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_keeps_its_number_and_name() {
        let first = Origin::register("tests.first");
        let second = Origin::register("tests.second");
        assert_ne!(first, second);
        assert_eq!(Origin::register("tests.first"), first);
        assert_eq!(second.name().unwrap(), "tests.second");
        let unknown = Origin::from_id(u64::MAX);
        assert!(
            unknown
                .name()
                .unwrap_err()
                .to_string()
                .contains("unregistered")
        );
        assert!(Origin::from_id(0).name().is_err());
        assert_eq!(Origin::NATIVE.name().unwrap(), "RustArray");
        assert_eq!(Origin::register("metatensor.Labels"), Origin::LABELS);
    }

    #[test]
    fn threads_agree_about_origins() {
        let register = || (0..50).map(|i| Origin::register(&format!("tests.thread.{i}")));
        let all: Vec<Vec<Origin>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| register().collect()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        for (i, origin) in all[0].iter().enumerate() {
            assert!(all.iter().all(|origins| origins[i] == *origin));
            assert_eq!(origin.name().unwrap(), format!("tests.thread.{i}"));
        }
    }
}
