/* Checks that end the program with a message when they fail. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <metatensor.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline const char *last_message(void) {
    const char *message = "";
    mts_last_error(&message, NULL, NULL);
    return message;
}

static inline void check_failed(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: failed: %s\nlast error: %s\n", file, line, what, last_message());
    fflush(stderr);
    _Exit(EXIT_FAILURE);
}

#define CHECK(condition) \
    do { if (!(condition)) check_failed(__FILE__, __LINE__, #condition); } while (0)

#define CHECK_OK(call) CHECK((call) == MTS_SUCCESS)

/* The last error of this thread has `part` in its message. */
#define CHECK_MESSAGE(part) CHECK(strstr(last_message(), part) != NULL)

/* `call` gives this status and a message with `part` in it. */
#define CHECK_STATUS(call, status, part) \
    do { \
        mts_set_last_error("", "", NULL, NULL); \
        CHECK((call) == (status)); \
        CHECK_MESSAGE(part); \
    } while (0)

/* `call` gives NULL and a message with `part` in it. */
#define CHECK_NULL(call, part) \
    do { \
        mts_set_last_error("", "", NULL, NULL); \
        CHECK((call) == NULL); \
        CHECK_MESSAGE(part); \
    } while (0)

/* Memory that a program may put its results in: anything but zeros. */
#define FILL_WITH_GARBAGE(variable) memset(&(variable), 0xA5, sizeof(variable))

#endif /* TESTS_CHECK_H */
