/* Objects that are made by threads which come and go, and released by others, also after a fork. */
#include "support/c_array.h"
#include "support/check.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, GENERATIONS = 25, OBJECTS = 400, ROWS = 50, CHILDREN = 4 };

/* Labels which any thread may take, to leave others for the next one. */
static const mts_labels_t *exchange[OBJECTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const mts_labels_t *new_labels(int first) {
    int32_t values[2 * ROWS];
    for (int i = 0; i < ROWS; i++) {
        values[2 * i] = first + i;
        values[2 * i + 1] = -i;
    }
    const char *names[] = {"first_dimension_with_a_name", "second_dimension_with_another_name"};
    const mts_labels_t *labels = mts_labels(names, 2, c_array_int32(ROWS, 2, values));
    CHECK(labels != NULL);
    return labels;
}

static void use_and_release(const mts_labels_t *labels, int first) {
    const mts_labels_t *others = new_labels(first + ROWS / 2), *both = NULL;
    CHECK_OK(mts_labels_union(labels, others, &both, NULL, 0, NULL, 0));
    int64_t position;
    int32_t row[2] = {first, 0};
    CHECK_OK(mts_labels_position(both, row, 2, &position));
    CHECK(position >= 0);
    mts_labels_free(labels);
    mts_labels_free(others);
    mts_labels_free(both);
}

static void *make_and_exchange(void *argument) {
    for (int i = 0; i < OBJECTS; i++) {
        const mts_labels_t *labels = new_labels(i);
        pthread_mutex_lock(&lock);
        const mts_labels_t *other = exchange[i];
        exchange[i] = labels;
        pthread_mutex_unlock(&lock);
        if (other != NULL) use_and_release(other, i);
    }
    return argument;
}

static void in_child(void) {
    for (int i = 0; i < OBJECTS; i++) use_and_release(new_labels(i), i);
    _exit(EXIT_SUCCESS);
}

int main(void) {
    for (int generation = 0; generation < GENERATIONS; generation++) {
        pthread_t threads[THREADS];
        for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, make_and_exchange, NULL);
        pid_t children[CHILDREN];
        for (int i = 0; generation % 5 == 0 && i < CHILDREN; i++) {
            children[i] = fork();
            CHECK(children[i] >= 0);
            if (children[i] == 0) in_child();
        }
        for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
        for (int i = 0; generation % 5 == 0 && i < CHILDREN; i++) {
            int status;
            CHECK(waitpid(children[i], &status, 0) == children[i]);
            CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
        }
    }
    for (int i = 0; i < OBJECTS; i++) use_and_release(exchange[i], i);
    return EXIT_SUCCESS;
}
