// All of the C++ interface, in one program: each of these headers has the tests of a header of the library.
#include <metatensor.hpp>
#include <metatensor/views.hpp>

#include "check.hpp"

using namespace metatensor;

#include "suite/errors.hpp"
#include "suite/views.hpp"
#include "suite/arrays.hpp"
#include "suite/labels.hpp"
#include "suite/blocks.hpp"
#include "suite/tensors.hpp"

#ifdef SUITE_IS_SHARED
void run_suite();
void run_suite() {
#else
int main() {
#endif
    errors::test();
    views::test();
    arrays::test();
    labels::test();
    tensors::test(); // saves files that other tests look at
    blocks::test();
}
