# ANCHOR: check
import metatensor


def libraries():
    """The libraries with this name that this process has loaded (on Linux)."""
    with open("/proc/self/maps") as maps:
        return sorted({line.split()[-1] for line in maps if line.rstrip().endswith("/libmetatensor.so")})


print(libraries())
# ANCHOR_END: check
