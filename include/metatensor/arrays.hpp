#ifndef METATENSOR_ARRAYS_HPP
#define METATENSOR_ARRAYS_HPP

// Arrays, a class in each of these:
#include <metatensor/details/data_array_base.hpp>   // DataArrayBase, to be derived from
#include <metatensor/details/dlpack_array.hpp>      // DLPackArray, a tensor that is read
#include <metatensor/details/empty_data_array.hpp>  // EmptyDataArray, without elements
#include <metatensor/details/mts_array.hpp>         // MtsArray, owner of an array of any kind
#include <metatensor/details/nd_array.hpp>          // NDArray, a row-major view or array
#include <metatensor/details/simple_data_array.hpp> // SimpleDataArray, elements in a vector

#endif
