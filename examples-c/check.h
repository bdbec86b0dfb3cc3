/* What the examples have in common: they end with the message of the first error. A program that can go on after an error
 * would not. Functions return either a status, or a pointer which is NULL on error; errors.c has more about them. */
#include <metatensor/shortcuts.h>

#include <stdio.h>
#include <stdlib.h>

#define FAIL(what) (fprintf(stderr, "%s: %s\n", what, mts_last_error_message()), exit(EXIT_FAILURE))
#define CHECK(call) ((call) == MTS_SUCCESS ? (void)0 : FAIL(#call))
#define CHECK_POINTER(pointer) ((pointer) != NULL ? (void)0 : FAIL(#pointer))

static const DLDataType float64 = {kDLFloat, 64, 1};
