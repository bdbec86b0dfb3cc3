//! Where the data of an array lives.

use std::fmt;

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
