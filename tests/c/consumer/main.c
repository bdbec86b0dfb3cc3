#include <metatensor.h>
#include <metatensor/operations.h>

#include <stdio.h>
#include <string.h>

int main(void) {
    puts(mts_version());
    /* an operation, so that all of the static library is needed */
    mts_tensormap_t *result;
    if (mts_add(NULL, NULL, &result) != MTS_INVALID_PARAMETER_ERROR) return 1;
    return strcmp(mts_version(), METATENSOR_VERSION) == 0 ? 0 : 1;
}
