#ifndef METATENSOR_VERSION_H
#define METATENSOR_VERSION_H

/** Version of these headers. `mts_version()` gives that of the library itself. */
#define METATENSOR_VERSION "0.2.6"

#define METATENSOR_VERSION_MAJOR 0
#define METATENSOR_VERSION_MINOR 2
#define METATENSOR_VERSION_PATCH 6

#endif /* METATENSOR_VERSION_H */
