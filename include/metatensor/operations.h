/* Operations on maps and blocks, gradients included.
 *
 * Generated from the sources of metatensor-capi by
 *     cargo run -p metatensor-tests --bin generate-headers
 * Change those, not this file. */

#ifndef METATENSOR_OPERATIONS_H
#define METATENSOR_OPERATIONS_H

#include "metatensor.h"


#endif  /* METATENSOR_OPERATIONS_H */
