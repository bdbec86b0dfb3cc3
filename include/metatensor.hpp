#ifndef METATENSOR_HPP
#define METATENSOR_HPP

// Labels, blocks and maps for C++17, on top of metatensor.h: header-only, errors are exceptions. What is not part of the
// interface of metatensor 0.2 has headers of its own beside these, in metatensor/.

// what programs that were written for the official headers may take from them
#include <algorithm>
#include <cassert>
#include <cstdio>

#include <metatensor/errors.hpp>

#include <metatensor/arrays.hpp>
#include <metatensor/labels.hpp>

#include <metatensor/block.hpp>
#include <metatensor/tensor.hpp>

#include <metatensor/io.hpp>

#endif
