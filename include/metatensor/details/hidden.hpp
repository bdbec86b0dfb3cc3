#ifndef METATENSOR_DETAILS_HIDDEN_HPP
#define METATENSOR_DETAILS_HIDDEN_HPP

#include <metatensor/version.h>

// Inline functions are weak symbols: of all libraries in a process, the first one would define them for everybody, also for
// those that were compiled with another version of these headers, or with the headers of another implementation. Every
// function of these headers is marked with METATENSOR_HIDDEN instead, but for the virtual functions of arrays: its symbol
// stays in the library that it was compiled into, and its name has the version in it, so that object files with
// different versions can be linked to one library.
#if defined(__GNUC__) && !defined(_WIN32)
#define METATENSOR_DETAILS_TAG_OF(major, minor, patch) "mts_" #major "_" #minor "_" #patch
#define METATENSOR_DETAILS_TAG(major, minor, patch) METATENSOR_DETAILS_TAG_OF(major, minor, patch)
#define METATENSOR_HIDDEN                                                                          \
    __attribute__((visibility("hidden"),                                                           \
        abi_tag(METATENSOR_DETAILS_TAG(METATENSOR_VERSION_MAJOR, METATENSOR_VERSION_MINOR,         \
            METATENSOR_VERSION_PATCH))))
#else
#define METATENSOR_HIDDEN
#endif

// The same for member templates of class templates, whose visibility clang forgets.
#if defined(__clang__) && !defined(_WIN32)
#define METATENSOR_HIDDEN_TEMPLATE __attribute__((internal_linkage))
#else
#define METATENSOR_HIDDEN_TEMPLATE METATENSOR_HIDDEN
#endif

#endif
