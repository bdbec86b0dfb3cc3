/* Ways to end while threads have a last error whose data nobody can release any more. */
#include "support/check.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static bool can_release = true;
static int released;

static void release(void *data) {
    if (!can_release) {
        fprintf(stderr, "the data of the %s thread was released at its end\n", (const char *)data);
        _Exit(99);
    }
    released++;
}

static void leave_an_error(const char *thread) {
    can_release = true;
    released = 0;
    /* the first one is replaced, and the second one is left */
    CHECK_OK(mts_set_last_error("first", "", (void *)thread, release));
    CHECK_OK(mts_set_last_error("second", "", (void *)thread, release));
    CHECK(released == 1);
    can_release = false;
}

static void *leave_an_error_and_end(void *argument) {
    leave_an_error("other");
    return argument;
}

static int ready[2];

static void *leave_an_error_and_stay(void *argument) {
    leave_an_error("staying");
    CHECK(write(ready[1], "x", 1) == 1);
    pause();
    return argument;
}

static void *leave_an_error_and_exit(void *argument) {
    (void)argument;
    leave_an_error("exiting");
    exit(EXIT_SUCCESS);
}

static void leave_an_error_at_exit(void) { leave_an_error("main"); }

static void *start(void *(*function)(void *)) {
    pthread_t thread;
    void *result = NULL;
    CHECK(pipe(ready) == 0);
    CHECK(pthread_create(&thread, NULL, function, NULL) == 0);
    if (function == leave_an_error_and_stay) {
        char byte;
        CHECK(read(ready[0], &byte, 1) == 1);
    } else {
        CHECK(pthread_join(thread, &result) == 0);
    }
    return result;
}

static int way_to_end(int way) {
    switch (way) {
    case 0:
        leave_an_error("main");
        return EXIT_SUCCESS;
    case 1:
        start(leave_an_error_and_end);
        return EXIT_SUCCESS;
    case 2:
        leave_an_error("main");
        start(leave_an_error_and_end);
        exit(EXIT_SUCCESS);
    case 3:
        start(leave_an_error_and_stay);
        leave_an_error("main");
        return EXIT_SUCCESS;
    case 4:
        leave_an_error("main");
        start(leave_an_error_and_exit);
        return EXIT_FAILURE;
    case 5:
        atexit(leave_an_error_at_exit);
        return EXIT_SUCCESS;
    default:
        leave_an_error("main");
        pthread_exit(NULL);
    }
}

int main(void) {
    for (int way = 0; way < 7; way++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) return way_to_end(way);
        int status;
        CHECK(waitpid(child, &status, 0) == child);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS) {
            fprintf(stderr, "way %d to end failed with status %d\n", way, status);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
