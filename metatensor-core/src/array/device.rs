//! Where the data of an array lives, and what kind of array holds it.

use std::fmt;
use std::sync::RwLock;

use crate::{Error, Result};

/// Device holding the data of an array, described as DLPack does.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Device {
    /// DLPack device type: 1 for CPU, 2 for CUDA, 12 for devices that only their owner knows
    /// (torch's meta device), ...
    pub kind: i32,
    /// Which one of the devices of this kind.
    pub id: i32,
}

impl Device {
    /// The main memory.
    pub const CPU: Device = Device { kind: 1, id: 0 };

    /// Type of the devices whose data nobody else can look at.
    const EXTENSION: i32 = 12;

    /// Whether this is the main memory.
    pub const fn is_cpu(self) -> bool {
        self.kind == Self::CPU.kind
    }

    /// Whether arrays on this device have no data that anyone else could read.
    pub const fn is_extension(self) -> bool {
        self.kind == Self::EXTENSION
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.kind {
            1 if self.id == 0 => return f.write_str("cpu"),
            1 => "cpu",
            2 => "cuda",
            3 => "cuda_host",
            4 => "opencl",
            7 => "vulkan",
            8 => "metal",
            9 => "vpi",
            10 => "rocm",
            11 => "rocm_host",
            12 => "ext",
            13 => "cuda_managed",
            14 => "oneapi",
            15 => "webgpu",
            16 => "hexagon",
            17 => "maia",
            18 => "trainium",
            other => return write!(f, "dlpack device {other}:{}", self.id),
        };
        write!(f, "{name}:{}", self.id)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Which kind of array an array is: arrays of the same origin know how to work with each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Origin(u64);

/// Registered names; the origin `n` is at position `n - 1`, so that 0 is no origin.
static ORIGINS: RwLock<Vec<String>> = RwLock::new(Vec::new());

impl Origin {
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
        fn find(names: &[String], name: &str) -> Option<Origin> {
            let position = names.iter().position(|n| n == name)?;
            Some(Origin(position as u64 + 1))
        }
        let known = find(&ORIGINS.read().unwrap_or_else(|e| e.into_inner()), name);
        known.unwrap_or_else(|| {
            let mut names = ORIGINS.write().unwrap_or_else(|e| e.into_inner());
            find(&names, name).unwrap_or_else(|| {
                names.push(name.to_owned());
                Origin(names.len() as u64)
            })
        })
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
        let names = ORIGINS.read().unwrap_or_else(|e| e.into_inner());
        let position = (self.0 as usize).wrapping_sub(1);
        names
            .get(position)
            .cloned()
            .ok_or_else(|| Error::invalid(format!("unregistered data origin: {}", self.0)))
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
    }
}
